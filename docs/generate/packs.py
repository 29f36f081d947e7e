"""The regulation packs: what each is about, and for each rule its clocks and its scenarios."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docs.generate.markdown import code, table
from recovery.scenarios.shape import CLOCK
from recovery.workflow.reader import read_yaml

ROOT = Path(__file__).parents[2]
SCENARIOS = ROOT / "tests" / "scenarios" / "packs"


def sections() -> str:
    """A section for each pack."""
    return "\n\n".join(_section(folder.name) for folder in sorted(SCENARIOS.iterdir()) if folder.is_dir())


def _section(pack: str) -> str:
    said = _read(ROOT / "workflows" / f"{pack}.yaml")
    since = f"from {said['valid_from']}" + (f" to {said['valid_to']}" if said["valid_to"] else " on")
    sources = "; ".join(f"{_title(one)}, {one['reference']}" for one in said["sources"])
    clocks = [
        [code(name), clock["title"]["en"], _how_long(clock), clock["source"]]
        for name, clock in said["clocks"].items()
    ]
    return "\n\n".join(
        [
            f"## {pack}",
            f"**{said['title']['en']}**, in force {since}. {sources}.",
            " ".join(said["note"]["en"].split()),
            table(["clock", "what", "how long", "source"], clocks),
            table(["rule", "clocks", "scenario"], list(_rules(pack))),
        ]
    )


def _title(source: dict[str, str]) -> str:
    return f"[{source['title']}]({source['url']})" if "url" in source else source["title"]


def _rules(pack: str) -> Iterator[list[str]]:
    """Each rule once, with the clocks that its scenarios look at, and the scenarios."""
    rules: dict[str, tuple[dict[str, None], list[str]]] = {}
    for file in sorted((SCENARIOS / pack).glob("*.yaml")):
        said = _read(file)
        clocks, told = rules.setdefault(said["rule"], ({}, []))
        clocks |= {
            key.removeprefix(CLOCK): None
            for moment in said["story"]
            for key in moment.get("expect") or {}
            if key.startswith(CLOCK)
        }
        told.append(f"{said['scenario']} ({code(file.stem)})")
    for rule, (clocks, told) in sorted(rules.items()):
        yield [rule, " ".join(map(code, clocks)), "<br>".join(told)]


def _how_long(clock: dict[str, Any]) -> str:
    rows = clock.get("within") or f"every {clock['every']}"
    if isinstance(rows, str):
        return rows
    said = []
    for row in rows:
        when = f"received from {row['received_from']}" if "received_from" in row else row.get("if", "")
        said.append(f"{row['is']} ({when})" if when else f"else {row['is']}")
    return "<br>".join(said)


def _read(file: Path) -> dict[str, Any]:
    document, findings = read_yaml(file.read_bytes(), file.name)
    if document is None or not isinstance(document.value, dict):
        raise LookupError(f"{file} cannot be read: {findings}")
    return document.value
