"""Count the values of a JSON document before they are held."""

from __future__ import annotations

from typing import Final

from shiftcast.pipelines.sources.table import UnreadableFileError

VALUES: Final = 20_000_000  # of one JSON document: some 2 GiB of memory
_ENDS: Final = (",", "[", "{")  # each begins at most one value


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
