"""Find out how delimited text of a scheduler is laid out: its delimiter, and whether its first line is a header."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Final, cast

from shiftcast.pipelines.sources.chunks import Chunk, delimited
from shiftcast.pipelines.sources.opening import Opened
from shiftcast.pipelines.sources.table import UnreadableFileError

_LOOK: Final = 1 << 13  # bytes to look at
_BANNER: Final = 20  # lines that may stand above a header
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
        Cells of the header, or else of the first line.
    header
        Whether they are names of fields.
    above
        Lines above them, such as a banner.
    """

    delimiter: str
    quoted: bool
    cells: tuple[str, ...]
    header: bool
    above: int = 0


def find_layout(opened: Opened, delimiter: str, fields: AbstractSet[str]) -> Layout:
    """Find the layout of a text by its first lines.

    Parameters
    ----------
    opened
        File to look at; nothing of it is read.
    delimiter
        What stands between cells; of the usual ones, that which the header holds most often if empty.
    fields
        Names of fields in lower case. A header holds the job's id or is half of them, in any order and case.

    Returns
    -------
    Layout
        Delimiter and header.

    Raises
    ------
    UnreadableFileError
        If the columns are aligned by blanks, which cuts cells short.
    """
    lines = _head(opened)
    found = [_layout(line, delimiter, fields, above) for above, line in enumerate(lines)]
    layout = next((each for each in found if each.header), found[0])
    aligned = any(sum(word.lower() in fields for word in line.split()) > 1 for line in lines[:_BANNER])
    if not layout.header and not delimiter and len(layout.cells) == 1 and aligned:
        raise UnreadableFileError(
            f"{opened.name}: line 1: columns are aligned by blanks, which cuts cells short; export with a delimiter "
            "(sacct --parsable2, squeue -o '%i|%T|...'), or name one with --delimiter"
        )
    return layout


def _head(opened: Opened) -> list[str]:
    """Return the first lines of a file without reading it."""
    head = cast("io.BufferedReader", opened.stream).peek(_LOOK)[:_LOOK]
    text = head.decode("utf-16" if head[:2] in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE} else "utf-8-sig", "replace")
    return text.splitlines()[:_BANNER] or [""]


def _layout(line: str, delimiter: str, fields: AbstractSet[str], above: int) -> Layout:
    between = _NAMED.get(delimiter, delimiter) or max(_USUAL, key=line.count)
    parts = line.split(None if between == " " else between)
    cells = tuple(cell.strip().strip('"') for cell in parts)
    known = [cell.lower() in fields for cell in cells if cell]
    header = len(cells) > 1 and ("jobid" in map(str.lower, cells) or sum(known) * 2 >= len(known) > 0)
    return Layout(between, between == "," or '"' in line, cells, header, above)


def below_banner(opened: Opened, layout: Layout, *, header: Sequence[str] = (), spill: bool = False) -> Iterator[Chunk]:
    """Read delimited text from its header on; lines keep their numbers.

    Parameters
    ----------
    opened
        File to read.
    layout
        Its layout.
    header
        Names of columns of a text without a header.
    spill
        Whether the last column may hold the delimiter itself.

    Yields
    ------
    Chunk
        Up to 50,000 rows.
    """
    for _ in range(layout.above):
        opened.stream.readline()
    for chunk in delimited(opened, delimiter=layout.delimiter, header=header, quoted=layout.quoted, spill=spill):
        aside = tuple((line + layout.above, name, text, why) for line, name, text, why in chunk.quarantined)
        yield replace(chunk, lines=chunk.lines + layout.above, quarantined=aside)
