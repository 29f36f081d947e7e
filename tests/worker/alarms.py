"""The alarms that are shipped, and whether a page of measurements raises one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from prometheus_client.parser import text_string_to_metric_families
from ruamel.yaml import YAML

from tests.real_data import ROOT

FILE = ROOT / "docs" / "deploy" / "alarms.yaml"

_EXPRESSION = re.compile(
    r"(?P<increase>increase\()?(?P<name>\w+)(?:\{(?P<label>\w+)=\"(?P<value>\w+)\"\})?"
    r"(?(increase)\[\w+\]\)) (?P<sign>==|>) (?P<number>\d+)"
)


@dataclass(frozen=True)
class Alarm:
    """One rule: what it measures, and what raises it."""

    name: str
    expression: str

    def is_raised(self, page: str, before: str = "") -> bool:
        """Whether a page of measurements raises it; `before` is a page from the beginning of the span."""
        found = _EXPRESSION.fullmatch(self.expression)
        assert found is not None, self.expression
        number = float(found["number"])
        for labels, value in self._samples(found, page).items():
            if found["increase"]:
                value -= self._samples(found, before).get(labels, 0.0)
            if value == number if found["sign"] == "==" else value > number:
                return True
        return False

    def measures(self, page: str) -> bool:
        """Whether what it looks at is on a page at all."""
        found = _EXPRESSION.fullmatch(self.expression)
        assert found is not None, self.expression
        return bool(self._samples(found, page))

    def _samples(self, found: re.Match[str], page: str) -> dict[Any, float]:
        return {
            tuple(sorted(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(page)
            for sample in family.samples
            if sample.name == found["name"]
            and (found["label"] is None or sample.labels.get(found["label"]) == found["value"])
        }


def alarms() -> dict[str, Alarm]:
    """Every alarm by its name."""
    groups = YAML(typ="safe").load(FILE.read_text("utf-8"))["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    return {rule["alert"]: Alarm(rule["alert"], rule["expr"]) for rule in rules}
