"""Rows of written tables, by place."""

import pandas as pd
import pytest

from shiftcast.features.input_error import InputError
from shiftcast.pipelines.tables.writing import write_table
from shiftcast.pipelines.trace.written import is_place, read_written

FRAME = pd.DataFrame({"quarter": ["2027Q1", "2027Q2"], "measure": "power", "q500": [1.25, 2.5], "says": ["=1+1", None]})
NOTES = [("answer", "Two."), ("note", "one"), ("note", "two"), ("command", "shiftcast ask quantiles leaf=edge")]


@pytest.mark.parametrize("ending", ["csv", "parquet", "json", "xlsx"])
def test_a_row_is_counted_as_a_spreadsheet_counts_it(tmp_path, ending):
    file = tmp_path / f"a.{ending}"
    write_table(FRAME, file, notes=NOTES, units={"q500": "MW"}, sources=pd.DataFrame({"name": ["power.pue"]}))
    first, last = read_written(f"{file}:2"), read_written(f"{file}:row=3:q500")
    assert dict(first.cells) == {"quarter": "2027Q1", "measure": "power", "q500": "1.25", "says": "=1+1"}
    assert dict(last.cells) == {"quarter": "2027Q2", "measure": "power", "q500": "2.5"}
    assert (last.number, last.column, last.place) == (3, "q500", f"{file}:3")
    if ending == "xlsx":
        assert first.notes["command"] == "shiftcast ask quantiles leaf=edge"
        assert first.notes["note"] == "one; two"
        assert [dict(row) for row in first.sources] == [{"name": "power.pue"}]
    else:
        assert (first.notes, first.sources) == ({}, ())


def test_a_file_of_many_rows_is_not_read_whole_for_one_of_them(tmp_path):
    file = tmp_path / "long.csv"
    file.write_text("quarter,value\n" + "".join(f"2027Q1,{n}\n" for n in range(5000)) + '"broken', encoding="utf-8")
    assert read_written(f"{file}:812").cells["value"] == "810"


@pytest.mark.parametrize(
    ("place", "says"),
    [
        ("a.csv:1", "row 1 is the header; the first row of figures is 2"),
        ("a.csv:9", "there is no row 9"),
        ("a.parquet:9", "there is no row 9; its rows of figures are 2 to 3"),
        ("a.json:4", "there is no row 4; its rows of figures are 2 to 3"),
        ("a.xlsx:4", "there is no row 4; its rows of figures are 2 to 3"),
        ("a.csv:2:colour", "row 2 has no column 'colour'; it has quarter, measure, q500, says"),
        ("b.csv:2", "is not there; give a table that a command wrote"),
        ("odd.json:2", "is no list of rows; give a table that a command wrote with --output"),
    ],
)
def test_a_row_that_is_not_there_is_refused_with_those_that_are(tmp_path, place, says):
    for ending in ("csv", "parquet", "json", "xlsx"):
        write_table(FRAME, tmp_path / f"a.{ending}")
    (tmp_path / "odd.json").write_text("[1]", encoding="utf-8")
    with pytest.raises(InputError, match=says):
        read_written(f"{tmp_path / place}")


def test_a_measure_is_no_place():
    assert [is_place(text) for text in ("power", "a.csv", "a.csv:", "a.csv:two", "a/b.c:3")] == [False] * 4 + [True]
    with pytest.raises(InputError, match=r"names no row of a file; give it as forecasts\.csv:812"):
        read_written("power")
