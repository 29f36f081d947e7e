"""Values that nobody meant."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from recovery.core import events as ev
from tests.core.builders import NAIVE, START

JUNK: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.just(10**6000),
    st.floats(allow_nan=True, allow_infinity=True),
    st.text(st.characters(codec=None), max_size=20),
    st.sampled_from(["\ud800", "\x00", "x" * 2_000_000, " ", "{{ 7*7 }}", "2026-11-22", "12.50", "5 USD"]),
    st.binary(max_size=5),
    st.sampled_from(
        [Decimal("NaN"), Decimal(5), NAIVE, START, date(2026, 11, 22), timedelta(1), object(), ev]
    ),
    st.recursive(
        st.one_of(st.none(), st.text(max_size=3)),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3),
            st.dictionaries(st.text(max_size=3), inner, max_size=3),
            st.dictionaries(st.integers(), inner, max_size=1),
        ),
        max_leaves=5,
    ),
)
