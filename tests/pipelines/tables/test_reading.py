"""What sheets export is read as a CSV of commas and points is."""

import csv

import pandas as pd
import pytest
import xlsxwriter

from shiftcast.features.input_error import InputError
from shiftcast.pipelines.series.files import columns_of, read_series
from shiftcast.pipelines.sources.long_files import read_long
from shiftcast.pipelines.sources.table import UnreadableFileError
from shiftcast.pipelines.tables.writing import write_table

COLUMNS = ("series", "group", "period_end", "value")
PLAIN = 'series,period_end,value\n007,2025-01-31,1234.5\n"a;b",2025-02-28,\n"1,5",2025-03-31,7\n'


def made(file, sheets, hidden=()):
    """Write sheets of plain cells and dates."""
    with xlsxwriter.Workbook(file) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            if name in hidden:
                sheet.hide()
            for at, row in enumerate(rows):
                for place, cell in enumerate(row):
                    style = day if isinstance(cell, pd.Timestamp) else None
                    sheet.write(at, place, cell, style)
    return file


def day(text):
    return pd.Timestamp(text)


ROWS = [
    ["series", "period_end", "value [accelerator_hour]"],
    [7, day("2025-01-31"), 1234.5],
    [],
    ["b", day("2025-02-28")],
]


@pytest.mark.parametrize("text", [
    "series;period_end;value\n007;2025-01-31;1.234,5\n\"a;b\";2025-02-28;\n1,5;2025-03-31;7\n",
    "series;period_end;value\n007;2025-01-31;1234.5\n\"a;b\";2025-02-28;\n1,5;2025-03-31;7\n",
    "series\tperiod_end\tvalue\n007\t2025-01-31\t1234,5\na;b\t2025-02-28\t\n1,5\t2025-03-31\t7\n",
    "\ufeffseries;period_end;value\r\n007;2025-01-31;1234,5\r\n\"a;b\";2025-02-28;\r\n\r\n1,5;2025-03-31;7,0\r\n",
])  # fmt: skip
def test_semicolons_tabs_and_decimal_commas_are_read_as_commas_and_points(tmp_path, text):
    (tmp_path / "plain.csv").write_text(PLAIN)
    (tmp_path / "other.csv").write_text(text, newline="")
    plain, other = (read_series(tmp_path / f"{name}.csv", COLUMNS) for name in ("plain", "other"))
    pd.testing.assert_frame_equal(plain.astype({"series": str, "period_end": str}),
                                  other.astype({"series": str, "period_end": str}))  # fmt: skip
    pd.testing.assert_frame_equal(read_long(tmp_path / "plain.csv"), read_long(tmp_path / "other.csv"))
    assert columns_of(tmp_path / "other.csv") == ["series", "period_end", "value"]


def test_a_header_of_a_long_name_ends_in_no_trace(tmp_path):
    limit = csv.field_size_limit(1000)
    try:
        (tmp_path / "long.csv").write_text("series,period_end,value," + "x" * 1001 + "\n")
        assert read_series(tmp_path / "long.csv", COLUMNS).empty
        with pytest.raises(UnreadableFileError, match=r"long\.csv: cannot be read as CSV"):
            read_long(tmp_path / "long.csv")
        (tmp_path / "long.csv").write_text("series;period_end;" + "x" * 1001 + "\n")
        for reader in (read_long, lambda path: read_series(path, COLUMNS)):
            with pytest.raises(InputError, match=r"long\.csv: field larger than field limit .*; repair the quoting"):
                reader(tmp_path / "long.csv")
    finally:
        csv.field_size_limit(limit)


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_more_columns_than_a_sheet_has_are_refused_of_every_delimiter(tmp_path, mark):
    (tmp_path / "wide.csv").write_text(mark.join(["series", *(f"c{n}" for n in range(16_384))]) + "\n")
    for reader in (read_long, lambda path: read_series(path, COLUMNS)):
        with pytest.raises(InputError, match=r"wide\.csv: has 16,385 columns, more than 16,384"):
            reader(tmp_path / "wide.csv")


def test_a_mark_within_quotes_or_after_inches_divides_nothing(tmp_path):
    (tmp_path / "f.csv").write_text('"a;b;""c;d",5" disk,6" disk;x\n1,2,3\n')
    assert columns_of(tmp_path / "f.csv") == ['a;b;"c;d', '5" disk', '6" disk;x']


