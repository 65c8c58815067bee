"""Tables are written by the ending of their file, whole or not at all."""

import json
import os
import subprocess
import sys
import zipfile
from datetime import date

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from shiftcast.features.input_error import InputError
from shiftcast.pipelines.series.files import read_series
from shiftcast.pipelines.tables import workbook
from shiftcast.pipelines.tables.formulas import guarded, guarded_frame, unguarded
from shiftcast.pipelines.tables.places import check_place
from shiftcast.pipelines.tables.writing import table_writer, write_table

FORMULAS = ["=1+1", "+cmd|'x'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "'=1", "''-x", "plain", "-5", "-", "a=b"]


def frame(**more):
    return pd.DataFrame({"series": ["a", "b"], "period_end": pd.to_datetime(["2025-01-31", "2025-02-28"]), **more})


def sheets(file):
    book = CalamineWorkbook.from_path(file)
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_parts_are_written_one_below_the_other(suffix, tmp_path):
    out = tmp_path / f"f{suffix}"
    with table_writer(out) as write:
        for _ in range(2):
            write(frame(value=[1.0, 2.0]).astype({"series": "category"}))
            assert not out.exists()
    back = pd.read_parquet(out) if suffix == ".parquet" else pd.read_csv(out)
    assert back.series.tolist() == ["a", "b", "a", "b"]
    assert pd.to_datetime(back.period_end).dt.strftime("%Y-%m-%d").tolist()[:2] == ["2025-01-31", "2025-02-28"]


def test_parts_of_killed_writers_are_removed_and_those_of_others_stay(tmp_path):
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        pass
    old, new, other = (tmp_path / name for name in (f".f.{gone.pid}.part.csv", ".f.99999999999.part.csv",
                                                    f".f.{os.getppid()}.part.csv"))  # fmt: skip
    for each in (old, new, other):
        each.write_text("half")
    for each in (old, other):
        os.utime(each, (0, 0))
    write_table(frame(), tmp_path / "f.csv")
    assert {each.name for each in tmp_path.iterdir()} == {"f.csv", new.name, other.name}


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".xlsx", ".json"])
def test_what_fails_half_way_leaves_the_old_file(suffix, tmp_path):
    out = tmp_path / f"f{suffix}"
    out.write_text("old")

    def broken():
        with table_writer(out) as write:
            write(frame(value=[1.0, 2.0]))
            raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        broken()
    assert out.read_text() == "old"
    assert [each.name for each in tmp_path.iterdir()] == [out.name]


