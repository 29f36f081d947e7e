"""Exit codes: what a program that calls `recovery` can tell without reading what it says."""

from __future__ import annotations

OK = 0
PROBLEMS = 1
USAGE = 2
REFUSED = 3
ENVIRONMENT = 4
BUG = 5
INTERRUPTED = 130

EXIT_CODES = {
    OK: "done",
    PROBLEMS: "done, and something was found: findings, rejected rows, refused events, a broken record",
    USAGE: "the command was written wrongly, or names a file, case or workflow that is not there",
    REFUSED: "the event was refused; nothing changed",
    ENVIRONMENT: "the database, the disk or a permission stands in the way; nothing was half done",
    BUG: "a bug of ours",
    INTERRUPTED: "stopped by Ctrl-C",
}
"""Every exit code and what it means; the reference page is made from this."""
