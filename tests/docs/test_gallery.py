"""The gallery shows every message that comes with the project, as it is now."""

from __future__ import annotations

from pathlib import Path

import pytest

from docs.generate import gallery
from tests.real_data import ROOT


def test_every_template_is_shown_in_every_language() -> None:
    templates = {(path.parent.name, path.stem) for path in (ROOT / "templates").glob("*/*.md")}
    shown = {(file.parent.name, file.stem) for file in gallery.made() if file.suffix == ".html"}
    assert shown == templates
    for language, (page, _) in gallery.LANGUAGES.items():
        text = gallery.made()[gallery.FOLDER / f"{page}.md"]
        assert all(f"\n## {name}\n" in text for one, name in templates if one == language)


def test_what_is_missing_changed_or_left_over_is_stale(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gallery, "FOLDER", tmp_path)
    wanted = gallery.made()
    assert gallery.stale() == wanted
    for file, text in wanted.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    assert gallery.stale() == {}
    changed, left_over = tmp_path / "README.md", tmp_path / "en" / "old.html"
    changed.write_text("changed", encoding="utf-8")
    left_over.write_text("left over", encoding="utf-8")
    assert gallery.stale() == {changed: wanted[changed], left_over: None}
