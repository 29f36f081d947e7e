"""One account: a message giving another cause than the one the customer was told is flagged (domain.md §2).

A cause is what stands behind words such as *because*, *due to*, 因为, or before 导致. It is another one when
it has no word in common with the account given; of Chinese no two characters that follow one another. It is a
reason to look again, never one to keep a message back: the writer sees where, and what the account says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from recovery.core.phrases.rules import Hit

RULE, CLASS = "account/another_cause", "account"

ACCOUNT = "account_given"
"""The fact that says what the customer was told."""

_CUES = re.compile(
    r"\b(?:because(?: of)?|due to|owing to|on account of|as a result of|caused by"
    r"|the (?:reason|cause)(?: for [\w' ]{1,40}?)? (?:is|was)(?: that)?)\s+(?P<cause>[^.;!?,\n]+)",
    re.IGNORECASE,
)
_CHINESE_CUES = (
    re.compile(r"(?:因为|由于|原因是|原因在于)(?P<cause>[^，。；！？,;!?\n]{2,})"),
    re.compile(r"(?P<cause>[^，。；！？,;!?\n]{2,}?)(?:导致|造成|引起)"),
)
_WORD = re.compile(r"[a-z]{4,}")
_CHARACTERS = re.compile("[\u4e00-\u9fff]+")

_SAME = 4
"""So many letters at the beginning make two words one: *lorry*, *lorries*."""

_PLAIN = frozenset(
    "about also always asked been being came care could each ever every from gave give hope have into just"
    " know like made make many more most much must need only other over right said should some such than"
    " that their them then there these they thing things this those told trust very want wants wanted well"
    " were what when where which while will wish with without would write wrote your yours customer".split()
)
_PLAIN_CHARACTERS = frozenset("的了是我们您你他她它在有和与及也都就还而被把让给这那个些一不没会要能可")

WORDS = {
    "en": (
        "The customer was told another cause: {account}",
        "Give the cause they were told. If it was wrong, put the right account on record and send the candid "
        "correction.",
    ),
    "zh": (
        "之前告诉顾客的是另一个原因：{account}",
        "请说同一个原因。如果当时说错了，先记下正确的说法，再发更正信。",
    ),
}


def another_cause(text: str, account: str, language: str, quotes: list[str]) -> list[Hit]:
    """Every cause in a text that is not the one of the account; quotations of the customer are passed by.

    Args:
        language: of the text; Chinese for `zh` and its variants, else English.
        quotes: the customer's own words.
    """
    spoken = "zh" if language.partition("-")[0] == "zh" else "en"
    known = _marks(account)
    why, instead = WORDS[spoken]
    found = []
    for start, cause in _causes(text):
        marks = _marks(cause)
        line = text[text.rfind("\n", 0, start) + 1 : start]
        if not marks or marks & known or line.lstrip().startswith(">"):
            continue
        if any(cause.casefold() in quote.casefold() for quote in quotes):
            continue
        found.append(
            Hit(
                RULE,
                CLASS,
                "warn",
                start,
                start + len(cause),
                cause,
                why.format(account=" ".join(account.split())),
                instead,
            )
        )
    return found


def _causes(text: str) -> Iterator[tuple[int, str]]:
    """Each cause that a text gives, and where it begins, in order."""
    seen: dict[int, str] = {}
    for pattern in (_CUES, *_CHINESE_CUES):
        for match in pattern.finditer(text):
            cause = match["cause"].rstrip()
            seen.setdefault(match.start("cause"), cause)
    yield from sorted(seen.items())


def _marks(text: str) -> frozenset[str]:
    """What tells a cause from others: the beginnings of its words, and pairs of its Chinese characters."""
    words = {word[:_SAME] for word in _WORD.findall(text.casefold()) if word not in _PLAIN}
    pairs = {
        run[at : at + 2]
        for run in _CHARACTERS.findall(text)
        for at in range(len(run) - 1)
        if not set(run[at : at + 2]) & _PLAIN_CHARACTERS
    }
    return frozenset(words | pairs)
