"""The words a story is told with, in English and Simplified Chinese (`telling.json`)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from recovery.core.events import person, role
from recovery.core.explain import words
from recovery.core.facts import FactType
from recovery.core.instants import from_text


@cache
def _all() -> dict[str, Any]:
    return dict(json.loads(Path(__file__).with_name("telling.json").read_text(encoding="utf-8")))


class Teller:
    """Turns facts, people, moments and spans into words of one language.

    Args:
        customer: the customer's name; empty where it is not known.
    """

    def __init__(self, language: str, customer: str) -> None:
        self.language = "zh" if language.partition("-")[0] == "zh" else "en"
        self._words: Mapping[str, Any] = _all()[self.language]
        self.customer = customer or self._words["customer"]

    def say(self, phrase: str, **values: Any) -> str:
        """A phrase with its gaps filled; a sentence begins with a capital."""
        text = str(self._words[phrase]).format(who=self.customer, **values)
        return text[:1].upper() + text[1:]

    def person(self, by: str) -> str:
        """Somebody of an event (`agent:li`) by name; the customer by theirs."""
        if role(by) == "customer":
            return self.customer
        name = person(by) or str(self._words.get(by, by))
        return name.capitalize() if name.isalpha() and name.islower() else name

    def moment(self, text: str, *, year: bool = False) -> str:
        """`Mon 2 Mar, 09:14` or `3月2日（周一）09:14`."""
        at = from_text(text)
        day = self._words["weekdays"][at.weekday()]
        if self.language == "zh":
            return f"{f'{at.year}年' if year else ''}{at.month}月{at.day}日（{day}）{at:%H:%M}"
        month = self._words["months"][at.month - 1]
        return f"{day} {at.day} {month}{f' {at.year}' if year else ''}, {at:%H:%M}"

    def span(self, first: str, last: str) -> str:
        """How long it was between two moments: days and hours, or hours and minutes."""
        gap = from_text(last) - from_text(first)
        days, rest = gap.days, gap - timedelta(days=gap.days)
        hours, minutes = divmod(int(rest.total_seconds()) // 60, 60)
        parts = [(days, "day"), (hours, "hour")] if days else [(hours, "hour"), (minutes, "minute")]
        told = [self._count(n, unit) for n, unit in parts if n] or [self._count(0, "minute")]
        return ("" if self.language == "zh" else " ").join(told)

    def _count(self, n: int, unit: str) -> str:
        return str(self._words["span"][unit if n == 1 else f"{unit}s"]).format(n=n)

    def value(self, value: Any) -> str:
        """A fact's value in words."""
        if isinstance(value, bool):
            return str(self._words["yes" if value else "no"])
        if isinstance(value, list):
            return str(self._words["and"]).join(self.value(one) for one in value)
        return str(self._words["values"].get(value, value)) if isinstance(value, str) else str(value)

    def fact(self, kind: FactType, value: Any, source: str, by: str) -> tuple[str, str]:
        """A fact as a sentence and, for what somebody wrote, the words themselves; both may be empty.

        A fact that no phrase is known for is told by its own question.
        """
        phrase = self._words["facts"].get(kind.name)
        who = self.person(by)
        shown = self._shown(kind, value)
        if phrase is None:
            return self._by_question(kind, value, source, who)
        if isinstance(phrase, dict):
            key = str(value).lower() if isinstance(value, bool) else str(value)
            phrase = phrase.get(key, phrase.get("*", ""))
        text = str(phrase).format(who=self.customer, by=who, value=shown)
        quote = str(value) if phrase.endswith((":", "：")) else ""
        return text[:1].upper() + text[1:], quote

    def _shown(self, kind: FactType, value: Any) -> str:
        if kind.kind == "instant":
            return self.moment(value)
        if kind.kind == "person":
            return self.person(f"agent:{value}")
        if kind.kind == "list":
            return ("；" if self.language == "zh" else "; ").join(map(str, value))
        return self.value(value)

    def _by_question(self, kind: FactType, value: Any, source: str, who: str) -> tuple[str, str]:
        ask = words(kind.ask, self.language) or f"{kind.name}:"
        shown = self._shown(kind, value)
        quote = shown if kind.kind == "text" else ""
        phrase = "said" if source == "customer" else "noted"
        text = self.say(phrase, by=who, ask=ask, value="" if quote else shown)
        return text.rstrip(), quote
