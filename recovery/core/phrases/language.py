"""Which rules a text is to be held to: those of the language it is written in."""

from __future__ import annotations

import re

_CHINESE = re.compile("[\u4e00-\u9fff]")


def language_of(text: str, said: str = "en") -> str:
    """The language of a text.

    Args:
        said: what it is said to be; it holds unless the script says otherwise, as agents answer in a
            language of their own choice.

    Returns:
        `zh` where most letters are Chinese; else `said`, or `en` where that is Chinese.
    """
    letters = sum(map(str.isalpha, text))
    chinese = len(_CHINESE.findall(text))
    is_chinese = said.partition("-")[0] == "zh"
    if chinese * 2 > letters:
        return said if is_chinese else "zh"
    return "en" if is_chinese and letters else said
