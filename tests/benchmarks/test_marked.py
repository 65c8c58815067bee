"""Text between two marks: nothing else of a page changes, and a mark that is not there just once ends the script."""

import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BEGIN, END = "<!-- some.py: begin -->", "<!-- some.py: end -->"
PAGE = f"# Title\n\n{BEGIN}\nold\n\nlines\n{END}\nmore\n"


@pytest.fixture(scope="module")
def marked():
    return runpy.run_path(str(ROOT / "benchmarks" / "marked.py"))


def test_the_text_stands_on_lines_of_its_own_and_the_rest_is_kept(marked):
    new = marked["replaced"](PAGE, "| a |\n|---|", BEGIN, END)
    assert new == f"# Title\n\n{BEGIN}\n| a |\n|---|\n{END}\nmore\n"
    assert marked["replaced"](new, "| a |\n|---|", BEGIN, END) == new


@pytest.mark.parametrize(
    ("page", "message"),
    [(PAGE.replace(BEGIN, ""), f"{BEGIN!r} stands 0 times"), (PAGE.replace(END, ""), f"{END!r} stands 0 times"),
     (PAGE + BEGIN, f"{BEGIN!r} stands 2 times"), (PAGE + END, f"{END!r} stands 2 times"),
     (f"{END}\n{BEGIN}\n", f"{END!r} stands before {BEGIN!r}")],
)  # fmt: skip
def test_a_mark_that_is_missing_or_stands_twice_is_told_and_no_page_is_written(marked, page, message, tmp_path):
    first, second = tmp_path / "first.md", tmp_path / "second.md"
    first.write_text(PAGE, encoding="utf-8")
    second.write_text(page, encoding="utf-8")
    with pytest.raises(ValueError, match=f"second.md: .*{re.escape(message)}"):
        marked["rewrite"]("new", BEGIN, END, first, second)
    assert (first.read_text(encoding="utf-8"), second.read_text(encoding="utf-8")) == (PAGE, page)


def test_several_pages_take_one_text(marked, tmp_path):
    pages = [tmp_path / name for name in ("first.md", "second.md")]
    for page in pages:
        page.write_text(PAGE, encoding="utf-8")
    marked["rewrite"]("new", BEGIN, END, *pages)
    assert [page.read_text(encoding="utf-8") for page in pages] == [PAGE.replace("old\n\nlines", "new")] * 2


def test_no_script_splits_a_page_at_its_marks_by_itself():
    own = re.compile(r"(split|partition|index)\((BEGIN|END|begin|end)\)")
    scripts = [path for folder in ("benchmarks", "docs") for path in (ROOT / folder).glob("*.py")]
    found = {path.name for path in scripts if own.search(path.read_text(encoding="utf-8"))}
    assert found == {"marked.py", "make_licences.py"}  # the latter reads the rows that it keeps
