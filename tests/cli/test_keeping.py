"""`recovery db prune` and `recovery db size`: what they say, and what they refuse."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from recovery.cli.run import run


@pytest.fixture
def said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    """Runs a command on a new database; gives its code and what it printed."""
    database = f"sqlite:///{tmp_path / 'recovery.db'}"
    assert run(["db", "upgrade", "--database", database]) == 0
    capsys.readouterr()

    def do(*words: str) -> tuple[int, str]:
        code = run([*words, "--database", database])
        streams = capsys.readouterr()
        return code, streams.out + streams.err

    return do


def test_a_size_is_a_row_for_each_table(said: Callable[..., tuple[int, str]]) -> None:
    code, text = said("db", "size", "--json")
    assert code == 0
    assert {"table", "rows", "bytes", "index_bytes"} == json.loads(text)[0].keys()
    assert "recovery_effect" in said("db", "size")[1]


def test_pruning_says_how_much_was_forgotten(said: Callable[..., tuple[int, str]]) -> None:
    assert said("db", "prune", "--older-than", "90d")[1].startswith("The words of 0 messages are forgotten")
    assert json.loads(said("db", "prune", "--older-than", "90d", "--json")[1]) == {"forgotten": 0}


def test_a_span_that_is_none_and_a_missing_one_are_wrong_usage(said: Callable[..., tuple[int, str]]) -> None:
    assert said("db", "prune")[0] == 2
    code, text = said("db", "prune", "--older-than", "long")
    assert code == 2
    assert "30m, 6h or 2d" in text


def test_listening_is_for_a_worker_that_goes_on(said: Callable[..., tuple[int, str]]) -> None:
    code, text = said("worker", "--once", "--listen", "9464")
    assert code == 2
    assert "Leave out --once" in text
    assert said("worker", "--once", "--log", "xml")[0] == 2
