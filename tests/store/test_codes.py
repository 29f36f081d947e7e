"""Coupon codes: hard to guess, easy to read, and mistakes in them found."""

from __future__ import annotations

import math
import random
import re

from hypothesis import given
from hypothesis import strategies as st

from recovery.store import codes

DRAWN = st.integers(0, 2**32).map(lambda seed: codes.draw(random.Random(seed).randbytes))


def test_nobody_guesses_a_code() -> None:
    assert codes.LENGTH * math.log2(len(codes.ALPHABET)) >= 80
    assert not set("0O1IL") & set(codes.ALPHABET)
    assert len({codes.draw(random.Random(seed).randbytes) for seed in range(5_000)}) == 5_000


def test_every_character_is_drawn_about_as_often_as_any_other() -> None:
    drawn = "".join(codes.draw(random.Random(seed).randbytes).replace("-", "")[:17] for seed in range(4_000))
    counts = [drawn.count(letter) for letter in codes.ALPHABET]
    expected = len(drawn) / len(codes.ALPHABET)
    assert max(abs(count - expected) for count in counts) < 6 * math.sqrt(expected)


def test_the_same_entropy_draws_the_same_code() -> None:
    assert codes.draw(random.Random(7).randbytes) == codes.draw(random.Random(7).randbytes)


@given(DRAWN)
def test_a_code_reads_back_however_it_is_typed(code: str) -> None:
    assert re.fullmatch(r"\w{6}-\w{6}-\w{6}", code)
    for typed in (code, code.lower(), code.replace("-", ""), code.replace("-", " — "), f" {code} "):
        assert codes.read(typed) == code


@given(DRAWN, st.integers(0, 17), st.sampled_from(codes.ALPHABET))
def test_every_wrong_character_is_found(code: str, place: int, letter: str) -> None:
    letters = list(code.replace("-", ""))
    changed = letters[place] != letter
    letters[place] = letter
    assert (codes.read("".join(letters)) is None) is changed


@given(DRAWN, st.integers(0, 16))
def test_every_two_neighbours_that_changed_places_are_found(code: str, place: int) -> None:
    letters = list(code.replace("-", ""))
    changed = letters[place] != letters[place + 1]
    letters[place], letters[place + 1] = letters[place + 1], letters[place]
    assert (codes.read("".join(letters)) is None) is changed


@given(st.one_of(st.text(max_size=300), st.binary(), st.none(), st.integers()))
def test_whatever_is_typed_is_a_code_or_a_mistake(typed: object) -> None:
    read = codes.read(typed)
    assert read is None or codes.read(read) == read


@given(DRAWN)
def test_what_is_kept_says_nothing_and_is_of_one_tenant(code: str) -> None:
    kept = codes.kept("shop", code)
    assert code not in kept
    assert codes.is_the_code(kept, "shop", code)
    assert not codes.is_the_code(kept, "bank", code)
    assert not codes.is_the_code("", "shop", code)


def test_only_the_code_of_its_own_message_is_masked() -> None:
    context = {"coupon": {"code": "K7MPQX-4WDF2A-9RTBHC"}}
    assert codes.masked("Your code: K7MPQX-4WDF2A-9RTBHC.", context) == "Your code: ······."
    for none in ({}, {"coupon": {}}, {"coupon": None}, None, {"coupon": {"code": ""}}):
        assert codes.masked("as it is", none) == "as it is"
