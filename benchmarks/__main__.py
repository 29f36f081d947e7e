"""`recovery bench` with a PostgreSQL server of its own, as durable as one in production: `make bench`.

`RECOVERY_TEST_POSTGRES` names a server that runs already instead. Where PostgreSQL is not installed, the
report says which lines are missing.
"""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import ExitStack

from tests.postgres import SERVER_VARIABLE, programs, server


def main() -> int:
    """Run the bench with the arguments given here; gives its exit code."""
    words = [sys.executable, "-c", "from recovery.cli import main; main()", "bench", *sys.argv[1:]]
    with ExitStack() as stack:
        if os.environ.get(SERVER_VARIABLE) or programs() is not None:
            words += ["--postgres", stack.enter_context(server(durable=True))]
        return subprocess.run(words, check=False).returncode


if __name__ == "__main__":
    raise SystemExit(main())
