"""Open paths, patterns and standard input; plain, gzip, zstd or tar; every byte hashed."""

from __future__ import annotations

import glob
import gzip
import hashlib
import io
import re
import sys
import tarfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO, Final, cast

import pyarrow as pa

from shiftcast.pipelines.sources.table import UnreadableFileError

STANDARD_INPUT: Final = "-"
_BLOCK: Final = 1 << 20
_HEAD: Final = 1 << 13
_GZIP, _ZSTD, _PARQUET = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PAR1"
_TAR_AT, _TAR = 257, b"ustar"
_BROKEN: Final = (EOFError, gzip.BadGzipFile, zlib.error, tarfile.TarError, pa.ArrowInvalid)


@dataclass(frozen=True)
class Opened:
    """One readable file.

    Attributes
    ----------
    name
        The file's name without its folders, or ``archive:member``; what records call it.
    stream
        Its bytes, decompressed.
    parquet
        Whether they are Parquet; then the stream can seek.
    """

    name: str
    stream: BinaryIO
    parquet: bool = False

    def first_line(self) -> str:
        """Return the start of the first line without reading it; nothing of a Parquet file.

        Returns
        -------
        str
            At most 8 KiB of it.
        """
        head = b"" if self.parquet else cast("io.BufferedReader", self.stream).peek(_HEAD)[:_HEAD]
        return re.split(r"[\r\n]", head.decode("utf-8-sig", "replace").lstrip())[0]


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
        names[path] = "/".join(parts[-depth:])
    return names


@contextmanager
def opened(path: str, name: str, digest: hashlib._Hash) -> Iterator[Iterator[Opened]]:
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

    Yields
    ------
    iterator of Opened
        The file itself, or the members of an archive.

    Raises
    ------
    UnreadableFileError
        If it cannot be opened, or is cut short or damaged while it is read.
    """
    try:
        with _raw(path) as raw:
            hashing = _Through(raw, digest)
            yield _files(name, hashing)
            while hashing.read(_BLOCK):  # what an archive keeps after its last member belongs to the file too
                pass
    except _BROKEN as error:
        raise UnreadableFileError(
            f"{path}: is cut short or damaged ({error}); nothing of it was stored, fetch it again"
        ) from None
    except OSError as error:  # Arrow's own, of a damaged zstd stream, has no number
        what = "cannot be read" if error.errno else "is cut short or damaged"
        raise UnreadableFileError(
            f"{path}: {what} ({error.strerror or error}); check the path, or fetch it again"
        ) from None


class _Through(io.RawIOBase):
    """A stream that hands bytes on, and hashes them where asked."""

    def __init__(self, raw: BinaryIO, digest: hashlib._Hash | None = None) -> None:
        self._raw, self._digest = raw, digest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self._raw.read(len(buffer))
        buffer[: len(data)] = data
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


def _files(name: str, raw: io.RawIOBase) -> Iterator[Opened]:
    stream = io.BufferedReader(raw, _BLOCK)
    head = stream.peek(4)[:4]
    if head.startswith(_GZIP):
        stream = io.BufferedReader(cast("io.RawIOBase", gzip.GzipFile(fileobj=stream)), _BLOCK)
    elif head.startswith(_ZSTD):
        plain = pa.CompressedInputStream(pa.PythonFile(stream, mode="r"), "zstd")
        stream = io.BufferedReader(cast("io.RawIOBase", plain), _BLOCK)
    elif head == _PARQUET:
        with TemporaryFile() as whole:  # Parquet is read from its end, and standard input cannot seek
            while block := stream.read(_BLOCK):
                whole.write(block)
            whole.seek(0)
            yield Opened(name, cast("BinaryIO", whole), parquet=True)
        return
    if stream.peek(_TAR_AT + 5)[_TAR_AT : _TAR_AT + 5] == _TAR:
        yield from _members(name, stream)
    else:
        yield Opened(name, stream)


def _members(name: str, stream: BinaryIO) -> Iterator[Opened]:
    """Yield an archive's files one after another; nothing is unpacked to disk, so no member can name a path there."""
    with tarfile.open(fileobj=stream, mode="r|") as archive:
        for member in archive:
            body = archive.extractfile(member) if member.isfile() else None
            if body is not None:
                yield Opened(f"{name}:{member.name}", io.BufferedReader(_Through(cast("BinaryIO", body)), _BLOCK))
