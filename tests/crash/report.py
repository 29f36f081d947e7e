"""What a long form counted, kept as lines of JSON and told as a table: `python -m tests.crash.report`."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from typing import Any

from tests.crash.campaign import PLACES
from tests.crash.house import Figures
from tests.real_data import ROOT

FILE = ROOT / "build" / "kills.jsonl"

ROWS = {
    "cases": "cases",
    "messages": "messages",
    "in_flight": "sends in flight at the kills",
    "twice": "messages accepted twice",
    "overran": "sends of living workers that took longer than their lease",
    "unexplained": "accepted twice, and neither in flight nor too slow",
    "timers_lost": "timers lost",
    "timers_twice": "timers fired twice",
    "effects_lost": "messages lost",
    "coupons_lost": "coupons lost",
    "coupons_twice": "coupons given twice",
    "refunds_lost": "refunds not paid",
    "refunds_twice": "refunds paid twice",
    "overlaps": "attempts side by side within a case",
    "altered": "mails that came again with other bytes",
    "problems": "findings of `recovery db verify`",
}


def keep(database: str, workers: int, found: Figures) -> None:
    """Keep the figures of one run."""
    FILE.parent.mkdir(exist_ok=True)
    line = {**asdict(found), "kills": dict(found.kills), "of": f"{database.partition('+')[0]}, {workers}"}
    with FILE.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def table(lines: list[dict[str, Any]]) -> str:
    """The figures of runs side by side, and all together."""
    kills = [Counter(line["kills"]) for line in lines]
    rows = [["", *(line["of"] for line in lines), "together"], ["---"] * (len(lines) + 2)]
    rows.append(_row("**kills with -9**", [one.total() for one in kills]))
    rows += [_row(f"… {place}", [one[place] for one in kills]) for place in PLACES]
    rows += [_row(words, [line[name] for line in lines]) for name, words in ROWS.items()]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _row(words: str, counts: list[int]) -> list[str]:
    return [words, *(f"{count:,}" for count in counts), f"{sum(counts):,}"]


if __name__ == "__main__":
    print(table([json.loads(line) for line in FILE.read_text("utf-8").splitlines()]))
