"""What only the whole of a workflow can tell: where cases get to, what is open at once, what hangs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.workflow.small import WORKFLOW, changed, findings_of, places

FREE = """\
workflow: small
title: Small
order: free
steps:
  new: {title: New}
  busy: {title: Busy}
  done: {title: Done}
ends:
  closed:
transitions:
  begin: {from: new, to: busy, by: agent}
  finish: {from: busy, to: done, by: agent}
  close: {from: done, to: closed, by: agent}
"""

WHOLE = {
    "a step nothing leads to": (
        changed("  done: {title: Done}\n", "  done: {title: Done}\n  §lost: {title: Lost}\n", FREE).replace(
            "from: done", "from: [done, lost]"
        ),
        ["unreachable_step"],
    ),
    "an end nothing leads to": (
        changed("  closed:\n", "  closed:\n  §sold: {title: Sold}\n", FREE),
        ["unreachable_end"],
    ),
    "a step nothing leads out of": (
        changed("  done: {title: Done}\n", "  done: {title: Done}\n  §pit: {title: Pit}\n", FREE)
        + "  fall: {from: any, to: pit, by: agent}\n",
        ["dead_end"],
    ),
    "a circle nothing leads out of": (
        changed("  busy: {title", "  §busy: {title", FREE).replace(
            "close: {from: done, to: closed", "close: {from: new, to: closed"
        )
        + "  back: {from: done, to: busy, by: agent}\n",
        ["loop_without_exit"],
    ),
    "a walk that always turns back": (
        WORKFLOW.replace("      - if: mark <= 2\n        go: hear", "      - go: hear")
        .replace("  drop: {from: any, to: withdrawn, by: customer}\n", "")
        .replace("  stop: {from: any, to: ended, by: supervisor}\n", "")
        .replace("  hear:\n    title", "  §hear:\n    title"),
        ["loop_without_exit"],
    ),
    "rules on leaving in a free workflow": (
        changed("done: {title: Done}", "done: {title: Done, §on_leave: [{escalate: 1}]}", FREE),
        ["never_fires"],
    ),
    "a step called like an end": (
        changed("  done: {title: Done}\n", "  done: {title: Done}\n  §closed: {title: Closed}\n", FREE),
        ["bad_name"],
    ),
    "a step called any": (
        changed("  new: {title: New}\n", "  §any: {title: New}\n", FREE).replace("from: new", "from: any"),
        ["bad_name"],
    ),
    "two transitions open at once, always": (
        FREE.replace("  finish: {from: busy, to: done, by: agent}\n",
                     "  finish:\n    - {from: busy, to: done, by: agent}\n"
                     "    - §{from: busy, to: closed, by: agent}\n"),
        ["two_open_moves"],
    ),
    "two transitions open at once for one value": (
        FREE.replace("  finish: {from: busy, to: done, by: agent}\n",
                     "  finish:\n    - {from: busy, to: done, by: agent, if: case.failures <= 1}\n"
                     "    - §{from: busy, to: closed, by: agent, if: case.failures >= 1}\n"),
        ["two_open_moves"],
    ),
    "two open to somebody of a higher level": (
        FREE.replace("  finish: {from: busy, to: done, by: agent}\n",
                     "  finish:\n    - {from: busy, to: done, by: agent}\n"
                     "    - §{from: busy, to: closed, by: supervisor}\n"),
        ["two_open_moves"],
    ),
    "two rules that move to different places": (
        changed(
            "      - if: mark <= 2\n        go: hear\n",
            "      - if: mark <= 3\n        go: hear\n      - §if: mark >= 3\n        go: withdrawn\n",
        ),
        ["two_open_moves"],
    ),
    "a way back from the end that forgets nothing": (
        changed("to: mend, by: [customer, agent]}", "to: §mend, by: [customer, agent], forget: []}"),
        ["forgets_nothing"],
    ),
    "a need open for ever after one of two alternatives": (
        changed(
            "      happy: true\n",
            "      any:\n        - mark:\n        - notes:\n      happy: {is: true, if: §mark > 2}\n",
        ),
        ["hanging_need"],
    ),
    "a shape, a name and a way that are wrong": (
        changed(
            "  done: {title: Done}\n", "  done: {title: Done, §purpos: x}\n  §lost: {title: Lost}\n", FREE
        ).replace("from: done,", "from: [done, lost], if: §marc is known,"),
        ["unknown_key", "unreachable_step", "unknown_fact"],
    ),
}  # fmt: skip

RIGHT = {
    "excluding conditions": FREE.replace(
        "  finish: {from: busy, to: done, by: agent}\n",
        "  finish:\n    - {from: busy, to: done, by: agent, if: case.failures < 1}\n"
        "    - {from: busy, to: closed, by: agent, if: not (case.failures < 1)}\n",
    ),
    "different roles": FREE.replace(
        "  finish: {from: busy, to: done, by: agent}\n",
        "  finish:\n    - {from: busy, to: done, by: customer}\n    - {from: busy, to: closed, by: import}\n",
    ),
    "one step at different times": FREE.replace(
        "  finish: {from: busy, to: done, by: agent}\n",
        "  finish:\n    - {from: busy, to: done, by: agent}\n    - {from: new, to: done, by: agent}\n",
    ),
    "a need that an alternative makes plain": changed(
        "      happy: true\n",
        "      any:\n        - mark:\n        - notes:\n"
        "      happy: {is: true, if: mark is known and mark > 2 or notes is unknown}\n",
    ),
    "a circle that a count ends": changed(
        "      - if: mark <= 2\n        go: hear\n",
        "      - if: case.failures < 2\n        count: failures\n        go: hear\n        forget: []\n",
    ),
    "an alternative as a mapping": changed(
        "      happy: true\n", "      any joy: {happy: true, mark: {at_least: 4}}\n"
    ),
}


@pytest.mark.parametrize("name", WHOLE)
def test_what_is_wrong_with_the_whole_is_found(name: str, tmp_path: Path) -> None:
    text, codes = WHOLE[name]
    clean, marked = places(text)
    found = findings_of(tmp_path, clean)
    assert [finding.code for finding in found] == codes, "\n".join(map(str, found))
    assert [(finding.line, finding.column) for finding in found] == marked


@pytest.mark.parametrize("name", RIGHT)
def test_what_only_looks_wrong_is_accepted(name: str, tmp_path: Path) -> None:
    assert findings_of(tmp_path, RIGHT[name]) == []


def test_two_open_moves_are_shown_by_an_example(tmp_path: Path) -> None:
    text, _ = places(WHOLE["two rules that move to different places"][0])
    (finding,) = findings_of(tmp_path, text)
    assert "when mark is 3" in finding.message


def test_the_step_a_transition_leads_to_is_not_among_any(tmp_path: Path) -> None:
    from recovery.workflow.bundle import collect, load
    from tests.workflow.small import write

    path = write(tmp_path, FREE + "  again: {from: any, to: busy, by: agent}\n")
    bundle, _ = collect(tmp_path, path)
    assert bundle is not None
    again = next(t for t in load(bundle).transitions if t.name == "again")
    assert again.sources == {"new", "done"}
