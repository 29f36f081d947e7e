"""Running a command: what goes wrong becomes a clear message and an exit code, never a traceback."""

from __future__ import annotations

import os
import sys
from typing import Any

from recovery.cli.codes import BUG, ENVIRONMENT, EXIT_CODES, INTERRUPTED, OK, PROBLEMS, REFUSED, USAGE

__all__ = ["EXIT_CODES", "run"]


def run(arguments: list[str] | None = None) -> int:
    """Run one command line and give its exit code."""
    words = sys.argv[1:] if arguments is None else arguments
    _never_fail_on_letters()
    try:
        answer = _run(words)
        sys.stdout.flush()
    except (BrokenPipeError, SystemExit):  # nobody reads on; typer and rich leave the program then
        _forget_output()
        return OK
    except OSError as error:
        _forget_output()
        print(f"The output cannot be written: {_os_error(error)}", file=sys.stderr)
        return ENVIRONMENT
    return answer


def _run(words: list[str]) -> int:
    from typer import Abort, Exit
    from typer.exceptions import TyperException

    from recovery.cli.building import command_line
    from recovery.core.errors import RecoveryError

    try:
        answer = command_line().main(args=words, prog_name="recovery", standalone_mode=False)
        return answer if isinstance(answer, int) else OK
    except Exit as leave:
        return leave.exit_code
    except TyperException as error:
        return _misused(words, error)
    except (Abort, KeyboardInterrupt):
        return INTERRUPTED
    except BrokenPipeError:
        raise
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


def _never_fail_on_letters() -> None:
    """What a terminal's encoding does not have is shown by its number; a closed stream swallows all."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - for the whole run
        getattr(sys, name).reconfigure(errors="backslashreplace")


def _forget_output() -> None:
    """Nobody reads on, or nothing can be written: what is left in the buffer goes nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _misused(words: list[str], error: Any) -> int:
    """The command line was written wrongly: say how it is written."""
    context = getattr(error, "ctx", None)
    if context is None or error.message == context.get_help():
        print(error.format_message(), file=sys.stderr)
        return USAGE
    said = {
        "error": error.format_message(),
        "hint": f"{context.get_usage()} (more: {context.command_path} --help)",
        "fault": "caller",
    }
    return _say(words, said, USAGE)


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
    from recovery.cli.output import as_json, visible_lines

    if "--json" in words:
        as_json(said)
        return code
    lines = [str(said["error"]), *map(str, said.get("details", [])), str(said["hint"])]
    print("\n".join(visible_lines(line) for line in lines if line), file=sys.stderr)
    return code
