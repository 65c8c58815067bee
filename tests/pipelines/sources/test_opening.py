"""Opening files: what compresses them, archives, digests, patterns; and lines of hostile text."""

import bz2
import gzip
import hashlib
import io
import lzma
import tarfile
import zipfile

import pandas as pd
import pyarrow as pa
import pytest

from shiftcast.pipelines.sources.chunks import delimited, document, json_lines
from shiftcast.pipelines.sources.lines import LINE_LIMIT, read_records
from shiftcast.pipelines.sources.opening import Opened, expand, name_files, opened
from shiftcast.pipelines.sources.table import UnreadableFileError

TEXT = b"a,b\n1,2\n"


def content(path, name="x"):
    digest = hashlib.sha256()
    with opened(str(path), name, digest) as files:
        got = [(each.name, each.stream.read()) for each in files]
    assert digest.hexdigest() == hashlib.sha256(path.read_bytes()).hexdigest()
    return got


def tar(*members):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


@pytest.mark.parametrize("wrap", [
    lambda data: data, gzip.compress, lambda data: pa.compress(data, codec="zstd", asbytes=True),
])  # fmt: skip
def test_compression_is_told_by_the_bytes_not_the_name(tmp_path, wrap):
    path = tmp_path / "plain.csv"
    path.write_bytes(wrap(TEXT))
    if wrap(TEXT)[:4] == b"\x28\xb5\x2f\xfd":
        with pa.CompressedOutputStream(str(path), "zstd") as stream:
            stream.write(TEXT)
    assert content(path) == [("x", TEXT)]


def test_an_archive_is_read_member_by_member_and_nothing_is_unpacked(tmp_path):
    path = tmp_path / "a.tar.gz"
    path.write_bytes(gzip.compress(tar(("../../etc/one.csv", TEXT), ("two.csv", b"c\n"))))
    assert content(path, "a.tar.gz") == [("a.tar.gz:../../etc/one.csv", TEXT), ("a.tar.gz:two.csv", b"c\n")]
    assert [each.name for each in tmp_path.iterdir()] == ["a.tar.gz"]


@pytest.mark.parametrize(
    "data",
    [gzip.compress(TEXT * 1000, mtime=0)[:-20], gzip.compress(tar(("x", TEXT * 1000)), mtime=0)[:60]],
    ids=["a file", "an archive"],
)
def test_a_file_cut_short_is_named(tmp_path, data):
    path = tmp_path / "cut.gz"
    path.write_bytes(data)
    with pytest.raises(UnreadableFileError, match=r"cut\.gz: is cut short or damaged"):
        content(path)


def zipped(*members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return buffer.getvalue()


MADE_ON_A_MAC = (("._usage.csv", b"\x00\x05\x16\x07"), ("usage.csv", TEXT), ("__MACOSX/._usage.csv", b"\x00\x05"),
                 ("a/.DS_Store", b"\x00"), ("a/b.csv", b"c\n"))  # fmt: skip


@pytest.mark.parametrize(
    "data", [tar(*MADE_ON_A_MAC), gzip.compress(tar(*MADE_ON_A_MAC), mtime=0), zipped(*MADE_ON_A_MAC)]
)
def test_what_a_desktop_adds_to_an_archive_is_no_table(tmp_path, data):
    path = tmp_path / "mac"
    path.write_bytes(data)
    assert content(path) == [("x:usage.csv", TEXT), ("x:a/b.csv", b"c\n")]


@pytest.mark.parametrize("wrap", [
    bz2.compress, lzma.compress, lambda data: gzip.compress(data[:5]) + gzip.compress(data[5:]),
    lambda data: bz2.compress(data[:5]) + bz2.compress(data[5:]),
], ids=["bzip2", "xz", "two gzip members", "two bzip2 members"])  # fmt: skip
def test_further_compressions_and_files_in_several_parts(tmp_path, wrap):
    path = tmp_path / "plain.csv"
    path.write_bytes(wrap(TEXT))
    assert content(path) == [("x", TEXT)]


def test_members_are_read_as_files_are(tmp_path):
    path = tmp_path / "a.zip"
    path.write_bytes(zipped(("one.csv.gz", gzip.compress(TEXT)), ("two.tar", tar(("three.csv", TEXT)))))
    assert content(path) == [("x:one.csv.gz", TEXT), ("x:two.tar:three.csv", TEXT)]


def test_an_archive_that_cannot_be_read_says_what_to_do(tmp_path):
    path = tmp_path / "a"
    deep = TEXT
    for _ in range(5):
        deep = zipped(("inner", deep))
    for data, said in (
        (deep, "archives in archives in archives; unpack it first"),
        (b"7z\xbc\xaf\x27\x1c\x00\x04", "7z archive; unpack it first"),
        (b"Obj\x01\x02", "Avro file; export CSV or Parquet"),
        (b"\x04\x22\x4d\x18\x64", "packed as LZ4; unpack it first, or pack it with gzip or zstd"),
        (zipped(("one.csv", TEXT))[:-30], "cut short or damaged"),
    ):
        path.write_bytes(data)
        with pytest.raises(UnreadableFileError, match=said):
            content(path)


def test_a_file_packed_as_brotli_is_named_by_its_ending(tmp_path):
    path = tmp_path / "rows.csv.br"
    path.write_bytes(TEXT)
    with (
        pytest.raises(UnreadableFileError, match=r"rows\.csv\.br: is packed as Brotli; unpack it first"),
        opened(str(path), path.name, hashlib.sha256()) as files,
    ):
        list(files)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(UnreadableFileError, match="cannot be read"), opened(str(tmp_path), "x", hashlib.sha256()):
        pass
    with pytest.raises(UnreadableFileError, match="names no file"):
        expand([str(tmp_path / "*.csv")])


def test_patterns_are_sorted_and_no_file_comes_twice(tmp_path):
    for name in ("b.csv", "a.csv"):
        (tmp_path / name).write_bytes(TEXT)
    found = expand([str(tmp_path / "*.csv"), str(tmp_path / "a.csv"), "-"])
    assert found == [str(tmp_path / "a.csv"), str(tmp_path / "b.csv"), "-"]
    assert list(name_files(found).values()) == ["a.csv", "b.csv", "standard-input"]


def test_standard_input_can_be_parquet(tmp_path, monkeypatch, parquet_bytes):
    data = parquet_bytes(pd.DataFrame({"a": [1, 2]}))
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))
    digest = hashlib.sha256()
    with opened("-", "standard-input", digest) as files:
        chunks = [chunk for each in files for chunk in delimited(each)]
    assert chunks[0].cells["a"].tolist() == [1, 2]
    assert chunks[0].lines.tolist() == [2, 3]