def test_a_comma_that_may_be_thousands_or_decimals_is_refused(tmp_path):
    (tmp_path / "t.tsv").write_text("series\tperiod_end\tvalue\na\t2025-01-31\t1,234\nb\t2025-01-31\t2,500\n")
    with pytest.raises(InputError, match="'1,234' has a comma before thousands or decimals"):
        read_series(tmp_path / "t.tsv", COLUMNS)


def test_text_among_decimal_commas_is_handed_on_for_its_row_to_be_named(tmp_path):
    (tmp_path / "t.csv").write_text("series;period_end;value\na;2025-01-31;1,5\na;2025-02-28;k.A.\n")
    assert read_series(tmp_path / "t.csv", COLUMNS).value.tolist() == ["1.5", "k.A."]


def test_points_among_decimal_commas_are_no_thousands(tmp_path):
    (tmp_path / "t.csv").write_text("series;period_end;value;ratio\na;2025-01-31;1,5;0.75\na;2025-02-28;2,5;1.5\n")
    assert read_series(tmp_path / "t.csv", ("series", "ratio")).ratio.tolist() == [0.75, 1.5]


def test_a_sheet_has_dates_as_days_names_as_text_and_headings_without_units(tmp_path):
    rows = read_series(made(tmp_path / "t.xlsx", {"Q1": ROWS}), COLUMNS)
    assert rows.series.tolist() == ["7", "b"]
    assert rows.period_end.tolist() == ["2025-01-31", "2025-02-28"]
    assert rows.value.tolist()[0] == 1234.5
    assert pd.isna(rows.value.tolist()[1])
    assert read_long(tmp_path / "t.xlsx").series.tolist() == ["7", "b"]


def test_one_of_several_sheets_is_named_after_the_file(tmp_path):
    file = made(tmp_path / "t.xlsx", {"Q1": ROWS, "Q 2": [ROWS[0], ["c", day("2025-04-30"), 9]], "old": ROWS}, {"old"})
    assert read_series(tmp_path / "t.xlsx#Q 2", COLUMNS).series.tolist() == ["c"]
    assert len(read_series(tmp_path / "t.xlsx#old", COLUMNS)) == 2
    with pytest.raises(InputError, match=r"'Q1' with series, period_end, value; 'Q 2' with .*name one: '.*t.xlsx#Q1'"):
        read_series(file, COLUMNS)
    with pytest.raises(InputError, match="no sheet 'Q3' with rows; it has 'Q1', 'Q 2', 'old'"):
        read_series(tmp_path / "t.xlsx#Q3", COLUMNS)


def test_what_was_written_is_read_back_though_notes_stand_beside_it(tmp_path):
    frame = pd.DataFrame({"series": ["=a", "007"], "period_end": pd.to_datetime(["2025-01-31", "2025-02-28"], utc=True),
                          "value": [0.1, 1e9]})  # fmt: skip
    write_table(frame, tmp_path / "t.xlsx", notes=[("as of", "2025-03-01")], units={"value": "token/quarter"})
    rows = read_series(tmp_path / "t.xlsx", COLUMNS)
    assert rows.to_dict("list") == {"series": ["=a", "007"], "period_end": ["2025-01-31", "2025-02-28"],
                                    "value": [0.1, 1e9]}  # fmt: skip


@pytest.mark.parametrize(("name", "says"), [
    ("t.xlsx", "has the columns name, hours; give series,group,period_end,value"), ("none.xlsx", "is not there"),
    ("broken.xlsx", "cannot be read as a workbook"), ("empty.xlsx", "is empty"), ("t.xlsx#", "has the columns"),
])  # fmt: skip
def test_a_workbook_that_is_no_table_of_series_is_refused_by_name(tmp_path, name, says):
    made(tmp_path / "t.xlsx", {"Q1": [["name", "hours"], ["a", 1]]})
    made(tmp_path / "empty.xlsx", {"Q1": []})
    (tmp_path / "broken.xlsx").write_bytes(b"PK\x03\x04 no zip")
    with pytest.raises(InputError, match=says):
        read_series(tmp_path / name, COLUMNS)


def test_a_file_whose_own_name_has_the_mark_is_that_file(tmp_path):
    (tmp_path / "a.xlsx#b").write_text(PLAIN)
    assert len(read_series(tmp_path / "a.xlsx#b", COLUMNS)) == 3
