"""Small files that unpack to large ones are refused before memory is taken, with size, limit and remedy."""

import bz2
import gzip
import hashlib
import io
import lzma
import resource
import tarfile
import zipfile
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from shiftcast.features.input_error import InputError
from shiftcast.pipelines.series.files import read_series
from shiftcast.pipelines.sources import chunks, unpacking
from shiftcast.pipelines.sources.documents import documents
from shiftcast.pipelines.sources.formats.rows import rows_of
from shiftcast.pipelines.sources.formats.second import load_raw, raw_database
from shiftcast.pipelines.sources.lines import LINE_LIMIT, read_records
from shiftcast.pipelines.sources.long_files import read_long
from shiftcast.pipelines.sources.opening import Opened, opened
from shiftcast.pipelines.sources.setting import Setting
from shiftcast.pipelines.sources.table import UnreadableFileError
from shiftcast.pipelines.tables import unpacked, weighing

NOTHING = SimpleNamespace(delimiter="", path="", sheet="")
ROWS = 2000
LONG = "A" * 1_000_000


def read(path):
    with opened(str(path), path.name, hashlib.sha256()) as files:
        return [chunk for each in files for chunk in rows_of(each, NOTHING)]


def parquet(path, table, **options):
    pq.write_table(table, path, compression="zstd", store_schema=False, **options)
    return path


def one_entry(cell, rows=ROWS):
    codes = pa.array([0] * rows, pa.int32())
    return pa.DictionaryArray.from_arrays(codes, pa.array([cell]))


