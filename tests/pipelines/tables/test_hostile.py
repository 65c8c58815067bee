"""Files that say less than they hold are refused before memory is taken, whatever they are written as."""

import bz2
import gzip
import hashlib
import io
import itertools
import json
import lzma
import struct
import subprocess
import sys
import zipfile
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from shiftcast.features.frames import Hardware
from shiftcast.features.input_error import InputError
from shiftcast.features.labels import rules_from_table
from shiftcast.pipelines.commands.catalogue import read_rows
from shiftcast.pipelines.series.files import read_series
from shiftcast.pipelines.sources import table
from shiftcast.pipelines.sources.formats.rows import rows_of
from shiftcast.pipelines.sources.learned import load_learned
from shiftcast.pipelines.sources.long_files import read_long
from shiftcast.pipelines.sources.opening import opened
from shiftcast.pipelines.sources.setting import instance_types
from shiftcast.pipelines.sources.table import UnreadableFileError, read_table
from shiftcast.pipelines.tables import delimited, page_headers, parquet, trying, unpacked, whole_files
from shiftcast.pipelines.tables.page_headers import pages_of
from shiftcast.pipelines.tables.parquet import parquet_batches
from shiftcast.pipelines.tables.sheets import sheet_rows
from shiftcast.pipelines.tables.weighing import weigh_workbook
from shiftcast.pipelines.tables.whole_files import read_toml

COLUMNS = ("series", "period_end", "value")
ROWS = "series,period_end,value\na,2026-01-31,1.5\na,2026-02-28,2.5\n"


def written(table, **options):
    into = io.BytesIO()
    options = {"compression": "zstd", **options}
    pq.write_table(table, into, store_schema=False, write_statistics=False, **options)
    return into.getvalue()


def zigzag(number, size=None):
    """Return a number as the footer holds it, at its own length or at another's."""
    out, rest = [], number << 1
    while rest or not out or (size is not None and len(out) < size):
        out.append(rest & 0x7F)
        rest >>= 7
    return bytes(byte | 0x80 for byte in out[:-1]) + bytes(out[-1:])


def lied(data, *figures):
    """Return a Parquet file whose footer states ten where it states one of some figures."""
    (length,) = struct.unpack("<I", data[-8:-4])
    footer = data[-8 - length : -8]
    for each in set(figures):
        assert zigzag(each) in footer
        footer = footer.replace(zigzag(each), zigzag(10, len(zigzag(each))))
    return data[: -8 - length] + footer + data[-8:]


def batches(data, most=1 << 20):
    told = []

    def count(size):
        told.append(size)
        if sum(told) > most:
            raise InputError(f"unpacks to {sum(told)}")

    return list(parquet_batches(io.BytesIO(data), "f.parquet", InputError, count))


def test_a_footer_that_states_small_pages_is_not_believed():
    data = written(pa.table({"value": ["x" * 3_000_000]}), use_dictionary=False)
    group = pq.ParquetFile(io.BytesIO(data)).metadata.row_group(0)
    small = lied(data, group.column(0).total_uncompressed_size, group.total_byte_size)
    assert pq.ParquetFile(io.BytesIO(small)).metadata.row_group(0).column(0).total_uncompressed_size == 10
    with pytest.raises(InputError, match="unpacks to 3000"):
        batches(small)


def test_a_footer_that_states_few_values_of_a_list_is_not_believed():
    lists = pa.ListArray.from_arrays([0, 300_000], np.zeros(300_000, dtype=np.int8))
    with pytest.raises(InputError, match="unpacks to 2400"):
        batches(lied(written(pa.table({"value": lists})), 300_000))


def test_rows_of_nothing_count():
    with pytest.raises(InputError, match="unpacks to 8388608"):
        batches(written(pa.table({"value": pa.nulls(2_000_000, pa.int64())})))


def prefixed(cells, kind=None, **options):
    name = "name.list.element" if kind is not None else "name"
    return written(
        pa.table({"name": pa.array(cells, kind)}), use_dictionary=False,
        column_encoding={name: "DELTA_BYTE_ARRAY"}, **options,
    )  # fmt: skip


