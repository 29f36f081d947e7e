"""Links hold: mkdocs checks those of the site, this the README's and whatever mkdocs does not read."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.real_data import ROOT

PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
PICTURES = sorted((ROOT / "docs" / "images").glob("*.svg"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_a_page_links_to_is_there(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8"))
    inside = [target for target in targets if "://" not in target]
    assert [target for target in inside if not (page.parent / target).exists()] == []


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as `make docs` builds it: any warning, such as a broken link, is an error."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.mark.slow
def test_the_site_builds_and_every_link_and_anchor_in_it_holds(site: Path) -> None:
    assert (site / "tutorial" / "index.html").is_file()
    assert not (site / "generate").exists()


@pytest.mark.slow
def test_the_site_fetches_nothing_from_elsewhere(site: Path) -> None:
    fetched = re.compile(r"<(?:script|img|link)[^>]+(?:src|href)=\"?https?://[^\"\s>]+")
    pages = [page.read_text(encoding="utf-8") for page in site.rglob("*.html")]
    assert pages
    assert [found for page in pages for found in fetched.findall(page)] == []


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.name)
def test_a_picture_has_a_text_for_those_who_cannot_see_it_and_suits_light_and_dark(picture: Path) -> None:
    text = picture.read_text(encoding="utf-8")
    tree = ElementTree.fromstring(text)
    names = {element.tag.rpartition("}")[2] for element in tree}
    assert {"title", "desc"} <= names
    assert "prefers-color-scheme: dark" in text
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", text)


def test_decisions_are_in_order_and_headed_by_their_number() -> None:
    files = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
    heads = [file.read_text(encoding="utf-8").partition("\n")[0] for file in files]
    assert [head.partition(".")[0] for head in heads] == [f"# {n}" for n in range(1, len(files) + 1)]
    assert [file.name[:4] for file in files] == [f"{n:04}" for n in range(1, len(files) + 1)]
