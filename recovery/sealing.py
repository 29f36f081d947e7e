"""The key that seals the log, kept outside the database: who can change rows cannot seal them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from recovery.core.errors import EnvironmentFault, RecoveryError

KEY_VARIABLE = "RECOVERY_SEAL_KEY"
SHORTEST = 16


def key_file(database: Path) -> Path:
    """Where the key of an embedded database lies when the environment does not give one."""
    return database.with_name(database.name + ".seal-key")


def seal_key(
    database: Path | None, *, make: bool = False, entropy: Callable[[int], bytes] = os.urandom
) -> bytes | None:
    """The seal key: from the environment, else from the file beside the database.

    Args:
        database: the SQLite file; None where the database is on a server: then only the environment gives a
            key.
        make: make the file when there is none (a new database).

    Returns:
        The key, or None when there is none: then nothing can be sealed or checked against its seals.

    Raises:
        RecoveryError: the key is too short to keep anybody out, or its file holds something else.
        EnvironmentFault: the key's file cannot be read or written.
    """
    given = os.environ.get(KEY_VARIABLE)
    if given is not None:
        return _long_enough(given, KEY_VARIABLE)
    if database is None:
        return None
    path = key_file(database)
    try:
        if make and not path.exists():
            _write(path, entropy(32).hex() + "\n")
        return _long_enough(path.read_text(encoding="ascii").strip(), str(path))
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        raise RecoveryError(
            f"{path} holds no seal key.", hint="Restore it from a copy; the seals were made with it."
        ) from None
    except OSError as error:
        raise EnvironmentFault(
            f"The seal key {path} cannot be used: {error.strerror}.", hint="Mend its permissions."
        ) from error


def _long_enough(key: str, where: str) -> bytes:
    if len(key) < SHORTEST:
        raise RecoveryError(
            f"The seal key of {where} has {len(key)} characters.", hint=f"Give it at least {SHORTEST}."
        )
    return os.fsencode(key)


def _write(path: Path, text: str) -> None:
    """Make the file whole or not at all; when another process made one in the meantime, that one stays."""
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(unfinished, path)
        except FileExistsError:
            pass
        except OSError:  # a file system without hard links
            os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)