def test_text_that_shares_its_beginning_with_the_one_before_is_counted_as_it_is_made(monkeypatch):
    monkeypatch.setattr(parquet, "BATCH", 1 << 18)
    data = prefixed(["x" * 10_000] * 2_000)
    assert len(data) < 1_000
    with pytest.raises(InputError, match="unpacks to"):
        batches(data)
    with pytest.raises(InputError, match="unpacks to"):
        batches(prefixed([["x" * 10_000] * 200], pa.list_(pa.string())))


def test_honest_text_that_shares_its_beginning_is_read_in_whole_pieces():
    names = [f"job-{number:06d}" for number in range(120_000)]
    found = batches(prefixed(names, data_page_size=1 << 14), most=1 << 28)
    assert [cell for each in found for cell in each["name"].to_pylist()] == names
    assert max(each.num_rows for each in found) <= parquet.ROWS
    assert len(found) <= 4


@pytest.mark.parametrize("place", range(8))
def test_a_damaged_header_of_a_page_ends_in_one_line(place):
    data = bytearray(written(pa.table({"n": np.arange(1000), "name": ["a"] * 1000})))
    start = 4 + place
    data[start : start + 6] = b"\x19\xff\xff\xff\xff\x0f"
    with pytest.raises(InputError, match=r"^f\.parquet: cannot be read as Parquet \(.*\); export it again$"):
        batches(bytes(data))


@pytest.mark.parametrize("header", [b"\x19" * 40, b"\x1c" * 40, b"\x0d", b"\x15" + b"\xff" * 12, b"\x15", b""])
def test_a_header_of_hostile_bytes_is_refused(header, monkeypatch):
    monkeypatch.setattr(page_headers, "_LONGEST", 1 << 10)
    column = pq.ParquetFile(io.BytesIO(written(pa.table({"n": [1]})))).metadata.row_group(0).column(0)
    with pytest.raises(pa.ArrowInvalid, match="the header of a page"):
        list(pages_of(io.BytesIO(b"PAR1" + header), column))


def test_zeros_are_no_pages():
    column = pq.ParquetFile(io.BytesIO(written(pa.table({"n": [1]})))).metadata.row_group(0).column(0)
    empty = b"\x15\x04\x15\x00\x15\x00\x00"  # a dictionary of nothing
    assert next(pages_of(io.BytesIO(b"PAR1" + empty), column)).values == 0
    for content, said in ((bytes(99), "holds no size"), (empty * 9, "holds no values")):
        with pytest.raises(pa.ArrowInvalid, match=f"the header of a page {said}"):
            list(pages_of(io.BytesIO(b"PAR1" + content), column))


def test_a_page_is_of_the_kind_that_its_header_names():
    column = pq.ParquetFile(io.BytesIO(written(pa.table({"n": [1]})))).metadata.row_group(0).column(0)
    newer = b"\x15\x00\x15\x00\x15\x00\x2c\x15\x02\x00\x3c\x15\x7e\x00\x00"  # of one value, and 63 by the other
    assert next(pages_of(io.BytesIO(b"PAR1" + newer), column)).values == 1


@pytest.mark.parametrize("version", ["1.0", "2.0"])
@pytest.mark.parametrize("packing", ["zstd", "none", "gzip"])
def test_honest_lists_of_text_that_shares_its_beginning_are_read(version, packing):
    tags = [[f"team-{number:05d}", None, "team"] if number % 3 else None for number in range(9_000)]
    data = prefixed(tags, pa.list_(pa.string()), data_page_version=version, compression=packing)
    told = []
    found = parquet_batches(io.BytesIO(data), "f.parquet", InputError, told.append)
    assert [cell for each in found for cell in each["name"].to_pylist()] == tags
    assert sum(told) < 1 << 19


def test_pages_are_those_of_any_writer():
    cells = pa.table({"n": pa.array([1, None, 3] * 500), "name": ["a", "b", "c"] * 500, "x": np.arange(1500.0)})
    for version, page in itertools.product(("1.0", "2.0"), (64, 1 << 20)):
        data = written(cells, data_page_version=version, data_page_size=page)
        metadata = pq.ParquetFile(io.BytesIO(data)).metadata
        for place in range(3):
            column = metadata.row_group(0).column(place)
            pages = list(pages_of(io.BytesIO(data), column))
            assert sum(each.values for each in pages) == column.num_values
            assert 0 < sum(each.unpacked for each in pages) <= column.total_uncompressed_size
        assert pa.concat_tables(batches(data)).equals(cells)


