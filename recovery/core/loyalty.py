"""Loyalty after a failure, and the value at stake with it (TARP; standards.md, research).

TARP asked who would buy again after a small loss (under 5 dollars) and a large one (over 100), by how the
complaint ended. Between the two the shares are drawn out in a straight line by the size of the loss: that is
our reading, for TARP gives none; below the smaller and above the larger they are the published ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

SILENT, UNSATISFIED, SATISFIED, QUICKLY = "silent", "unsatisfied", "satisfied", "quickly_satisfied"

OUTCOMES = (SILENT, UNSATISFIED, SATISFIED, QUICKLY)
"""Said nothing; complained and was not satisfied; was satisfied; was satisfied quickly."""

Shares = tuple[Decimal, Decimal, Decimal, Decimal]
"""Of a hundred customers, how many buy again, in the order of `OUTCOMES`."""


@dataclass(frozen=True, slots=True)
class Loyalty:
    """A loyalty table.

    Attributes:
        small, large: losses in `currency`: up to the one `if_small` holds, from the other on `if_large`.
        source: where the shares come from.
    """

    currency: str
    small: Decimal
    large: Decimal
    if_small: Shares
    if_large: Shares
    source: str

    def shares(self, loss: Decimal | Fraction) -> dict[str, Fraction]:
        """Outcome → the share of customers who buy again after a loss, from 0 to 1."""
        low, high = Fraction(self.small), Fraction(self.large)
        at = min(max((Fraction(loss) - low) / (high - low), Fraction(0)), Fraction(1))
        return {
            name: (Fraction(a) + (Fraction(b) - Fraction(a)) * at) / 100
            for name, a, b in zip(OUTCOMES, self.if_small, self.if_large, strict=True)
        }


TARP = Loyalty(
    "USD",
    Decimal(5),
    Decimal(100),
    (Decimal(37), Decimal(46), Decimal(70), Decimal(95)),
    (Decimal(9), Decimal(19), Decimal(54), Decimal(82)),
    "TARP, Consumer Complaint Handling in America",
)
"""The published table."""


@dataclass(frozen=True, slots=True)
class AtStake:
    """What a failure puts at stake of a customer's value.

    Attributes:
        kept: outcome → what is left of the value on average.
        at_stake: what is lost on average when the complaint leaves the customer unsatisfied.
        worth_recovering: what satisfying them quickly keeps beyond that.
    """

    kept: Mapping[str, Fraction]
    at_stake: Fraction
    worth_recovering: Fraction


def value_at_stake(value: Decimal | Fraction, loss: Decimal | Fraction, loyalty: Loyalty = TARP) -> AtStake:
    """The value at stake with one failure.

    Args:
        value: the customer's lifetime value still to come, in any currency; one below zero is not at stake.
        loss: what the failure cost the customer, in the currency of `loyalty`.
    """
    whole = max(Fraction(value), Fraction(0))
    kept = {name: whole * share for name, share in loyalty.shares(loss).items()}
    return AtStake(kept, whole - kept[UNSATISFIED], kept[QUICKLY] - kept[UNSATISFIED])
