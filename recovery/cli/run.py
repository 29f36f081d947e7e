"""Running a command: what goes wrong becomes a clear message and an exit code, never a traceback."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

OK = 0
PROBLEMS = 1
USAGE = 2
REFUSED = 3
ENVIRONMENT = 4
BUG = 5

EXIT_CODES = {
    OK: "done",
    PROBLEMS: "done, and something was found: findings, rejected rows, refused events, a broken record",
    USAGE: "the command was written wrongly, or names a file, case or workflow that is not there",
    REFUSED: "the event was refused; nothing changed",
    ENVIRONMENT: "the database, the disk or a permission stands in the way; nothing was half done",
    BUG: "a bug of ours",
}
"""Every exit code and what it means; the reference page is made from this."""


def run(arguments: list[str] | None = None) -> int:
    """Run one command line and give its exit code."""
    import typer

    from recovery.cli.app import app
    from recovery.core.errors import RecoveryError

    words = sys.argv[1:] if arguments is None else arguments
    # Typer brings a click of its own or uses the installed one, by version; its exported error knows which.
    wrongly_written: Any = next(cls for cls in typer.BadParameter.__mro__ if cls.__name__ == "ClickException")
    try:
        answer = app(args=words, prog_name="recovery", standalone_mode=False)
        return answer if isinstance(answer, int) else OK
    except typer.Exit as leave:
        return int(leave.exit_code)
    except wrongly_written as error:
        error.show()
        return USAGE
    except (typer.Abort, KeyboardInterrupt):
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except RecoveryError as error:
        return _say(words, _described(error), _exit_code(error))
    except OSError as error:
        said = {
            "error": _os_error(error),
            "hint": "Mend it and run the command again.",
            "fault": "environment",
        }
        return _say(words, said, ENVIRONMENT)
    except Exception as error:
        if os.environ.get("RECOVERY_DEBUG"):
            raise
        said = {
            "error": f"This is a bug: {type(error).__name__}: {error}",
            "hint": "Run it again with RECOVERY_DEBUG=1 and report what it prints.",
            "fault": "engine",
        }
        return _say(words, said, BUG)


def _described(error: Any) -> dict[str, Any]:
    from recovery.core.errors import EventRefused
    from recovery.workflow.findings import BadFile

    said: dict[str, Any] = {"error": error.message, "hint": error.hint, "fault": error.fault}
    if isinstance(error, EventRefused):
        said |= {"code": error.refusal.code, "details": list(error.refusal.details)}
    if isinstance(error, BadFile):
        said["findings"] = [finding.as_dict() for finding in error.findings]
        said["error"] = "\n".join(str(finding) for finding in error.findings)
    return said


def _exit_code(error: Any) -> int:
    from recovery.core.errors import EventRefused
    from recovery.workflow.findings import BadFile

    if isinstance(error, EventRefused):
        return BUG if error.fault == "engine" else REFUSED
    if isinstance(error, BadFile):
        return PROBLEMS
    return {"caller": USAGE, "workflow": PROBLEMS, "environment": ENVIRONMENT, "engine": BUG}[error.fault]


def _os_error(error: OSError) -> str:
    reason = error.strerror or str(error)
    return f"{error.filename}: {reason}." if error.filename else f"{reason}."


def _say(words: list[str], said: dict[str, Any], code: int) -> int:
    if "--json" in words:
        print(json.dumps(said, ensure_ascii=False, indent=2))
        return code
    lines = [str(said["error"]), *map(str, said.get("details", []))]
    if said["hint"]:
        lines.append(str(said["hint"]))
    print("\n".join(lines), file=sys.stderr)
    return code
