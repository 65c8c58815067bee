"""Find out how delimited text of a scheduler is laid out: its delimiter, and whether its first line is a header."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from shiftcast.pipelines.sources.opening import Opened
from shiftcast.pipelines.sources.table import UnreadableFileError

_USUAL: Final = "|,;\t"
_NAMED: Final = {"tab": "\t", "\\t": "\t", "pipe": "|", "comma": ",", "semicolon": ";", "space": " "}


@dataclass(frozen=True)
class Layout:
    """How a text is laid out.

    Attributes
    ----------
    delimiter
        What stands between cells.
    quoted
        Whether double quotes enclose cells.
    cells
        Cells of the first line.
    header
        Whether they are names of fields.
    """

    delimiter: str
    quoted: bool
    cells: tuple[str, ...]
    header: bool


def find_layout(opened: Opened, delimiter: str, fields: AbstractSet[str]) -> Layout:
    """Find the layout of a text by its first line.

    Parameters
    ----------
    opened
        File to look at; nothing of it is read.
    delimiter
        What stands between cells; of the usual ones, that which the line holds most often if empty.
    fields
        Names of fields in lower case. A header holds the job's id or is half of them, in any order
        and case.

    Returns
    -------
    Layout
        Delimiter and header.

    Raises
    ------
    UnreadableFileError
        If the columns are aligned by blanks, which cuts cells short.
    """
    line = opened.first_line()
    between = _NAMED.get(delimiter, delimiter) or max(_USUAL, key=line.count)
    cells = tuple(cell.strip().strip('"') for cell in line.split(None if between == " " else between))
    known = [cell.lower() in fields for cell in cells if cell]
    header = "jobid" in map(str.lower, cells) or sum(known) * 2 >= len(known) > 0
    if not delimiter and len(cells) == 1 and sum(word.lower() in fields for word in line.split()) > 1:
        raise UnreadableFileError(
            f"{opened.name}: line 1: columns are aligned by blanks, which cuts cells short; export with a delimiter "
            "(sacct --parsable2, squeue -o '%i|%T|...'), or name one with --delimiter"
        )
    return Layout(between, between == "," or '"' in line, cells, header)
