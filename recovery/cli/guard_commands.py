"""`guard`: what the phrase rules say about a text, before anybody sends it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from recovery.cli.codes import OK, PROBLEMS
from recovery.cli.options import Json
from recovery.cli.output import as_json, say

if TYPE_CHECKING:
    from recovery.core.phrases.guard import Guard
    from recovery.core.phrases.rules import Hit

LEVELS = {"block": "blocked", "warn": "doubtful", "annotate": "to be borne out"}
"""How the level of a hit is said to people."""


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(epilog="Example: recovery guard letter.md --kind follow_up")(guard)


def guard(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A text file in UTF-8; - is standard input.")],
    language: Annotated[
        str | None,
        typer.Option("--language", help="Such as zh (default: zh where most is Chinese, else en)."),
    ] = None,
    kind: Annotated[
        str, typer.Option("--kind", help="What the text is: message, promise, follow_up, survey …")
    ] = "message",
    known: Annotated[
        list[str] | None,
        typer.Option(
            "--fact",
            metavar="NAME[=VALUE]",
            help="A fact the case has; with one, claims that no fact bears out are blocked.",
        ),
    ] = None,
    json: Json = False,
) -> int:
    """Find what a text should not say: where, why, and what to say instead. Exit code 1 when blocked."""
    from recovery.core.phrases.language import language_of
    from recovery.core.phrases.rules import blocked

    text = _read(file)
    spoken = language or language_of(text)
    facts = _facts(known) if known else None
    hits = _guard(spoken).check(text, kind=_kind(kind), facts=facts)
    if json:
        rows = [hit.as_dict() | dict(zip(("line", "column"), _place(text, hit), strict=True)) for hit in hits]
        as_json({"language": spoken, "kind": kind, "blocked": bool(blocked(hits)), "hits": rows})
    else:
        say(*(_told(file, text, hit) for hit in hits))
        say(f"{len(hits):,} found, {len(blocked(hits)):,} of them blocked." if hits else "Nothing found.")
    return PROBLEMS if blocked(hits) else OK


def _told(file: str, text: str, hit: Hit) -> str:
    line, column = _place(text, hit)
    lacks = f"\n  Not on record: {', '.join(hit.lacks)}." if hit.lacks else ""
    return (
        f"{file}:{line}:{column}: {LEVELS[hit.level]}, {hit.rule}: {' '.join(hit.matched.split())}\n"
        f"  Why: {hit.why}{lacks}\n  Say instead: {hit.say_instead}"
    )


def _place(text: str, hit: Hit) -> tuple[int, int]:
    from recovery.workflow.wording import place_of

    return place_of(text, hit.start)


def _read(file: str) -> str:
    """The text of a file or of standard input.

    Raises:
        NotFound: there is no such file.
        BadFile: it is larger than a text can be, or no UTF-8.
    """
    from recovery.core.errors import NotFound
    from recovery.workflow.findings import BadFile
    from recovery.workflow.reader import BYTES_AT_MOST, decode

    if file == "-":
        data = sys.stdin.buffer.read(BYTES_AT_MOST + 1)
    elif not Path(file).is_file():
        raise NotFound(f"There is no file {file}.", hint="Name a text file, or - for standard input.")
    else:
        with Path(file).open("rb") as stream:
            data = stream.read(BYTES_AT_MOST + 1)
    text, finding = decode(data, file)
    if text is None:
        assert finding is not None
        raise BadFile([finding])
    return text


def _kind(kind: str) -> str:
    from recovery.core.errors import closest, sentence
    from recovery.core.phrases.rules import KINDS

    if kind not in KINDS:
        hint = sentence(closest(kind, KINDS)) or f"There are {', '.join(KINDS)}."
        raise typer.BadParameter(f"{kind} is no kind of text. {hint}", param_hint="--kind")
    return kind


def _facts(known: list[str]) -> dict[str, object]:
    from recovery.core.phrases.rules import KNOWN

    pairs = [word.partition("=") for word in known]
    return {name: value if equals else KNOWN for name, equals, value in pairs}


def _guard(language: str) -> Guard:
    """The guard of the working folder's project for a language.

    Raises:
        NotFound: it has no rules for this language.
        BadFile: its rules are wrong.
    """
    from recovery.cli.options import project
    from recovery.core.errors import NotFound
    from recovery.workflow.findings import BadFile
    from recovery.workflow.phrases import phrase_files
    from recovery.workflow.wording import guard_from, guard_of

    root = project(None).root
    made = guard_of(root, language)
    if made is not None:
        return made
    files = phrase_files(root)
    path = files.get(language)
    if path is None:
        hint = f"There are rules for {', '.join(files)}." if files else "Write config/phrases.en.yaml."
        raise NotFound(f"There are no phrase rules for {language}.", hint=hint)
    raise BadFile(guard_from(path.read_bytes(), path.relative_to(root).as_posix())[1])
