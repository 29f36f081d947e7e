"""What a template makes is held to the phrase rules once it is filled, before it leaves."""

from __future__ import annotations

import pytest

from recovery.core.events import EffectRetried
from recovery.delivery.outbox import deliver_due
from recovery.engine import Engine
from recovery.project import starter_root
from recovery.testing import Mailbox
from recovery.workflow.bundle import collect, hash_of
from tests.support import OWNED, START, TO_OWN, case_of, verified

PATH = "templates/en/assurance.md"
SAYS = "---\npurpose: assurance\nsubject: We know\nstates: [problem.restated]\n---\nDear customer,\n\n{}\n"
BLAME = "It was the warehouse's fault."
REFUNDED = "We have refunded you."


def assured(
    engine: Engine, says: str, restated: str, statement: str = "My order never came."
) -> tuple[int, Mailbox]:
    """A case that has come to its assurance, in a version whose assurance says this; and what left."""
    bundle, _ = collect(starter_root(), starter_root() / "workflows" / "ten-step.yaml")
    assert bundle is not None
    files = {**bundle.files, PATH: SAYS.format(says)}
    engine.store.publish(engine.tenant, hash_of(files), bundle.workflow_id, files)
    case = engine.open_case(statement, customer={"address": "ana@example.org"}).case
    engine.record(case, TO_OWN | {"problem.restated": restated}, by="agent:li")
    said = {"problem.confirmed": True, "expectation.wanted": statement}
    engine.record(case, said, by="agent:li", source="customer")
    engine.record(case, OWNED, by="agent:li")
    mailbox = Mailbox()
    deliver_due(engine, mailbox)
    return case, mailbox


def test_words_that_came_in_with_a_fact_keep_a_message_from_leaving(engine: Engine) -> None:
    case, mailbox = assured(engine, "{{ facts.problem.restated }}", BLAME)
    assert mailbox.templates == ["acknowledgement"]
    found = case_of(engine, case)
    ((effect, (template, reason, _)),) = found.undelivered.items()
    assert template == "assurance"
    assert reason.startswith("The phrase guard keeps it from being sent. ")
    assert "is blame" in reason
    assert found.tasks == {effect: ("undelivered", "assurance")}
    assert verified(engine).ok


def test_it_is_looked_at_again_when_it_is_tried_again(engine: Engine) -> None:
    case, mailbox = assured(engine, "{{ facts.problem.restated }}", BLAME)
    (effect,) = case_of(engine, case).undelivered
    engine.handle(EffectRetried(by="agent:li", occurred_at=START, effect=effect), case)
    deliver_due(engine, mailbox)
    assert mailbox.templates == ["acknowledgement"]
    assert effect in case_of(engine, case).undelivered


@pytest.mark.parametrize(
    ("says", "restated", "statement"),
    [
        ("> {{ facts.problem.restated }}", BLAME, "It never came."),
        ("{{ facts.expectation.wanted | default('') }}", "Late.", f"{BLAME} I want it now."),
        ("{{ facts.problem.restated }}", "We know your order 17 is late.", "It never came."),
    ],
)
def test_what_is_quoted_and_what_the_customer_said_may_leave(
    engine: Engine, says: str, restated: str, statement: str
) -> None:
    case, mailbox = assured(engine, says, restated, statement)
    assert mailbox.templates == ["acknowledgement", "assurance"], case_of(engine, case).undelivered


def test_a_claim_that_came_in_with_a_fact_is_held_against_what_the_case_knows(engine: Engine) -> None:
    case, mailbox = assured(engine, "{{ facts.problem.restated }}", REFUNDED)
    assert mailbox.templates == ["acknowledgement"]
    assert "is untruth" in next(iter(case_of(engine, case).undelivered.values()))[1]
