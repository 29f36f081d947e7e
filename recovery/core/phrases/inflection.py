"""The forms of an English word: `happen~` in a pattern stands for happen, happens, happened, happening."""

from __future__ import annotations

VOWELS = "aeiou"

_IRREGULAR = """
be am is are was were been being | have has had having | do does did done doing | go goes went gone going
get gets got gotten getting | make makes made making | take takes took taken taking
say says said saying | come comes came coming | see sees saw seen seeing | know knows knew known knowing
give gives gave given giving | tell tells told telling | find finds found finding
think thinks thought thinking | feel feels felt feeling | leave leaves left leaving
keep keeps kept keeping | let lets letting | begin begins began begun beginning
break breaks broke broken breaking | bring brings brought bringing | buy buys bought buying
choose chooses chose chosen choosing | fall falls fell fallen falling
forget forgets forgot forgotten forgetting | hear hears heard hearing | hold holds held holding
lose loses lost losing | mean means meant meaning | meet meets met meeting
mislay mislays mislaid mislaying | pay pays paid paying | put puts putting | read reads reading
ring rings rang rung ringing | run runs ran running | sell sells sold selling | send sends sent sending
ship ships shipped shipping | show shows showed shown showing | speak speaks spoke spoken speaking
spend spends spent spending | stand stands stood standing
understand understands understood understanding | write writes wrote written writing
deal deals dealt dealing | drive drives drove driven driving | lead leads led leading
spell spells spelled spelt spelling | grow grows grew grown growing | shut shuts shutting
wear wears wore worn wearing | sit sits sat sitting | overlook overlooks overlooked overlooking
mistake mistakes mistook mistaken mistaking | man men | woman women | child children
person people persons | hit hits hitting | cut cuts cutting | cost costs costing
"""

IRREGULAR = {
    forms.split()[0]: frozenset(forms.split())
    for line in _IRREGULAR.strip().splitlines()
    for forms in line.split(" | ")
}
"""Words whose forms no rule gives, by their plain form."""


def forms(word: str) -> frozenset[str]:
    """Every form of a plain English word; some that nobody writes are among them and do no harm."""
    if word in IRREGULAR:
        return IRREGULAR[word]
    made = {word, word + "s"}
    if word.endswith("e"):
        made |= {word + "d", word[:-1] + "ing"}
    elif word.endswith("y") and word[-2:-1] not in VOWELS:
        made |= {word[:-1] + "ies", word[:-1] + "ied", word + "ing"}
    else:
        made |= {word + "ed", word + "ing"}
        if word.endswith(("s", "x", "z", "ch", "sh", "o")):
            made.add(word + "es")
        if len(word) > 2 and word[-1] not in VOWELS + "wxy" and word[-2] in VOWELS:
            made |= {word + word[-1] + "ed", word + word[-1] + "ing"}
    return frozenset(made)
