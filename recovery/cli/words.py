"""Words that somebody gives a command: on the line, in a file, by standard input, or in an editor."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

WORDS_AT_MOST = 200_000
"""Bytes of a text that a command takes; more is no message."""

_UNITS = {"": 1, "s": 1, "m": 60, "h": 3_600}


def words(given: str) -> str:
    """A text: `-` is standard input, the name of a file that there is is its content, all else is the text.

    Raises:
        RecoveryError: it is too long, or no UTF-8.
        EnvironmentFault: the file cannot be read.
    """
    from recovery.core.errors import EnvironmentFault, RecoveryError

    if given == "-":
        data, where = sys.stdin.buffer.read(WORDS_AT_MOST + 1), "Standard input"
    elif "\n" not in given and len(given.encode()) < 256 and Path(given).is_file():
        where = given
        try:
            with Path(given).open("rb") as file:
                data = file.read(WORDS_AT_MOST + 1)
        except OSError as error:
            raise EnvironmentFault(f"{given} cannot be read: {error.strerror}.") from error
    else:
        return given
    if len(data) > WORDS_AT_MOST:
        raise RecoveryError(f"{where} has more than {WORDS_AT_MOST:,} bytes.", hint="Give a shorter text.")
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise RecoveryError(f"{where} is not UTF-8 text.", hint="Save it as UTF-8.") from None


def edited(file: Path) -> str:
    """Let somebody edit a file with `$VISUAL` or `$EDITOR`, and give what stands in it then.

    Raises:
        EnvironmentFault: there is no editor, or it did not end well; the file stays.
    """
    from recovery.core.errors import EnvironmentFault

    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    kept = f"What was written is in {file}."
    try:
        done = subprocess.run([*shlex.split(editor), str(file)], check=False)
    except (OSError, ValueError) as error:
        hint = f"Set EDITOR to an editor, such as nano. {kept}"
        raise EnvironmentFault(f"The editor {editor} cannot be started.", hint=hint) from error
    if done.returncode != 0:
        raise EnvironmentFault(f"The editor {editor} ended with {done.returncode}.", hint=kept)
    return words(str(file))


def seconds(text: str) -> int:
    """`60s`, `2m`, `1h` or a number of seconds.

    Raises:
        RecoveryError: it is none of these.
    """
    from recovery.core.errors import RecoveryError

    found = re.fullmatch(r"([0-9]{1,6})([smh]?)", text)
    if found is None:
        raise RecoveryError(f"{text!r} is no time to wait.", hint="Write seconds, or 60s, 2m, 1h.")
    return int(found[1]) * _UNITS[found[2]]
