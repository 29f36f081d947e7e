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
    database: Path, *, make: bool = False, entropy: Callable[[int], bytes] = os.urandom
) -> bytes | None:
    """The seal key: from the environment, else from the file beside the database.

    Args:
        make: make the file when there is none (a new database).

    Returns:
        The key, or None when there is none: then nothing can be sealed or checked against its seals.

    Raises:
        RecoveryError: the key is too short to keep anybody out.
        EnvironmentFault: the key's file cannot be read or written.
    """
    given = os.environ.get(KEY_VARIABLE)
    if given is not None:
        if len(given) < SHORTEST:
            raise RecoveryError(
                f"{KEY_VARIABLE} has {len(given)} characters.", hint=f"Give it at least {SHORTEST}."
            )
        return given.encode()
    path = key_file(database)
    try:
        if make and not path.exists():
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(entropy(32).hex() + "\n")
        return path.read_text(encoding="ascii").strip().encode()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise EnvironmentFault(
            f"The seal key {path} cannot be used: {error.strerror}.", hint="Mend its permissions."
        ) from error
