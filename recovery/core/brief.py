"""The brief: all that a colleague needs to know of a case, so that nobody tells it twice (domain.md §2).

It is made when it is asked for, from the case as it stands, and is therefore always current. The customer's
own words are quoted as they were said. With the case's log it also tells what was tried in earlier cycles,
and what the customer wrote since.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from recovery.core.brief_words import VALUES, WORDS
from recovery.core.calendars.local import is_zone, zone_of
from recovery.core.case import Case, Change
from recovery.core.changes import recorded
from recovery.core.explain import explain
from recovery.core.explain import words as in_language
from recovery.core.instants import from_text
from recovery.core.money import read_money, spoken
from recovery.core.promises import rows
from recovery.core.spec import Workflow

BRIEF = "brief"
"""What a template for colleagues calls it."""

LETTERS_AT_MOST = 5
"""How many of the customer's later messages are quoted: the last ones."""

NEXT_AT_MOST = 6
"""How many open questions are named."""


class Told(Protocol):
    """One event of a case's log, as the store keeps it."""

    @property
    def kind(self) -> str: ...
    @property
    def occurred_at(self) -> str: ...
    @property
    def event(self) -> Mapping[str, Any]: ...
    @property
    def changes(self) -> Sequence[Change]: ...


@dataclass(frozen=True, slots=True)
class Line:
    """One line; `quote` are somebody's own words below it, verbatim."""

    text: str = ""
    quote: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """One part: `problem`, `understood`, `expectation`, `promises`, `tried`, `given`, `feelings`, `next`."""

    id: str
    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Brief:
    """A case in a page, in one language.

    Attributes:
        retold: how often the customer had to tell the story again; None where nobody has noted it.
    """

    case: int
    language: str
    title: str
    owner: str | None
    retold: int | None
    sections: tuple[Section, ...]

    def as_dict(self) -> dict[str, Any]:
        """The brief as plain data."""
        return {
            "case": self.case,
            "language": self.language,
            "title": self.title,
            "owner": self.owner,
            "retold": self.retold,
            "sections": [
                {
                    "id": one.id,
                    "title": one.title,
                    "lines": [{"text": line.text, "quote": line.quote} for line in one.lines],
                }
                for one in self.sections
            ],
        }

    def lines(self) -> Iterator[str]:
        """The brief below its title, as plain lines."""
        for number, section in enumerate(self.sections):
            if number:
                yield ""
            yield section.title
            for line in section.lines:
                if line.text:
                    yield f"  {line.text}"
                yield from (f"  | {words}" for words in line.quote.splitlines())

    def as_text(self) -> str:
        """The brief below its title, as a text."""
        return "\n".join(self.lines())


def brief(
    workflow: Workflow, case: Case, now: datetime, language: str = "en", log: Iterable[Told] = ()
) -> Brief:
    """The brief of a case (domain.md §2, *nobody repeats themselves*).

    Args:
        now: aware; how promises stand depends on it.
        language: Chinese for `zh` and its variants, else English.
        log: every event of the case in its order; without it earlier cycles and letters are left out.
    """
    return _Telling(workflow, case, now, "zh" if language.partition("-")[0] == "zh" else "en").brief(log)


