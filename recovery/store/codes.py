"""Coupon codes: drawn, read as people type them, and kept as hashes alone.

A code has 17 characters that carry the secret (84 bits) and one that checks them, in three groups of six:
`K7MPQX-4WDF2A-9RTBHC`. There is no 0, O, 1, I or L among them. The check finds every single wrong character
and every two neighbours that changed places, so that a mistake in typing is told from a code that was never
drawn.
"""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
from collections.abc import Callable

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""31 characters, a prime: so the check works."""

LENGTH = 17
"""How many of a code's characters are drawn."""

GROUP = 6
DRAWN_FROM = 24
"""Bytes of entropy for one code: far more than it holds, so that every code is as likely as any other."""

LONGEST = 200
"""What is longer was not typed from a letter."""

MASK = "······"

_SEPARATORS = frozenset(" -‐‑‒–—_.\t\n\r")
_PLACE = {letter: at for at, letter in enumerate(ALPHABET)}


def draw(entropy: Callable[[int], bytes]) -> str:
    """A new code. `entropy` is the store's own; nobody can guess a code who cannot guess that."""
    number = int.from_bytes(entropy(DRAWN_FROM), "big")
    letters = ""
    for _ in range(LENGTH):
        number, place = divmod(number, len(ALPHABET))
        letters += ALPHABET[place]
    letters += _check(letters)
    return "-".join(letters[at : at + GROUP] for at in range(0, len(letters), GROUP))


def read(typed: object) -> str | None:
    """A code as it was drawn, from what somebody typed; None when there is a mistake in it.

    Small letters, full-width ones, and blanks or dashes anywhere do not matter.
    """
    if not isinstance(typed, str) or len(typed) > LONGEST:
        return None
    letters = unicodedata.normalize("NFKC", typed).upper()
    letters = "".join(letter for letter in letters if letter not in _SEPARATORS)
    if len(letters) != LENGTH + 1 or any(letter not in _PLACE for letter in letters):
        return None
    if _check(letters[:LENGTH]) != letters[LENGTH]:
        return None
    return "-".join(letters[at : at + GROUP] for at in range(0, len(letters), GROUP))


def _check(letters: str) -> str:
    """The character that makes the weighted sum of all of them a multiple of 31."""
    total = sum((at + 2) * _PLACE[letter] for at, letter in enumerate(reversed(letters)))
    return ALPHABET[-total % len(ALPHABET)]


def kept(tenant: str, code: str) -> str:
    """What the database keeps of a code: whoever reads the table of coupons cannot redeem one."""
    return hashlib.sha256(f"coupon:{len(tenant)}:{tenant}:{code}".encode()).hexdigest()


def is_the_code(row: str, tenant: str, code: str) -> bool:
    """Whether a kept hash is that of a code, in a time that says nothing about either."""
    return hmac.compare_digest(row.encode("utf-8", "replace"), kept(tenant, code).encode())


def in_context(context: object) -> str | None:
    """The code that a message was given to hand over; None for any other message."""
    coupon = context.get("coupon") if isinstance(context, dict) else None
    code = coupon.get("code") if isinstance(coupon, dict) else None
    return code if isinstance(code, str) and code else None


def masked(text: str, context: object) -> str:
    """A message's text without the code that it hands over."""
    code = in_context(context)
    return text if code is None else text.replace(code, MASK)
