"""The demo's report: one HTML file that needs nothing else; what customers wrote is shown, never obeyed."""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from recovery.core.explain import words
from recovery.demo.mix import TURNS
from recovery.insight.funnel import MERGE, UNDO_MERGE

if TYPE_CHECKING:
    from recovery.demo.show import DemoReport

TEMPLATE = "report.html.jinja"

TURN_TITLES = {
    "expectation_not_feasible": "What they wanted could not be done",
    "hand_off_declined_then_accepted": "A hand-off was declined, then somebody accepted",
    "reopened_after_bad_follow_up": "A bad follow-up took the case back a step",
    "withdrawn": "The complaint was taken back for good",
    "unreachable_at_follow_up": "Nobody could be reached at follow-up",
}
"""What each of `mix.TURNS` means."""


def write_report(report: DemoReport) -> None:
    """Write the report to its place.

    Raises:
        OSError: the file cannot be written.
    """
    report.place.report.write_text(as_html(report), encoding="utf-8", newline="\n")


def as_html(report: DemoReport) -> str:
    """The report as one page without outside parts. It names no folder: it is the same anywhere."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(TEMPLATE).render(_values(report))


def _values(report: DemoReport) -> dict[str, Any]:
    data = report.as_dict()
    return {
        "data": data,
        "workflow": words(report.workflow.title, "en"),
        "began": f"{report.began_at.day} {report.began_at:%B %Y}",
        "ended": f"{report.ended_at.day} {report.ended_at:%B %Y}",
        "steps": _steps(report, data),
        "ends": _ends(report, data),
        "turns": [{"title": TURN_TITLES[turn], **data["mix"][turn]} for turn in TURNS],
        "groups": _groups(data["transitions"]),
        "story": report.story,
        "right": report.right.moments,
        "sheet": report.right.sheet.read_text(encoding="utf-8").strip(),
    }


def _steps(report: DemoReport, data: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "title": words(report.workflow.steps[row["step"]].title, "en"),
            "chinese": report.workflow.steps[row["step"]].title.get("zh", ""),
            "came": _percent(row["entered"], data["cases"]),
            "went": _percent(row["left"], data["cases"]),
            "stay": _span(row["median_stay_seconds"]),
            **row,
        }
        for row in data["funnel"]
    ]


def _ends(report: DemoReport, data: Mapping[str, Any]) -> list[dict[str, Any]]:
    steps, ends = report.workflow.steps, report.workflow.ends
    return [
        {
            "title": words((ends.get(state) or steps[state]).title, "en"),
            "cases": count,
            "share": _percent(count, data["cases"]),
        }
        for state, count in data["by_state"].items()
        if count
    ]


def _groups(transitions: Mapping[str, int]) -> list[dict[str, Any]]:
    """The moves by kind; a bar is as long as the root of its count, so that the rare ones show."""
    groups: dict[str, list[dict[str, Any]]] = {
        "The case walked on by itself": [],
        "Somebody asked for it": [],
        "A rule or a correction": [],
    }
    walked, asked, ruled = groups.values()
    longest = sqrt(max(transitions.values(), default=0) or 1)
    for name, count in transitions.items():
        if name.endswith(" by rule") or name.startswith(("fell back", "forced")):
            group = ruled
        elif " → " in name and ": " not in name:
            group = walked
        else:
            group = asked
        width = round(100 * sqrt(count) / longest, 1)
        title = {MERGE: "merge into another case", UNDO_MERGE: "undo a merge"}.get(name, name)
        group.append({"name": title.replace("_", " "), "count": count, "width": width})
    return [{"title": title, "moves": moves} for title, moves in groups.items() if moves]


def _percent(part: int, whole: int) -> float:
    return round(100 * part / whole, 1) if whole else 0.0


def _span(seconds: int | None) -> str:
    if seconds is None:
        return ""
    minutes, hours = seconds // 60, seconds // 3600
    if minutes < 1:
        return "at once"
    if hours < 2:
        return f"{minutes} min"
    return f"{hours} h" if hours < 48 else f"{hours / 24:.1f} days"
