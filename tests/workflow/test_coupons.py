"""Coupons in workflow files: what `check` refuses, with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from recovery.core.spec import Coupon, Send
from recovery.workflow.bundle import collect, load
from recovery.workflow.currencies import unpayable

WORKFLOW = """\
workflow: small
title: Small
facts:
  rating: {{type: integer, from: 1, to: 5}}
  kind: {{type: choice, of: [a, b]}}
steps:
  one:
    title: One
    on_enter:
{rules}
    needs:
      kind:
ends:
  closed:
"""

HEAD = "---\npurpose: {purpose}\nsubject: Hello\n---\nHello,\n\n{text}\n"
NOTE = "{{ coupon.code }} is worth {{ coupon.value | money }} until {{ coupon.good_until | date }}."
GIVE = "send: note\n        coupon: {offer: goodwill, value: 10 USD, expires: 60 days}"


def project(folder: Path, rules: str, say: str = "", **texts: str) -> Path:
    """A project with these rules on entering its one step, and templates."""
    lines = "\n".join(f"      - {rule}" for rule in rules.split("\n\n"))
    (folder / "workflows").mkdir()
    (folder / "templates" / "en").mkdir(parents=True)
    (folder / "workflows" / "small.yaml").write_text(WORKFLOW.format(rules=lines) + say)
    for name, text in {"note": NOTE, "rate": "How are we doing?", **texts}.items():
        purpose = "rating-ask" if name == "rate" else "goodwill"
        (folder / "templates" / "en" / f"{name}.md").write_text(HEAD.format(purpose=purpose, text=text))
    return folder


def found(folder: Path) -> list[str]:
    """The codes of the errors, with the file's line."""
    _, findings = collect(folder, folder / "workflows" / "small.yaml")
    return [f"{finding.code} {finding.file.split('/')[-1]}:{finding.line}" for finding in findings]


def test_a_rule_offers_a_coupon_beside_its_letter(tmp_path: Path) -> None:
    folder = project(tmp_path, GIVE)
    bundle, findings = collect(folder, folder / "workflows" / "small.yaml")
    assert findings == []
    assert bundle is not None
    workflow = load(bundle)
    assert workflow.offers == {"goodwill": Send("note", coupon=Coupon("goodwill", "10 USD", 60))}


@pytest.mark.parametrize(
    ("value", "wrong"),
    [
        ("0 USD", "worth more than nothing"),
        ("-5 USD", "worth more than nothing"),
        ('"10"', "with its currency"),
        ("ten USD", "with its currency"),
        ("10.005 USD", "USD has 2 decimals"),
        ("10.5 JPY", "JPY has no decimals"),
        ("10 XQX", "XQX is no currency"),
    ],
)
def test_a_coupon_is_worth_an_amount_that_can_be_paid(tmp_path: Path, value: str, wrong: str) -> None:
    folder = project(tmp_path, GIVE.replace("10 USD", value))
    _, (finding,) = collect(folder, folder / "workflows" / "small.yaml")
    assert finding.code in ("wrong_value", "wrong_type")
    assert (finding.line, wrong in str(finding)) == (11, True), finding


@pytest.mark.parametrize("text", ["10 USD", "10.99 EUR", "1000 JPY", "1.005 KWD", "0.1 CNY"])
def test_an_amount_in_its_currencys_own_decimals_can_be_paid(text: str) -> None:
    assert unpayable(text) == ""


@pytest.mark.parametrize("expires", ["0 days", "soon", "60", "2 weeks", "9999 days"])
def test_a_coupon_is_good_for_a_number_of_days(tmp_path: Path, expires: str) -> None:
    (code,) = found(project(tmp_path, GIVE.replace("60 days", expires)))
    assert code.endswith("small.yaml:11")


@pytest.mark.parametrize(
    ("rules", "texts", "expected"),
    [
        (GIVE, {"note": "Here is something."}, ["coupon_unsaid small.yaml:10"]),
        ("send: note", {}, ["no_coupon small.yaml:10"]),
        (GIVE + "\n        to: owner", {}, ["wrong_coupon small.yaml:12"]),
        (
            "escalate: 1\n        coupon: {offer: a, value: 1 USD, expires: 1 day}",
            {},
            ["sibling_alone small.yaml:11"],
        ),
        (GIVE, {"note": "{{ coupon.code | lower }}"}, ["wrong_filter note.md:7"]),
        (GIVE, {"note": "{{ coupon.code }} {{ coupon.value }}"}, ["raw_value note.md:7"]),
        (GIVE, {"note": "{{ coupon.code }} {{ coupon.worth }}"}, ["unknown_name note.md:7"]),
    ],
)
def test_what_a_letter_and_its_coupon_must_agree_on(
    tmp_path: Path, rules: str, texts: dict[str, str], expected: list[str]
) -> None:
    assert found(project(tmp_path, rules, **texts)) == expected


def test_a_letter_that_people_send_by_hand_has_no_coupon(tmp_path: Path) -> None:
    assert found(project(tmp_path, GIVE, say="say: [note]\n")) == ["no_coupon small.yaml:16"]


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ("send: rate\n\n" + GIVE, ["offer_with_rating small.yaml:10"]),
        (
            'if: rating >= 4\n        send: rate\n\nif: kind == "a"\n        ' + GIVE,
            ["offer_with_rating small.yaml:11"],
        ),
        ("if: rating >= 4\n        send: rate\n\nif: rating <= 2\n        " + GIVE, []),
    ],
)
def test_money_is_never_traded_for_a_review(tmp_path: Path, rules: str, expected: list[str]) -> None:
    assert found(project(tmp_path, rules)) == expected


def test_a_request_for_a_rating_says_no_code(tmp_path: Path) -> None:
    codes = found(project(tmp_path, GIVE.replace("note", "rate"), rate=NOTE))
    assert {code.split()[0] for code in codes} == {"offer_with_rating"}
    assert "offer_with_rating small.yaml:11" in codes
    assert "offer_with_rating rate.md:7" in codes
