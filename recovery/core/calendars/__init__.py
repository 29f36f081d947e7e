"""Business time and calendar time, exact to the microsecond (design.md §5).

`calendar` says when somebody is open; `local` reads clocks on walls; `table` and `arithmetic` count open
time; `days` counts days on the wall; `spans` are durations as people write them; `counting` says what
counted; `plain` keeps a calendar as plain data; `schedule` has set times, as in a crontab.
`recovery.workflow.calendars` reads the file people write.
"""
