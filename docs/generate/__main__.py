"""`python -m docs.generate [--check]`: fill the blocks of every page, or say which are stale."""

from __future__ import annotations

import sys

from docs.generate.pages import filled, pages


def main(arguments: list[str]) -> int:
    """Write every page whose blocks changed, or with `--check` name them; 1 when there are any to name."""
    stale = [page for page in pages() if page.read_text(encoding="utf-8") != filled(page)]
    if "--check" in arguments:
        for page in stale:
            print(f"{page} is not as the code has it; run `make docs`.")
        return 1 if stale else 0
    for page in stale:
        page.write_text(filled(page), encoding="utf-8", newline="\n")
        print(f"{page} written")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
