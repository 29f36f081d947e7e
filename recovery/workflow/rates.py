"""Reading `config/currencies.yaml`: what one unit of each currency is worth, as somebody configured it."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Annotated

from pydantic import Field, StringConstraints

from recovery.core.rates import Rates
from recovery.workflow.basics import Scalar, Shape, Word
from recovery.workflow.files import name_of, read_file
from recovery.workflow.findings import BadFile, Finding, errors, shown
from recovery.workflow.reader import read_yaml
from recovery.workflow.shape import check_shape

FILE = "config/currencies.yaml"
"""Where a project's rates stand, from its root."""

Letters = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]

_WORTH = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,12})?")


class RatesShape(Shape):
    """A file of exchange rates."""

    base: Letters = Field(description="The currency that the rates are written in.")
    as_of: Word = Field(description="The day the rates were taken; it is said beside what was converted.")
    rates: dict[Letters, Scalar] = Field(description="Currency to what one of it is worth in `base`.")


@lru_cache(maxsize=500)
def decimals(currency: str) -> int:
    """How many decimals a currency has, by Babel's tables: 2 for USD, 0 for JPY, 3 for KWD."""
    from babel.numbers import get_currency_precision

    return get_currency_precision(currency)


def is_currency(letters: str) -> bool:
    """Whether these three letters are a currency's."""
    from babel.core import get_global

    return letters in get_global("all_currencies")


def read_rates(data: bytes, file: str) -> tuple[Rates | None, list[Finding]]:
    """Read a file of rates.

    Args:
        file: its name in findings.

    Returns:
        The rates, or None; and everything that is wrong, with its place.
    """
    document, findings = read_yaml(data, file)
    if document is None:
        return None, findings
    shape, wrong = check_shape(document, RatesShape)
    findings += wrong
    if shape is None:
        return None, findings
    for path, letters in [(("base",), shape.base), *((("rates", name), name) for name in shape.rates)]:
        if not is_currency(letters):
            message = f"{shown(letters)} is no currency."
            findings.append(document.finding(path, "unknown_currency", message, key=path[0] == "rates"))
    try:
        date.fromisoformat(shape.as_of)
    except ValueError:
        message = f"{shown(shape.as_of)} is no date."
        findings.append(document.finding(("as_of",), "wrong_value", message, "Such as 2026-11-20."))
    worth: dict[str, Decimal] = {}
    for name, value in shape.rates.items():
        if not _WORTH.fullmatch(str(value)) or not Decimal(str(value)):
            message = f"{shown(value)} is no rate."
            hint = f"What one {name} is worth in {shape.base}, such as 1.08."
            findings.append(document.finding(("rates", name), "wrong_value", message, hint))
        elif name == shape.base and Decimal(str(value)) != 1:
            message = f"One {name} is worth 1 {name}."
            findings.append(document.finding(("rates", name), "wrong_value", message, "Leave it out."))
        else:
            worth[name] = Decimal(str(value))
    if errors(findings):
        return None, findings
    return Rates(shape.base, shape.as_of, worth, decimals), findings


def rates_of(root: Path) -> Rates:
    """A project's rates; without a file nothing is converted.

    Raises:
        BadFile: the file is wrong; its findings say where.
    """
    path = root / FILE
    if not path.is_file():
        return Rates("USD", "", {}, decimals)
    data, unreadable = read_file(root, path)
    if data is None:
        raise BadFile([unreadable] if unreadable else [])
    rates, findings = read_rates(data, name_of(root, path))
    if rates is None:
        raise BadFile(errors(findings))
    return rates
