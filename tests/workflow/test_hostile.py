"""Whatever is in a file, the answer is a workflow or findings: never a crash, never much time or memory."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recovery.workflow.bundle import collect
from recovery.workflow.reader import read_yaml
from tests.real_data import ROOT
from tests.workflow.small import WORKFLOW, findings_of, write

SECONDS, MEGABYTES = 1.0, 200

HUGE: dict[str, Callable[[], bytes]] = {
    "10 MB": lambda: b"a: b\n" * 2_000_000,
    "10 MB of one line": lambda: b"a" * 10_000_000,
    "200,000 brackets": lambda: b"[" * 200_000,
    "100,000 brackets one a line": lambda: b"[\n" * 100_000,
    "40,000 braces": lambda: b"{a: " * 40_000,
    "100,000 dashes": lambda: b"- " * 100_000,
    "a staircase": lambda: b"".join(b" " * n + b"a:\n" for n in range(600)),
    "too many keys": lambda: lines(b"k%d: 1\n", 24_000),
    "the most keys that are read": lambda: lines(b"k%d: 1\n", 4_900),
    "the most doubled keys that are read": lambda: b"a: 1\n" * 4_900,
    "many facts of a wrong type": lambda: b"facts:\n" + lines(b" f%d: {type: x}\n", 2_400),
    "many unknown keys in steps": lambda: b"steps:\n" + lines(b" s%d: {titel: a}\n", 2_400),
    "anchors upon anchors": lambda: b"a: &a [x]\n" + lines(b"b: &b%d [*a, *a]\n", 9),
    "one long text": lambda: b"title: " + b"word " * 49_000,
    "one long quoted text": lambda: b'title: "' + b"word " * 49_000 + b'"',
    "one long condition": lambda: b'if: "' + b"(" * 100_000 + b'"',
    "random bytes": lambda: Random(1).randbytes(240_000),
}


def lines(pattern: bytes, count: int) -> bytes:
    return b"".join(pattern % number for number in range(count))


PROGRAM = """
import os, sys, time
from pathlib import Path
from recovery.workflow.bundle import collect
from tests.peak import peak_kilobytes
from tests.yardstick import slowness
for line in sys.stdin:
    if os.fork() == 0:
        root = Path(line.strip())
        slower = slowness()
        began = time.process_time()
        bundle, findings = collect(root, root / "workflows" / "small.yaml")
        took = (time.process_time() - began) / slower
        refused = bundle is None and len(findings) > 0
        print(took, peak_kilobytes() / 1024, refused, len(findings), findings[:1], flush=True)
        os._exit(0)
    if os.wait()[1] != 0:
        print(flush=True)
"""
"""Reads each project it is told of in a process of its own, forked from one that has loaded the program."""


@pytest.fixture(scope="module")
def reader() -> Iterator[Callable[[Path], str]]:
    """Reads the project in a folder: says the seconds, the megabytes, whether it was refused, and why."""
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as program:
        asked, said = program.stdin, program.stdout
        assert asked is not None
        assert said is not None

        def ask(folder: Path) -> str:
            print(folder, file=asked, flush=True)
            return said.readline()

        yield ask
        asked.close()


@pytest.mark.slow
@pytest.mark.parametrize("name", HUGE)
def test_a_monstrous_file_is_refused_within_a_second_and_200_mb(
    name: str, tmp_path: Path, reader: Callable[[Path], str]
) -> None:
    write(tmp_path)
    (tmp_path / "workflows/small.yaml").write_bytes(HUGE[name]())
    said = reader(tmp_path)
    took, memory, refused = said.split()[:3]
    assert refused == "True", said
    assert float(took) < SECONDS, said
    assert float(memory) < MEGABYTES, said


@given(st.binary(max_size=200))
def test_no_bytes_crash_the_reader(data: bytes) -> None:
    document, findings = read_yaml(data, "x.yaml")
    assert document is not None or len(findings) == 1


@given(st.text(alphabet="ab:-[]{},&*!|>'\"%@`#?~ \n\t\\x0u", max_size=60))
def test_no_text_of_yaml_signs_crashes_the_reader(text: str) -> None:
    document, findings = read_yaml(text.encode(), "x.yaml")
    assert document is not None or len(findings) == 1
    for finding in findings:
        assert finding.line <= text.count("\n") + 2
        assert finding.column >= 1


RIGHT = WORKFLOW.splitlines(keepends=True)
WORDS = """
    : - [ ] { } " ' é true no 010 17:30 null any same 5 -1 mark kind owner hear mend closed title if go send
    needs is at_least x case.step {a:} [a,b]
""".split()


@st.composite
def spoilt(draw: st.DrawFn) -> str:
    """A workflow with lines dropped, doubled, moved, indented, and words exchanged."""
    lines = list(RIGHT)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(lines) - 1))
        kind = draw(st.sampled_from(["drop", "double", "swap", "word", "indent", "dedent", "insert"]))
        if kind == "drop" and len(lines) > 1:
            del lines[at]
        elif kind == "double":
            lines.insert(at, lines[at])
        elif kind == "swap":
            other = draw(st.integers(0, len(lines) - 1))
            lines[at], lines[other] = lines[other], lines[at]
        elif kind == "indent":
            lines[at] = "  " + lines[at]
        elif kind == "dedent":
            lines[at] = lines[at].removeprefix("  ")
        else:
            parts = lines[at].split(" ")
            place = draw(st.integers(0, len(parts) - 1))
            parts[place : place + (kind == "word")] = [draw(st.sampled_from(WORDS))]
            lines[at] = " ".join(parts)
    return "".join(lines)


@pytest.mark.slow
@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(spoilt())
def test_a_spoilt_workflow_is_a_workflow_or_findings(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        path = write(root, text)
        bundle, findings = collect(root, path)
        assert (bundle is None) is any(finding.level == "error" for finding in findings)
        lines = text.count("\n") + 2
        for finding in findings:
            assert 1 <= finding.line <= lines
            assert finding.column >= 1
            assert finding.message
            assert "\n" not in str(finding)


def test_one_syntax_error_hides_the_rest_of_its_file_only(tmp_path: Path) -> None:
    assert [f.code for f in findings_of(tmp_path, WORKFLOW + "\t")] == ["tab"]
