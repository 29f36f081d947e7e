"""Reading `config/compensation.yaml`: the compensation policy, checked whole (domain.md §4)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path as FilePath

from recovery.core.compensation.policy import (
    OFFER_KINDS,
    PAID,
    AgentTime,
    OfferSpec,
    Policy,
    Raise,
    Rule,
)
from recovery.core.loyalty import OUTCOMES, Loyalty, Shares
from recovery.core.money import Money
from recovery.core.rates import Rates
from recovery.core.spec import Workflow
from recovery.workflow.compensation_checks import check_policy, check_rates, check_words
from recovery.workflow.compensation_parts import Parts
from recovery.workflow.compensation_shape import (
    LoyaltyRowShape,
    OfferShape,
    PolicyShape,
    RuleShape,
)
from recovery.workflow.files import name_of, read_file
from recovery.workflow.findings import BadFile, Finding, errors, one_of, shown
from recovery.workflow.rates import is_currency
from recovery.workflow.reader import Path, read_yaml
from recovery.workflow.shape import check_shape

FILE = "config/compensation.yaml"
"""Where a project's policy stands, from its root."""


def read_policy(data: bytes, file: str) -> tuple[Policy | None, list[Finding]]:
    """Read a compensation policy.

    Args:
        data: the whole file, UTF-8.
        file: its name in findings.

    Returns:
        The policy, or None; and everything that is wrong or worth knowing, with line and column.
    """
    document, findings = read_yaml(data, file)
    if document is None:
        return None, findings
    shape, wrong = check_shape(document, PolicyShape)
    findings += wrong
    if shape is None:
        return None, findings
    reader = _Reader(document, shape)
    policy = reader.read()
    findings += reader.findings
    if errors(findings):
        return None, findings
    findings += check_policy(policy, document)
    return (None if errors(findings) else policy), findings


def check_compensation(
    data: bytes, file: str, rates: Rates | None, workflows: Sequence[Workflow]
) -> list[Finding]:
    """Everything that is wrong with a policy, also beside the rates and the workflows of its project.

    Args:
        rates: the project's; None where they are wrong themselves.
        workflows: the project's sound ones; without any, what cases can know is not looked at.
    """
    policy, findings = read_policy(data, file)
    document, _ = read_yaml(data, file)
    if policy is None or document is None:
        return findings
    findings += check_words(policy, workflows, document)
    if rates is not None:
        findings += check_rates(policy, rates, document)
    return findings


def policy_of(root: FilePath) -> Policy | None:
    """A project's policy; None where it has none.

    Raises:
        BadFile: the file is wrong; its findings say where.
    """
    path = root / FILE
    if not path.is_file():
        return None
    data, unreadable = read_file(root, path)
    if data is None:
        raise BadFile([unreadable] if unreadable else [])
    policy, findings = read_policy(data, name_of(root, path))
    if policy is None:
        raise BadFile(errors(findings))
    return policy


