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

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.real_data import ROOT

BLOCK = re.compile(
    r"^(?:<!-- ends with (?P<code>\d+) -->\n)?```(?P<language>\w+)(?: title=\"(?P<title>[^\"]+)\")?\n"
    r"(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)

NOT_RUN = ("make ", "pip ")
"""Commands that are about the machine and not about the product."""


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


class Warm:
    """A process that has `recovery` loaded (`tests.docs.warm`). Use it in `with`."""

    def __enter__(self) -> Warm:
        command = [sys.executable, "-m", "tests.docs.warm"]
        self._process = subprocess.Popen(
            command, cwd=ROOT, env=_environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate(timeout=60)

    def run(self, folder: Path, words: list[str], out: Path) -> int:
        """Run a command in a folder, with both streams into a file; give its exit code."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        asked = {"folder": str(folder), "words": words, "out": str(out)}
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


class Shell:
    """A folder of its own in which a page is followed.

    What begins with `recovery` goes to a process that has it loaded, all else to `sh`.
    """

    def __init__(self, folder: Path, warm: Warm) -> None:
        self.folder = folder
        self._warm = warm
        self._where = folder / ".where"
        self._out = folder / ".out"

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
        words = shlex.split(step.words.replace("\\\n", " "))
        words, into = (words[:-2], words[-1]) if words[-2:-1] == [">"] else (words, None)
        code = (
            self._warm.run(self.folder, words, self._out) if words[0] == "recovery" else self._sh(step.words)
        )
        said = self._out.read_text(encoding="utf-8").removeprefix("\ufeff")
        if into is not None and words[0] == "recovery":
            (self.folder / into).write_text(said, encoding="utf-8")
            said = ""
        assert code == step.code, f"$ {step.words}\nended with {code}:\n{said}"
        return said

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
