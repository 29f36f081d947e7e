"""What a workflow is: plain frozen data, made by `recovery.workflow` from checked YAML.

A workflow has *steps* in an order and *ends*; a case stands in exactly one of them. In an `in_order` workflow
it *walks on*: as soon as a step's needs are met the step is left (its `on_leave` rules fire) and the next one
entered (`on_enter`), up to the first end. In a `free` workflow only *transitions* move, asked for by name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from recovery.core.clocks.index import Indexed
from recovery.core.facts import BUILT_IN, FactType, Text, read_decimal
from recovery.core.guards import Guard

if TYPE_CHECKING:
    from recovery.core.calendars.calendar import Calendar
    from recovery.core.case import Case
    from recovery.core.clocks.model import Clock
    from recovery.core.derived import Derived
    from recovery.core.empowerment.budgets import Budget
    from recovery.core.letter_parts import LetterPart
    from recovery.core.machine import MoveTable

SAME = "same"
"""The destination of a transition that does not move the case."""

MERGED = "merged"
"""The end a merged case rests in; a workflow without it cannot merge."""

OWN = "own"
"""The channel that a case's customer is answered on anyway, where a message may leave over several."""

DAYS_AT_MOST = 3_650
"""The longest that a coupon can be good."""


@dataclass(frozen=True, slots=True)
class Coupon:
    """A coupon that goes with a message: `value` is an amount, `days` how many days it is good."""

    offer: str
    value: str
    days: int


@dataclass(frozen=True, slots=True)
class Send:
    """Send a message made from a template.

    Attributes:
        when_delivered: facts the engine records once the message has been delivered.
        once: `cycle` (default: at most once until the case is reopened), `case`, or `always`.
        to: `customer`, `owner`, `supervisor`, `asked` (whom it is offered to), `helper` or `teller`.
        coupon: what it hands over; it is not sent where that was offered in this cycle.
        over: of a clock's message to the customer the channel of each time it runs out, the last one for all
            after it; `own` is the case's. Empty: always that.
    """

    template: str
    when_delivered: Mapping[str, Any] = field(default_factory=dict)
    once: Literal["cycle", "case", "always"] = "cycle"
    to: Literal["customer", "owner", "supervisor", "asked", "helper", "teller"] = "customer"
    coupon: Coupon | None = None
    over: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Escalate:
    """Raise the escalation level, at most to the top."""

    levels: int


@dataclass(frozen=True, slots=True)
class RaiseSeverity:
    """Raise severity one level, at most to the workflow's highest."""


@dataclass(frozen=True, slots=True)
class CountFailure:
    """One failure more for this customer begins a new *cycle* (a double deviation, domain.md §1)."""


@dataclass(frozen=True, slots=True)
class Record:
    """Facts the engine puts on record itself."""

    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Go:
    """Move to a step or an end, forgetting facts that must be established anew (see `Transition.forget`)."""

    to: str
    forget: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Forget:
    """Facts to be established anew."""

    facts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TakeBack:
    """Whoever was asked to take the case over has not answered: the offer holds no longer."""


Action = Send | Escalate | RaiseSeverity | CountFailure | Record | Go | Forget | TakeBack


