"""The site has a place for every page, and what is built of it loads nothing from outside."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
CHECK = ROOT / ".ci" / "docs_pages.py"


def named(nav):
    """Yield the pages of a menu."""
    for entry in nav:
        inside = entry if isinstance(entry, str) else next(iter(entry.values()))
        if isinstance(inside, str):
            yield inside
        else:
            yield from named(inside)


@pytest.fixture(scope="module")
def site():
    return yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))


def test_every_page_and_every_notebook_has_its_place_in_the_menu_once(site):
    listed = list(named(site["nav"]))
    assert sorted(listed) == sorted(set(listed))
    pages = {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    notebooks = {f"gallery/{path.stem}.md" for path in (ROOT / "notebooks").glob("*.ipynb")}
    assert (pages | notebooks) - set(listed) == set()


def test_links_and_anchors_that_lead_nowhere_fail_the_build_and_letters_come_from_no_other_place(site):
    assert site["strict"] is True
    assert set(site["validation"]["links"].values()) == {"warn"}
    assert site["theme"]["font"] is False


@pytest.mark.parametrize(("page", "wrong"), [
    ('<img src="a.png"><a href="https://example.com">there</a>', ""),
    ('<script src="https://example.com/x.js"></script>', "from outside"),
    ('<link rel="stylesheet" href="//example.com/x.css">', "from outside"),
    ('<img src="b.png">', "not there"),
])  # fmt: skip
def test_a_page_that_loads_from_outside_or_what_is_not_there_is_named(page, wrong, tmp_path):
    (tmp_path / "a.png").write_bytes(b"")
    (tmp_path / "index.html").write_text(page, encoding="utf-8")
    words = [sys.executable, str(CHECK), str(tmp_path)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603  (our own script)
    assert (done.returncode, wrong in done.stderr) == (bool(wrong), True)
