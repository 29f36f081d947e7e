"""Where everything is kept: cases, their log, the outbox, remembered commands, published versions and seals.

Use `recovery.store.sqlite.SqliteStore` or `recovery.store.postgres.PostgresStore`. Rows never leave this
package: what it takes and gives are the core's own objects and the small records of `recovery.store.records`.
"""
