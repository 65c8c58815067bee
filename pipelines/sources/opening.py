"""Open paths, patterns and standard input; plain, compressed or in an archive; every byte hashed."""

from __future__ import annotations

import codecs
import glob
import hashlib
import io
import re
import sys
import tarfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO, Final, cast

from shiftcast.pipelines.sources.table import UnreadableFileError
from shiftcast.pipelines.tables.letters import whole_letters
from shiftcast.pipelines.tables.unpacked import DAMAGED, MARK, Counted, Unpacking, unpacked_stream

STANDARD_INPUT: Final = "-"
_BLOCK: Final = 1 << 20
_HEAD: Final = 1 << 13
_PARQUET, _ZIP, _OLD_WORKBOOK = b"PAR1", b"PK", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OTHERS: Final[Mapping[bytes, str]] = {
    b"7z\xbc\xaf\x27\x1c": "a 7z archive; unpack it first", b"Rar!\x1a": "a RAR archive; unpack it first",
    b"Obj\x01": "an Avro file; export CSV or Parquet", b"ARROW1\x00": "an Arrow file; export CSV or Parquet",
    b"%PDF-": "a PDF; export the table behind it", b"SQLite format 3\x00": "a database; export its table as CSV",
    b"\x04\x22\x4d\x18": "packed as LZ4; unpack it first, or pack it with gzip or zstd",
}  # fmt: skip
_WORKBOOK_PARTS: Final = frozenset({"xl/workbook.xml", "xl/workbook.bin", "content.xml"})
_TAR_AT, _TAR = 257, b"ustar"
_DEPTH: Final = 3  # archives within archives; more is no export
_UTF16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_BROKEN: Final = (*DAMAGED, tarfile.TarError, zipfile.BadZipFile, NotImplementedError)


@dataclass(frozen=True)
class Opened:
    """One readable file.

    Attributes
    ----------
    name
        The file's name without its folders, or ``archive:member``; what records call it.
    stream
        Its bytes, decompressed.
    parquet, workbook
        Whether they are Parquet, or a workbook such as .xlsx, .xls or .ods; then the stream can seek.
    """

    name: str
    stream: BinaryIO
    parquet: bool = False
    workbook: bool = False

    def first_line(self) -> str:
        """Return the start of the first line without reading it; nothing of Parquet and of a workbook.

        Returns
        -------
        str
            At most 8 KiB of it.
        """
        if self.parquet or self.workbook:
            return ""
        head = cast("io.BufferedReader", self.stream).peek(_HEAD)[:_HEAD]
        encoding = "utf-16" if head[:2] in _UTF16 else "utf-8-sig"
        return re.split(r"[\r\n]", head.decode(encoding, "replace").lstrip())[0]


def expand(patterns: Sequence[str]) -> list[str]:
    """Return the files that paths and patterns name, sorted within a pattern, none twice.

    Parameters
    ----------
    patterns
        Paths, patterns with ``*, ?`` and ``**``, or ``-`` for standard input.

    Returns
    -------
    list of str
        Paths, and ``-``.

    Raises
    ------
    UnreadableFileError
        If one of them names no file.
    """
    found: list[str] = []
    for pattern in patterns:
        literal = pattern == STANDARD_INPUT or Path(pattern).is_file()
        names = [pattern] if literal else sorted(n for n in glob.glob(pattern, recursive=True) if Path(n).is_file())  # noqa: PTH207  (a pattern may be absolute, which Path.glob refuses)
        if not names:
            raise UnreadableFileError(f"{pattern}: names no file; check the path or the pattern")
        found.extend(names)
    return list(dict.fromkeys(found))


def name_files(paths: Sequence[str]) -> dict[str, str]:
    """Name each path as records call it: its file's name, with as many folders as tell it from the others.

    Parameters
    ----------
    paths
        Paths, none twice.

    Returns
    -------
    dict of str to str
        Name by path.

    Examples
    --------
    >>> list(name_files(["may/jobs.csv", "june/jobs.csv", "focus.csv"]).values())
    ['may/jobs.csv', 'june/jobs.csv', 'focus.csv']
    """
    names = {}
    for path in paths:
        parts = ("standard-input",) if path == STANDARD_INPUT else Path(path).parts
        others = [Path(other).parts for other in paths if other != path]
        depth = next((n for n in range(1, len(parts)) if all(parts[-n:] != each[-n:] for each in others)), len(parts))
        names[path] = whole_letters("/".join(parts[-depth:]))
    return names


