"""Runs a page: its files are written, its changes made and its commands run, in the order they stand there.

What counts on a page:

- A block of `console`: each line with `$ ` is a command, which goes on below where the line ends with a
  backslash. The lines after it are what it prints; `…` is anything, and how lines are broken does not matter.
- A block of any language with `title="FILE"`: the file is written, where the last command left the reader.
- A block of `diff` with `title="FILE"`: lines with `-` are taken out of the file and lines with `+` put in;
  the others say where.
- `<!-- ends with N -->` before a block: its last command ends with exit code N; all others end with 0.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.real_data import ROOT
from tests.warm.client import Warm

BLOCK = re.compile(
    r"^(?:<!-- ends with (?P<code>\d+) -->\n)?```(?P<language>\w+)(?: title=\"(?P<title>[^\"]+)\")?\n"
    r"(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)

NOT_RUN = ("make ", "pip ")
"""Commands that are about the machine and not about the product."""

OURS = ("recovery ", "python ")
"""What a process runs that has the product loaded."""


@dataclass(frozen=True)
class Command:
    """A command of a page, what the page says it prints, and the code it ends with."""

    words: str
    printed: str
    code: int


@dataclass(frozen=True)
class File:
    """A file that a page tells its reader to write, or, for a `diff`, to change."""

    name: str
    text: str
    is_change: bool


def steps(page: Path) -> Iterator[Command | File]:
    """Everything a page tells its reader to do, in order."""
    for block in BLOCK.finditer(page.read_text(encoding="utf-8")):
        if block["title"]:
            yield File(block["title"], block["text"], block["language"] == "diff")
        elif block["language"] == "console":
            yield from _commands(block["text"], int(block["code"] or 0))


def _commands(text: str, code: int) -> Iterator[Command]:
    found = re.findall(r"^\$ ((?:.*\\\n)*.*)\n((?:(?!\$ ).*\n)*)", text, re.MULTILINE)
    for number, (words, printed) in enumerate(found, start=1):
        yield Command(words, printed, code if number == len(found) else 0)


class Shell:
    """A folder of its own in which a page is followed.

    What begins with `recovery` or `python` goes to a process that has the product loaded, all else to `sh`.
    """

    def __init__(self, folder: Path, warm: Warm) -> None:
        self.folder = folder
        self._warm = warm
        self._where = folder / ".where"
        self._in, self._out = folder / ".in", folder / ".out"

    def do(self, step: Command | File) -> str:
        """Do one step and give what a command printed (both streams).

        Raises:
            AssertionError: a change does not fit, or a command ended with another code.
        """
        if isinstance(step, File):
            self._write(step)
            return ""
        if step.words.startswith(NOT_RUN):
            return step.printed
        given, _, last = step.words.replace("\\\n", " ").rpartition(" | ")
        code = self._ours(given, last) if last.startswith(OURS) else self._sh(step.words)
        said = self._out.read_text(encoding="utf-8").removeprefix("\ufeff")
        assert code == step.code, f"$ {step.words}\nended with {code}:\n{said}"
        return said

    def _ours(self, given: str, last: str) -> int:
        """Run the product, with what another command prints as its input."""
        words, out, err = shlex.split(last), self._out, self._out
        if words[-1] == "2>/dev/null":
            words, err = words[:-1], Path(os.devnull)
        if words[-2] == ">":
            words, out = words[:-2], self.folder / words[-1]
        if given:
            assert self._sh(given) == 0
            self._out.replace(self._in)
        for path in (self._out, out):
            path.write_bytes(b"")
        source = self._in if given else Path(os.devnull)
        with source.open("rb") as read, out.open("ab") as told, err.open("ab") as beside:
            streams = (read, told, beside)
            return self._warm.start(words, self.folder, streams, environment=_environment()).wait()

    def _sh(self, words: str) -> int:
        script = f"{words}\ncode=$?\npwd > '{self._where}'\nexit $code\n"
        with self._out.open("wb") as out:
            done = subprocess.run(
                ["sh", "-c", script],
                cwd=self.folder,
                env=_environment(),
                stdout=out,
                stderr=out,
                check=False,
                timeout=120,
            )
        self.folder = Path(self._where.read_text(encoding="utf-8").strip())
        return done.returncode

    def _write(self, file: File) -> None:
        path = self.folder / file.name
        if not file.is_change:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(file.text, encoding="utf-8")
            return
        lines = file.text.splitlines(keepends=True)
        before = "".join(line[1:] for line in lines if line[0] != "+")
        after = "".join(line[1:] for line in lines if line[0] != "-")
        text = path.read_text(encoding="utf-8")
        assert text.count(before) == 1, f"{file.name} does not have once:\n{before}"
        path.write_text(text.replace(before, after), encoding="utf-8")


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RECOVERY_")}
    path = os.pathsep.join([str(Path(sys.executable).parent), kept.get("PATH", "")])
    more = {"PATH": path, "COLUMNS": "100", "PYTHONUTF8": "1", "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}
    return {**kept, **more}


def says(printed: str, said: str) -> bool:
    """Whether a command said what a page prints: `…` is anything, and blanks and lines are all one."""
    pattern = ".*".join(re.escape(" ".join(part.split())) for part in printed.split("…"))
    squeezed = re.sub(r"\s+", "", said)
    return re.fullmatch(pattern.replace(r"\ ", ""), squeezed, re.DOTALL) is not None
