"""Results as plain data, and as the XML that build servers read (JUnit)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree as Xml

from recovery.scenarios.comparing import Difference
from recovery.scenarios.coverage import Coverage, coverage
from recovery.scenarios.knowing import Workflows
from recovery.scenarios.running import Result

_NOT_XML = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def as_dict(results: Sequence[Result]) -> dict[str, Any]:
    """All results, for JSON."""
    passed = sum(result.ok for result in results)
    return {
        "passed": passed,
        "failed": len(results) - passed,
        "scenarios": [_result(result) for result in results],
    }


def placed(result: Result, difference: Difference) -> str:
    """A difference with its place, on one line."""
    return f"{result.file}:{difference.line}:{difference.column}: {difference}."


def problems(result: Result) -> list[str]:
    """What is wrong with a scenario, line by line: findings, or differences and what had happened before."""
    lines = [*map(str, result.findings), *(placed(result, one) for one in result.differences)]
    if result.trace:
        lines += ["What had happened:", *(f"  {line}" for line in result.trace)]
    return lines


def coverages(workflows: Workflows, results: Sequence[Result]) -> list[Coverage]:
    """How much of each workflow of the project the scenarios came to; of one that none is about, nothing."""
    found = []
    for name in workflows.names():
        stories = [result.touched for result in results if result.workflow == name]
        found.append(coverage(workflows.find(name).workflow, stories) if stories else Coverage(name, 0))
    return found


def junit(results: Sequence[Result]) -> bytes:
    """All results as one JUnit test suite. A file that cannot be read is an error, not a failure."""
    suite = Xml.Element(
        "testsuite",
        name="scenarios",
        tests=str(len(results)),
        failures=str(sum(bool(result.differences) for result in results)),
        errors=str(sum(bool(result.findings) for result in results)),
        time=f"{sum(result.seconds for result in results):.3f}",
    )
    for result in results:
        case = Xml.SubElement(
            suite,
            "testcase",
            name=_sound(result.name),
            classname=_sound(result.file),
            file=_sound(result.file),
            line=str(result.line),
            time=f"{result.seconds:.3f}",
        )
        if not result.ok:
            first, *_ = lines = problems(result)
            kind = "error" if result.findings else "failure"
            Xml.SubElement(case, kind, message=_sound(first)).text = _sound("\n".join(lines))
    written: bytes = Xml.tostring(suite, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _result(result: Result) -> dict[str, Any]:
    return {
        "name": result.name,
        "file": result.file,
        "line": result.line,
        "ok": result.ok,
        "workflow": result.workflow,
        "rule": result.rule,
        "seconds": round(result.seconds, 4),
        "differences": [difference._asdict() for difference in result.differences],
        "findings": [finding.as_dict() for finding in result.findings],
        "trace": list(result.trace),
    }


def _sound(text: str) -> str:
    return _NOT_XML.sub("�", text)
