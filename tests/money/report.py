"""What the long forms of the tests of money counted, kept as lines of JSON and told as tables:
`python -m tests.money.report`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from tests.real_data import ROOT

FILE = ROOT / "build" / "ledger.jsonl"

SPENDING = {
    "runs": "runs",
    "steps": "steps",
    "spends": "spends, or requests to, that were acknowledged",
    "refused": "steps refused",
    "asked": "approvals asked",
    "above_what_is_left": "… because too little was left of the limit",
    "approved": "approvals granted",
    "declined": "offers declined",
    "revoked": "offers taken back",
    "expired": "offers run out",
    "paid": "given or paid",
    "limits_reached": "limits reached within 100 dollars, wanted by all processes",
    "midnights": "midnights between two days of a person's limit",
    "kills": "processes killed with -9",
    "waits": "waits for the database of more than ten seconds",
    "races": "cases changed beneath a transaction",
    "deadlocks": "deadlocks",
    "overrun": "limits overrun",
    "lost": "spends lost, or written and not asked for",
    "problems": "findings of `recovery db verify`, the ledger's balance among them",
    "seconds": "seconds of spending",
}
ORDERS = {
    "orders": "orders",
    "offers": "offered or given",
    "above": "approvals asked",
    "approvals": "approvals granted",
    "accepted": "accepted",
    "revoked": "taken back",
    "reopened": "cases reopened",
    "cuts": "transactions cut off before their commit",
    "retries": "commands sent again",
    "deaths": "workers that died after they had told whoever pays",
    "lost_answers": "answers of whoever pays that were lost",
    "paid": "paid",
    "twice": "paid twice",
    "unpaid": "accepted and not paid",
    "seconds": "seconds",
}


def keep(kind: str, database: str, found: Mapping[str, int], seconds: float) -> None:
    """Keep the figures of one run. What is not among them is nothing, or the test would have failed."""
    FILE.parent.mkdir(exist_ok=True)
    line = {"kind": kind, "of": database.partition(":")[0].partition("+")[0], **found}
    with FILE.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line | {"seconds": round(seconds, 1)}) + "\n")


def table(lines: Iterable[Mapping[str, Any]], kind: str, words: Mapping[str, str]) -> str:
    """The figures of each database, all its runs together."""
    sums: dict[str, dict[str, float]] = {}
    for line in (line for line in lines if line["kind"] == kind):
        of = sums.setdefault(line["of"], dict.fromkeys(words, 0))
        for name in words:
            of[name] += line.get(name, name == "runs")
    rows = [["", *sums], ["---"] * (len(sums) + 1)]
    rows += [[said, *(f"{of[name]:,.0f}" for of in sums.values())] for name, said in words.items()]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


if __name__ == "__main__":
    kept = [json.loads(line) for line in FILE.read_text("utf-8").splitlines()]
    print(table(kept, "spending", SPENDING), table(kept, "orders", ORDERS), sep="\n\n")
