"""A line-up sheet as Markdown, in English and Simplified Chinese."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import tzinfo

from recovery.core.facts import Text
from recovery.core.instants import from_text
from recovery.insight.lineup import Praised, Sheet
from recovery.insight.stories import Story

WORDS = {
    "en": {
        "title": "Line-up of {team}",
        "shift": "Shift of {at}",
        "now": "As it would be now",
        "rule": "Rule of the day",
        "of": "From: {step}",
        "stories": "Stories",
        "case": "Case {case}, told by {by}",
        "happened": "What happened:",
        "done": "What was done: {done}",
        "felt": "How they felt:",
        "mark": "Their lowest mark afterwards was {mark} of 5.",
        "further": "And {n} more: `recovery story list` has them all.",
        "no_stories": "No new stories. Who has one to tell?",
        "praise": "Praise",
        "thanks": "{to}, in the words of {of} (case {case}):",
        "customer": "the customer",
        "reward": "With it went {reward}.",
        "well": "{owner}: case {case} was put right in time, and the customer gave {mark} of 5.",
        "no_praise": "Nobody has passed any on. Who should be thanked?",
    },
    "zh": {
        "title": "{team}班前会",
        "shift": "{at} 的班次",
        "now": "现在的内容",
        "rule": "今日守则",
        "of": "出自：{step}",
        "stories": "服务故事",
        "case": "编号 {case}，讲述人 {by}",
        "happened": "发生了什么：",
        "done": "怎么做的：{done}",
        "felt": "顾客的感受：",
        "mark": "事后最低的一项评分是 {mark} 分（满分 5 分）。",
        "further": "另有 {n} 个故事，见 `recovery story list`。",
        "no_stories": "没有新故事。谁来讲一个？",
        "praise": "表扬",
        "thanks": "{to}，{of}的话（编号 {case}）：",
        "customer": "顾客",
        "reward": "并附上 {reward}。",
        "well": "{owner}：编号 {case} 按时办妥，顾客打了 {mark} 分（满分 5 分）。",
        "no_praise": "还没有人转达表扬。该谢谢谁？",
    },
}


def markdown(sheet: Sheet, language: str, zone: tzinfo) -> str:
    """The sheet as Markdown. What people wrote stays within quotations.

    Args:
        language: Chinese for `zh` and its variants, else English.
        zone: whose clock the shift is told by.
    """
    return "\n".join(_lines(sheet, "zh" if language.partition("-")[0] == "zh" else "en", zone)) + "\n"


def heading(sheet: Sheet, language: str) -> str:
    """What the sheet is called."""
    spoken = "zh" if language.partition("-")[0] == "zh" else "en"
    return WORDS[spoken]["title"].format(team=_in(sheet.title, spoken) or sheet.team)


def _lines(sheet: Sheet, language: str, zone: tzinfo) -> Iterator[str]:
    words = WORDS[language]
    yield f"# {heading(sheet, language)}"
    yield ""
    if sheet.shift_at is None:
        yield words["now"]
    else:
        yield words["shift"].format(at=f"{from_text(sheet.shift_at).astimezone(zone):%Y-%m-%d %H:%M}")
    if sheet.rule:
        yield from ("", f"## {words['rule']}", "", f"**{_in(sheet.rule, language)}**", "")
        yield words["of"].format(step=_in(sheet.step, language))
    yield from ("", f"## {words['stories']}", "")
    for story in sheet.stories:
        yield from _story(story, language)
    if sheet.further:
        yield from (words["further"].format(n=sheet.further), "")
    if not sheet.stories:
        yield from (words["no_stories"], "")
    yield from (f"## {words['praise']}", "")
    for one in sheet.praise:
        yield from _praise(one, language)
    for well in sheet.recognitions:
        yield from ("- " + words["well"].format(owner=well.owner, case=well.case, mark=well.mark), "")
    if not sheet.praise and not sheet.recognitions:
        yield words["no_praise"]


def _story(story: Story, language: str) -> Iterator[str]:
    words = WORDS[language]
    yield from (f"### {words['case'].format(case=story.case, by=story.by)}", "")
    yield from (words["happened"], "", *_quoted(story.happened), "")
    if done := " ".join(story.done_in(language).split()):
        yield from (words["done"].format(done=""), "", *_quoted(done), "")
    yield from (words["felt"], "", *_quoted(story.felt), "")
    if story.mark is not None:
        yield from (words["mark"].format(mark=story.mark), "")


def _praise(one: Praised, language: str) -> Iterator[str]:
    words = WORDS[language]
    of = words["customer"] if one.from_customer else one.by.partition(":")[2] or one.by
    yield from (words["thanks"].format(to=one.to, of=of, case=one.case), "", *_quoted(one.text), "")
    if one.reward is not None:
        yield from (words["reward"].format(reward=one.reward), "")


def _quoted(text: str) -> Iterator[str]:
    """Somebody's words, line by line."""
    yield from (f"> {line}" for line in text.strip().splitlines())


def _in(text: Text, language: str) -> str:
    return text.get(language) or text.get("en", "")
