"""Hostile bytes in the exports of every source: a named error, or every row is kept or set aside."""

import bz2
import gzip
import hashlib
import io
import lzma
import zipfile

import pandas as pd
import pytest
from hypothesis import strategies as st

from shiftcast.features.instants import Clock
from shiftcast.pipelines.sources.catalogue import SOURCES
from shiftcast.pipelines.sources.normal import normalise
from shiftcast.pipelines.sources.opening import opened
from shiftcast.pipelines.sources.setting import Setting
from shiftcast.pipelines.sources.table import UnreadableFileError

HOSTILE = [
    b"", b"\x00",
    b"\xff\xfe", b"\xed\xa0\x80", b"\xef\xbb\xbf", b'"', b",", b"\n", b"\r", b"\r\n", b"|", b";", b"\t", b"'",
    b"\\", b"=cmd|'/c'!A0", b"@SUM(1)", b"\x1b]0;x\x07", b"1e309", b"-1", b"-0", b"NaN", b"inf", b"9" * 400, b"1_000",
    b"0x10", b"1,5", b"1970-01-01", b"9999-12-31T23:59:59Z",
    b"2026-13-45", b"2026-02-30T25:61:61", b"00000000", b"{", b"}",
    b"[[[[", b'{"a":' * 50, b"null", b"true", "\u0663".encode(), "\u202e".encode(), "\U0001f600".encode(), b"a" * 5000,
    b"gres/gpu:=", b"gres/gpu=-1", b"billing=1e9", b"1-2:3:4:5", b"UNLIMITED", b"None assigned", b"[1-99999999]",
]  # fmt: skip
EDITS = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 12), st.one_of(st.sampled_from(HOSTILE), st.binary(max_size=6)),
              st.sampled_from(["put", "put", "repeat", "end"])),
    min_size=1, max_size=5,
)  # fmt: skip


def zipped(text):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("export.csv", text)
    return buffer.getvalue()


PACKED = {"gzip": gzip.compress, "bzip2": bz2.compress, "xz": lzma.compress, "zip": zipped}


def spoiled(text, edits):
    """Return bytes in which something was put, repeated or cut off."""
    for place, many, what, way in edits:
        at = int(place * len(text))
        if way == "end":
            text = text[:at]
        elif way == "repeat":
            text = text[:at] + text[max(0, at - 20 * many) : at] + text[at:]
        else:
            text = text[:at] + what + text[at + many :]
    return text


def read(name, content, setting):
    """Return the batches of what the bytes hold, as an ingest opens them."""
    with opened("s", "s", hashlib.sha256(), io.BytesIO(content)) as files:
        return [
            normalise(SOURCES[name], chunk, setting) for file in files for chunk in SOURCES[name].read(file, setting)
        ]


@pytest.fixture
def checked(samples, tmp_path):
    anchored = Setting(Clock(anchor=pd.Timestamp("2025-01-01", tz="UTC")))
    kept = {name: samples.setting_for(name, tmp_path, anchored) for name, _ in samples.SAMPLES}

    def check(name, content):
        try:
            rows, stored, aside = samples.account(read(name, content, kept[name]))
        except UnreadableFileError:
            return
        assert not stored & set(aside)
        assert len(stored) + len(aside) == rows

    return check


def test_hostile_bytes_in_any_source_end_in_rows_or_in_a_named_error(hunt, samples, checked):
    many = st.tuples(st.sampled_from(samples.SAMPLES), EDITS)
    hunt(lambda given: checked(given[0][0], spoiled(given[0][1].encode(), given[1])), many, examples=15)


def test_spoiled_archives_end_in_rows_or_in_a_named_error(hunt, samples, checked):
    many = st.tuples(st.sampled_from(samples.SAMPLES), st.sampled_from(sorted(PACKED)), EDITS)
    hunt(lambda given: checked(given[0][0], spoiled(PACKED[given[1]](given[0][1].encode()), given[2])), many,
         examples=10)  # fmt: skip
