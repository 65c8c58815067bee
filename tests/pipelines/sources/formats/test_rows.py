"""One table written in any format gives the same rows; what a file does not tell is asked for."""

import gzip
import io
import json
import random
import zipfile
from contextlib import suppress
from datetime import datetime, timedelta

import pandas as pd
import pytest

from shiftcast.pipelines.sources.table import UnreadableFileError

ROWS = [{"job": "a", "gpus": "8", "day": "2026-03-01"}, {"job": "b", "gpus": "4", "day": "2026-03-02"}]
CSV = "job,gpus,day\na,8,2026-03-01\nb,4,2026-03-02\n"
PLAIN = [{**row, "gpus": int(row["gpus"])} for row in ROWS]
TABLE = [list(ROWS[0]), *(list(row.values()) for row in PLAIN)]


def parquet(table):
    buffer = io.BytesIO()
    pd.DataFrame(table).to_parquet(buffer, index=False)
    return buffer.getvalue()


@pytest.mark.parametrize("data", [
    CSV, CSV.replace(",", "\t"), CSV.replace(",", ";"), CSV.replace(",", "|"), CSV.replace("\n", "\r\n"),
    "\ufeff" + CSV, CSV.encode("utf-16"), gzip.compress(CSV[:20].encode(), mtime=0)
    + gzip.compress(CSV[20:].encode(), mtime=0),
    "GPU report\n\nmade 2026-04-01, by hand\n" + CSV, "# made by hand\n" + CSV, "GPU report,,\n,,\n" + CSV,
    "sep=;\n" + CSV.replace(",", ";"), json.dumps(TABLE), json.dumps({"values": TABLE}),
    json.dumps({"properties": {"columns": [{"name": name, "type": "x"} for name in TABLE[0]], "rows": TABLE[1:]}}),
    json.dumps({"columns": TABLE[0], "index": [0, 1], "data": TABLE[1:]}),
    "Bericht; Mai\nStand: 1.4.\n" + CSV.replace(",", ";"),
    json.dumps(PLAIN), json.dumps(PLAIN, indent=1), json.dumps({"count": 2, "items": PLAIN}),
    json.dumps({"count": 2, "items": PLAIN}, indent=2), json.dumps(PLAIN).encode("utf-16"),
    "\n".join(map(json.dumps, PLAIN)), "\n".join(json.dumps(row, indent=1) for row in PLAIN), parquet(PLAIN),
])  # fmt: skip
def test_the_same_table_in_any_form(rows, data):
    got = rows(data)
    assert [{name: row[name] for name in ROWS[0]} for row in got] == ROWS
    assert rows(data) == got


def test_workbooks(rows, xlsx, ods):
    title = [["GPU report, May", None, None], [None, None, None]]
    for data in (xlsx(Data=TABLE), xlsx(Data=[*title, *TABLE]), ods(*TABLE), xlsx(Data=TABLE, Empty=[])):
        assert rows(data) == ROWS


def test_cells_of_a_workbook_are_typed_and_lines_are_its_rows(chunks, xlsx):
    table = [["start", "gpus", "ran"], [datetime(2026, 3, 4, 13, 30), 2.5, timedelta(hours=30)], [None], ["", 8, None]]  # noqa: DTZ001  (a sheet's days have no zone)
    (chunk,) = chunks(xlsx(Data=[["title"], *table]))
    assert chunk.cells.to_dict("list") == {"start": ["2026-03-04T13:30:00", ""], "gpus": ["2.5", "8"],
                                           "ran": ["30:00:00", ""]}  # fmt: skip
    assert chunk.lines.tolist() == [3, 5]


def test_words_merged_over_rows_are_in_each_and_figures_count_once(rows, xlsx):
    table = [["team", "hours"], ["ads", 40], [None, None], ["search", 2]]
    got = rows(xlsx(merged=("A2:A3", "B2:B3"), Data=table))
    assert got == [{"team": "ads", "hours": "40"}, {"team": "ads", "hours": ""}, {"team": "search", "hours": "2"}]


def test_several_sheets_are_asked_for_and_hidden_ones_passed_over(rows, chunks, xlsx):
    months = {"May 26": TABLE, "June 26": TABLE, "Notes": [["none"], ["x"]]}
    with pytest.raises(UnreadableFileError, match="in the sheets 'May 26', 'June 26', 'Notes'; name one with --sheet"):
        rows(xlsx(**months))
    assert rows(xlsx(**months), sheet="June 26") == ROWS
    assert [chunk.file for chunk in chunks(xlsx(**months), sheet="* 26")] == ["f:May 26", "f:June 26"]
    assert rows(xlsx(hidden=("June 26", "Notes"), **months)) == ROWS
    with pytest.raises(UnreadableFileError, match="no sheet 'July' with rows; it has 'May 26', 'June 26', 'Notes'"):
        rows(xlsx(**months), sheet="July")


