"""The gallery: every message in every language, as text and as it looks, filled with the demo's example."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from docs.generate.markdown import code, table
from recovery.bootstrap import collect_all
from recovery.core.spec import Workflow
from recovery.delivery.render import Rendered, render
from recovery.demo.example import example
from recovery.project import starter_root
from recovery.workflow.bundle import Bundle, load, template

FOLDER = Path(__file__).parents[1] / "gallery"

LANGUAGES: Mapping[str, tuple[str, str]] = {"en": ("english", "English"), "zh": ("chinese", "Chinese, 中文")}
"""Language → the name of its page, and its title."""

MADE = "<!-- Made by `make docs` from templates/ and the demo's example; change those. -->"

ABOUT = """\
What customers and colleagues read, in both languages that come with this project, filled with one case of the
demo. Each message leaves as plain text and as an HTML page made from the same
[template](../reference/templates.md)."""


def made() -> dict[Path, str]:
    """Every file of the gallery with its text."""
    letters = list(_letters())
    found = {FOLDER / "README.md": _index(letters)}
    for language, (page, title) in LANGUAGES.items():
        own = [one for one in letters if one[1] == language]
        found[FOLDER / f"{page}.md"] = _page(title, own)
        for name, _, _, letter in own:
            found[FOLDER / language / f"{name}.html"] = letter.html.rstrip() + "\n"
    return found


def stale() -> dict[Path, str | None]:
    """What of the gallery is not as the templates have it, with the text it should have; None: nothing."""
    wanted: dict[Path, str | None] = {**made()}
    there = {file: file.read_text(encoding="utf-8") for file in FOLDER.rglob("*") if file.is_file()}
    wanted |= dict.fromkeys(there.keys() - wanted.keys())
    return {file: text for file, text in wanted.items() if there.get(file) != text}


def _letters() -> Iterator[tuple[str, str, str, Rendered]]:
    """Name, language, purpose and the letter itself; a template that two workflows use is shown once."""
    shown = set()
    bundles, _ = collect_all(starter_root())
    for bundle in sorted(bundles, key=lambda one: one.workflow_id != "ten-step"):
        workflow = load(bundle)
        for name in _names(bundle, workflow):
            for language in LANGUAGES:
                if (name, language) not in shown:
                    shown.add((name, language))
                    letter = render(bundle, name, language, example(workflow, language))
                    yield name, language, template(bundle, name, language).purpose, letter


def _names(bundle: Bundle, workflow: Workflow) -> list[str]:
    """The templates that rules send, then those that people send."""
    there = sorted({PurePosixPath(path).stem for path in bundle.files if path.startswith("templates/")})
    return [name for name in there if name not in workflow.say] + list(workflow.say)


def _index(letters: list[tuple[str, str, str, Rendered]]) -> str:
    subjects = {(name, language): letter.subject for name, language, _, letter in letters}
    rows = []
    for name, language, purpose, _ in letters:
        if language == "en":
            links = [f"[{subjects[name, one]}]({page}.md#{name})" for one, (page, _) in LANGUAGES.items()]
            rows.append([code(name), purpose, *links])
    columns = ["template", "purpose", *(title for _, title in LANGUAGES.values())]
    return "\n\n".join([MADE, "# Every message", ABOUT, table(columns, rows)]) + "\n"


def _page(title: str, letters: list[tuple[str, str, str, Rendered]]) -> str:
    parts = [MADE, f"# {title}"]
    for name, language, _, letter in letters:
        subject, file = html.escape(letter.subject), f"{language}/{name}.html"
        parts += [
            f"## {name}",
            f"**{subject}** ([the page by itself]({file}))",
            f"```text\n{letter.text.rstrip()}\n```",
            f'<iframe class="letter" src="../{file}" title="{subject}" loading="lazy"></iframe>',
        ]
    return "\n\n".join(parts) + "\n"
