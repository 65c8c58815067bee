"""Every block of the pages does what it says, or a comment before it says why it is not run."""

import importlib.util
from pathlib import Path

import pytest

BLOCKS = Path(__file__).resolve().parents[2] / "docs" / "page_blocks.py"


@pytest.fixture(scope="module")
def maker():
    spec = importlib.util.spec_from_file_location("page_blocks", BLOCKS)
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def of_all(maker):
    return [block for path in maker.pages() for block in maker.blocks(path)]


def where(block):
    return f"{block.page}:{block.line}"


def test_every_block_has_a_language_that_says_whether_it_does_something(maker):
    assert [where(block) for block in of_all(maker) if block.kind not in {*maker.COMMANDS, *maker.OTHERS}] == []


def test_a_block_that_only_shows_something_holds_no_command_to_type(maker):
    sketched = ("..", "[", "|")
    shown = [block for block in of_all(maker) if block.kind in maker.OTHERS]
    typed = [(where(block), line) for block in shown for line in block.text.splitlines()
             if line.startswith(("shiftcast ", "$ ")) and not any(mark in line for mark in sketched)]  # fmt: skip
    assert typed == []


def test_a_block_that_is_not_run_says_why_in_words(maker):
    """Lines of others are either in a block that is not run, or in one of which only the lines of shiftcast are."""
    wrong = []
    for block in of_all(maker):
        reason = block.mark.partition(": ")[2]
        if block.mark.startswith((maker.NOT_RUN, maker.PARTLY)) and len(reason) < 10:
            wrong.append((where(block), "no reason"))
        if block.kind == "bash" and not block.mark.startswith((maker.NOT_RUN, maker.PARTLY)):
            wrong += [(where(block), line) for line in maker.lines_of(block) if not line.startswith("shiftcast ")]
    assert wrong == []


def test_most_blocks_are_run(maker):
    blocks = [block for block in of_all(maker) if block.kind in maker.COMMANDS]
    left = [block for block in blocks if block.mark.startswith(maker.NOT_RUN)]
    assert len(blocks) >= 90
    assert len(left) <= 25


def test_every_block_of_a_console_shows_an_answer(maker):
    blocks = [block for block in of_all(maker) if block.kind == "console"]
    silent = [(where(block), line) for block in blocks for line, answer in maker.answers_of(block) if not answer
              and "--quiet" not in line]  # fmt: skip
    assert len(blocks) >= 30
    assert silent == []
