"""Files that a story edits and publishes: those of its workflow's version, changed in memory alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from recovery.scenarios.words import Words
from recovery.workflow.bundle import Bundle, hash_of, load
from recovery.workflow.findings import BadFile, Finding, guess, shown
from recovery.workflow.reader import Document, Path


class Files:
    """The files of a story as somebody has edited them so far."""

    def __init__(self, document: Document, bundle: Bundle, findings: list[Finding]) -> None:
        self._document, self._bundle, self._findings = document, bundle, findings
        self._files = dict(bundle.files)

    def edit(self, path: Path, edits: Mapping[str, Mapping[Any, Any]]) -> None:
        """Change words of files; each must stand there once."""
        for file, changes in edits.items():
            if file not in self._files:
                message = f"{shown(file)} is no file of this workflow."
                self._say((*path, file), "unknown_file", message, guess(file, self._files), key=True)
                continue
            for old, new in changes.items():
                times = self._files[file].count(str(old))
                if times != 1:
                    message = f"{shown(old)} stands {times} times in {file}."
                    self._say((*path, file, old), "wrong_value", message, "Name words that stand there once.")
                else:
                    self._files[file] = self._files[file].replace(str(old), str(new))

    def publish(self, path: Path, words: Words) -> Bundle | None:
        """The version that the files make now; its names may be spoken of from here on."""
        bundle = Bundle(hash_of(self._files), self._bundle.workflow_id, dict(self._files))
        try:
            words.learn(load(bundle))
        except BadFile as error:
            first = error.findings[0]
            message = f"The files cannot be published: {first.message}"
            self._say(path, "not_published", message, f"{first.file}:{first.line}", key=True)
            return None
        return bundle

    def _say(self, path: Path, code: str, message: str, hint: str, *, key: bool = False) -> None:
        self._findings.append(self._document.finding(path, code, message, hint, key=key))
