"""However little PostgreSQL knows of its tables, what runs all the time finds its rows through an index."""

from __future__ import annotations

import re

import pytest

from recovery.store import outbox_statements
from recovery.store.postgres_dialect import POSTGRES
from tests.store.house import TENANT, House, on_postgres, plain_cursor
from tests.store.leasing import asked, three_letters


@pytest.fixture
def house(house: House) -> House:
    """A house whose cases ask for three messages each: 2.0, 2.1 and 2.2."""
    house.workflow = three_letters()
    return house


@on_postgres
@pytest.mark.parametrize("cases", [0, 1])
def test_a_claim_looks_each_message_up_though_statistics_know_of_next_to_nothing(
    house: House, cases: int
) -> None:
    """Statistics of an almost empty table let a join, all with all of a tenant, seem to cost nothing."""
    asked(house, cases)
    text = POSTGRES.texts[outbox_statements.CLAIMABLE]
    given = [TENANT, "9", "9", "{}", "{}", "9", "{}", 50]
    with plain_cursor(house) as cursor:
        cursor.execute("analyze")
        cursor.execute("begin")
        POSTGRES.claiming(cursor, TENANT)
        cursor.execute(f"explain {text}", given)
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert not re.search("Nested|Join|Materialize", plan), plan
    assert len(re.findall("Index Cond: .*case_id = .*case_id", plan)) == 4, plan
    assert plan.count("recovery_effect_due") == 1, plan
    assert plan.count("recovery_effect_case") == 4, plan
