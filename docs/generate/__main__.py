"""`python -m docs.generate [--check]`: fill in every page and the gallery, or say what is stale."""

from __future__ import annotations

import sys

from docs.generate import gallery
from docs.generate.pages import filled, pages


def main(arguments: list[str]) -> int:
    """Write every file that changed, or with `--check` name them; 1 when there are any to name."""
    stale = gallery.stale()
    stale |= {page: text for page in pages() if (text := filled(page)) != page.read_text(encoding="utf-8")}
    if "--check" in arguments:
        for file in stale:
            print(f"{file} is not as the code has it; run `make docs`.")
        return 1 if stale else 0
    for file, text in stale.items():
        if text is None:
            file.unlink()
        else:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8", newline="\n")
        print(f"{file} {'removed' if text is None else 'written'}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