class _Reader(Parts):
    """Turns the shape of a file into a policy."""

    def read(self) -> Policy:
        shape = self._shape
        if not is_currency(shape.currency):
            hint = "Its three letters, such as USD."
            self._say(("currency",), "unknown_currency", f"{shown(shape.currency)} is no currency.", hint)
        for name in shape.facts:
            self._declare(name)
        tariffs = {
            name: tuple(self._tariff(("tariffs", name, *self._version(name, at)), name, one)
                        for at, one in enumerate(versions))
            for name, versions in shape.tariffs.items()
        }  # fmt: skip
        for name, versions in tariffs.items():
            self._no_overlap(name, versions)
        warn = shape.warn_above
        time = shape.agent_time
        return Policy(
            shape.currency,
            tuple(self._rule(number, rule) for number, rule in enumerate(shape.rules)),
            AgentTime(self._money(("agent_time", "day"), time.day), Decimal(time.hours)),
            self._money(("disputing_costs",), shape.disputing_costs),
            (self._percent(("warn_above", "share_of_price"), warn.share_of_price), warn.source.strip()),
            self._loyalty(),
            self._facts,
            self._raises(),
            tariffs,
        )

    # --- rules and offers

    def _rule(self, number: int, shape: RuleShape) -> Rule:
        path: Path = ("rules", number)
        if any(other.rule == shape.rule for other in self._shape.rules[:number]):
            self._say((*path, "rule"), "doubled_rule", f"There is already a rule {shown(shape.rule)}.")
        ceiling = None if shape.ceiling is None else self._amount((*path, "ceiling"), shape.ceiling)
        return Rule(
            shape.rule,
            self._when((*path, "when"), shape.when),
            tuple(self._offer((*path, "offer", at), offer) for at, offer in enumerate(shape.offer)),
            ceiling,
            shape.note,
        )

    def _offer(self, path: Path, shape: OfferShape) -> OfferSpec:
        kinds = [kind for kind in OFFER_KINDS if getattr(shape, kind) is not None]
        if len(kinds) != 1:
            message = "An offer has no kind." if not kinds else f"An offer is {' and '.join(kinds)} at once."
            self._say(path, "one_kind", message, one_of(OFFER_KINDS))
            return OfferSpec("gift")
        kind = kinds[0]
        allowed = {"coupon": ["expires"], "refund": ["pay_within", "postage", "because"]}.get(kind, [])
        allowed += ["pay_within"] if kind in ("credit", "payment") else []
        allowed += [] if kind in PAID else ["cost"]
        beside = ("expires", "cost", "pay_within", "postage", "because")
        for key in beside:
            if getattr(shape, key) is not None and key not in allowed:
                message = f"`{key}` does not stand beside a {kind}."
                self._say((*path, key), "misplaced_key", message, one_of(allowed), key=True)
        if kind == "coupon" and shape.expires is None:
            self._say(path, "missing_key", "A coupon has no `expires`.", "Such as `expires: 60 days`.")
        said = getattr(shape, kind)
        return OfferSpec(
            kind,
            self._amount((*path, kind), said) if kind in PAID else None,
            None if kind in PAID else said,
            None if shape.cost is None else self._money((*path, "cost"), shape.cost),
            None if shape.expires is None else self._days((*path, "expires"), shape.expires, at_least=1),
            0 if shape.pay_within is None else self._days((*path, "pay_within"), shape.pay_within),
            shape.postage or "ours",
            shape.because,
        )

    # --- figures

    def _raises(self) -> tuple[Raise, ...]:
        found: list[Raise] = []
        for number, shape in enumerate(self._shape.value_raises_ceiling):
            path: Path = ("value_raises_ceiling", number)
            above = self._money((*path, "from"), shape.from_)
            by: Money | Decimal = (
                self._percent((*path, "by"), shape.by)
                if "%" in shape.by
                else self._money((*path, "by"), shape.by)
            )
            if found and (above.currency != found[-1].above.currency or above <= found[-1].above):
                message = "Each line is for customers worth more than the line before, in the same currency."
                self._say((*path, "from"), "wrong_value", message)
            found.append(Raise(above, by))
        return tuple(found)

    def _loyalty(self) -> Loyalty:
        shape = self._shape.loyalty
        small, large = (
            self._money(("loyalty", name, "loss"), row.loss)
            for name, row in (("small", shape.small), ("large", shape.large))
        )
        if small.currency != large.currency or small.amount >= large.amount:
            message = "The large loss is larger than the small one, in the same currency."
            self._say(("loyalty", "large", "loss"), "wrong_value", message)
        return Loyalty(
            large.currency,
            small.amount,
            large.amount,
            self._shares("small", shape.small),
            self._shares("large", shape.large),
            shape.source.strip(),
        )

    def _shares(self, name: str, row: LoyaltyRowShape) -> Shares:
        silent, unsatisfied, satisfied, quickly = (
            self._percent(("loyalty", name, outcome), getattr(row, outcome), at_most=100)
            for outcome in OUTCOMES
        )
        return silent, unsatisfied, satisfied, quickly
