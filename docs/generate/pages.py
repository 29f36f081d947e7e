"""The pages, their blocks, and which function makes which block."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from docs.generate import (
    calendars,
    channels,
    codes,
    commands,
    compensation,
    domain,
    language,
    outside,
    packs,
    people,
    phrases,
    python_api,
    scenarios,
)

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"

BLOCK = re.compile(r"(<!-- from the code: (?P<name>[a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)

MAKERS: Mapping[str, Callable[[], str]] = {
    "commands": commands.command_sections,
    "exit-codes": commands.exit_codes,
    "events": domain.events,
    "changes": domain.changes,
    "effect-fields": domain.effect_fields,
    "effect-statuses": domain.effect_statuses,
    "fact-types": domain.fact_types,
    "fact-sources": domain.fact_sources,
    "built-in-facts": domain.built_in_facts,
    "operators": domain.operators,
    "case-values": domain.case_values,
    "actions": domain.actions,
    "workflow-language": language.sections,
    "calendar-file-keys": calendars.file_keys,
    "calendar-keys": calendars.keys,
    "calendar-holiday-keys": calendars.holiday_keys,
    "compensation-keys": compensation.keys,
    "compensation-facts": compensation.facts,
    "compensation-offers": compensation.offers,
    "currency-keys": compensation.rate_keys,
    "customer-columns": compensation.columns,
    "people-keys": people.keys,
    "channel-ways": channels.ways,
    "channel-keys": channels.keys,
    "channel-outcomes": channels.outcome_table,
    "channel-posted": channels.posted,
    "channel-attempts": channels.attempts,
    "channel-pauses": channels.pauses,
    "template-head": language.template_head,
    "template-names": language.template_names,
    "template-filters": language.template_filters,
    "phrase-keys": phrases.keys,
    "phrase-rule-keys": phrases.rule_keys,
    "phrase-classes": phrases.classes,
    "phrase-kinds": phrases.kinds,
    "phrase-sizes": phrases.sizes,
    "phrase-figures": phrases.figures,
    "phrase-afterwards": phrases.afterwards,
    "phrase-fresh": phrases.fresh,
    "phrase-blind": phrases.blind,
    "regulation-packs": packs.sections,
    "scenario-keys": scenarios.file_keys,
    "scenario-given-keys": scenarios.given_keys,
    "scenario-moment-keys": scenarios.moment_keys,
    "scenario-acts": scenarios.act_keys,
    "scenario-expect-keys": scenarios.expect_keys,
    "scenario-clock-keys": scenarios.clock_keys,
    "play-lines": outside.play_lines,
    "mapping-keys": outside.mapping_keys,
    "shipped-mappings": outside.shipped_mappings,
    "reject-columns": outside.reject_columns,
    "settings": outside.settings,
    "variables": outside.variables,
    "refusals": codes.refusals,
    "findings": codes.findings,
    "problems": codes.problems,
    "python": python_api.exports,
}
"""Every block by its name."""


def pages() -> list[Path]:
    """The pages that have blocks."""
    return [page for page in sorted(DOCS.rglob("*.md")) if BLOCK.search(page.read_text(encoding="utf-8"))]


def filled(page: Path) -> str:
    """The page's text with its blocks as the code has them now.

    Raises:
        KeyError: a block has a name that nothing makes.
    """

    def fill(found: re.Match[str]) -> str:
        return f"{found[1]}\n{MAKERS[found['name']]().strip()}\n\n{found[3]}"

    return BLOCK.sub(fill, page.read_text(encoding="utf-8"))


def used() -> set[str]:
    """The names of all blocks that stand in a page."""
    return {found["name"] for page in pages() for found in BLOCK.finditer(page.read_text(encoding="utf-8"))}
