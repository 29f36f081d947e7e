"""The compensation policy, exchange rates and customers' files: keys, facts, kinds of offers, columns."""

from __future__ import annotations

from docs.generate.markdown import code, meaning, only, table
from recovery.core.compensation.facts import FACTS
from recovery.core.compensation.policy import GESTURES, OFFER_KINDS
from recovery.imports.customers import COLUMNS
from recovery.workflow import compensation_shape as shape
from recovery.workflow.basics import Shape
from recovery.workflow.rates import RatesShape

SECTIONS: dict[str, type[Shape]] = {
    "The policy": shape.PolicyShape,
    "A rule": shape.RuleShape,
    "An offer": shape.OfferShape,
    "A fact of your own": shape.FactShape,
    "A tariff": shape.TariffShape,
    "A row of a tariff": shape.TariffRowShape,
    "A raise of the ceiling": shape.RaiseShape,
    "The agent's time": shape.AgentTimeShape,
    "Where a warning begins": shape.WarnShape,
    "The loyalty table": shape.LoyaltyShape,
    "A row of the loyalty table": shape.LoyaltyRowShape,
}


def keys() -> str:
    """A table of keys for each part of a policy."""
    return "\n\n".join(f"### {title}\n\n{keys_of(one)}" for title, one in SECTIONS.items())


def rate_keys() -> str:
    """The keys of a file of rates."""
    return keys_of(RatesShape)


def facts() -> str:
    """What conditions may ask about in every policy."""
    only("policy_facts", FACTS)
    rows = [
        [code(fact.name), fact.wanted(), code(fact.case), meaning("policy_facts", fact.name)]
        for fact in FACTS.values()
    ]
    return table(["fact", "it is", "read from", "meaning"], rows)


def offers() -> str:
    """The kinds of offers."""
    only("offers", OFFER_KINDS)
    rows = [[code(kind), "yes" if kind in GESTURES else "", meaning("offers", kind)] for kind in OFFER_KINDS]
    return table(["kind", "a gesture", "meaning"], rows)


def columns() -> str:
    """The columns of a file of customers."""
    return table(["column", "meaning"], [[code(name), words] for name, words in COLUMNS.items()])


def keys_of(one: type[Shape]) -> str:
    rows = [
        [code(field.alias or name), "yes" if field.is_required() else "", str(field.description)]
        for name, field in one.model_fields.items()
    ]
    return table(["key", "required", "meaning"], rows)
