"""Logs of events: everything that happened is on record, with its time, in its case, once."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from recovery.commands import Command, Outcome
from recovery.core.errors import Refusal
from recovery.core.events import CaseQuarantined, MoveForced, MoveRequested
from recovery.engine import Engine
from recovery.imports import sorting
from recovery.imports.loading import check_mapping, load_mapping
from recovery.imports.mapping import mapping_files
from recovery.imports.report import ImportReport
from recovery.imports.rules import ImportMapping
from recovery.imports.run import run_import
from recovery.project import starter_root
from recovery.store.records import Record
from tests.imports.conftest import NOW, Importer
from tests.imports.reading import rejected
from tests.real_data import ROOT

SMALL = ROOT / "tests" / "data" / "helpdesk-log.csv"
HEADER = "case:concept:name,time:timestamp,Activity,Resource\n"


@pytest.fixture
def log(engine: Engine) -> ImportMapping:
    return load_mapping(mapping_files(starter_root())["helpdesk-log"], engine.current)


def events(engine: Engine, name: str) -> list[Record]:
    """The records of a case after its opening."""
    found = engine.store.find_cases("default", [f"helpdesk:{name}"])[f"helpdesk:{name}"]
    return engine.store.log("default", found)[1:]


def story(engine: Engine, name: str) -> list[tuple[str, str]]:
    """When, and the transition asked for or the state forced."""
    return [
        (record.occurred_at[:16], record.event.get("transition") or record.event["to"] + "!")
        for record in events(engine, name)
    ]


def counts(report: ImportReport) -> tuple[int, int, int, int, int, int]:
    return report.read, report.cases, report.opened, report.events, report.duplicates, report.rejected


def test_each_row_is_one_event_of_its_case_with_its_own_time(
    engine: Engine, log: ImportMapping, tmp_path: Path
) -> None:
    report = run_import(engine, SMALL, log, rejects=tmp_path / "bad.csv")
    assert counts(report) == (13, 2, 2, 13, 0, 0)
    assert story(engine, "Ticket 7") == [
        ("2012-03-01T09:00", "assign_seriousness"),
        ("2012-03-02T10:15", "take_in_charge_ticket"),
        ("2012-03-05T16:30", "resolve_ticket"),
        ("2012-04-05T16:30", "closed"),
        ("2012-04-05T16:30", "closed!"),
    ]
    assert {record.by for record in events(engine, "Ticket 7")} == {
        "agent:Ana 1",
        "agent:Caro 5",
        "import",
    }


def test_events_of_a_case_go_by_time_and_by_the_file_where_times_tie(
    engine: Engine, log: ImportMapping, tmp_path: Path
) -> None:
    run_import(engine, SMALL, log, rejects=tmp_path / "bad.csv")
    assert [move for _, move in story(engine, "Ticket 3")][:4] == [
        "insert_ticket",
        "assign_seriousness",
        "take_in_charge_ticket",
        "wait",
    ]


def test_the_case_is_opened_at_its_first_event_and_is_history(
    engine: Engine, log: ImportMapping, tmp_path: Path
) -> None:
    run_import(engine, SMALL, log, rejects=tmp_path / "bad.csv")
    case = engine.store.case("default", 1)
    assert case is not None
    assert (case.external_id, case.received_at, case.mode, case.step) == (
        "helpdesk:Ticket 7",
        "2012-03-01T09:00:00.000000Z",
        "history",
        "closed",
    )
    assert engine.store.log("default", 1)[0].occurred_at == case.received_at


def test_an_event_that_leaves_the_state_as_it_is_stays_an_event(
    bring: Importer, engine: Engine, log: ImportMapping
) -> None:
    report = bring(
        HEADER
        + "T,2012-03-01 09:00:00Z,Assign seriousness,A\n"
        + "T,2012-03-01 10:00:00Z,Assign seriousness,A\n",
        mapping=log,
    )
    assert (report.events, report.illegal) == (2, 0)
    assert [move for _, move in story(engine, "T")] == ["assign_seriousness", "assign_seriousness"]


def test_an_illegal_move_is_recorded_as_forced_counted_and_listed(
    bring: Importer, engine: Engine, log: ImportMapping, tmp_path: Path
) -> None:
    report = bring(
        HEADER
        + "T,2012-03-01 09:00:00Z,Wait,A 1\n"
        + "T,2012-03-01 10:00:00Z,Assign seriousness,=A\n"
        + "T,2012-03-01 11:00:00Z,Resolve ticket,A 1\n",
        mapping=log,
    )
    assert (report.events, report.illegal, report.rejected) == (3, 2, 0)
    assert [move.as_dict() for move in report.illegal_moves] == [
        {
            "case": "T",
            "row": 1,
            "activity": "Wait",
            "from": "new",
            "to": "wait",
            "at": "2012-03-01T09:00:00.000000Z",
            "by": "agent:A 1",
            "why": "not_from_here",
        },
        {
            "case": "T",
            "row": 2,
            "activity": "Assign seriousness",
            "from": "wait",
            "to": "assign_seriousness",
            "at": "2012-03-01T10:00:00.000000Z",
            "by": "agent:=A",
            "why": "not_from_here",
        },
    ]
    assert report.illegal_file == tmp_path / "bad.illegal.csv"
    with report.illegal_file.open(encoding="utf-8-sig", newline="") as file:
        assert [(row["case"], row["row"]) for row in csv.DictReader(file)] == [("T", "1"), ("T", "2")]
    forced = events(engine, "T")[0]
    assert (forced.kind, forced.by) == ("MoveForced", "import")
    assert forced.event["reason"] == "history: Wait by agent:A 1 is no move from new (not_from_here)"
    assert [move for _, move in story(engine, "T")][-1] == "resolve_ticket"


def test_importing_a_log_again_records_nothing_twice_and_lists_the_same(
    engine: Engine, log: ImportMapping, tmp_path: Path
) -> None:
    first = run_import(engine, SMALL, log, rejects=tmp_path / "bad.csv")
    before = list(engine.store.logs("default"))
    again = run_import(engine, SMALL, log, rejects=tmp_path / "bad.csv")
    assert counts(again) == (13, 2, 0, 0, 13, 0)
    assert list(engine.store.logs("default")) == before
    assert again.illegal_moves == first.illegal_moves != []


def test_a_run_that_was_cut_off_anywhere_is_completed_by_repeating_it(
    engine: Engine, log: ImportMapping, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recovery.imports.logs.BATCH", 2)
    real = Engine.handle_many
    for survived in range(6):
        left = survived

        def dies(self: Engine, commands: list[Command]) -> list[Outcome | Refusal]:
            nonlocal left
            if left == 0:
                raise KeyboardInterrupt
            left -= 1
            return real(self, commands)

        monkeypatch.setattr(Engine, "handle_many", dies)
        with pytest.raises(KeyboardInterrupt):
            run_import(engine, SMALL, log, rejects=tmp_path / "bad.csv")
    monkeypatch.setattr(Engine, "handle_many", real)
    report = run_import(engine, SMALL, log, rejects=tmp_path / "bad.csv")
    assert (report.read, report.events + report.duplicates, report.illegal) == (13, 13, 1)
    assert [len(events(engine, name)) for name in ("Ticket 7", "Ticket 3")] == [5, 8]
    assert story(engine, "Ticket 7")[-2:] == [("2012-04-05T16:30", "closed"), ("2012-04-05T16:30", "closed!")]


@pytest.mark.parametrize(
    ("row", "field", "reason"),
    [
        (",2012-03-01 09:00:00Z,Wait,A", "case:concept:name", "It is empty."),
        ("T,yesterday,Wait,A", "time:timestamp", "It is not a date"),
        ("T,2012-03-01 09:00:00Z,Dance,A", "Activity", "The mapping does not say what this means."),
        ("T,2012-03-01 09:00:00Z,,A", "Activity", "It is empty. What happened is not said."),
        ("T,2012-03-01 09:00:00Z", "", "The row has too few fields"),
    ],
)
def test_a_row_that_is_no_event_is_rejected_and_the_rest_go_in(
    bring: Importer, log: ImportMapping, row: str, field: str, reason: str
) -> None:
    good = "T,2012-03-01 10:00:00Z,Insert ticket,A\n"
    report = bring(f"{HEADER}{row}\n{good}", mapping=log)
    assert counts(report) == (2, 1, 1, 1, 0, 1)
    (found,) = rejected(report)
    assert found["reject_reason"].startswith(reason)
    assert (found["reject_field"], found["reject_row"]) == (field, "1")


def test_an_event_without_a_name_is_the_imports_own(
    bring: Importer, engine: Engine, log: ImportMapping
) -> None:
    bring(HEADER + "T,2012-03-01 10:00:00Z,Insert ticket,\n", mapping=log)
    assert events(engine, "T")[0].by == "import"


def test_a_case_in_quarantine_refuses_its_events_and_they_are_rejected(
    bring: Importer, engine: Engine, log: ImportMapping
) -> None:
    bring(HEADER + "T,2012-03-01 10:00:00Z,Insert ticket,A\n", mapping=log)
    engine.handle(CaseQuarantined(by="engine", occurred_at=NOW, reason="a test"), 1)
    report = bring(HEADER + "T,2012-03-02 10:00:00Z,Wait,A\n", mapping=log)
    assert counts(report) == (1, 1, 0, 0, 0, 1)
    assert "quarantine" in rejected(report)[0]["reject_reason"]


def test_a_log_larger_than_memory_allows_is_sorted_on_the_disk(
    engine: Engine, log: ImportMapping, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sorting, "ROWS_IN_MEMORY", 3)
    report = run_import(engine, SMALL, log, rejects=tmp_path / "bad.csv")
    assert counts(report) == (13, 2, 2, 13, 0, 0)
    assert [move for _, move in story(engine, "Ticket 3")] == [
        "insert_ticket",
        "assign_seriousness",
        "take_in_charge_ticket",
        "wait",
        "resolve_ticket",
        "take_in_charge_ticket",
        "resolve_ticket",
        "closed",
    ]


def test_a_refused_event_may_be_replaced_in_the_same_transaction_and_under_the_same_key(
    engine: Engine, log: ImportMapping, bring: Importer
) -> None:
    bring(HEADER + "T,2012-03-01 10:00:00Z,Insert ticket,A\n", mapping=log)
    asked = MoveRequested(by="agent:A", occurred_at=NOW, transition="closed")
    forced = MoveForced(by="import", occurred_at=NOW, to="closed", reason="it happened")
    command = Command(asked, 1, "key", otherwise=lambda refusal, case: forced)
    first, second = (engine.handle_many([command])[0] for _ in range(2))
    assert isinstance(first, Outcome)
    assert isinstance(second, Outcome)
    assert (first.step, first.instead, first.repeated) == ("closed", "not_from_here", False)
    assert (second.seq, second.instead, second.repeated) == (first.seq, "not_from_here", True)
    refused = engine.handle_many([Command(asked, 1, "other", otherwise=lambda refusal, case: None)])[0]
    assert isinstance(refused, Refusal)


def with_owner(engine: Engine, log: ImportMapping) -> ImportMapping:
    """The same mapping, taking the case's owner from the row that opens it."""
    text = Path(log.file).read_text(encoding="utf-8") + "facts:\n  owner: {column: Resource}\n"
    mapping, findings = check_mapping(text.encode(), "owned.yaml", engine.current)
    assert mapping is not None, findings
    return mapping


def test_a_case_is_opened_by_the_first_of_its_rows_that_can(
    bring: Importer, engine: Engine, log: ImportMapping
) -> None:
    report = bring(
        HEADER + "T,2012-03-01 10:00:00Z,Insert ticket,A B\nT,2012-03-02 10:00:00Z,Assign seriousness,li\n",
        mapping=with_owner(engine, log),
    )
    assert counts(report) == (2, 1, 1, 1, 0, 1)
    assert "is not one person's name" in rejected(report)[0]["reject_reason"]
    case = engine.store.case("default", 1)
    assert case is not None
    assert (case.owner, case.step) == ("li", "assign_seriousness")


def test_the_rows_of_a_case_that_is_refused_are_rejected_with_it(bring: Importer, log: ImportMapping) -> None:
    report = bring(
        HEADER + "T,2012-03-01 10:00:00Z,Insert ticket,A\nT,2012-03-02 10:00:00Z,Assign seriousness,A\n",
        mapping=log,
        mode="open",
    )
    assert counts(report) == (2, 1, 0, 0, 0, 2)
    assert [row["reject_reason"] for row in rejected(report)] == [
        "A complaint needs a text. Say what happened, in any words.",
        "Its case could not be opened; see row 1.",
    ]
