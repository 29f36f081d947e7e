"""Who is who in the demo: every case gets a character. Rare turns are dealt out by quota, not by luck.

Each kind of turn is dealt like cards: the cases are shuffled with the demo's seed and the first so many get
it, so that a small share is there at any seed and in any hundred cases.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

FATES = {
    "withdrawn": 0.105,  # takes the complaint back
    "resumed": 0.035,  # takes it back and comes back to it
    "ended": 0.03,  # goes on insulting people until a supervisor ends the service
    "restored": 0.035,  # the same, then is sorry, and the service is taken up again
    "merged": 0.04,  # is the same trouble as another case
    "unmerged": 0.035,  # is taken for another case by mistake
}
"""What becomes of a case, as a share of all; the others are `ordinary` and are closed."""

SHARES: Mapping[str, Mapping[str, float]] = {
    "feasible": {"not_at_all": 0.13, "partly": 0.2},
    "hand_off": {"declined_then_accepted": 0.12, "accepted": 0.06, "declined": 0.04},
    "follow_up": {"bad": 0.13, "unreachable": 0.13},
    "reopens": {"closed": 0.035, "big_picture": 0.035, "root_cause": 0.035},
    "refuses": {"once": 0.08},
    "escalates": {"once": 0.07},
    "insults": {"calms": 0.03},
    "misread": {"once": 0.07},
    "mistake": {"retracted": 0.03},
    "conversation": {"one_call": 0.16},
}
"""Turns within ordinary cases, as a share of all; dealt independently of each other."""

FIRST_WITH_NEIGHBOURS = 3
"""Cases that arrive before this many others have nobody to be merged with."""

STEPS_TO_LEAVE = ("identify", "clarify", "own", "reassure", "stay_objective", "resolve", "follow_up")
"""Steps in which a case waits long enough for somebody to give up or lose their temper."""


@dataclass(frozen=True, slots=True)
class Character:
    """How one case will go, as far as its people have it in them; the case itself decides what is possible.

    Attributes:
        fate: a key of `FATES`, or `ordinary`.
        turning: the step in which the fate strikes, and other sudden turns.
        feasible: whether what they want can be done.
        hand_off, follow_up, reopens, refuses, escalates, insults, misread, mistake, conversation: a key of
            the same name in `SHARES`, or empty.
        temper: 0 (calm) to 4 (furious).
        form: the complaint came by a form that already asked for some facts.
    """

    fate: str = "ordinary"
    turning: str = "resolve"
    feasible: str = "fully"
    hand_off: str = ""
    follow_up: str = ""
    reopens: str = ""
    refuses: str = ""
    escalates: str = ""
    insults: str = ""
    misread: str = ""
    mistake: str = ""
    conversation: str = ""
    temper: int = 1
    form: bool = False


def cast(seed: int, names: Sequence[str]) -> list[Character]:
    """A character for each case, in the order of their arrival.

    Args:
        names: the cases' external ids; what is not dealt out is drawn from the seed and the name alone.
    """
    total = len(names)
    rng = Random(f"{seed}:quotas")
    late = list(range(min(FIRST_WITH_NEIGHBOURS, total), total))
    joined = _deal(rng, late, {name: FATES[name] for name in ("merged", "unmerged")}, total)
    rest = [at for at in range(total) if at not in joined]
    left = {name: share for name, share in FATES.items() if name not in ("merged", "unmerged")}
    fates = joined | _deal(rng, rest, left, total)
    ordinary = [at for at in range(total) if at not in fates]
    dealt = {turn: _deal(rng, ordinary, shares, total) for turn, shares in SHARES.items()}
    leaving = _deal(
        rng, sorted(fates), dict.fromkeys(STEPS_TO_LEAVE, 1 / len(STEPS_TO_LEAVE)), len(fates), fill=True
    )
    return [
        _character(Random(f"{seed}:{name}"), fates.get(at), leaving.get(at), dealt, at)
        for at, name in enumerate(names)
    ]


def _character(
    rng: Random,
    fate: str | None,
    leaving: str | None,
    dealt: Mapping[str, Mapping[int, str]],
    at: int,
) -> Character:
    turns = {turn: found[at] for turn, found in dealt.items() if at in found}
    turning = leaving or rng.choice(("clarify", "reassure", "stay_objective", "resolve"))
    temper = rng.choices((0, 1, 2, 3, 4), (15, 30, 30, 17, 8))[0]
    if fate in ("ended", "restored") or "insults" in turns:
        temper = 4
    return Character(
        fate=fate or "ordinary", turning=turning, temper=temper, form=rng.random() < 0.3, **turns
    )


def _deal(
    rng: Random, places: Sequence[int], shares: Mapping[str, float], total: int, *, fill: bool = False
) -> dict[int, str]:
    """Give the first places of a shuffled row to each share in turn; `fill` leaves none without."""
    row = list(places)
    rng.shuffle(row)
    dealt: dict[int, str] = {}
    begin = 0
    owed = 0.0
    for name, share in shares.items():
        owed += share * total
        end = min(int(owed + 0.5), len(row))
        for place in row[begin:end]:
            dealt[place] = name
        begin = max(begin, end)
    if fill:
        names = list(shares)
        for number, place in enumerate(row[begin:]):
            dealt[place] = names[number % len(names)]
    return dealt