def record(kind, data=b""):
    return struct.pack("<HH", kind, len(data)) + data


def _begin(kind):
    return record(0x809, struct.pack("<HHHHII", 0x600, kind, 0, 0, 0, 0))


def old_workbook(*sheets, shared=b""):
    """Return an .xls of sheets given as their records, in the smallest compound file that holds it."""
    bodies = [_begin(0x10) + each + record(0x0A) for each in sheets]
    names = [f"s{number:02}".encode() for number in range(len(sheets))]
    place = len(_begin(5)) + sum(12 + len(each) for each in names) + len(shared) + 4
    globe = _begin(5)
    for name, body in zip(names, bodies, strict=True):
        globe += record(0x85, struct.pack("<IBBBB", place, 0, 0, len(name), 0) + name)
        place += len(body)
    stream = globe + shared + record(0x0A) + b"".join(bodies)
    stream = stream.ljust(max(4096, -(-len(stream) // 512) * 512), b"\0")
    sectors, end, free = len(stream) // 512, 0xFFFFFFFE, 0xFFFFFFFF
    tables = next(count for count in itertools.count(1) if count * 128 >= sectors + 1 + count)
    chain = [end, *range(2, sectors + 1), end, *[0xFFFFFFFD] * tables]
    chain += [free] * (tables * 128 - len(chain))
    listed = [sectors + 1 + number for number in range(tables)] + [free] * (109 - tables)
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<5H6x", 0x3E, 3, 0xFFFE, 9, 6)
    head += struct.pack("<9I", 0, tables, 0, 0, 4096, end, 0, end, 0) + struct.pack("<109I", *listed)

    def entry(name, kind, child, start, size):
        text = (name + "\0").encode("utf-16-le")
        head = text.ljust(64, b"\0") + struct.pack("<HBB3I", len(text), kind, 1, free, free, child)
        return head + bytes(36) + struct.pack("<IQ", start, size)

    folder = entry("Root Entry", 5, 1, end, 0) + entry("Workbook", 2, free, 1, len(stream)) + bytes(256)
    return head + folder + stream + struct.pack(f"<{len(chain)}I", *chain)


def number_at(row, column, value=1.0):
    return record(0x203, struct.pack("<HHHd", row, column, 0, value))


def binary_record(kind, data=b""):
    length = len(data)
    tag = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
    return tag + (bytes([length]) if length < 128 else bytes([length & 0x7F | 0x80, length >> 7])) + data


def _wide(text):
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def binary_workbook(*cells):
    """Return an .xlsb of one sheet with numbers in cells given as row and column."""
    rows = b"".join(
        binary_record(0, struct.pack("<I13x", row)) + binary_record(5, struct.pack("<IId", column, 0, 1.0))
        for row, column in cells
    )
    sheet = [binary_record(each) for each in (129, 147)] + [binary_record(148, struct.pack("<4I", 0, 1, 0, 1))]
    sheet += [binary_record(145), rows, binary_record(146), binary_record(130)]
    bundle = binary_record(156, struct.pack("<II", 0, 1) + _wide("rId1") + _wide("a"))
    book = binary_record(131) + binary_record(143) + bundle + binary_record(144) + binary_record(132)
    office = "http://schemas.openxmlformats.org"
    kind = f"{office}/officeDocument/2006/relationships/worksheet"
    related = f'<Relationship Id="rId1" Type="{kind}" Target="worksheets/sheet1.bin"/>'
    related = f'<Relationships xmlns="{office}/package/2006/relationships">{related}</Relationships>'
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.bin", book)
        archive.writestr("xl/worksheets/sheet1.bin", b"".join(sheet))
        archive.writestr("xl/_rels/workbook.bin.rels", related)
    return into.getvalue()


HEAVY = (
    r": its sheets take more than 512 MiB of memory or 120 s; save it as CSV, or without what lies far from its table"
)


def test_an_old_workbook_of_far_corners_is_refused_before_it_is_opened(tmp_path):
    path = tmp_path / "far.xls"
    path.write_bytes(old_workbook(*[number_at(0, 0) + number_at(65_535, 255)] * 40))
    with pytest.raises(InputError, match=rf"far\.xls{HEAVY}"):
        sheet_rows(path)
    path.write_bytes(old_workbook(number_at(0, 0, 7.0) + number_at(1, 0, 8.0)))
    assert sheet_rows(path) == ("s00", [["7"], ["8"]])


def test_a_binary_workbook_with_a_far_corner_is_refused_before_it_is_opened(tmp_path):
    path = tmp_path / "far.xlsb"
    path.write_bytes(binary_workbook((0, 0), (1_048_575, 16_383)))
    with pytest.raises(InputError, match=rf"far\.xlsb{HEAVY}"):
        sheet_rows(path)
    path.write_bytes(binary_workbook((0, 0), (1, 0)))
    assert sheet_rows(path) == ("a", [["1"], ["1"]])


def test_a_workbook_that_cannot_be_weighed_whole_is_tried(monkeypatch):
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("odd", "sound")
    tried = []
    monkeypatch.setattr("shiftcast.pipelines.tables.weighing.try_workbook", lambda *given: tried.append(given[1]))
    for name, content in {"sound": into.getvalue(), "damaged": into.getvalue().replace(b"sound", b"Sound")}.items():
        weigh_workbook(io.BytesIO(content), name, ValueError)
    assert tried == ["damaged"]


def test_a_workbook_that_is_none_is_left_to_its_reader():
    file = io.BytesIO(b"no workbook")
    trying.try_workbook(file, "f.xls", ValueError)
    assert file.tell() == 0


def test_a_workbook_is_tried_by_no_module_of_the_folder_we_are_in(tmp_path, monkeypatch):
    (tmp_path / "resource.py").write_text("open('ran', 'w').close()")
    monkeypatch.chdir(tmp_path)
    trying.try_workbook(io.BytesIO(b"no workbook"), "f.xls", ValueError)
    assert not (tmp_path / "ran").exists()


def test_a_workbook_that_could_not_be_tried_is_refused(monkeypatch):
    for script, said in (("import none_such", "could not be tried"), ("import time; time.sleep(9)", "take more than")):
        monkeypatch.setattr(trying, "_OPEN", script)
        monkeypatch.setattr(trying, "_WAIT", 1)
        with pytest.raises(ValueError, match=rf"^f\.xls: its sheets {said}.*; save it as CSV"):
            trying.try_workbook(io.BytesIO(), "f.xls", ValueError)


def test_a_workbook_is_tried_under_limits_lower_than_ours(tmp_path):
    script = tmp_path / "try.py"
    script.write_text(trying._OPEN.format(paths=sys.path))
    limited = f"ulimit -v 500000; exec {sys.executable} -I {script}"
    assert subprocess.run(limited, shell=True, stdin=subprocess.DEVNULL, check=False).returncode == 0  # noqa: S602  (our own words)


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, pa.compress])
@pytest.mark.parametrize("text", [ROWS, ROWS.replace(",", ";").replace(".5", ",5")], ids=["commas", "semicolons"])
def test_packed_tables_are_read_at_every_door_and_bombs_are_not(tmp_path, monkeypatch, pack, text):
    squeeze = (lambda data: pa.compress(data, "zstd", asbytes=True)) if pack is pa.compress else pack
    path = tmp_path / "rows.csv.packed"
    path.write_bytes(squeeze(text.encode()))
    assert read_series(path, COLUMNS)["value"].tolist() == read_long(path)["value"].tolist() == [1.5, 2.5]
    monkeypatch.setattr(unpacked, "FREE", 1 << 18)
    path.write_bytes(squeeze((text + text.splitlines()[1] + "\n" * (1 << 21)).encode()))
    for reader in (lambda path: read_series(path, COLUMNS), read_long):
        with pytest.raises(InputError, match=r"rows\.csv\.packed: .* unpack to more than .* 50 times .*; unpack it"):
            reader(path)


def test_a_packed_table_that_is_cut_short_says_so(tmp_path):
    path = tmp_path / "rows.csv.gz"
    path.write_bytes(gzip.compress(ROWS.encode())[:-12])
    for reader in (lambda path: read_series(path, COLUMNS), read_long):
        with pytest.raises(InputError, match=r"rows\.csv\.gz: is cut short or damaged \(.*\); fetch it again"):
            reader(path)


def test_tables_in_utf_16_are_read(tmp_path):
    path = tmp_path / "rows.csv"
    for text in (ROWS, ROWS.replace(",", "\t")):
        path.write_bytes(text.encode("utf-16"))
        assert read_series(path, COLUMNS)["value"].tolist() == read_long(path)["value"].tolist() == [1.5, 2.5]


def test_a_line_without_end_is_refused_before_it_is_held(tmp_path, monkeypatch):
    monkeypatch.setattr(delimited, "LINE", 1 << 20)
    path = tmp_path / "rows.csv"
    path.write_bytes(ROWS.encode() + b"x" * (3 << 20))
    with pytest.raises(InputError, match=r"rows\.csv: a line of it is longer than 1 MiB; check that it is text"):
        read_long(path)
    monkeypatch.undo()
    with pytest.raises(InputError, match=r"is no CSV \(a line of it is longer than 1 MiB\); give series"):
        read_series(path, COLUMNS)


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"PK\x03\x04" + bytes(99), "is an archive, or a workbook without its ending; unpack it, or name it .xlsx"),
     (old_workbook(number_at(0, 0)), "name it .xls"), (written(pa.table({"n": [1]})), "name it .parquet"),
     (b"ARROW1\0\0" + bytes(99), "is an Arrow file; write CSV or Parquet")],
    ids=["zip", "xls", "parquet", "arrow"],
)  # fmt: skip
def test_what_is_no_text_is_named(tmp_path, content, said):
    path = tmp_path / "rows.csv"
    path.write_bytes(content)
    for reader in (lambda path: read_series(path, COLUMNS), read_long):
        with pytest.raises(InputError, match=rf"rows\.csv: .*{said}"):
            reader(path)