def test_a_dictionary_of_one_long_entry_is_no_two_gigabytes(tmp_path):
    path = parquet(tmp_path / "bomb.parquet", pa.table({"start": ["2026-01-01"] * ROWS, "name": one_entry(LONG)}))
    assert path.stat().st_size < 10_000
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(
        UnreadableFileError, match=r"bomb\.parquet: .* bytes of it unpack .* 256 MiB .* export it as CSV"
    ):
        read(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 1 << 20  # KiB: less than a gigabyte
    with pytest.raises(UnreadableFileError, match=r"unpack .* write it as CSV"):
        read_long(path)


@pytest.mark.parametrize(
    "kind", [pa.list_(pa.large_string(), 1), pa.list_view(pa.string()), pa.list_(pa.large_string())], ids=str
)
def test_text_within_lists_of_any_kind_counts(tmp_path, monkeypatch, kind):
    monkeypatch.setattr(unpacked, "FREE", 1 << 20)
    path = tmp_path / "lists.parquet"
    pq.write_table(pa.table({"name": pa.array([["A" * 10_000]] * ROWS, kind)}), path, compression="zstd")
    with pytest.raises(UnreadableFileError, match=r"lists\.parquet: .* bytes of it unpack"):
        read(path)


def test_numbers_count_in_files_that_are_read_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(unpacked, "FREE", 1 << 20)
    path = parquet(tmp_path / "zeros.parquet", pa.table({"value": np.zeros(2_000_000)}))
    for reader, refusal in ((read_long, UnreadableFileError), (lambda path: read_series(path, ("value",)), InputError)):
        with pytest.raises(refusal, match=r"zeros\.parquet: .* bytes of it unpack to more than .*; write it as CSV"):
            reader(path)
    monkeypatch.undo()
    assert len(read_series(path, ("value",))) == len(read_long(path)) == 2_000_000
    named = parquet(tmp_path / "named.parquet", pa.table({"value": one_entry("A" * 300_000), "series": ["a"] * ROWS}))
    with pytest.raises(InputError, match=r"named\.parquet: .* bytes of it unpack to more than"):
        read_series(named, ("series", "value"))


@pytest.mark.parametrize("within", [False, True])
def test_a_column_of_an_extension_type_is_refused_by_its_name(tmp_path, within):
    path = tmp_path / "odd.parquet"
    cells = pa.array(["{}"], pa.json_())
    pq.write_table(pa.table({"n": [1], "tags": pa.ListArray.from_arrays([0, 1], cells) if within else cells}), path)
    with pytest.raises(UnreadableFileError, match="column 'tags' is of an extension type; export it as text"):
        read(path)


def test_the_second_way_bounds_parquet_and_makes_no_frames_of_it(tmp_path, monkeypatch):
    monkeypatch.setattr(chunks, "Chunk", None)
    for cell, rows in (("a", 3), (LONG, ROWS)):
        path = parquet(tmp_path / f"{rows}.parquet", pa.table({"name": one_entry(cell, rows)}))
        with raw_database(Setting()) as database, opened(str(path), path.name, hashlib.sha256()) as files:
            file = next(iter(files))  # which is closed behind the last
            if rows == ROWS:
                with pytest.raises(UnreadableFileError, match=r"bytes of it unpack .* export it as CSV"):
                    load_raw(database, file, Setting())
            else:
                assert load_raw(database, file, Setting()).rows == rows


def test_long_cells_come_in_short_chunks_and_none_is_lost(tmp_path):
    path = parquet(tmp_path / "long.parquet", pa.table({"n": range(150), "name": one_entry(LONG, 150)}))
    found = read(path)
    assert [number for chunk in found for number in chunk.cells["n"]] == list(range(150))
    assert max(len(chunk) for chunk in found) <= chunks.ROWS // 500
    assert [line for chunk in found for line in chunk.lines] == list(range(2, 152))
    assert set(found[0].cells["name"]) == {LONG}


def test_lists_count_by_what_they_hold(tmp_path):
    ends = np.arange(21, dtype=np.int32) * 2_000_000
    lists = pa.ListArray.from_arrays(ends, np.zeros(ends[-1], dtype=np.int8))
    path = parquet(tmp_path / "lists.parquet", pa.table({"x": lists}))
    assert path.stat().st_size < 10_000
    with pytest.raises(UnreadableFileError, match="unpack to more than"):
        read(path)


def test_maps_lists_and_objects_of_parquet_are_read_as_they_were(tmp_path):
    kinds = {
        "usage": pa.array([{"gpus": 8, "pool": "a"}, None]), "tags": pa.array([["p", "q"], None]),
        "labels": pa.array([[("k", "v"), ("l", "v")], [("k", "w")]], pa.map_(pa.string(), pa.string())),
        "pool": pa.array(["a", None]),
    }  # fmt: skip
    (chunk,) = read(parquet(tmp_path / "nested.parquet", pa.table(kinds)))
    assert list(chunk.cells.columns) == ["usage.gpus", "usage.pool", "tags", "labels", "pool"]
    first = chunk.cells.iloc[0]
    assert (first["usage.pool"], list(first["tags"]), list(first["labels"]), first["pool"]) == (
        "a", ["p", "q"], [("k", "v"), ("l", "v")], "a")  # fmt: skip


@pytest.mark.parametrize(
    "columns",
    [[("gpus", ["1"]), ("gpus", ["2"])], [("usage.gpus", [1]), ("usage", [{"gpus": 2}])]],
    ids=["by name", "by the field of an object"],
)
def test_a_column_that_is_there_twice_is_named(tmp_path, columns):
    names, values = zip(*columns, strict=True)
    path = parquet(tmp_path / "twice.parquet", pa.Table.from_arrays([pa.array(each) for each in values], names))
    with pytest.raises(UnreadableFileError, match=rf"twice\.parquet: column '{names[0]}' is there twice; rename"):
        read(path)


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_text_that_unpacks_too_far_says_so_and_honest_text_does_not(tmp_path, monkeypatch, pack):
    monkeypatch.setattr(unpacked, "FREE", 1 << 20)
    path = tmp_path / "bomb.gz"
    path.write_bytes(pack(b"start,gpus\n" + b"\n" * (1 << 21)))
    with pytest.raises(
        UnreadableFileError, match=r"bomb\.gz: [\d,]+ bytes of it unpack to more than .*; unpack it first"
    ):
        read(path)
    rows = b"start,gpus\n" + b"".join(b"2026-01-01T00:00:%d,%d\n" % (n, n * n) for n in range(40_000))
    path.write_bytes(pack(rows))
    assert sum(map(len, read(path))) == 40_000


def test_archives_within_archives_count_against_the_file_itself(tmp_path, monkeypatch):
    monkeypatch.setattr(unpacked, "FREE", 1 << 20)
    inner = gzip.compress(b"a,b\n" + b"1,2\n" * (1 << 21), mtime=0)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(3):
            archive.writestr(f"{number}.csv.gz", inner)
    path = tmp_path / "nested.zip"
    path.write_bytes(buffer.getvalue())
    with pytest.raises(UnreadableFileError, match=r"nested\.zip: .* unpack to more than"):
        read(path)


def test_a_hole_in_a_tar_is_no_endless_file(tmp_path, monkeypatch):
    monkeypatch.setattr(unpacked, "FREE", 1 << 20)
    holed = tarfile.TarInfo("holed.csv")
    holed.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "holed.csv",
                         "GNU.sparse.realsize": str(1 << 40)}  # fmt: skip
    data = f"1\n{1 << 39}\n4\n".encode().ljust(512, b"\0") + b"a,b\n"
    holed.size = len(data)
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(holed, io.BytesIO(data))
    path = tmp_path / "holed.tar"
    path.write_bytes(buffer.getvalue())
    with pytest.raises(UnreadableFileError, match="unpack to more than"):
        read(path)


