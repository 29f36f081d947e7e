"""Which rules a text is to be held to: those of the language it is written in."""

from __future__ import annotations


def language_of(text: str, said: str = "en") -> str:
    """The language of a text.

    Args:
        said: what it is said to be; it holds unless the script says otherwise, as agents answer in a
            language of their own choice.

    Returns:
        `zh` where most letters are Chinese; else `said`, or `en` where that is Chinese.
    """
    letters = [letter for letter in text if letter.isalpha()]
    chinese = sum("\u4e00" <= letter <= "\u9fff" for letter in letters)
    is_chinese = said.partition("-")[0] == "zh"
    if chinese * 2 > len(letters):
        return said if is_chinese else "zh"
    return "en" if is_chinese and letters else said