@pytest.mark.parametrize(
    "content",
    [
        "a = " + "[" * 100_000,
        "a = " + "9" * 5000,
        "a = 1\na = 2",
        "\0",
        ".".join("a" * 50_000) + " = 1",
        "a = 1\n" + " . ".join(['""'] * 40) + " = 1",
        ".".join([r'"\""'] * 40) + " = 1",
    ],
    ids=[
        "brackets",
        "digits",
        "a key twice",
        "a NUL",
        "a key of many parts",
        "a key of many empty parts",
        "a key of many quotes",
    ],
)
def test_settings_that_are_none_end_in_one_line(tmp_path, content):
    path = tmp_path / "fleet.toml"
    path.write_text(content)
    with pytest.raises(InputError, match=r"^\S+fleet\.toml: is no TOML .*\(.*\); write one$") as caught:
        read_toml(path, InputError, "write one")
    assert len(str(caught.value)) < 400


def test_files_that_are_held_whole_have_an_end(tmp_path, monkeypatch):
    path = tmp_path / "rules.csv"
    path.write_text("a,b\n" + "1,2\n" * 2000)
    monkeypatch.setattr(table, "CELLS", 1000)
    with pytest.raises(UnreadableFileError, match=r"rules\.csv: has more than 1,000 cells; keep the rows that are"):
        read_table(path)
    monkeypatch.setattr(table, "CELLS", 4000)
    assert len(read_table(path)) == 2000
    with path.open("ab") as file:
        file.truncate(whole_files.TEXT + 1)
    for reader in (read_table, load_learned):
        with pytest.raises(UnreadableFileError, match=r"rules\.csv: is larger than 32 MiB; check the path, or keep"):
            reader(path)
    with pytest.raises(InputError, match=r"rules\.csv: is larger than 1 MiB"):
        read_toml(path, InputError, "")
    path.write_text(",".join(f"c{number}" for number in range(16_385)) + "\n")
    with pytest.raises(UnreadableFileError, match="has 16,385 columns, more than 16,384"):
        read_table(path)


