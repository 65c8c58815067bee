"""Tables of the record keep every figure on screens of 60, 80 and 118 columns."""

import re

import pytest
from typer.testing import CliRunner

from shiftcast.pipelines.cli import app

NUMBER = re.compile(r"\d[\d,.]*\d|\d")
DAY = ("--as-of", "2026-11-22")
COMMANDS = {
    "catalogue": ("catalogue", *DAY), "claims": ("claim", "list", *DAY), "moves": ("rollouts", "list", *DAY),
    "cost": ("cost", "--life", "4,5", "--gain", "1.6", "--draws", "100", *DAY),
    "site": ("site", "--mw", "40", "--draws", "100", *DAY),
}  # fmt: skip


def printed(words, columns):
    done = CliRunner().invoke(app, list(words), env={"COLUMNS": str(columns)}, catch_exceptions=False)
    assert done.exit_code == 0
    return done.stdout


@pytest.fixture(scope="module")
def wide():
    return {name: printed(words, 2000) for name, words in COMMANDS.items()}


@pytest.mark.parametrize("columns", [60, 80, 118])
@pytest.mark.parametrize("name", COMMANDS)
def test_no_number_and_no_name_is_lost(wide, name, columns):
    narrow = printed(COMMANDS[name], columns)
    assert set(NUMBER.findall(wide[name])) <= set(NUMBER.findall(" ".join(narrow.split())))
    assert "…" not in narrow
    assert all(len(line) <= columns for line in narrow.splitlines() if re.search("[│┃]", line))