@contextmanager
def opened(path: str, name: str, digest: hashlib._Hash, content: BinaryIO | None = None) -> Iterator[Iterator[Opened]]:
    """Open one path as the files it holds.

    The first bytes of a file, not its name, say whether it is compressed.

    Parameters
    ----------
    path
        Path of the file, or ``-`` for standard input.
    name
        Name of the file in records.
    digest
        Hash that every raw byte goes to.
    content
        Bytes of the file, where it is not on this machine.

    Yields
    ------
    iterator of Opened
        The file itself, or the members of an archive.

    Raises
    ------
    UnreadableFileError
        If it cannot be opened, or is cut short, damaged or nested too deep while it is read.
    """
    try:
        with _raw(path) if content is None else nullcontext(content) as raw:
            hashing = _Through(raw, digest)
            yield _files(name, hashing, Unpacking(path, lambda: hashing.taken, UnreadableFileError))
            while hashing.read(_BLOCK):  # what an archive keeps after its last member belongs to the file too
                pass
    except _BROKEN as error:
        raise UnreadableFileError(
            f"{path}: is cut short or damaged ({error}); nothing of it was stored, fetch it again"
        ) from None
    except RecursionError:
        raise UnreadableFileError(f"{path}: is nested too deep to be read; export rows with fewer levels") from None
    except OSError as error:  # Arrow's own, of a damaged zstd stream, has no number
        what = "cannot be read" if error.errno else "is cut short or damaged"
        raise UnreadableFileError(
            f"{path}: {what} ({error.strerror or error}); check the path, or fetch it again"
        ) from None


class _Through(io.RawIOBase):
    """A stream that hands bytes on, and hashes them where asked."""

    def __init__(self, raw: BinaryIO, digest: hashlib._Hash | None = None) -> None:
        self._raw, self._digest, self.taken = raw, digest, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self._raw.read(len(buffer))
        buffer[: len(data)] = data
        self.taken += len(data)
        if self._digest is not None:
            self._digest.update(data)
        return len(data)


@contextmanager
def _raw(path: str) -> Iterator[BinaryIO]:
    if path == STANDARD_INPUT:
        yield sys.stdin.buffer
        return
    with Path(path).open("rb") as file:
        yield file


def _files(name: str, raw: io.RawIOBase, unpacking: Unpacking, depth: int = 0) -> Iterator[Opened]:
    """Yield the files that bytes hold: themselves, what they hold compressed, or the members of an archive."""
    packed = io.BufferedReader(raw, _BLOCK)
    stream = unpacked_stream(packed, packed.peek(MARK)[:MARK], unpacking) or packed
    head = stream.peek(_TAR_AT + 5)[: _TAR_AT + 5]
    other = next((what for mark, what in _OTHERS.items() if head.startswith(mark)), "")
    if name.lower().endswith(".br"):  # which begins with no mark of its own
        other = "packed as Brotli; unpack it first, or pack it with gzip or zstd"
    if other:
        raise UnreadableFileError(f"{name}: is {other}")
    if head.startswith((_PARQUET, _ZIP, _OLD_WORKBOOK)):
        with TemporaryFile() as whole:  # these are read from their end, and standard input cannot seek
            while block := stream.read(_BLOCK):
                whole.write(block)
            whole.seek(0)
            yield from _seekable(name, cast("BinaryIO", whole), head, unpacking, depth)
    elif head[_TAR_AT:] == _TAR:
        yield from _tar_members(name, stream, unpacking, depth)
    else:
        yield Opened(name, stream)


def _seekable(name: str, whole: BinaryIO, head: bytes, unpacking: Unpacking, depth: int) -> Iterator[Opened]:
    if head.startswith(_PARQUET):
        yield Opened(name, whole, parquet=True)
        return
    if head.startswith(_OLD_WORKBOOK):
        yield Opened(name, whole, workbook=True)
        return
    with zipfile.ZipFile(whole) as archive:
        if _WORKBOOK_PARTS & set(archive.namelist()):
            whole.seek(0)
            yield Opened(name, whole, workbook=True)
            return
        for member in archive.infolist():
            if member.flag_bits & 1:
                raise UnreadableFileError(f"{name}: {member.filename} is locked by a password; unpack it first")
            if not member.is_dir() and not _is_beside(member.filename):
                with archive.open(member) as body:
                    counted = cast("BinaryIO", Counted(cast("BinaryIO", body), unpacking))
                    yield from _member(name, member.filename, counted, unpacking, depth)


def _tar_members(name: str, stream: BinaryIO, unpacking: Unpacking, depth: int) -> Iterator[Opened]:
    """Yield an archive's files one after another; nothing is unpacked to disk, so no member can name a path there."""
    with tarfile.open(fileobj=stream, mode="r|") as archive:
        for member in archive:
            body = archive.extractfile(member) if member.isfile() and not _is_beside(member.name) else None
            if body is not None:
                holed = Counted(cast("BinaryIO", body), unpacking) if member.issparse() else body
                yield from _member(name, member.name, cast("BinaryIO", holed), unpacking, depth)


def _member(archive: str, name: str, body: BinaryIO, unpacking: Unpacking, depth: int) -> Iterator[Opened]:
    if depth == _DEPTH:
        raise UnreadableFileError(f"{archive}: holds archives in archives in archives; unpack it first")
    yield from _files(f"{archive}:{whole_letters(name)}", _Through(body), unpacking, depth + 1)


def _is_beside(member: str) -> bool:
    """Return whether a member is what a desktop adds to archives of its own accord, which no table is."""
    parts = member.split("/")
    return "__MACOSX" in parts or parts[-1].startswith("._") or parts[-1] in {".DS_Store", "Thumbs.db", "desktop.ini"}