@pytest.mark.parametrize("content", [b"[" * 100_000, b"[]", b"{}", b'{"version": 2}', b"\xff", b'{"version": 1e999}'])
def test_learned_numbers_that_are_none_end_in_one_line(tmp_path, content):
    path = tmp_path / "learned.json"
    path.write_bytes(content)
    with pytest.raises(UnreadableFileError, match=r"learned\.json: .*train"):
        load_learned(path)


@pytest.mark.parametrize("count", ["1e999999999", "1e3", "inf", "nan", "-1", "0", "1/0", "٣", "1_000", "8" * 4000])
def test_a_count_that_is_none_is_refused_and_not_written_out(tmp_path, count):
    path = tmp_path / "instances.csv"
    path.write_text(f"instance,accelerator,count\nmine.large,h100,{count}\n")
    with pytest.raises(
        UnreadableFileError, match=r"line 2: instance 'mine.large' .* a count above zero, such as .* 1/7"
    ):
        instance_types(path)


@pytest.mark.parametrize(("count", "held"), [("8", 8.0), ("1/6", 1 / 6), ("0.5", 0.5), (".25", 0.25), ("2.", 2.0),
                                            ("0.14285714285714285", 1 / 7)])  # fmt: skip
def test_counts_of_instances_are_read(tmp_path, count, held):
    path = tmp_path / "instances.csv"
    path.write_text(f"instance,accelerator,count\nmine.large,h100,{count}\n")
    assert instance_types(path)["mine.large"] == ("h100", held)


