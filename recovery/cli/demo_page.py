"""What `recovery demo` prints for people: the funnel, one case's whole story, and where everything lies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from recovery.cli.output import table, visible
from recovery.core.explain import words

if TYPE_CHECKING:
    from rich.console import RenderableType

    from recovery.demo.making_right import Moment
    from recovery.demo.show import DemoReport

BAR = 24
"""The longest bar, in characters."""


def demo_page(report: DemoReport) -> list[RenderableType]:
    """A demo for a terminal. What customers wrote is shown with its control characters made visible."""
    data = report.as_dict()
    cases = data["cases"]
    ends = ", ".join(f"{count:,} {state}" for state, count in data["by_state"].items() if count)
    lies = [
        ["messages", data["outbox"]],
        ["the whole story", data["story"]],
        ["the report", data["report"]],
        ["the database", data["database"]],
        ["where people decide", data["making_right"]["project"]],
        ["their line-up sheet", data["making_right"]["sheet"]],
    ]
    pages: list[RenderableType] = [
        _funnel(report),
        f"{cases:,} cases: {ends}.",
        f"{data['events']:,} events, {data['messages']:,} messages, {data['apologies']:,} apologies.",
        "",
        table(
            "The harder turns",
            ["turn", "cases", "share"],
            [
                [turn.replace("_", " "), f"{row['cases']:,}", f"{row['share']:.1%}"]
                for turn, row in data["mix"].items()
            ],
        ),
        f"One of them, case {data['story_case']}:",
        "",
        *map(_story_line, report.story.lines(letters=False)),
        "",
        "And one in which people may decide what to give:",
        "",
        *(_story_line(line) for one in report.right.moments for line in _moment(one)),
        "",
        table("Where everything lies", ["what", "where"], lies),
    ]
    pages += [f"A rule was broken: {visible(breach)}" for breach in data["breaches"]]
    if data["refused"]:
        pages.append(f"{data['refused']:,} events were refused; --json lists the first.")
    if data["rejected"]:
        pages.append(f"{data['rejected']:,} rows of the input could not be used; `recovery import` says why.")
    return pages


def _moment(one: Moment) -> list[str]:
    return [f"─ {one.at:%a %H:%M}  {one.who} {one.did}", f"    ↳ {one.came}"]


def _story_line(line: str) -> RenderableType:
    """A line that keeps its indent where it is wrapped; titles stand out, reasons stand back."""
    from rich.padding import Padding
    from rich.text import Text

    text = visible(line.lstrip())
    style = {"─": "bold", "↳": "dim"}.get(text[:1], "")
    return Padding(Text(text, style), (0, 0, 0, len(line) - len(line.lstrip())))


def _funnel(report: DemoReport) -> RenderableType:
    funnel = report.tally.funnel
    rows = []
    for number, count in enumerate(funnel.steps, start=1):
        title = words(report.workflow.steps[count.step].title, "en")
        went, came = (round(BAR * part / max(funnel.cases, 1)) for part in (count.left, count.entered))
        bar = "█" * went + "░" * (came - went)
        rows.append([f"{number}", title, bar, f"{count.entered:,}", f"{count.left:,}"])
    return table("How far the complaints came", ["", "step", "", "came", "went on"], rows)