class _Telling:
    """A brief in the making."""

    def __init__(self, workflow: Workflow, case: Case, now: datetime, language: str) -> None:
        self.workflow, self.case, self.now, self.language = workflow, case, now, language
        zone = case.customer.get("zone", "")
        self.zone = zone if is_zone(zone) else "UTC"

    def brief(self, log: Iterable[Told]) -> Brief:
        letters, tried = self._from_log(log)
        retold = self.case.facts.get("retold")
        parts: dict[str, Iterable[Line]] = {
            "noticed" if self.case.signal else "problem": [*self._problem(), *letters[-LETTERS_AT_MOST:]],
            "understood": self._understood(),
            "expectation": self._expectation(),
            "promises": self._promises(),
            "tried": self._tried(tried),
            "given": self._given(),
            "feelings": self._feelings(retold),
            "next": self._next(),
        }
        return Brief(
            self.case.id,
            self.language,
            self._say("title", case=self.case.id),
            self.case.owner,
            retold if isinstance(retold, int) else None,
            tuple(Section(id, self._say(id), tuple(lines)) for id, lines in parts.items()),
        )

    # --- words ----------------------------------------------------------------------------------------------

    def _say(self, phrase: str, **values: Any) -> str:
        return WORDS[self.language][phrase].format(**values)

    def _value(self, value: Any) -> str:
        return VALUES[self.language].get(str(value), str(value))

    def _at(self, at: str) -> str:
        """A moment on the customer's clock, to the minute, with its zone."""
        return f"{from_text(at).astimezone(zone_of(self.zone)):%Y-%m-%d %H:%M} {self.zone}"

    def _is(self, name: str, kind: str) -> bool:
        """Whether a fact is known, and of a type in this workflow."""
        return name in self.case.facts and self.workflow.facts[name].kind == kind

    def _quoted(self, name: str) -> Iterator[Line]:
        value = self.case.facts.get(name)
        if value is not None:
            yield Line(quote=str(value))

    # --- its parts ------------------------------------------------------------------------------------------

    def _problem(self) -> Iterator[Line]:
        yield from self._quoted("problem.statement")

    def _understood(self) -> Iterator[Line]:
        if "problem.restated" not in self.case.facts:
            yield Line(self._say("not_understood"))
            return
        yield from self._quoted("problem.restated")
        if self.case.facts.get("recurrence.recurrent") is True:
            yield Line(self._say("often"))
        confirmed = self.case.fact("problem.confirmed")
        if confirmed is None or confirmed.value is not True:
            yield Line(self._say("not_confirmed"))
        else:
            silently = confirmed.source == "engine"
            yield Line(self._say("confirmed_silently" if silently else "confirmed"))

    def _expectation(self) -> Iterator[Line]:
        if "expectation.wanted" not in self.case.facts:
            yield Line(self._say("not_asked"))
        yield from self._quoted("expectation.wanted")
        feasible = self.case.facts.get("expectation.feasible")
        if feasible in ("fully", "partly", "not_at_all"):
            yield Line(self._say(feasible))

    def _promises(self) -> Iterator[Line]:
        found = False
        for row in rows(self.case.promises, self.now):
            found = True
            what = self._say("hear") if row["contact"] else row["what"]
            at, status = self._at(row["by_when"]), self._say(row["status"])
            phrase = "to_customer" if row["to"] == "customer" else "to_other"
            yield Line(self._say(phrase, at=at, what=what, status=status, to=row["to"]))
        for phrase, name in (("account", "account_given"), ("news", "update.news")):
            if name in self.case.facts:
                found = True
                yield Line(self._say(phrase), str(self.case.facts[name]))
        if not found:
            yield Line(self._say("nothing_told"))

    def _tried(self, earlier: list[Line]) -> Iterator[Line]:
        case, facts = self.case, self.case.facts
        yield from earlier
        if case.failures:
            n = self._say("once") if case.failures == 1 else self._say("times", n=case.failures)
            yield Line(self._say("cycle", n=n))
        alternatives = facts.get("alternatives")
        if isinstance(alternatives, list):
            yield Line(self._say("alternatives"), "\n".join(map(str, alternatives)))
        kind = facts.get("resolution.kind")
        if kind is not None and self._is("resolution.done_at", "instant"):
            at = self._at(facts["resolution.done_at"])
            yield Line(self._say("done", at=at, what=self._value(kind)))
        elif kind is not None:
            yield Line(self._say("being_done", what=self._value(kind)))
        refused = case.fact("resolution.accepted")
        if refused is not None and refused.value is False:
            yield Line(self._say("no", at=self._at(refused.occurred_at)))
        if not (earlier or case.failures or alternatives or kind):
            yield Line(self._say("nothing_tried"))

    def _given(self) -> Iterator[Line]:
        facts, found = self.case.facts, False
        for name, phrase in (("comfort.gesture", "comfort"), ("goodwill.detail", "goodwill")):
            if name in facts:
                found = True
                yield Line(self._say(phrase, what=facts[name]))
            if name == "comfort.gesture" and self._is("comfort.cost", "money"):
                found = True
                yield Line(self._say("cost", amount=spoken(read_money(facts["comfort.cost"]))))
        if facts.get("goodwill.sent") is True and "goodwill.detail" not in facts:
            found = True
            yield Line(self._say("goodwill", what=self._value(facts.get("goodwill.kind", ""))))
        for coupon in self.case.coupons.values():
            found = True
            status = WORDS[self.language].get(coupon.status, coupon.status)
            yield Line(self._say("coupon", value=coupon.value, status=status))
        for given in self.case.compensations.values():
            found = True
            kind, status = self._value(given.kind), self._say(given.status)
            amount = "" if given.amount is None else f" {spoken(read_money(given.amount))}"
            yield Line(self._say("compensation", kind=kind, amount=amount, status=status))
        if not found:
            yield Line(self._say("nothing_given"))

    def _feelings(self, retold: Any) -> Iterator[Line]:
        facts = self.case.facts
        level, mark = facts.get("emotion.level"), facts.get("followup.satisfaction")
        yield Line(self._say("not_noted") if level is None else self._say("level", n=level))
        if facts.get("emotion.heard") is True:
            yield Line(self._say("heard"))
        if mark is not None:
            yield Line(self._say("satisfaction", n=mark))
        yield Line(self._say("retold_unknown") if retold is None else self._say("retold", n=retold))

    def _next(self) -> Iterator[Line]:
        case = self.case
        told = explain(self.workflow, case, language=self.language)
        yield Line(told["step"]["title"])
        asks = [one for need in told["waits_for"] for one in need.get("any_of", [need])]
        for need in asks[:NEXT_AT_MOST]:
            yield Line(need["ask"] or need["need"])
        for name, clock in self.workflow.clocks.items():
            state = case.clocks.get(name)
            if state is not None and state.status == "running" and state.due_at is not None:
                title = in_language(clock.title, self.language) or name
                yield Line(self._say("deadline", title=title, at=self._at(state.due_at)))
        for one in case.collaborations.values():
            at = self._at(one.by_when)
            phrase = "helper" if one.is_open else "helped"
            yield Line(self._say(phrase, of=one.of, what=one.what, at=at), one.answer or "")
        yield Line(self._say("owner", who=case.owner or self._say("nobody")))
        if case.offered_to is not None:
            yield Line(self._say("handed", who=case.offered_to))

    # --- what only the log knows ----------------------------------------------------------------------------

    def _from_log(self, log: Iterable[Told]) -> tuple[list[Line], list[Line]]:
        """What the customer wrote since, and what was tried before and is to be established anew."""
        letters: list[Line] = []
        tried: list[Line] = []
        kind: Any = None
        for record in log:
            at = self._at(record.occurred_at)
            if record.kind == "MessageReceived" and not record.event.get("auto"):
                phrase = "called" if record.event.get("missed") else "wrote"
                letters.append(Line(self._say(phrase, at=at), str(record.event.get("text") or "")))
            for name, value, _ in recorded(record.changes):
                if name == "resolution.kind":
                    kind = value
                elif name == "resolution.done_at" and kind is not None:
                    tried.append(Line(self._say("done", at=self._at(value), what=self._value(kind))))
                elif name == "resolution.accepted" and value is False:
                    tried.append(Line(self._say("no", at=at)))
                elif name == "followup.satisfaction":
                    tried.append(Line(self._say("mark", n=value, at=at)))
        now = {line.text for line in self._tried([])}
        return letters, [line for line in tried if line.text not in now]