def test_nothing_written_leaves_no_file(tmp_path):
    with table_writer(tmp_path / "f.csv"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_workbook_has_types_units_notes_and_sources(tmp_path):
    table = pd.DataFrame({
        "quarter": ["2027Q1", None],
        "day": pd.to_datetime(["2027-03-31", "2027-06-30"], utc=True),
        "hours": [1234.5, None],
        "count": [8, 9], "late": [True, False], "name": ["=1+1", "b"],
    })  # fmt: skip
    rests = pd.DataFrame({"name": ["site.pue"], "mid": [1.2], "source": ["@them"]})
    write_table(table, tmp_path / "t.xlsx", notes=[("answer", "=9 GPUs"), ("as of", "2026-11-29")], sources=rests,
                units={"hours": "accelerator_hour"})  # fmt: skip
    found = sheets(tmp_path / "t.xlsx")
    assert list(found) == ["table", "notes", "sources"]
    assert found["table"] == [
        ["quarter", "day", "hours [accelerator_hour]", "count", "late", "name"],
        ["2027Q1", date(2027, 3, 31), 1234.5, 8.0, True, "=1+1"],
        ["", date(2027, 6, 30), "", 9.0, False, "b"],
    ]
    assert found["notes"] == [["note", "text"], ["answer", "=9 GPUs"], ["as of", "2026-11-29"]]
    assert found["sources"] == [["name", "mid", "source"], ["site.pue", 1.2, "@them"]]


def test_a_workbook_holds_no_formula_whatever_its_text(tmp_path):
    write_table(pd.DataFrame(dict.fromkeys(("a", "=b"), FORMULAS)), tmp_path / "t.xlsx", notes=[("=n", "=1")])
    with zipfile.ZipFile(tmp_path / "t.xlsx") as parts:
        written = b"".join(parts.read(name) for name in parts.namelist())
    assert b"<f>" not in written
    assert b"hyperlink" not in written
    assert [row[0] for row in sheets(tmp_path / "t.xlsx")["table"]][1:3] == FORMULAS[:2]


def test_the_same_table_gives_the_same_bytes(tmp_path):
    for name in ("a.xlsx", "b.xlsx"):
        write_table(frame(value=[1.0, 2.0]), tmp_path / name, notes=[("as of", "2026-11-29")])
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


def test_a_first_row_stays_in_sight_and_a_time_of_day_is_shown(tmp_path):
    write_table(pd.DataFrame({"at": pd.to_datetime(["2027-03-31T13:00", "1850-01-01T00:00"])}), tmp_path / "t.xlsx")
    with zipfile.ZipFile(tmp_path / "t.xlsx") as parts:
        sheet, styles = (parts.read(f"xl/{name}.xml").decode() for name in ("worksheets/sheet1", "styles"))
    assert 'state="frozen"' in sheet
    assert "yyyy-mm-dd hh:mm:ss" in styles
    assert sheets(tmp_path / "t.xlsx")["table"][1:] == [[pd.Timestamp("2027-03-31 13:00")], ["1850-01-01T00:00:00"]]


def test_more_rows_than_a_sheet_takes_are_refused_with_the_remedy_and_leave_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(workbook, "MOST_ROWS", 3)

    def long():
        with table_writer(tmp_path / "t.xlsx") as write:
            write(frame())
            write(frame())

    with pytest.raises(InputError, match=r"over 3 rows do not fit a sheet; write \.csv or \.parquet"):
        long()
    assert list(tmp_path.iterdir()) == []


def test_a_text_longer_than_a_cell_and_a_kind_that_is_not_written_are_refused(tmp_path):
    with pytest.raises(InputError, match="row 1: a text of 40,000 characters"):
        write_table(pd.DataFrame({"a": ["x" * 40_000]}), tmp_path / "t.xlsx")
    with pytest.raises(InputError, match=r"give \.xlsx"):
        check_place(tmp_path / "t.ods")
    with pytest.raises(InputError, match="is not there"):
        check_place(tmp_path / "no" / "t.csv")


def test_numbers_that_no_cell_holds_are_text_or_nothing(tmp_path):
    write_table(pd.DataFrame({"whole": [2**60 + 1], "endless": [float("inf")]}), tmp_path / "t.xlsx")
    assert sheets(tmp_path / "t.xlsx")["table"][1] == [str(2**60 + 1), "inf"]
    write_table(pd.DataFrame({"whole": [2**60 + 1], "endless": [float("inf")]}), tmp_path / "t.json")
    assert json.loads((tmp_path / "t.json").read_text()) == [{"whole": 2**60 + 1, "endless": None}]


def test_json_is_a_list_of_records_over_all_parts(tmp_path):
    with table_writer(tmp_path / "t.json") as write:
        write(frame(value=[1.0, None]))
        write(frame(value=[2.0, 3.0]))
    records = json.loads((tmp_path / "t.json").read_text())
    assert records[:2] == [{"series": "a", "period_end": "2025-01-31", "value": 1.0},
                           {"series": "b", "period_end": "2025-02-28", "value": None}]  # fmt: skip
    assert len(records) == 4


@pytest.mark.parametrize("kind", ["str", "object", "category"])
def test_text_that_a_spreadsheet_runs_is_marked_in_a_csv_and_read_back_exactly(tmp_path, kind):
    write_table(pd.DataFrame({"series": pd.Series(FORMULAS, dtype=kind), "value": 1.0}), tmp_path / "t.csv")
    text = pd.read_csv(tmp_path / "t.csv", lineterminator="\n")["series"]
    assert [cell for cell in text if cell[0] in "=+-@\t\r"] == ["-5", "-"]
    assert read_series(tmp_path / "t.csv", ("series",))["series"].tolist() == FORMULAS


@given(st.lists(st.text("'=+-@\t\r\n5.ea ", max_size=6), min_size=1))
def test_marks_come_off_exactly_and_are_the_same_for_frames_and_tables(texts):
    column = pa.chunked_array([texts])
    marked = guarded(column)
    assert unguarded(marked).to_pylist() == texts
    assert guarded_frame(pd.DataFrame({"a": pd.Series(texts, dtype=object)}))["a"].tolist() == marked.to_pylist()


def test_a_screen_gets_what_a_csv_gets(capsys, tmp_path):
    write_table(pd.DataFrame({"a": FORMULAS[:2]}), None)
    assert capsys.readouterr().out == "a\n'=1+1\n'+cmd|'x'!A0\n"
