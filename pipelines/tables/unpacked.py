"""Bound what a file unpacks to, so that a small hostile one fills neither memory nor disk."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zlib
from collections.abc import Callable, Mapping
from typing import BinaryIO, Final, cast

import pyarrow as pa

FREE: Final = 1 << 28  # bytes that any file, or part of one, may unpack to
RATIO: Final = 200  # times its own size that it may unpack to beyond them; logs pack 10 to 50 times
WHOLE: Final = 50  # times its own size that a table may unpack to beyond them where it is held whole
MARK: Final = 6  # first bytes of a file that tell how it is packed
DAMAGED: Final = (EOFError, gzip.BadGzipFile, zlib.error, lzma.LZMAError, pa.ArrowInvalid)  # what unpacking raises
_BLOCK: Final = 1 << 20
_PACKED: Final[Mapping[bytes, Callable[[BinaryIO], object]]] = {
    b"\x1f\x8b": lambda stream: gzip.GzipFile(fileobj=stream), b"BZh": bz2.BZ2File, b"\xfd7zXZ": lzma.LZMAFile,
    b"\x28\xb5\x2f\xfd": lambda stream: pa.CompressedInputStream(pa.PythonFile(stream, mode="r"), "zstd"),
}  # fmt: skip


class Unpacking:
    """Bytes that a file unpacked to so far, held to a multiple of its own.

    Parameters
    ----------
    name
        The file, for the message.
    packed
        Gives the bytes of it that were read.
    refusal
        Makes the error of a message.
    remedy
        What to do about a file that unpacks to more.
    ratio
        Times its own size that it may unpack to.
    """

    def __init__(
        self, name: str, packed: Callable[[], int], refusal: Callable[[str], Exception],
        remedy: str = "unpack it first", *, ratio: int = RATIO,
    ) -> None:  # fmt: skip
        self._name, self._packed, self._refusal, self._remedy, self._made = name, packed, refusal, remedy, 0
        self._ratio = ratio

    def add(self, count: int) -> None:
        """Count bytes that were unpacked.

        Parameters
        ----------
        count
            Bytes.

        Raises
        ------
        Exception
            What ``refusal`` makes, if there are more than :data:`FREE` of them and than the ratio times those read.
        """
        self._made += count
        packed = self._packed()
        if self._made > FREE and self._made > self._ratio * packed:
            raise self._refusal(
                f"{self._name}: {packed:,} bytes of it unpack to more than {self._made:,}, and beyond {FREE >> 20} MiB "
                f"a file may unpack to {self._ratio} times its size; {self._remedy}"
            )


class Counted(io.RawIOBase):
    """A stream that counts the bytes it hands on.

    Parameters
    ----------
    raw
        Stream of them.
    unpacking
        What they count towards.
    """

    def __init__(self, raw: BinaryIO, unpacking: Unpacking) -> None:
        self._raw, self._unpacking = raw, unpacking

    def readable(self) -> bool:
        """Return that the stream can be read.

        Returns
        -------
        bool
            True.
        """
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill a buffer, and count what it holds.

        Parameters
        ----------
        buffer
            Place for the bytes.

        Returns
        -------
        int
            Bytes read; 0 at the end.
        """
        data = self._raw.read(len(buffer))
        buffer[: len(data)] = data
        self._unpacking.add(len(data))
        return len(data)


def unpacked_stream(stream: BinaryIO, head: bytes, unpacking: Unpacking) -> io.BufferedReader | None:
    """Return a stream of what a packed one holds.

    Parameters
    ----------
    stream
        Bytes of a file, from its start.
    head
        Its first :data:`MARK` bytes, which tell how it is packed.
    unpacking
        What the unpacked bytes count towards.

    Returns
    -------
    BufferedReader
        None if it is not packed.
    """
    raw = next((unpack(stream) for mark, unpack in _PACKED.items() if head.startswith(mark)), None)
    return None if raw is None else io.BufferedReader(Counted(cast("BinaryIO", raw), unpacking), _BLOCK)
