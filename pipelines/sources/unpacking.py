"""Bound what a file unpacks to, so that a small hostile one fills neither memory nor disk."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import BinaryIO, Final

from shiftcast.pipelines.sources.table import UnreadableFileError

FREE: Final = 1 << 28  # bytes that any file may unpack to
RATIO: Final = 200  # times its own size that it may unpack to beyond them; logs pack 10 to 50 times
UNPACK: Final = "unpack it first"
VALUES: Final = 20_000_000  # of one JSON document: some 2 GiB of memory
_ENDS: Final = (",", "[", "{")  # each begins at most one value


class Unpacking:
    """Bytes that a file unpacked to so far, held to a multiple of its own.

    Parameters
    ----------
    name
        The file, for the message.
    packed
        Gives the bytes of it that were read.
    remedy
        What to do about a file that unpacks to more.
    """

    def __init__(self, name: str, packed: Callable[[], int], remedy: str = UNPACK) -> None:
        self.name, self._packed, self._remedy, self._made = name, packed, remedy, 0

    def add(self, count: int) -> None:
        """Count bytes that were unpacked.

        Parameters
        ----------
        count
            Bytes.

        Raises
        ------
        UnreadableFileError
            If there are more than :data:`FREE` of them and than :data:`RATIO` times those read.
        """
        self._made += count
        packed = self._packed()
        if self._made > FREE and self._made > RATIO * packed:
            raise UnreadableFileError(
                f"{self.name}: {packed:,} bytes of it unpack to more than {self._made:,}, and beyond {FREE >> 20} MiB "
                f"a file may unpack to {RATIO} times its size; {self._remedy}"
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


def check_values(name: str, text: str) -> str:
    """Return the text of a JSON document if its values are few enough to be held at once.

    Parameters
    ----------
    name
        Name of the file, for the message.
    text
        The document; commas and brackets within its strings are counted too.

    Returns
    -------
    str
        The same text.

    Raises
    ------
    UnreadableFileError
        If it may hold more than :data:`VALUES`.
    """
    count = sum(map(text.count, _ENDS))
    if count > VALUES:
        raise UnreadableFileError(
            f"{name}: a JSON document of {count:,} values, more than {VALUES:,}; export shorter windows, or one object "
            "a line"
        )
    return text
