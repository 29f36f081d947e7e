"""How things stand with limits when somebody spends: what the engine fills into an event, under a lock."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from recovery.core.draft import Draft, Refused
from recovery.core.empowerment.state import Asked


class Stand(NamedTuple):
    """What an event takes of a budget, and how much there is; in the smallest coin of its currency."""

    account: str
    currency: str
    units: int
    limit: int
    used: int

    @property
    def free(self) -> int:
        """What may still be used up; never less than nothing."""
        return max(0, self.limit - self.used)


class Standing(NamedTuple):
    """How things stand.

    Attributes:
        units: the amount in the smallest coin of its own currency.
        holds: budget → what it takes of it.
        ask: by the list of people whoever could approve it, the nearest above first; empty: by roles alone.
        nobody: why nobody can be asked; empty: somebody can.
    """

    units: int
    holds: Mapping[str, Stand]
    ask: tuple[Asked, ...] = ()
    nobody: str = ""

    def exceeded(self) -> str | None:
        """The first budget that it is too much for."""
        return next((name for name, of in self.holds.items() if of.units > of.limit - of.used), None)

    def row(self) -> dict[str, Any]:
        """It as an event carries it."""
        row: dict[str, Any] = {
            "units": self.units,
            "holds": {name: of._asdict() for name, of in self.holds.items()},
        }
        if self.ask:
            row["ask"] = [list(one) for one in self.ask]
        return row | ({"nobody": self.nobody} if self.nobody else {})


NOTHING = Standing(0, {})
"""Of what costs nothing."""


def standing_of(draft: Draft, given: Mapping[str, Any], amount: str | None) -> Standing:
    """What `Standing.row` gave.

    Args:
        amount: what is to be given, `40 USD`; of nothing it does not matter how things stand.

    Raises:
        Refused: `no_standing`: the event came past the engine, which fills it in.
    """
    if amount is None:
        return NOTHING
    try:
        holds = {name: Stand(**of) for name, of in given["holds"].items()}
        ask = tuple(Asked(*one) for one in given.get("ask", ()))
        found = Standing(given["units"], holds, ask, given.get("nobody", ""))
    except (KeyError, TypeError, AttributeError):
        found = NOTHING
    if not _is_sound(draft, found):
        raise Refused("no_standing", "Nobody has looked at the limits.", fault="engine")
    return found


def _is_sound(draft: Draft, standing: Standing) -> bool:
    numbers = [standing.units, *(n for of in standing.holds.values() for n in (of.units, of.limit, of.used))]
    texts = [text for of in standing.holds.values() for text in (of.account, of.currency)]
    return (
        standing.holds.keys() == draft.workflow.budgets.keys()
        and all(type(number) is int for number in numbers)
        and all(type(text) is str for text in texts)
        and standing.units > 0
        and all(of.units > 0 for of in standing.holds.values())
    )
