"""What a letter must say because a law asks for it: parts, each in one of several wordings."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from recovery.core.facts import Text

ANY_LANGUAGE = ""

_MARKS = re.compile(r"[*_`\\]+")


@dataclass(frozen=True, slots=True)
class LetterPart:
    """One part of a letter.

    Attributes:
        what: what it is, for people.
        any_of: the wordings, one of which the letter holds, by language; `ANY_LANGUAGE` for all of them.
        says: facts that the letter says.
    """

    what: Text
    any_of: Mapping[str, tuple[str, ...]]
    says: tuple[str, ...] = ()

    def wordings(self, language: str) -> tuple[str, ...]:
        """What would do in a language; nothing where nobody has said."""
        general = self.any_of.get(ANY_LANGUAGE, ())
        return (*self.any_of.get(language.partition("-")[0], ()), *general)

    def stands_in(self, text: str, language: str) -> bool:
        """Whether a letter has this part, as far as its wording tells."""
        if not self.any_of:
            return True
        words = _plain(text)
        return any(_plain(wording) in words for wording in self.wordings(language))


def lacking(parts: Sequence[LetterPart], text: str, language: str) -> list[LetterPart]:
    """The parts that are not in a letter."""
    return [part for part in parts if not part.stands_in(text, language)]


def _plain(text: str) -> str:
    """The words alone: no emphasis, no line ends, no capitals."""
    return " ".join(_MARKS.sub("", text).casefold().split())
