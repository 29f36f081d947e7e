"""The worker: when things run. APScheduler lives here, and only as the tick."""