def test_records_are_held_by_their_characters_and_quoted_cells_have_an_end(monkeypatch):
    stream = io.BufferedReader(io.BytesIO(b"".join(b"%d," % n + b"x" * 900_000 + b"\n" for n in range(80))))
    found = list(read_records(stream, size=50_000))
    assert sum(map(len, found)) == 80
    assert max(map(len, found)) < 50
    lines = [b'1,"' + b"x" * 700_000, b"y" * 700_000, b'z"', b"2,3"]
    (batch,) = read_records(io.BufferedReader(io.BytesIO(b"\n".join(lines))), size=9)
    assert batch.texts == [lines[1].decode(), "2,3"]
    assert [(line, reason) for line, _, reason in batch.quarantined] == [
        (1, "a quote has no end; close it or double it"), (3, "a quote has no end; close it or double it")]  # fmt: skip
    assert LINE_LIMIT < 1_400_000


def test_a_document_of_countless_values_is_refused_before_it_is_decoded(monkeypatch):
    monkeypatch.setattr(unpacking, "VALUES", 1000)
    for reader in (chunks.document, documents):
        with pytest.raises(UnreadableFileError, match="a JSON document of 2,000 values, more than 1,000"):
            reader(Opened("f.json", io.BytesIO(b"[" + b"{}," * 999 + b"{}]")))


def test_documents_nested_to_any_depth_are_read_or_refused():
    ends = set()
    for depth in range(850, 1000):  # the last that can be decoded cannot be written again to mend its letters
        text = "[" * depth + r'"\ud83d\ude00"' + "]" * depth
        try:
            ends.add(len(documents(Opened("f.json", io.BytesIO(text.encode())))))
        except UnreadableFileError as error:
            ends.add(str(error).partition(" (")[0])
    assert ends == {1, "f.json: is not JSON that can be read", "f.json: line 1: is not JSON"}


def test_rows_of_countless_fields_come_in_short_chunks(monkeypatch):
    monkeypatch.setattr(chunks, "_CELLS", 100)
    found = list(chunks.from_objects("f", [{f"k{n}": n, "id": n} for n in range(40)]))
    assert [each for chunk in found for each in chunk.cells["id"]] == [str(n) for n in range(40)]
    assert max(chunk.cells.size for chunk in found) <= 100


@pytest.mark.parametrize("kind", ["csv", "parquet", "jsonl"])
def test_more_columns_than_a_sheet_has_are_refused(tmp_path, kind):
    names = [f"c{n}" for n in range(16_385)]
    path = tmp_path / f"wide.{kind}"
    if kind == "csv":
        path.write_text(",".join(names) + "\n" + ",".join("1" for _ in names) + "\n")
    elif kind == "jsonl":
        path.write_text("{" + ",".join(f'"{name}":1' for name in names) + "}\n")
    else:
        parquet(path, pa.table({name: ["1"] for name in names}))
    with pytest.raises(UnreadableFileError, match="has 16,385 columns, more than 16,384; export those that are needed"):
        read(path)