def chunk_of(data, **options):
    (chunk,) = delimited(Opened("f.csv", io.BytesIO(data)), **options)
    return chunk


def test_mixed_line_ends_marks_and_blank_lines():
    chunk = chunk_of(b"\xef\xbb\xbfa;b\r\n1;2\n\n3;4\r5;6")
    assert chunk.cells.to_numpy().tolist() == [["1", "2"], ["3", "4"], ["5", "6"]]
    assert chunk.lines.tolist() == [2, 4, 5]


def test_utf16_of_a_spreadsheet():
    assert chunk_of("a,b\n\u00e9,2\n".encode("utf-16")).cells.to_numpy().tolist() == [["\u00e9", "2"]]


def test_rows_that_cannot_be_cut_are_kept_with_their_reason():
    chunk = chunk_of(b'a,b\n1,2\n1\n1,2,3\n\xff,2\n"open,2\n5,6\n7,\x00\n"two\nlines",8\n')
    assert chunk.cells.to_numpy().tolist() == [["1", "2"], ["5", "6"], ["two\nlines", "8"]]
    assert [(line, reason.split(";")[0]) for line, _, _, reason in sorted(chunk.quarantined)] == [
        (3, "1 cells where the header has 2"), (4, "3 cells where the header has 2"), (5, "bytes are not UTF-8"),
        (6, "a quote has no end"), (8, "line holds NUL bytes"),
    ]  # fmt: skip
    assert len(chunk) == 8


def test_a_quote_that_swallows_the_rest_costs_one_row():
    rows = b"".join(b"%d,%d\n" % (n, n) for n in range(1000))
    chunk = chunk_of(b'a,b\n"x,1\n' + rows)
    assert (len(chunk.cells), len(chunk.quarantined)) == (1000, 1)


@pytest.mark.parametrize("data", [b"", b"\n\n"])
def test_an_empty_file_is_named(data):
    for read in (delimited, json_lines):
        with pytest.raises(UnreadableFileError, match="is empty"):
            list(read(Opened("f.csv", io.BytesIO(data))))


def test_a_header_with_a_name_twice():
    with pytest.raises(UnreadableFileError, match="'a' is there twice"):
        chunk_of(b"a,a\n1,2\n")


class Endless(io.RawIOBase):
    """A line of many megabytes that is made as it is read."""

    def __init__(self, size):
        self._left, self._tail = size, b"\n1,2\n"

    def readable(self):
        return True

    def readinto(self, buffer):
        data = b"x" * min(self._left, len(buffer)) or self._tail[: len(buffer)]
        self._left -= len(data) if data[:1] == b"x" else 0
        if data[:1] != b"x":
            self._tail = self._tail[len(data) :]
        buffer[: len(data)] = data
        return len(data)


def test_a_line_of_200_megabytes_costs_its_row_and_little_memory():
    stream = io.BufferedReader(Endless(200 << 20))
    (records,) = read_records(stream, size=10)
    assert records.texts == ["1,2"]
    assert records.lines == [2]
    assert [(line, len(shown)) for line, shown, _ in records.quarantined] == [(1, 80)]
    assert f"{LINE_LIMIT}" in records.quarantined[0][2]


def test_json_lines_that_are_none():
    (chunk,) = json_lines(
        Opened("f.jsonl", io.BytesIO(b'{"a": [1], "b": null}\n[1]\n{bad\n{"a": true}\n' + b"[" * 9999))
    )
    assert chunk.cells.to_numpy().tolist() == [["[1]", ""], ["true", ""]]
    assert [line for line, *_ in chunk.quarantined] == [2, 3, 5]


def test_a_document_too_large_to_hold(monkeypatch):
    monkeypatch.setattr("shiftcast.pipelines.sources.chunks._DOCUMENT_LIMIT", 1 << 20)
    with pytest.raises(UnreadableFileError, match="over 1 MiB"):
        document(Opened("f.json", io.BytesIO(b" " * ((1 << 20) + 1))))


def test_parquet_that_is_none():
    with pytest.raises(UnreadableFileError, match="as Parquet"):
        list(delimited(Opened("f.parquet", io.BytesIO(b"PAR1" + b"x" * 100), parquet=True)))