def test_values_of_json_documents_are_counted_for_learned_numbers_too(tmp_path, monkeypatch):
    monkeypatch.setattr("shiftcast.pipelines.sources.unpacking.VALUES", 10)
    path = tmp_path / "learned.json"
    path.write_text(json.dumps(list(range(20))))
    with pytest.raises(UnreadableFileError, match=rf"^{path}: a JSON document of 20 values, more than 10"):
        load_learned(path)


def test_names_stay_what_they_are_in_packed_files(tmp_path):
    path = tmp_path / "rows.csv.gz"
    path.write_bytes(gzip.compress(ROWS.replace("a,", "007,").encode()))
    assert read_series(path, COLUMNS)["series"].tolist() == ["007", "007"]
    assert pd.api.types.is_float_dtype(read_series(path, COLUMNS)["value"])


def test_settings_with_many_figures_and_long_texts_are_read(tmp_path):
    path = tmp_path / "fleet.toml"
    path.write_text("a = [" + ", ".join(f"{n}.5" for n in range(999)) + ']\nnote = "' + "One. Two. " * 200 + '"\n')
    assert len(read_toml(path, InputError, "")["a"]) == 999


@pytest.mark.parametrize("divider", [",", ";"])
@pytest.mark.parametrize("rows", [3, 200_000])
def test_rows_after_an_open_quote_are_not_passed_over(tmp_path, rows, divider):
    path = tmp_path / "rows.csv"
    path.write_text((ROWS + 'a,2026-03-31,"1\n' + "a,2026-04-30,2\n" * rows).replace(",", divider))
    for reader in (lambda path: read_series(path, COLUMNS), read_long):
        with pytest.raises(InputError, match=r"a quote has no end|EOF inside string|field larger than"):
            reader(path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("divider", [",", ";"])
def test_quotes_within_cells_are_inch_marks_and_open_nothing(tmp_path, divider, encoding):
    path = tmp_path / "rows.csv"
    path.write_bytes(ROWS.replace("a,", 'rack 19" A \u0422,').replace("\na", '\n"a"', 1).replace(
        "2.5\n", '2.5\n19",2026-03-31,3.5\n').replace(",", divider).encode(encoding))  # fmt: skip
    for found in (read_series(path, COLUMNS), read_long(path)):
        assert found["series"].tolist() == ['rack 19" A \u0422'] * 2 + ['19"']
        assert found["value"].tolist() == [1.5, 2.5, 3.5]


@pytest.mark.parametrize("cell", ['"1', '19"\na,2026-04-30,"1', '"x"y\na,2026-04-30,"1'])
def test_a_quote_without_end_is_found_beside_those_that_open_nothing(tmp_path, cell):
    path = tmp_path / "rows.csv"
    for encoding in ("utf-8", "utf-16"):
        path.write_bytes((ROWS + f"a,2026-03-31,{cell}\na,2026-05-31,2\n").encode(encoding))
        for reader in (lambda path: read_series(path, COLUMNS), read_long):
            with pytest.raises(InputError, match=r"rows\.csv.* a quote has no end; close|EOF inside string"):
                reader(path)


def test_a_packing_that_is_not_read_is_named(tmp_path):
    packed = {"LZ4": pa.compress(ROWS.encode(), "lz4", asbytes=True), "Brotli": pa.compress(ROWS.encode(), "brotli")}
    for kind, ending in (("LZ4", "lz4"), ("Brotli", "br")):
        path = tmp_path / f"rows.csv.{ending}"
        path.write_bytes(packed[kind])
        for reader in (lambda path: read_series(path, COLUMNS), read_long):
            with pytest.raises(InputError, match=rf"is packed as {kind}, which is not read; unpack it, or pack"):
                reader(path)


def test_a_cell_of_several_lines_is_one_name(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text(ROWS.replace("a,", '"a\nb",') * 1 + '"a\nb",2026-03-31,3\n' * 100_000)
    found = read_series(path, COLUMNS)
    assert (len(found), set(found["series"])) == (100_002, {"a\nb"})


def test_documents_nested_too_deep_end_in_one_line_at_the_door(tmp_path):
    path = tmp_path / "deep.json"
    for depth in (400, 900):
        path.write_text('{"a":' * depth + "1" + "}" * depth)
        with pytest.raises(UnreadableFileError, match=r"nested too deep|nothing at --path"):
            rows_at_the_door(path)


def rows_at_the_door(path, place="a.b"):
    setting = SimpleNamespace(delimiter="", path=place, sheet="")
    with opened(str(path), path.name, hashlib.sha256()) as files:
        return [chunk for each in files for chunk in rows_of(each, setting)]


@pytest.mark.parametrize(
    "read", [lambda path: rules_from_table(read_table(path)), lambda path: read_rows(path, Hardware)]
)
def test_a_table_without_the_columns_it_needs_is_refused_though_it_has_no_rows(tmp_path, read):
    path = tmp_path / "rules.csv"
    path.write_text("{a: 1}\n")
    with pytest.raises(InputError, match=r"column '\w+' is missing; give "):
        read(path)


def merged(times):
    """Return an .xlsx of one column of 2,000 rows, merged as often as asked."""
    book = io.BytesIO()
    with xlsxwriter.Workbook(book) as made:
        sheet = made.add_worksheet("a")
        sheet.write_column(0, 0, ["team", "red", *[""] * 1998, "end"])
    with zipfile.ZipFile(book) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    ranges = b'<mergeCell ref="A2:A2000"/>' * times
    sheet = parts["xl/worksheets/sheet1.xml"]
    parts["xl/worksheets/sheet1.xml"] = sheet.replace(
        b"</sheetData>", b"</sheetData><mergeCells>" + ranges + b"</mergeCells>"
    )
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return into.getvalue()


def test_merged_cells_fill_their_rows_once(tmp_path):
    path = tmp_path / "teams.xlsx"
    path.write_bytes(merged(1))
    (chunk,) = rows_at_the_door(path, "")
    assert chunk.cells["team"].tolist() == ["red"] * 1999 + ["end"]
    path.write_bytes(merged(3))
    with pytest.raises(UnreadableFileError, match=r"teams\.xlsx: merged cells lie over each other; save the sheet"):
        rows_at_the_door(path, "")


@pytest.mark.parametrize("name", ["ORCA", "PAR1", "ARROW1", "PK"])
def test_a_column_may_be_called_as_other_files_begin(tmp_path, name):
    path = tmp_path / "rows.csv"
    path.write_text(f"{name},{ROWS.splitlines()[0]}\nx,a,2026-01-31,1.5\n")
    assert read_series(path, COLUMNS)["value"].tolist() == read_long(path)["value"].tolist() == [1.5]
