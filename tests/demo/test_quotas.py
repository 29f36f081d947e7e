"""Characters are dealt by quota: the same for the same seed, and no share is left to luck."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from recovery.demo.quotas import FATES, FIRST_WITH_NEIGHBOURS, SHARES, cast

NAMES = [f"case-{number}" for number in range(1000)]


def test_the_same_seed_gives_the_same_characters() -> None:
    assert cast(5, NAMES) == cast(5, NAMES)
    assert cast(5, NAMES) != cast(6, NAMES)


@given(seed=st.integers(0, 2**32), total=st.integers(100, 400))
def test_every_share_is_dealt_out_at_any_seed(seed: int, total: int) -> None:
    found = cast(seed, NAMES[:total])
    fates = Counter(one.fate for one in found)
    for fate, share in FATES.items():
        assert abs(fates[fate] - share * total) <= 1
    for turn, shares in SHARES.items():
        dealt = Counter(getattr(one, turn) for one in found)
        for kind, share in shares.items():
            assert abs(dealt[kind] - share * total) <= 1


@given(seed=st.integers(0, 2**32), total=st.integers(0, 12))
def test_a_few_complaints_have_characters_too(seed: int, total: int) -> None:
    found = cast(seed, NAMES[:total])
    assert len(found) == total
    joined = [at for at, one in enumerate(found) if one.fate in ("merged", "unmerged")]
    assert all(at >= FIRST_WITH_NEIGHBOURS for at in joined)


def test_only_ordinary_cases_take_the_turns_on_the_way_to_being_closed() -> None:
    for one in cast(7, NAMES):
        if one.fate != "ordinary":
            assert (one.hand_off, one.follow_up, one.reopens, one.refuses) == ("", "", "", "")


def test_people_give_up_in_every_step_that_takes_a_while() -> None:
    leaving = Counter(one.turning for one in cast(7, NAMES) if one.fate == "withdrawn")
    assert len(leaving) == 7
    assert min(leaving.values()) >= 8