@dataclass(frozen=True, slots=True)
class Rule:
    """`if` a guard holds, do these actions. A guard that is unknown does not fire.

    `file` is where it stands when the workflow extends another and has it from there.
    """

    actions: tuple[Action, ...]
    when: Guard | None = None
    line: int = 0
    file: str = ""
    place: str = field(init=False, repr=False, compare=False)
    asks: str = field(init=False, repr=False, compare=False)
    asks_about: tuple[str, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Where it stands and what the guard says is written into every trace; it is put into words once.
        object.__setattr__(self, "place", f"{self.file} line {self.line}".strip())
        object.__setattr__(self, "asks", str(self.when))
        object.__setattr__(self, "asks_about", tuple(dict.fromkeys(self.when.facts())) if self.when else ())


@dataclass(frozen=True, slots=True)
class Need:
    """One exit fact of a step.

    `test` is `known` (any value), `is` (this value), `in` (one of these) or `at_least` (a number, or a list
    of at least so many items). `when` says in which cases the fact is needed at all; while that is unknown,
    the need is not met.
    """

    fact: str
    test: Literal["known", "is", "in", "at_least"] = "known"
    wanted: Any = None
    when: Guard | None = None

    def met(self, case: Case) -> bool:
        """Whether the case has what is needed (or does not need it)."""
        if self.when is not None:
            needed = self.when.evaluate(case)
            if not needed:
                return needed is not None
        value = case.facts.get(self.fact)
        if value is None:
            return False
        if self.test == "known":
            return True
        if self.test == "is":
            return bool(value == self.wanted)
        if self.test == "in":
            return value in self.wanted
        amount = len(value) if isinstance(value, list) else read_decimal(value)
        return amount is not None and bool(amount >= self.wanted)

    def names(self) -> Iterator[str]:
        """Every fact the answer hangs on."""
        yield self.fact
        if self.when is not None:
            yield from self.when.facts()

    def __str__(self) -> str:
        if self.test == "known":
            return self.fact
        if self.test == "is":
            shown = str(self.wanted).lower() if isinstance(self.wanted, bool) else self.wanted
            return f"{self.fact} = {shown}"
        if self.test == "in":
            return f"{self.fact} in {', '.join(map(str, self.wanted))}"
        return f"{self.fact} (at least {self.wanted})"


@dataclass(frozen=True, slots=True)
class AnyOf:
    """A need met by any one of several."""

    name: str
    of: tuple[Need, ...]

    def met(self, case: Case) -> bool:
        """Whether any is met."""
        return any(need.met(case) for need in self.of)

    def names(self) -> Iterator[str]:
        """Every fact the answer hangs on."""
        yield from (name for need in self.of for name in need.names())

    def __str__(self) -> str:
        return " or ".join(str(need) for need in self.of)


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what it is for, what the agent does and never does, and what must be known to leave it."""

    id: str
    title: Text
    purpose: Text = field(default_factory=dict)
    worth: Text = field(default_factory=dict)
    do: tuple[Text, ...] = ()
    never: tuple[Text, ...] = ()
    needs: tuple[Need | AnyOf, ...] = ()
    on_enter: tuple[Rule, ...] = ()
    on_leave: tuple[Rule, ...] = ()
    always: frozenset[str] = field(init=False, repr=False, compare=False)
    further: tuple[Need | AnyOf, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # What every case needs to know is looked for at once; of most needs that is the whole of it.
        always = {one.fact: one for one in self.needs if isinstance(one, Need) and one.when is None}
        known = [one for one in always.values() if one.test == "known"]
        object.__setattr__(self, "always", frozenset(always))
        object.__setattr__(self, "further", tuple(one for one in self.needs if one not in known))

    def met(self, case: Case) -> bool:
        """Whether every exit fact is on record."""
        if not case.facts.keys() >= self.always:
            return False
        for need in self.further:  # noqa: SIM110 - asked for at every step; a generator doubles its time
            if not need.met(case):
                return False
        return True

    def missing(self, case: Case) -> list[Need | AnyOf]:
        """The needs not met, in order."""
        return [need for need in self.needs if not need.met(case)]


@dataclass(frozen=True, slots=True)
class End:
    """A state in which nothing is expected any more: `closed`, `withdrawn`, …"""

    id: str
    title: Text


@dataclass(frozen=True, slots=True)
class Transition:
    """A named move.

    Attributes:
        sources: the steps and ends it may start from.
        to: a step, an end, or `SAME`.
        by: the roles that may ask for it; a higher escalation level may do what a lower one may.
        needs: facts that must be on record (or come with the request), such as a reason.
        forget: facts to be established anew. None: for a move backwards, everything the steps from the
            destination to the source need, save the owner; for any other move nothing.

    A move forward, to a later step or to the main end, asks for the exit facts of the step it leaves; a move
    backwards or to a side end does not.
    """

    name: str
    sources: frozenset[str]
    to: str
    by: frozenset[str]
    title: Text = field(default_factory=dict)
    when: Guard | None = None
    needs: tuple[Need, ...] = ()
    forget: tuple[str, ...] | None = None
    then: tuple[Rule, ...] = ()
    line: int = 0


@dataclass(eq=False)
class Workflow:
    """One version of one workflow, ready to decide with. Build it once and share it; it never changes.

    `bundle` is the hash of everything this version consists of. The order of `steps` is the walking order.
    `mentions` are the facts each template speaks of: all that its message is given (None: every fact).
    `purposes` is what each template is for. `say` names the templates that people send by hand, beside those
    that rules send. `derived` are the facts that follow from others, each after those it follows from.
    `letters` are what a letter must hold. `offers` has the message that hands over each offer of a coupon.
    `acknowledgements` only say that a message has arrived. `contact_hours`, on the customer's own clock, are
    when messages may reach them; `contact_cap` is how many that nobody waits for a customer gets a day.
    `on_message` fires when a customer writes. `tracked` are the marks clocks go by. `budgets`: never none.
    """

    id: str
    bundle: str
    title: Text
    steps: Mapping[str, Step]
    ends: Mapping[str, End]
    facts: Mapping[str, FactType]
    transitions: tuple[Transition, ...] = ()
    escalation: tuple[str, ...] = ("agent", "supervisor", "manager")
    severities: int = 3
    mentions: Mapping[str, tuple[str, ...]] | None = None
    purposes: Mapping[str, str] | None = None
    clocks: Mapping[str, Clock] = field(default_factory=dict)
    acknowledgements: tuple[str, ...] = ("acknowledgement",)
    contact_hours: Calendar | None = None
    contact_cap: int = 2
    on_message: tuple[Rule, ...] = ()
    order: Literal["in_order", "free"] = "in_order"
    say: tuple[str, ...] = ()
    derived: tuple[Derived, ...] = ()
    letters: Mapping[str, tuple[LetterPart, ...]] = field(default_factory=dict)
    budgets: Mapping[str, Budget] = field(default_factory=dict)

    index: dict[str, int] = field(init=False, repr=False)
    next_of: dict[str, str] = field(init=False, repr=False)
    steps_needing: dict[str, tuple[str, ...]] = field(init=False, repr=False)
    owner_needs: dict[str, tuple[Need, ...]] = field(init=False, repr=False)
    moves: MoveTable = field(init=False, repr=False)
    offers: dict[str, Send] = field(init=False, repr=False)
    tracked: frozenset[str] = field(init=False, repr=False)
    marks_of_moves: dict[str, str] = field(init=False, repr=False)
    derived_from: frozenset[str] = field(init=False, repr=False)
    clocks_by_step: dict[str, tuple[Clock, ...]] = field(init=False, repr=False)
    clocks_by_trigger: dict[str, tuple[Clock, ...]] = field(init=False, repr=False)
    roles: tuple[str, ...] = field(init=False)
    start: str = field(init=False)
    main_end: str = field(init=False)

    def __post_init__(self) -> None:
        from recovery.core.empowerment.budgets import default_budgets
        from recovery.core.machine import MoveTable

        self.facts = {**BUILT_IN, **self.facts}
        self.budgets = self.budgets or default_budgets(self.escalation)
        names = list(self.steps)
        # Who can do something to a case; `agent` is known even where nobody bears that title.
        self.roles = tuple(dict.fromkeys(("customer", "agent", *self.escalation, "engine", "import")))
        self.start, self.main_end = names[0], next(iter(self.ends))
        self.index = {name: at for at, name in enumerate(names)}
        self.next_of = dict(zip(names, [*names[1:], self.main_end], strict=True))
        needing: dict[str, dict[str, None]] = {}
        for step in self.steps.values():
            for fact in (name for need in step.needs for name in need.names()):
                needing.setdefault(fact, {})[step.id] = None
        self.steps_needing = {fact: tuple(steps) for fact, steps in needing.items()}
        self.owner_needs = dict(self._owner_needs()) if self.order == "in_order" else {}
        self.moves = MoveTable(self)
        indexed = Indexed(self.clocks.values(), self.steps, self.main_end)
        self.tracked, self.marks_of_moves = indexed.tracked, indexed.marks_of_moves
        self.clocks_by_trigger, self.clocks_by_step = indexed.by_trigger, indexed.by_step
        self.derived_from = frozenset(name for derived in self.derived for name in derived.asks())
        self.offers = {}
        for send in self.sends():
            if send.coupon is not None:
                self.offers.setdefault(send.coupon.offer, send)

    def sends(self) -> Iterator[Send]:
        """Every message that a rule may send, in order."""
        steps, moves = self.steps.values(), self.transitions
        lists = [
            *(rules for step in steps for rules in (step.on_enter, step.on_leave)),
            *(m.then for m in moves),
            self.on_message,
            *((rule,) for clock in self.clocks.values() for rule in clock.rules()),
        ]
        for rule in (rule for rules in lists for rule in rules):
            yield from (action for action in rule.actions if isinstance(action, Send))
        yield from (send for budget in self.budgets.values() for send in budget.sends())

    def _owner_needs(self) -> Iterator[tuple[str, tuple[Need, ...]]]:
        """For each state the needs of an owner in the steps before it (side ends lie before all steps)."""
        before: tuple[Need, ...] = ()
        for step in self.steps.values():
            yield step.id, before
            before += tuple(need for need in step.needs if isinstance(need, Need) and need.fact == "owner")
        yield self.main_end, before

    def is_end(self, state: str) -> bool:
        """Whether this state is an end, not a step."""
        return state in self.ends

    def may(self, role: str, allowed: frozenset[str]) -> bool:
        """Whether a role may do what `allowed` ones may; a higher escalation level may what a lower may."""
        if role in allowed:
            return True
        if role not in self.escalation:
            return False
        return any(lower in allowed for lower in self.escalation[: self.escalation.index(role)])

    def needed_between(self, first: str, last: str) -> tuple[str, ...]:
        """Every exit fact (never the owner) of the steps from `first` to `last`, both included."""
        end = self.index.get(last, len(self.index) - 1)
        found: dict[str, None] = {}
        for step in list(self.steps.values())[self.index[first] : end + 1]:
            for need in step.needs:
                for one in need.of if isinstance(need, AnyOf) else (need,):
                    found[one.fact] = None
        return tuple(fact for fact in found if fact != "owner")
