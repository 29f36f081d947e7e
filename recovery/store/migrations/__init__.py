"""The schema's history, for Alembic. Run by `recovery.store.schema.upgrade`; a host never runs it by hand."""