@pytest.mark.parametrize(("data", "delimiter"), [
    (CSV.replace(",", "^"), "^"), (CSV.replace(",", "||"), "||"), (CSV.replace(",", "  "), "space"),
    (CSV.replace(",", "\t"), "\\t"), (CSV.replace(",", "\x01"), "\x01"),
])  # fmt: skip
def test_a_delimiter_of_ones_own(rows, data, delimiter):
    assert rows(data, delimiter=delimiter) == ROWS


def test_a_quoted_cell_may_hold_the_delimiter_and_a_file_without_a_header_keeps_its_first_row(rows):
    assert rows('job,note\n1,"a, b"\n') == [{"job": "1", "note": "a, b"}]
    assert len(rows("2026-01-01,8,a\n2026-01-02,8,b\n2026-01-03,8,c\n")) == 2  # the first line is taken for a header
    assert rows("a,b\n1,2,\n3,4,\n") == []  # each row is set aside: it has a cell more than the header


def test_a_header_may_hold_months_above_columns_of_figures(rows, xlsx):
    wide = [["GPU-hours", None, None], ["team", datetime(2026, 1, 1), datetime(2026, 2, 1)], ["ads", 5, 6]]  # noqa: DTZ001  (a sheet's days have no zone)
    assert rows(xlsx(Data=wide)) == [{"team": "ads", "2026-01-01": "5", "2026-02-01": "6"}]
    assert rows("Use,,\nteam,2025,2026\nads,5,6\nads,7,8\n")[0] == {"team": "ads", "2025": "5", "2026": "6"}
    assert len(rows("Use,,\na,2025,8\nb,2026,9\n")) == 2  # rows without a header stay rows


def test_what_is_no_table_says_what_to_do(rows):
    with pytest.raises(UnreadableFileError, match=r"is HTML or XML; open it in a spreadsheet and save it as \.xlsx"):
        rows("<html><table><tr><td>a</td></tr></table></html>")


def test_what_objects_hold_is_flattened_and_lists_stay(rows):
    nested = [{"id": 1, "usage": {"gpu": {"n": 2}, "tags": ["a", "b"]}, "ok": True, "none": None}]
    assert rows(json.dumps(nested)) == [
        {"id": "1", "usage.gpu.n": "2", "usage.tags": '["a", "b"]', "ok": "true", "none": ""}
    ]
    assert rows(parquet({"use": [{"n": 2}]})) == [{"use.n": "2"}]


def test_a_path_goes_through_lists_and_keeps_what_holds_them(rows):
    page = {
        "object": "page",
        "data": [{"start": 5, "results": [{"n": 7}, {"n": 8}]}, {"start": 6, "results": [{"n": 9}]}],
    }
    assert rows(json.dumps(page), path="data.results") == [
        {"object": "page", "data.start": "5", "n": "7"}, {"object": "page", "data.start": "5", "n": "8"},
        {"object": "page", "data.start": "6", "n": "9"},
    ]  # fmt: skip
    assert rows(json.dumps({"a.b": {"c": [{"n": 1}]}}), path="a.b.c") == [{"n": "1"}]


def test_a_document_that_does_not_tell_its_rows(rows):
    two = json.dumps({"a": {"b": [{"n": 1}]}, "c": [{"n": 1}]})
    with pytest.raises(UnreadableFileError, match=r"rows may be at a\.b, c; say which with --path a\.b"):
        rows(two)
    assert rows(two, path="c") == [{"n": "1"}]
    with pytest.raises(UnreadableFileError, match=r"nothing at --path 'd'; the document has a\.b, c"):
        rows(two, path="d")
    with pytest.raises(UnreadableFileError, match="is JSON lines, where --path has no meaning"):
        rows('{"n": 1}\n{"n": 2}\n', path="n")
    assert rows('{"n": 1}') == [{"n": "1"}]


def test_a_workbook_that_cannot_be_read(rows, xlsx):
    with pytest.raises(UnreadableFileError, match="cannot be read as a workbook"):
        rows(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 600)
    with pytest.raises(UnreadableFileError, match="no row below the header in row 1"):
        rows(xlsx(Data=[["a", "b"]]))
    with pytest.raises(UnreadableFileError, match="is empty"):
        rows(xlsx(Data=[]))


def test_a_spoiled_file_of_any_form_is_refused_by_name_and_nothing_else_is_raised(rows, xlsx, ods):
    chance = random.Random(7)  # noqa: S311  (seeded, so that a failure can be repeated)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("a.csv", CSV)
    packed = (archive.getvalue(), gzip.compress(CSV.encode(), mtime=0), json.dumps(PLAIN).encode())
    for data in (xlsx(Data=TABLE), ods(*TABLE), *packed):
        for _ in range(40):
            spoiled = bytearray(data)
            spoiled[chance.randrange(len(data))] = chance.randrange(256)
            with suppress(UnreadableFileError):
                rows(bytes(spoiled[: chance.randrange(1, len(data))] if chance.random() < 0.3 else spoiled))
