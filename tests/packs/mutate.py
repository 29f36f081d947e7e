"""Changes every duration, amount and date of the packs by one unit, and sees whether a scenario fails.

`make packs` runs it over all packs; `python -m tests.packs.mutate NAME…` over some. A change that no scenario
of the pack notices survives: then the pack's scenarios do not pin that number down.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from recovery.core.calendars.spans import Span
from recovery.scenarios.knowing import Known, Workflows
from recovery.scenarios.reading import read_scenario
from recovery.scenarios.running import EMPTY, ground, publish, run
from recovery.workflow.bundle import Bundle, hash_of, load
from recovery.workflow.findings import BadFile
from recovery.workflow.in_force import check_in_force
from recovery.workflow.model import WorkflowShape
from recovery.workflow.reader import Document, read_yaml
from recovery.workflow.shape import check_shape
from recovery.workflow.spans import SpanProblem, read_span
from tests.packs.validity import HOLDS
from tests.real_data import ROOT

SCENARIOS = ROOT / "tests" / "scenarios" / "packs"
PACKS = tuple(sorted(HOLDS))

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_MONEY = re.compile(r"(\d+(?:\.\d+)?) [A-Z]{3}")
_NUMBER = re.compile(r"(?<![\w.\"])\d+(?![\w.\"])")
_PARTS = ("clocks", "derived", "valid_from", "valid_to")
_SPANS = ("within", "every", "is", "warn_at")


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change: at an offset of the pack's text `old` becomes `new`."""

    pack: str
    line: int
    offset: int
    old: str
    new: str

    def __str__(self) -> str:
        return f"workflows/{self.pack}.yaml:{self.line}: {self.old} → {self.new}"

    def applied(self, text: str) -> str:
        """The text with the change."""
        assert text.startswith(self.old, self.offset), self
        return text[: self.offset] + self.new + text[self.offset + len(self.old) :]


def mutants(pack: str, text: str) -> Iterator[Mutant]:
    """Every change of one unit, up and down, that still says something."""
    document, findings = read_yaml(text.encode(), pack)
    assert document is not None, findings
    starts = [0, *(found.end() for found in re.finditer("\n", text))]
    for path, place in sorted(document.values.items(), key=lambda item: item[1]):
        value = document.get(path)
        if not path or path[0] not in _PARTS or isinstance(value, (dict, list, bool)) or value is None:
            continue
        start = text.index(str(value), starts[place.line - 1] + place.column - 1)
        for at, old, news in _changes(str(path[-1]), str(value), isinstance(path[-1], int)):
            for new in news:
                yield Mutant(pack, place.line, start + at, old, new)


def _changes(key: str, value: str, listed: bool) -> Iterator[tuple[int, str, list[str]]]:
    """Where a value holds something to change, what, and what it becomes."""
    if _DAY.fullmatch(value):
        day = date.fromisoformat(value)
        yield 0, value, [(day + timedelta(days=by)).isoformat() for by in (-1, 1)]
    elif key in _SPANS and (span := _span(value)) is not None:
        yield 0, value, [str(replace(span, amount=amount)) for amount in _beside(span.amount)]
    elif found := _MONEY.fullmatch(value):
        amount = Decimal(found[1])
        yield 0, found[1], [str(amount - 1), str(amount + 1)]
    elif key in ("is", "times", "if", "while", "starts", "stops") or listed:
        for found in _NUMBER.finditer(value):
            yield found.start(), found[0], [str(number) for number in _beside(int(found[0]))]


def _span(text: str) -> Span | None:
    try:
        return read_span(text)
    except SpanProblem:
        return None


def _beside(number: int) -> list[int]:
    return [one for one in (number - 1, number + 1) if one > 0]


class _Changed(Workflows):
    """The repository's workflows, one of them as a changed text says."""

    def __init__(self, shipped: Workflows, pack: str, text: str) -> None:
        super().__init__(shipped.root, shipped.default)
        known = shipped.find(pack)
        files = {**known.bundle.files, f"workflows/{pack}.yaml": text}
        bundle = Bundle(hash_of(files), pack, files)
        self._found[pack] = Known(bundle, load(bundle), known.calendar)
        self.zones = shipped.zones


def noticed(place: Path, shipped: Workflows, pack: str, text: str) -> str:
    """What notices that a pack says this: a scenario's file, or its validity; empty where nothing does.

    Args:
        place: a `ground`.
    """
    document, _ = read_yaml(text.encode(), pack)
    assert document is not None
    if not holds(document, pack):
        return "validity"
    try:
        changed = _Changed(shipped, pack, text)
    except BadFile as error:
        return str(error)
    with tempfile.TemporaryDirectory(dir=place) as folder:
        own = Path(folder)
        shutil.copyfile(place / EMPTY, own / EMPTY)
        publish(own, shipped.root, changed.sound())
        for file in sorted((SCENARIOS / pack).glob("*.yaml")):
            read = read_scenario(ROOT, file, changed)
            assert read is not None
            if read.scenario is None or not run(own, read.scenario).ok:
                return read.file
    return ""


def holds(document: Document, pack: str) -> bool:
    """Whether a pack holds exactly from the first to the last day that `validity.HOLDS` names."""
    shape, findings = check_shape(_dates(document), WorkflowShape)
    assert shape is not None, findings
    first, last = HOLDS[pack]
    inside = [day for day in (first, last) if day is not None]
    outside = [first - timedelta(days=1)] + ([] if last is None else [last + timedelta(days=1)])
    said = [bool(check_in_force(document, shape, day)) for day in (*inside, *outside)]
    return said == [False] * len(inside) + [True] * len(outside)


def _dates(document: Document) -> Document:
    """The least of a workflow that has the dates of this one."""
    dates = {key: document.get((key,)) for key in ("valid_from", "valid_to")}
    value = {"workflow": "dates", "title": "Dates", "steps": {"one": {"title": "One"}}, **dates}
    return replace(document, value=value)


def survivors(pack: str, shipped: Workflows) -> tuple[int, list[Mutant]]:
    """How many changes of a pack there are, and those that nothing notices."""
    text = shipped.find(pack).bundle.files[f"workflows/{pack}.yaml"]
    made = list(mutants(pack, text))
    with ground() as place:
        wrong = noticed(place, shipped, pack, text)
        assert not wrong, f"{pack} fails as it stands: {wrong}"
        return len(made), [one for one in made if not noticed(place, shipped, pack, one.applied(text))]


def main(names: Sequence[str]) -> int:
    """Report the survivors of some packs; 1 where there are any."""
    shipped = Workflows(ROOT, "ten-step")
    total, left = 0, 0
    for pack in names or PACKS:
        count, alive = survivors(pack, shipped)
        total, left = total + count, left + len(alive)
        print(f"{pack}: {count - len(alive)} of {count} changes noticed", flush=True)
        for one in alive:
            print(f"  nothing notices {one}")
    print(f"{total - left} of {total} changes noticed.")
    return 1 if left else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("packs", nargs="*", metavar="NAME", help=f"of {', '.join(PACKS)}")
    sys.exit(main(parser.parse_args().packs))
