"""The command line. `main` is the `recovery` command."""

from __future__ import annotations


def main() -> None:
    """Run the command line and leave with its exit code."""
    from recovery.cli.run import run

    raise SystemExit(run())
