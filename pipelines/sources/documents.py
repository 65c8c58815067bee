"""Read every JSON document of a file that holds one or several, one after another or one a line."""

from __future__ import annotations

import json
import re
from typing import Final

from shiftcast.pipelines.sources.opening import Opened
from shiftcast.pipelines.sources.table import UnreadableFileError
from shiftcast.pipelines.sources.unpacking import check_values
from shiftcast.pipelines.tables.letters import with_whole_letters

_LIMIT: Final = 1 << 28  # bytes; a document cannot be read piece by piece
_BLANK: Final = re.compile(r"[\s,\x1e]*")  # a record separator begins each text of a JSON sequence
_SHOWN: Final = 80


def documents(opened: Opened) -> list[object]:
    """Return the JSON documents of a file in order, as pages appended to one file by a script are.

    Parameters
    ----------
    opened
        File to read.

    Returns
    -------
    list of object
        Plain values, as :func:`json.loads` gives them; at least one.

    Raises
    ------
    UnreadableFileError
        If it is too large, empty, or not JSON from its first to its last byte.
    """
    data = opened.stream.read(_LIMIT + 1)
    if len(data) > _LIMIT:
        raise UnreadableFileError(
            f"{opened.name}: JSON over {_LIMIT >> 20} MiB; export shorter windows, or one object a line"
        )
    text = check_values(opened.name, data.decode("utf-8-sig", "replace"))
    found: list[object] = []
    decoder, place = json.JSONDecoder(), _after_blank(text, 0)
    while place < len(text):
        try:
            value, end = decoder.raw_decode(text, place)
        except (ValueError, RecursionError) as error:
            line = text.count("\n", 0, place) + 1
            raise UnreadableFileError(
                f"{opened.name}: line {line}: is not JSON ({str(error)[:_SHOWN]}); export it again"
            ) from None
        found.append(value)
        place = _after_blank(text, end)
    if not found:
        raise UnreadableFileError(f"{opened.name}: is empty; export it again")
    try:
        return list(with_whole_letters(found, text))
    except (ValueError, RecursionError) as error:
        raise UnreadableFileError(
            f"{opened.name}: is not JSON that can be read ({str(error)[:_SHOWN]}); export it again"
        ) from None


def _after_blank(text: str, place: int) -> int:
    found = _BLANK.match(text, place)
    return place if found is None else found.end()
