"""Count what the streams of a file hand on, and the values of a JSON document, before they are held."""

from __future__ import annotations

import io
from typing import BinaryIO, Final

from shiftcast.pipelines.sources.table import UnreadableFileError
from shiftcast.pipelines.tables.unpacked import Unpacking

VALUES: Final = 20_000_000  # of one JSON document: some 2 GiB of memory
_ENDS: Final = (",", "[", "{")  # each begins at most one value


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
