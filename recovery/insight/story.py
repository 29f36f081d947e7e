"""One case's whole story, told from its log: what happened when, in whose words, and why the case moved."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from recovery.core.case import Case, Change
from recovery.core.changes import recorded
from recovery.core.explain import words
from recovery.core.spec import AnyOf, Workflow
from recovery.insight.soundness import folded
from recovery.insight.telling import Teller
from recovery.store.codes import masked
from recovery.store.records import OutboxRow, Record

Voice = Literal["customer", "house", "letter", "engine"]

_FIRED = re.compile(r"line \d+: fired, (?P<guard>.*?) is true(?: \((?P<facts>.*)\))?", re.DOTALL)
LONGEST_GUARD = 60


@dataclass(frozen=True, slots=True)
class Passage:
    """One thing that happened.

    Attributes:
        at: when (text instant, UTC); `when` is the same for people.
        quote: somebody's own words, verbatim; empty where nobody is quoted.
        why: the rules that fired, each with what it hung on.
        voice: who speaks: the customer, the house, a letter of ours, or the engine.
    """

    at: str
    when: str
    text: str
    quote: str = ""
    why: tuple[str, ...] = ()
    voice: Voice = "house"


@dataclass(slots=True)
class Chapter:
    """What happened while the case stood in one step or end.

    Attributes:
        purpose: the step's own, when the case comes there for the first time.
        why: how the case came here, and what it hung on.
    """

    step: str
    title: str
    purpose: str = ""
    why: tuple[str, ...] = ()
    passages: list[Passage] = field(default_factory=list)


@dataclass(slots=True)
class Story:
    """A case told as a story, in one language."""

    case: int
    language: str
    title: str
    opening: str
    chapters: list[Chapter]
    ending: list[str]

    def lines(self, *, letters: bool = True) -> Iterator[str]:
        """The story as plain lines; `letters` also gives what we wrote, word for word."""
        yield from (self.title, "", self.opening)
        for chapter in self.chapters:
            yield from ("", f"── {chapter.title} ──")
            yield from (f"   {line}" for line in (chapter.purpose, *chapter.why) if line)
            before = ""
            for passage in chapter.passages:
                if passage.when != before:
                    yield f"   {passage.when}"
                    before = passage.when
                yield f"      {passage.text}"
                if passage.quote and (letters or passage.voice != "letter"):
                    yield from (f"         │ {line}" for line in passage.quote.splitlines())
                yield from (f"         ↳ {reason}" for reason in passage.why)
        yield from ("", *self.ending)

    def as_text(self) -> str:
        """The whole story as a text file."""
        return "\n".join(self.lines()) + "\n"


def tell(
    workflow: Workflow,
    case: Case,
    log: Sequence[Record],
    messages: Iterable[OutboxRow] = (),
    language: str | None = None,
) -> Story:
    """Tell a case's story.

    Args:
        log: every event of the case, in order.
        messages: its outbox, so that the story can quote what was sent.
        language: `en` or `zh`; the customer's own by default.
    """
    teller = Teller(language or case.language, case.customer.get("name", ""))
    return _Telling(workflow, case, teller, {row.effect: row for row in messages}).story(log)


class _Telling:
    """A story in the making. `now` is the case as it stood after the event that is being told."""

    def __init__(self, workflow: Workflow, case: Case, teller: Teller, letters: dict[str, OutboxRow]) -> None:
        self.workflow = workflow
        self.case = case
        self.now: Case | None = None
        self.teller = teller
        self.letters = letters
        self.chapters: list[Chapter] = []
        self.owners: list[str] = []

    def story(self, log: Sequence[Record]) -> Story:
        for record in log:
            self.now = folded(self.now, [record])
            self._tell(record)
        subject = self.case.subject
        say = self.teller.say
        return Story(
            self.case.id,
            self.teller.language,
            say("title", subject=" ".join(subject.split())) if subject else say("untitled"),
            say("opening", when=self.teller.moment(log[0].occurred_at, year=True)),
            self.chapters,
            self._ending(log),
        )

    def _ending(self, log: Sequence[Record]) -> list[str]:
        case, say = self.case, self.teller.say
        state = self._title(case.step)
        if case.closed_at is None:
            ending = say("ending_open", state=state)
        else:
            span = self.teller.span(case.received_at, case.closed_at)
            ending = say("ending", state=state, when=self.teller.moment(case.closed_at), span=span)
        sent = sum(1 for record in log if record.kind == "EffectDelivered")
        owners = self.teller.value([self.teller.person(f"agent:{name}") for name in self.owners])
        tally = say(
            "tally", events=len(log), messages=sent, cycles=case.cycle, owners=owners or say("nobody")
        )
        return [ending, tally]

    # --- one event ------------------------------------------------------------------------------------------

    def _tell(self, record: Record) -> None:
        if record.changes and record.changes[0][0] == "open":
            self._chapter(record.changes[0][3]["step"], ())
        passages = list(self._passages(record))
        why = tuple(self.teller.say("because", reason=reason) for reason in _reasons(record))
        if passages:
            passages[-1] = replace(passages[-1], why=why)
        self.chapters[-1].passages += passages
        for change in record.changes:
            for name, value, _ in recorded([change]):
                if name == "owner" and value not in self.owners:
                    self.owners.append(value)
            if change[:2] == ["set", "level"]:
                level = self.teller.value(self.workflow.escalation[change[2]])
                text = self.teller.say("level", level=level)
                self.chapters[-1].passages.append(self._passage(record, text, "", "engine"))
        moves = [change for change in record.changes if change[0] == "move"]
        if moves:
            self._arrive(record, moves)

    def _arrive(self, record: Record, moves: Sequence[Change]) -> None:
        """Begin the chapter of where the case arrived, and say why it did and what it passed."""
        _, source, to, reason, _ = moves[-1]
        why = [self._why(record, source, reason)]
        passed = [move[2] for move in moves[:-1] if move[2] in self.workflow.steps]
        if passed:
            titles = " → ".join(self._title(step) for step in dict.fromkeys(passed))
            why.insert(0, self.teller.say("through", steps=titles))
        self._chapter(to, tuple(filter(None, why)))

    def _why(self, record: Record, source: str, reason: str) -> str:
        say = self.teller.say
        if reason == "exit facts on record" and source in self.workflow.steps:
            return say("walked", step=self._title(source), facts=self._held(source))
        if reason.startswith("rule on"):
            return say("by_rule", step=self._title(source))
        if reason.startswith("no longer on record"):
            return say("fell_back", facts=reason.partition(": ")[2])
        return say("by_request", by=self.teller.person(record.by)) if record.kind == "MoveRequested" else ""

    def _held(self, step: str) -> str:
        """What a step asked for and had."""
        case = self.now
        assert case is not None
        held: dict[str, str] = {}
        for need in self.workflow.steps[step].needs:
            for one in need.of if isinstance(need, AnyOf) else (need,):
                if one.fact in case.facts and one.met(case):
                    held.setdefault(one.fact, str(one))
        return self.teller.value(list(held.values()))

    def _chapter(self, state: str, why: tuple[str, ...]) -> None:
        step = self.workflow.steps.get(state)
        told = any(chapter.step == state for chapter in self.chapters)
        purpose = words(step.purpose, self.teller.language) if step and not told else ""
        number = f"{self.workflow.index[state] + 1} · " if step else ""
        self.chapters.append(Chapter(state, f"{number}{self._title(state)}", purpose, why))

    def _title(self, state: str) -> str:
        place = self.workflow.steps.get(state) or self.workflow.ends[state]
        return words(place.title, self.teller.language)

    def _passage(self, record: Record, text: str, quote: str = "", voice: Voice = "house") -> Passage:
        when = self.teller.moment(record.occurred_at)
        return Passage(record.occurred_at, when, text, quote.strip("\r\n"), (), voice)

    # --- events in words ------------------------------------------------------------------------------------

    def _passages(self, record: Record) -> Iterator[Passage]:
        say, event, kind = self.teller.say, record.event, record.kind
        by = self.teller.person(record.by)
        voice: Voice = "customer" if record.by.startswith("customer") else "house"
        if kind == "ComplaintReceived":
            channel = self.teller.value(record.changes[0][3]["channel"])
            text = event.get("text") or ""
            phrase = "received" if text else "received_silently"
            yield self._passage(record, say(phrase, channel=channel), text, "customer")
            yield from self._facts(record, leave_out="problem.statement")
        elif kind == "FactsRecorded":
            yield from self._facts(record)
        elif kind == "MessageReceived":
            if not event.get("auto"):
                yield self._passage(record, say("message"), event["text"], "customer")
        elif kind == "MoveRequested":
            phrase = "customer_move" if voice == "customer" else "move"
            title = self._move_title(event["transition"], record)
            yield self._passage(record, say(phrase, by=by, title=title), "", voice)
            yield from self._facts(record)
        elif kind == "EffectDelivered":
            yield from self._letter(record)
        elif kind in _PLAIN:
            phrase, quoted = _PLAIN[kind]
            quote = str(event.get(quoted) or "")
            to = self.teller.person(f"agent:{event.get('to', '')}")
            values = {name: event.get(name, "") for name in _SAID}
            yield self._passage(record, say(phrase, by=by, to=to, **values), quote, voice)

    def _facts(self, record: Record, leave_out: str = "") -> Iterator[Passage]:
        """The facts of an event, in order; those without a quotation are told together."""
        passages: list[Passage] = []
        joint = "" if self.teller.language == "zh" else " "
        for name, value, source in recorded(record.changes):
            kind = self.workflow.facts.get(name)
            if kind is None or name == leave_out or source == "engine":
                continue
            text, quote = self.teller.fact(kind, value, source, record.by)
            voice: Voice = "customer" if source == "customer" else "house"
            last = passages[-1] if passages else None
            if last is not None and text and not quote and not last.quote and last.voice == voice:
                passages[-1] = replace(last, text=f"{last.text}{joint}{text}")
            elif text:
                passages.append(self._passage(record, text, quote, voice))
        yield from passages

    def _letter(self, record: Record) -> Iterator[Passage]:
        row = self.letters.get(str(record.event["effect"]))
        if row is None:
            return
        sent: dict[str, Any] = json.loads(row.rendered) if row.rendered else {}
        phrase = "kept" if row.channel == "portal" else "sent"
        text = self.teller.say(phrase, subject=sent.get("subject") or row.template)
        yield self._passage(record, text, masked(str(sent.get("text") or ""), row.context), "letter")

    def _move_title(self, name: str, record: Record) -> str:
        moves = [change for change in record.changes if change[0] == "move"]
        alike = [one for one in self.workflow.transitions if one.name == name]
        fitting = [one for one in alike if moves and moves[0][1] in one.sources] or alike
        title = words(fitting[0].title, self.teller.language) if fitting else ""
        return title[:1].lower() + title[1:] if title else name


def _reasons(record: Record) -> list[str]:
    """The rules that fired: the condition and what it hung on, or only that where the condition is long."""
    reasons = []
    for line in record.why:
        fired = _FIRED.fullmatch(line)
        if fired is not None:
            guard, facts = fired["guard"], fired["facts"] or ""
            if facts.endswith(" is not known") and ", " not in facts:
                continue  # the usual way, while nobody has said otherwise
            short = f"{guard} ({facts})" if facts else guard
            reasons.append(short if len(guard) <= LONGEST_GUARD or not facts else facts)
    return reasons


_SAID = ("into", "other", "fact", "reason", "value")
"""Fields of events that a phrase may say."""

_PLAIN = {
    "HandOffOffered": ("offered", "reason"),
    "HandOffAccepted": ("accepted", ""),
    "HandOffDeclined": ("declined", "reason"),
    "HandOffForced": ("given_over", "reason"),
    "NoteAdded": ("note", "text"),
    "CollaborationAsked": ("helped", "what"),
    "CollaborationAnswered": ("help_came", "answer"),
    "AttachmentAdded": ("attached", ""),
    "FactRetracted": ("retracted", "reason"),
    "EffectFailed": ("failed", ""),
    "MoveForced": ("forced", "reason"),
    "CouponOffered": ("coupon_offered", "note"),
    "CouponRedeemed": ("coupon_redeemed", ""),
    "CouponRevoked": ("coupon_revoked", "reason"),
    "CouponReissued": ("coupon_reissued", "reason"),
    "CaseMerged": ("merged", ""),
    "CaseAbsorbed": ("absorbed", ""),
    "MergeUndone": ("unmerged", ""),
    "CaseReleased": ("released", ""),
    "CaseQuarantined": ("set_aside", "reason"),
    "QuarantineLifted": ("taken_up", "reason"),
}
"""Events told with one phrase, and the field whose words are quoted with it."""