SHEET = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData></worksheet>'
)
TABLE = ("<table:table-row{}><table:table-cell{} office:value-type='string'><text:p>a</text:p></table:table-cell>"
         "</table:table-row>")  # fmt: skip


def book(**parts):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    buffer.seek(0)
    return buffer


@pytest.mark.parametrize(
    ("parts", "said"),
    [({"xl/worksheets/sheet1.xml": SHEET.format('<row r="1048576"><c r="ZZ1048576"><v>1</v></c></row>')},
      "a sheet reaches to column 702 and row 1,048,576, over 33,554,432 cells"),
     ({"xl/sharedStrings.xml": f"<sst><si><t>{LONG}</t></si></sst>",
       "xl/worksheets/sheet1.xml": SHEET.format('<row><c t="s"><v>0</v></c></row>' * 1200)},
      "the cells of a sheet hold 1,200,0.* bytes of text, more than 1,024 MiB"),
     ({"content.xml": TABLE.format(' table:number-rows-repeated="1048576"', ' table:number-columns-repeated="16384"')},
      "its rows repeat cells to .* bytes"),
     ({"xl/SharedStrings.xml": f"<x:sst><x:si><t>{LONG}</t></x:si></x:sst>",
       "other/sheet.dat": SHEET.format("<x:c t='s' n='>'><!--<c>--><f/><x:v y='z'> 0</x:v></x:c>" * 1200)},
      "the cells of a sheet hold 1,200,0.* bytes of text, more than 1,024 MiB"),
     ({"xl/worksheets/sheet1.xml": SHEET.format("<row/>" * 12_000 + "<row>" + "<c/>" * 3000 + "</row>")},
      "a sheet reaches to column 3,000 and row 12,001, over 33,554,432 cells"),
     ({"xl/worksheets/sheet1.xml": SHEET.format('<row r="1000000"/><row>' + '<c r="aa1"/>' + "<x:c/>" * 20 + "</row>")},
      "a sheet reaches to column 47 and row 1,000,001, over 33,554,432 cells"),
     ({"content.xml": " " * (1 << 28) + " "}, r"bytes of it unpack to 268,435,457, more than 256 MiB and 200 times")],
    ids=["a far corner", "one long string", "repeated cells", "one long string, oddly spelt", "cells without a place",
         "cells that go on from a far one", "a part"],
)  # fmt: skip
def test_a_workbook_far_larger_than_its_bytes_is_refused(parts, said):
    with pytest.raises(ValueError, match=rf"^b: .*{said}.*; save it as CSV"):
        weighing.weigh_workbook(book(**parts), "b", ValueError)


def test_no_cell_is_passed_by_where_blocks_end(monkeypatch):
    monkeypatch.setattr(weighing, "TEXT", 0)
    monkeypatch.setattr(weighing, "_OVERLAP", 64)
    parts = {"xl/sharedStrings.xml": "<sst><si/></sst>", "xl/a.xml": SHEET.format("<c t='s'><f/><v>0</v></c>" * 999)}
    for size in (40, 100, 101, 1 << 12):
        monkeypatch.setattr(weighing, "_BLOCK", size)
        with pytest.raises(ValueError, match=f"hold {999 * len('<si/></sst>'):,} bytes"):
            weighing.weigh_workbook(book(**parts), "b", ValueError)


@pytest.mark.parametrize("content", ["", "<t:table t:name='a'/>", "<t:table-row><t:table-cell/></t:table-row>"])
def test_a_sheet_without_rows_is_light(content):
    weighing.weigh_workbook(book(**{"content.xml": content}), "b", ValueError)


def test_a_workbook_as_sheets_write_it_is_light():
    empty = "<table:table-row table:number-rows-repeated='1048574'>"
    empty += "<table:table-cell table:number-columns-repeated='16384'/>"
    parts = {"content.xml": TABLE.format("", "") + empty,
             "xl/sharedStrings.xml": "<sst><si><t>a</t></si></sst>",
             "xl/worksheets/sheet1.xml": SHEET.format('<row r="90000"><c r="AA90000" t="s"><v>0</v></c></row>' * 9),
    }  # fmt: skip
    file = book(**parts)
    file.seek(7)
    weighing.weigh_workbook(file, "b", ValueError)
    assert file.tell() == 0
