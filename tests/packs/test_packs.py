"""The regulation packs as files: what each says of itself, and that no figure changes unnoticed."""

from __future__ import annotations

import os
import shutil
from functools import cache
from pathlib import Path

import pytest

from recovery.scenarios.knowing import Workflows
from recovery.scenarios.reading import read_scenario
from recovery.scenarios.running import ground, publish, run
from recovery.workflow.bundle import collect, load
from tests.content.reading import WORKFLOWS, plain
from tests.packs.mutate import PACKS, SCENARIOS, mutants, noticed, survivors
from tests.real_data import ROOT

LONG = bool(os.environ.get("RECOVERY_LONG"))
QUICK = ("bahrain-cbb", "eu261")

each_pack = pytest.mark.parametrize("pack", PACKS)


@cache
def shipped() -> Workflows:
    return Workflows(ROOT, "ten-step")


def test_every_workflow_that_follows_a_text_of_others_is_a_pack() -> None:
    assert {path.stem for path in WORKFLOWS if "sources" in plain(path)} == set(PACKS)
    assert {folder.name for folder in SCENARIOS.iterdir()} == set(PACKS)


@each_pack
def test_a_pack_says_where_it_holds_since_when_by_which_text_and_that_counsel_must_confirm_it(
    pack: str,
) -> None:
    said = plain(ROOT / "workflows" / f"{pack}.yaml")
    assert said["extends"] == "ten-step"
    assert said["jurisdiction"]
    assert {"valid_from", "valid_to"} <= said.keys()
    assert all(source["title"] and source["reference"] for source in said["sources"])
    assert said["note"]["en"].startswith("Counsel must confirm this")
    assert said["note"]["zh"].startswith("使用前须由律师确认")


@each_pack
def test_the_clocks_of_a_pack_are_legal_and_say_their_source(pack: str) -> None:
    clocks = load(shipped().find(pack).bundle).clocks
    own = [clocks[name] for name in plain(ROOT / "workflows" / f"{pack}.yaml")["clocks"]]
    assert own
    assert all(clock.legal and clock.source for clock in own)


@each_pack
def test_the_version_of_a_pack_holds_what_it_extends(pack: str) -> None:
    bundle, findings = collect(ROOT, ROOT / "workflows" / f"{pack}.yaml")
    assert bundle is not None, findings
    assert "workflows/ten-step.yaml" in bundle.files


@each_pack
def test_every_letter_that_only_a_pack_sends_says_what_it_must_hold(pack: str) -> None:
    own = {send.template for send in load(shipped().find(pack).bundle).sends()}
    own -= {send.template for send in load(shipped().find("ten-step").bundle).sends()}
    assert own <= set(plain(ROOT / "workflows" / f"{pack}.yaml").get("letters", {}))


@pytest.mark.parametrize("pack", PACKS if LONG else QUICK)
def test_every_figure_changed_by_one_unit_is_noticed(pack: str) -> None:
    count, alive = survivors(pack, shipped())
    assert count >= 6
    assert list(map(str, alive)) == []


def test_each_kind_of_figure_is_changed_up_and_down() -> None:
    text = (
        "valid_from: 2026-03-01\n"
        "clocks: {one: {within: [{received_from: 2026-04-01, is: 1 week}, {is: 2 days}]}}\n"
        "derived: {due: [{if: km <= 1500, is: 250.50 EUR}]}\n"
    )
    assert [(one.line, one.old, one.new) for one in mutants("x", text)] == [
        (1, "2026-03-01", "2026-02-28"),
        (1, "2026-03-01", "2026-03-02"),
        (2, "2026-04-01", "2026-03-31"),
        (2, "2026-04-01", "2026-04-02"),
        (2, "1 week", "2 weeks"),
        (2, "2 days", "1 day"),
        (2, "2 days", "3 days"),
        (3, "1500", "1499"),
        (3, "1500", "1501"),
        (3, "250.50", "249.50"),
        (3, "250.50", "251.50"),
    ]


def test_a_figure_that_no_scenario_looks_at_is_found_out() -> None:
    text = shipped().find("bahrain-cbb").bundle.files["workflows/bahrain-cbb.yaml"]
    more = text.replace(
        "clocks:\n", "clocks:\n  idle: {starts: received, stops: final.sent, within: 9 days}\n"
    )
    with ground() as place:
        (one, other) = [one for one in mutants("bahrain-cbb", more) if one.old == "9 days"]
        assert noticed(place, shipped(), "bahrain-cbb", one.applied(more)) == ""
        assert noticed(place, shipped(), "bahrain-cbb", other.applied(more)) == ""


SWITCHED = """\
workflow: fca-late
extends: fca-disp
clocks:
  summary-resolution: {after_hours: next_business_day}
"""
STORY = """\
scenario: Receipt after close counts as the next business day, and receipt before opening as its own
workflow: fca-late
story:
  - {at: Fri 2026-11-20 16:59, case: open, complaint: Late.}
  - {at: Fri 2026-11-20 17:00, case: closed, complaint: Late.}
  - {at: Sat 2026-11-21 12:00, case: weekend, complaint: Late.}
  - {at: Mon 2026-11-23 08:00, case: early, complaint: Late.}
  - at: Mon 2026-11-23 08:01
    case: open
    expect: {clock summary-resolution: {due: Wed 2026-11-25 17:00}}
  - at: Mon 2026-11-23 08:01
    case: closed
    expect:
      clock summary-resolution: {due: Thu 2026-11-26 17:00}
      clock final-response: {due: Sat 2027-01-16 00:00}
  - at: Mon 2026-11-23 08:01
    case: weekend
    expect: {clock summary-resolution: {due: Thu 2026-11-26 17:00}}
  - at: Mon 2026-11-23 08:01
    case: early
    expect: {clock summary-resolution: {due: Thu 2026-11-26 17:00}}
"""


def test_the_switch_for_receipt_after_hours_moves_receipt_after_close_alone(tmp_path: Path) -> None:
    for folder in ("workflows", "templates", "config"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    (tmp_path / "workflows" / "fca-late.yaml").write_text(SWITCHED, encoding="utf-8")
    (tmp_path / "story.yaml").write_text(STORY, encoding="utf-8")
    known = Workflows(tmp_path, "fca-late")
    read = read_scenario(tmp_path, tmp_path / "story.yaml", known)
    assert read is not None
    assert read.scenario is not None, read.findings
    with ground() as place:
        publish(place, known.root, known.sound())
        assert run(place, read.scenario).differences == ()
