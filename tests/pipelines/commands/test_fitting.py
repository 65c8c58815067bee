"""No table loses a figure, however narrow the screen is."""

import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as some
from rich.table import Column, Table

from shiftcast.pipelines.commands.fitting import FittingConsole, fitted, wide_console

WIDTHS = (60, 80, 118)
FIGURE = re.compile(r"\d[\d.,e+-]*")


def printed(table, width):
    file = io.StringIO()
    FittingConsole(file=file, width=width, highlight=False).print(table)
    return file.getvalue()


def wide(rows=3, columns=12, **options):
    table = Table("name", *(f"quantity {place}" for place in range(columns)), **options)
    for row in range(rows):
        cells = [f"{1000 * row + place:.1f} ({row}.25-{place}.75)" for place in range(columns)]
        table.add_row(f"a long name of row {row} [bold]", *cells)
    return table


def figures_of(table):
    return [text for column in table.columns for cell in column.cells for text in FIGURE.findall(str(cell))]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("rows", [1, 3, 20])
def test_every_figure_is_whole_and_no_line_is_longer_than_the_screen(rows, width):
    said = printed(wide(rows), width)
    assert set(figures_of(wide(rows))) <= set(FIGURE.findall(said))
    assert max(map(len, said.splitlines())) <= width
    assert "[bold]" in said
    assert "…" not in said


@given(
    cells=some.lists(
        some.lists(some.from_regex(r"[a-z0-9.]{1,50}( [a-z0-9.]{1,12}){0,4}", fullmatch=True), min_size=5, max_size=5),
        min_size=1, max_size=8,
    ),
    width=some.sampled_from(WIDTHS),
)  # fmt: skip
def test_every_word_of_any_table_is_found(cells, width):
    table = Table("first", "second", "third", "fourth", "fifth")
    for row in cells:
        table.add_row(*row)
    said = printed(table, width)
    words = {word for row in cells for cell in row for word in cell.split()}
    assert words <= set(re.findall(r"[a-z0-9.]+", said))
    assert max(map(len, said.splitlines())) <= width


def test_a_table_that_fits_is_as_rich_draws_it():
    table = Table("quarter", "power", title="Power", title_justify="left")
    table.add_row("2027Q4", "18.3 (10 to 20)")
    (same,) = fitted(table, FittingConsole(width=80))
    assert [str(cell) for column in same.columns for cell in column.cells] == ["2027Q4", "18.3 (10 to 20)"]
    assert str(same.title) == "Power"


def test_text_wraps_before_columns_part():
    table = Table("claim", "statement")
    table.add_row("one", "a statement that takes " + "many words " * 8)
    (wrapped,) = fitted(table, FittingConsole(width=60))
    assert sum(column.width for column in wrapped.columns) + 7 == 60


def test_few_rows_are_laid_on_their_side_and_many_are_split_with_their_names():
    assert printed(wide(2, 9), 80).count("a long name of row 0") == 1
    split = printed(wide(20, 9), 80)
    assert split.count("a long name of row 19") > 1


def test_a_row_that_fits_nowhere_is_a_record():
    table = Table(Column("claim", no_wrap=True), "what", title="All", title_justify="left")
    table.add_row("x" * 70, "1.25")
    said = printed(table, 60).splitlines()
    assert said[0] == "All"
    assert "".join(said[1:-1]) == "claim: " + "x" * 70
    assert said[-1].strip() == "what: 1.25"


def test_the_width_of_a_pipe_is_told_by_columns_or_is_118(monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    assert wide_console().width == 118
    monkeypatch.setenv("COLUMNS", "60")
    assert wide_console().width == 60


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_no_colour_where_none_is_wanted(monkeypatch, name, value):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv(name, value)
    file = io.StringIO()
    console = FittingConsole(file=file, force_terminal=True, width=80, highlight=False)
    console.print("[yellow]12 rows set aside[/yellow]")
    assert "\x1b[33m" not in file.getvalue()
    assert "12 rows set aside" in file.getvalue()


def test_a_pipe_has_no_colour(capsys):
    wide_console().print("[bold red]12[/bold red]")
    assert capsys.readouterr().out == "12\n"
