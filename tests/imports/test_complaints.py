"""Complaints: history sends nothing, open cases hold their messages, and a repeated run changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from recovery.core.errors import NotFound
from recovery.core.events import ComplaintReceived
from recovery.engine import Engine
from recovery.imports import complaints
from recovery.imports.loading import load_mapping
from recovery.imports.mapping import mapping_files
from recovery.imports.rules import ImportMapping
from recovery.imports.run import run_import
from recovery.project import starter_root
from tests.imports.conftest import HEADER, Importer
from tests.imports.reading import counts, texts
from tests.real_data import ROOT

DATA = ROOT / "tests" / "data"
ROWS = f"{HEADER},Address,Way\n1,2021-03-14,one,ana@example.org,Letter\n"


def mapping(engine: Engine, name: str) -> ImportMapping:
    return load_mapping(mapping_files(starter_root())[name], engine.current)


def outbox(engine: Engine) -> list[tuple[str, str, str | None]]:
    return [(row.status, row.channel, row.address) for row in engine.store.outbox("default")]


def test_history_sends_nothing(bring: Importer, engine: Engine) -> None:
    bring(ROWS)
    assert outbox(engine) == []


def test_open_cases_hold_their_messages(bring: Importer, engine: Engine) -> None:
    bring(ROWS, mode="open")
    assert outbox(engine) == [("held", "mail", "ana@example.org")]
    case = engine.store.case("default", 1)
    assert case is not None
    assert case.mode == "live"


def test_open_cases_send_when_told_to(bring: Importer, engine: Engine) -> None:
    bring(ROWS, mode="open", send=True)
    assert outbox(engine) == [("due", "mail", "ana@example.org")]


def test_importing_again_opens_nothing_and_changes_nothing(bring: Importer, engine: Engine) -> None:
    bring(ROWS)
    before = list(engine.store.logs("default"))
    assert counts(bring(ROWS)) == (1, 0, 1, 0)
    assert list(engine.store.logs("default")) == before


def test_both_column_sets_of_consumer_complaints_share_their_ids(engine: Engine, tmp_path: Path) -> None:
    cfpb, bad = mapping(engine, "cfpb"), tmp_path / "bad.csv"
    assert counts(run_import(engine, DATA / "complaints-12-columns.csv", cfpb, rejects=bad)) == (4, 4, 0, 0)
    assert counts(run_import(engine, DATA / "complaints-18-columns.csv", cfpb, rejects=bad)) == (3, 2, 1, 0)
    assert texts(engine)[1] == "Fraud or scam"
    assert texts(engine)[3] == 'Fees or interest: Charged a fee "by mistake"'
    assert texts(engine)[4] == (
        'I owe them nothing.\nThey say it is {$39.00} from XXXX.\n\n"Pay now", they wrote, {{ 7*7 }} times.'
    )
    second = engine.store.case("default", 2)
    assert second is not None
    assert (second.channel, second.facts["problem.category"], second.facts["origin.timely"]) == (
        "portal",
        "fraud",
        True,
    )


def test_reviews_without_ids_are_known_again_by_their_words(engine: Engine, tmp_path: Path) -> None:
    reviews, source = mapping(engine, "reviews-zh"), DATA / "hotel-reviews-zh.csv"
    assert counts(run_import(engine, source, reviews, rejects=tmp_path / "bad.csv")) == (3, 3, 0, 0)
    assert counts(run_import(engine, source, reviews, rejects=tmp_path / "bad.csv")) == (3, 0, 3, 0)
    assert texts(engine)[1] == '早餐是凉的，服务员说"一直这样"。\r\n我们住了三天，热水只有一天。'
    case = engine.store.case("default", 1)
    assert case is not None
    assert (case.language, case.received_at) == ("zh", "2026-11-22T12:00:00.000000Z")


def test_large_texts_are_sent_in_smaller_batches(
    bring: Importer, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = []
    real = Engine.handle_many

    def counted(self: Engine, commands: list[object]) -> list[object]:
        sizes.append(len(commands))
        return real(self, commands)  # type: ignore[arg-type, return-value]

    monkeypatch.setattr(Engine, "handle_many", counted)
    monkeypatch.setattr(complaints, "BATCH_CHARACTERS", 1_000)
    rows = "".join(f"{n},2021-03-14,{'x' * 400}\n" for n in range(7))
    assert counts(bring(f"{HEADER}\n{rows}")) == (7, 7, 0, 0)
    assert sizes == [3, 3, 1]


def test_a_workflow_that_was_never_published_is_an_error(
    engine: Engine, letters: ImportMapping, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(engine.store), "published", lambda *_: None)
    with pytest.raises(NotFound, match="No workflow ten-step has been published here"):
        run_import(engine, tmp_path / "in.csv", letters)


def test_a_mapping_may_be_given_as_its_file(bring: Importer, tmp_path: Path) -> None:
    assert counts(bring(ROWS, mapping=tmp_path / "letters.yaml")) == (1, 1, 0, 0)


def test_the_report_is_plain_data_for_programs(bring: Importer, tmp_path: Path) -> None:
    found = bring(f"{ROWS}2,never,x,,\n").as_dict()
    assert found.pop("seconds") >= 0
    assert found == {
        "read": 2,
        "opened": 1,
        "duplicates": 0,
        "rejected": 1,
        "events": 0,
        "cases": 1,
        "illegal": 0,
        "illegal_moves": [],
        "illegal_file": None,
        "rejects": str(tmp_path / "bad.csv"),
        "mapping": "letters",
        "workflow": "ten-step",
        "mode": "history",
        "notes": ["The file has no Name, Town, Timely, Topic, Detail; they count as empty."],
    }


def test_what_the_customer_said_keeps_the_customer_as_its_source(
    bring: Importer, engine: Engine, tmp_path: Path
) -> None:
    path = tmp_path / "letters.yaml"
    path.write_text(path.read_text() + "source: customer\n", encoding="utf-8")
    bring(ROWS, mapping=path)
    (record,) = engine.store.logs("default")
    assert record.kind == ComplaintReceived.__name__
    assert record.event["source"] == "customer"
    assert record.by == "import"
