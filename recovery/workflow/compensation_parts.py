"""Reading the parts that every section of a compensation policy is made of: facts, conditions, words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from recovery.core.compensation.facts import FACTS, Condition, PolicyFact
from recovery.core.compensation.policy import Amount, PerDay, Tariff, TariffRow
from recovery.core.guards import CASE_VALUES
from recovery.core.money import Money
from recovery.workflow import compensation_words as words
from recovery.workflow.compensation_shape import PolicyShape, TariffShape
from recovery.workflow.compensation_words import WordProblem
from recovery.workflow.findings import Finding, guess, one_of, shown
from recovery.workflow.reader import Document, Path

NOWHERE = Money(Decimal(0), "USD")
"""Stands where an amount was written wrongly, so that the rest can be read."""

Read = TypeVar("Read")


class Parts:
    """Reads parts of a policy's file, and keeps what is wrong in `findings`."""

    def __init__(self, document: Document, shape: PolicyShape) -> None:
        self.findings: list[Finding] = []
        self._document, self._shape = document, shape
        self._facts: dict[str, PolicyFact] = dict(FACTS)

    # --- facts and conditions

    def _declare(self, name: str) -> None:
        shape, path = self._shape.facts[name], ("facts", name)
        if name in FACTS:
            message = f"Every policy has {shown(name)}: it is read from {FACTS[name].case}."
            self._say(path, "built_in_fact", message, "Choose another name.", key=True)
            return
        if shape.of and shape.type != "word":
            self._say((*path, "of"), "wrong_value", f"A fact of type {shape.type} has no list of words.")
        if shape.from_.startswith("case.") and shape.from_.removeprefix("case.") not in CASE_VALUES:
            hint = guess(shape.from_, [f"case.{value}" for value in CASE_VALUES])
            self._say((*path, "from"), "unknown_fact", f"A case has no {shown(shape.from_)}.", hint)
        self._facts[name] = PolicyFact(name, shape.type, shape.from_, tuple(shape.of or ()))

    def _when(self, path: Path, written: dict[str, Any], *, tariff: bool = False) -> tuple[Condition, ...]:
        found = []
        for name, value in written.items():
            here = (*path, name)
            if name not in self._facts:
                message = f"{shown(name)} is nothing a policy can ask."
                self._say(here, "unknown_fact", message, guess(name, self._facts), key=True)
            elif name == "value" and not tariff:
                message = "A customer's value may raise a ceiling and chooses no remedy."
                self._say(here, "value_chooses", message, "Write it under `value_raises_ceiling`.", key=True)
            elif value is None or isinstance(value, dict) or value == []:
                hint = "A value, a list of values, or a comparison such as >= 2."
                self._say(here, "wrong_type", f"{shown(value)} is no condition.", hint)
            else:
                made = self._condition(here, name, value)
                found += [made] if made is not None else []
        return tuple(found)

    def _condition(self, path: Path, name: str, value: Any) -> Condition | None:
        return self._try(path, lambda: words.condition(name, value, self._facts[name]), None)

    # --- tariffs

    def _version(self, name: str, at: int) -> Path:
        """Where a version stands: in a list, or by itself."""
        return (at,) if isinstance(self._document.get(("tariffs", name)), list) else ()

    def _tariff(self, path: Path, name: str, shape: TariffShape) -> Tariff:
        if bool(shape.rows) is (shape.per_day is not None):
            hint = "Write `rows`, or `per_day` with `days`."
            message = (
                f"The tariff {name} has {'both' if shape.rows else 'neither'} rows and an amount per day."
            )
            self._say(path, "wrong_tariff", message, hint)
        rows = tuple(
            TariffRow(
                self._when((*path, "rows", at, "when"), row.when),
                self._money((*path, "rows", at, "amount"), row.amount),
            )
            for at, row in enumerate(shape.rows)
        )
        for key in ("days", "at_most"):
            if getattr(shape, key) is not None and shape.per_day is None:
                self._say((*path, key), "misplaced_key", f"`{key}` stands beside `per_day`.", key=True)
        per_day = None
        if shape.per_day is not None:
            counts = self._facts.get(shape.days or "")
            if counts is None or counts.kind != "integer":
                message = "An amount per day needs `days`, the fact that counts them."
                numbers = [one.name for one in self._facts.values() if one.kind == "integer"]
                self._say((*path, "days"), "wrong_tariff", message, one_of(numbers))
            each = self._money((*path, "per_day"), shape.per_day)
            per_day = PerDay(each, shape.days or "", shape.after, shape.at_most)
        begins, ends = (self._date((*path, key), getattr(shape, key)) for key in ("valid_from", "valid_to"))
        if begins is not None and ends is not None and ends < begins:
            self._say((*path, "valid_to"), "wrong_value", "It ends before it begins.")
        return Tariff(name, (shape.law or "").strip(), rows, per_day, begins, ends)

    def _no_overlap(self, name: str, versions: tuple[Tariff, ...]) -> None:
        for number, one in enumerate(versions):
            for other in versions[:number]:
                begins = max(one.valid_from or date.min, other.valid_from or date.min)
                if begins <= min(one.valid_to or date.max, other.valid_to or date.max):
                    message = f"Two versions of the tariff {name} count on {begins}."
                    self._say(
                        ("tariffs", name, number), "wrong_tariff", message, "End the earlier one before."
                    )

    # --- words

    def _amount(self, path: Path, text: str) -> Amount | None:
        tariffs = list(self._shape.tariffs)
        return self._try(path, lambda: words.amount(text, self._facts, tariffs), None)

    def _money(self, path: Path, text: str) -> Money:
        return self._try(path, lambda: words.money(text), NOWHERE)

    def _percent(self, path: Path, text: str, at_most: int = 9_999) -> Decimal:
        found = self._try(path, lambda: words.percent(text), Decimal(0))
        if found > at_most:
            self._say(path, "wrong_value", f"{shown(text)} is more than {at_most}%.")
        return found

    def _days(self, path: Path, text: str, at_least: int = 0) -> int:
        found = self._try(path, lambda: words.days(text), at_least)
        if found < at_least:
            self._say(path, "wrong_value", f"{shown(text)} is over at once.", "Such as 60 days.")
        return found

    def _date(self, path: Path, text: str | None) -> date | None:
        try:
            return None if text is None else date.fromisoformat(text)
        except ValueError:
            self._say(path, "wrong_value", f"{shown(text)} is no date.", "Such as 2026-04-01.")
            return None

    def _try(self, path: Path, read: Callable[[], Read], otherwise: Read) -> Read:
        try:
            return read()
        except WordProblem as problem:
            self._say(path, "wrong_value", problem.message, problem.hint)
            return otherwise

    def _say(self, path: Path, code: str, message: str, hint: str = "", *, key: bool = False) -> None:
        self.findings.append(self._document.finding(path, code, message, hint, key=key))
