"""Sentences of our own, each labelled for one class of the phrase guard, and how they are split in two.

Half of them are clean, and written to be hard: quotes, negations, near words, things done as they should be.
They were written before any rule was, and a hash of each decides which half it belongs to, so that nobody
chooses. Rules are tuned on the half called `tuning`; `held_out` is for measuring alone.

Three smaller sets were written when the rules stood, to see how they fare with words nobody had in mind:
`more`, on which they were tuned once more afterwards, `afterwards`, on which nothing may be tuned, and
`fresh`, written without a look at the rules and split by the same hash: rules were widened with its tuning
half at hand.

`blind` was written by somebody who never saw the rules. Rules were widened with it at hand; `blind_held` is
its other half, which nobody who writes rules has seen. A language whose file is not there has none.

`sound` are sentences of good letters, which no rule may stop; each was added to find out what does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from recovery.workflow.reader import read_yaml

FOLDER = Path(__file__).parent
LANGUAGES = ("en", "zh")

Half = Literal["tuning", "held_out"]
Later = Literal["more", "afterwards", "fresh", "blind", "blind_held"]


@dataclass(frozen=True)
class Labelled:
    """One text: whether the rules of its class should find something in it, and what the case knows."""

    language: str
    cls: str
    text: str
    flagged: bool
    kind: str = "message"
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def half(self) -> Half:
        """The half it belongs to, by a hash of what it says."""
        name = f"{self.language}/{self.cls}/{self.text}"
        return "tuning" if hashlib.sha256(name.encode()).digest()[0] % 2 else "held_out"


def written_later(name: Later, language: str) -> Iterator[Labelled]:
    """The sentences of one of the sets that were written when the rules stood; the case knows nothing.

    Nothing where the set has no file for the language.
    """
    file = FOLDER / name / f"{language}.yaml"
    if not file.exists():
        return
    document, findings = read_yaml(file.read_bytes(), file.name)
    assert document is not None, findings
    assert not findings
    for cls, halves in document.value.items():
        for flagged in (True, False):
            for item in halves["flagged" if flagged else "clean"]:
                fields = item if isinstance(item, dict) else {"text": item}
                yield Labelled(language, cls, flagged=flagged, **fields)


def sound(language: str) -> list[str]:
    """Sentences of good letters, which no rule may stop."""
    file = FOLDER / "sound" / f"{language}.yaml"
    document, findings = read_yaml(file.read_bytes(), file.name)
    assert document is not None, findings
    return list(document.value["sound"])


def sentences(language: str, half: Half | None = None) -> Iterator[Labelled]:
    """Every labelled text of a language, or those of one half."""
    for file in sorted((FOLDER / language).glob("*.yaml")):
        document, findings = read_yaml(file.read_bytes(), file.name)
        assert document is not None, findings
        assert not findings
        for flagged in (True, False):
            for item in document.value["flagged" if flagged else "clean"]:
                fields = item if isinstance(item, dict) else {"text": item}
                made = Labelled(language, document.value["class"], flagged=flagged, **fields)
                if half is None or made.half == half:
                    yield made
