"""What the people of the demo say, in English and in Simplified Chinese (`words.json`)."""

from __future__ import annotations

import json
from collections import Counter
from functools import cache
from operator import itemgetter
from pathlib import Path
from random import Random
from typing import Any

GIST = {"en": 160, "zh": 70}
"""How many letters of a text are said back."""

OTHER = "other"
"""The category of whatever fits no other."""


@cache
def _all() -> dict[str, Any]:
    return dict(json.loads(Path(__file__).with_name("words.json").read_text(encoding="utf-8")))


def language_of(language: str) -> str:
    """The language the desk speaks with somebody: `zh` for every Chinese, else `en`."""
    return "zh" if language.partition("-")[0] == "zh" else "en"


def say(language: str, what: str, rng: Random) -> str:
    """One of the sentences for an occasion, such as `drop` or `news`."""
    return str(rng.choice(_all()[language_of(language)][what]))


def goodwill(language: str, kind: str) -> str:
    """What exactly a gift or an extra service is."""
    return str(_all()[language_of(language)]["goodwill"][kind])


def restated(language: str, product: str, text: str) -> str:
    """The problem said back, where nobody wrote that down: what it is about, and the gist in their words."""
    template: str = _all()[language_of(language)]["restated"]
    return template.replace("{product}", product).replace("{gist}", gist(text, GIST[language_of(language)]))


def gist(text: str, letters: int) -> str:
    """The beginning of a text on one line, cut at a word."""
    line = " ".join(text.split())
    if len(line) <= letters:
        return line
    cut = line[: letters - 1]
    at_word, space, _ = cut.rpartition(" ")
    return (at_word if space and len(at_word) > letters // 2 else cut).rstrip(" ,.;:，。；：") + "…"


def about(category: str) -> dict[str, Any]:
    """What the desk knows about a kind of trouble: `driver`, `remedy`, `policy`, and words per language."""
    known: dict[str, Any] = _all()["categories"]
    return dict(known.get(category, known[OTHER]))


def of_category(category: str, language: str) -> dict[str, Any]:
    """The words about a kind of trouble: `wanted`, `account`, `prevention`, `offers`."""
    return dict(about(category)[language_of(language)])


def categorise(text: str, language: str) -> str:
    """The kind of trouble an agent reads out of a text: the one with most signs; of equals, the first."""
    low = text.lower()
    found = Counter[str]()
    for sign, kind in _all()["signs"][language_of(language)].items():
        found[kind] += low.count(sign)
    kind, count = max(found.items(), key=itemgetter(1))
    return kind if count else OTHER
