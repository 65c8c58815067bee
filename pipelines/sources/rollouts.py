"""The ledger of a folder of records: what ships, the folder's own rows added, in place of shipped ones of their key."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pandas as pd

from shiftcast.features.frames import AnyFrame, FrameModel, Quarantine, Rollouts, Traffic, conform
from shiftcast.features.input_error import InputError
from shiftcast.features.quality import Screened, screen
from shiftcast.pipelines.records import RECORDS
from shiftcast.pipelines.sources.table import parse_table, read_table, read_text

LEDGER: Final[Mapping[str, type[FrameModel]]] = {"rollouts.csv": Rollouts, "traffic.csv": Traffic}
_SIDES: Final = ("segment", "group")


@dataclass(frozen=True)
class Addition:
    """A file of the user's own as it will be with one more row.

    Attributes
    ----------
    path
        The file.
    line
        Line of the new row in it.
    content
        All of its bytes.
    replaces
        Whether a shipped row has the same key, whose place it takes.
    """

    path: Path
    line: int
    content: bytes
    replaces: bool


def own_and_shipped(folder: Path, name: str) -> list[Path]:
    """Return the files that a part of the ledger is read from.

    Parameters
    ----------
    folder
        Folder of records.
    name
        Of the file, one of :data:`LEDGER`.

    Returns
    -------
    list of Path
        The folder's own file if it has one, then the one that ships.
    """
    own = folder / name
    shipped = RECORDS / name
    return [own, shipped] if own.exists() and own.resolve() != shipped.resolve() else [shipped]


def joined(parts: list[Screened[AnyFrame]], frame: type[AnyFrame]) -> Screened[AnyFrame]:
    """Add up the rows of files; of rows with one key the first file's stays, and of an operator's sides the last's.

    Parameters
    ----------
    parts
        Files after their check, the user's own before what ships.
    frame
        Their frame.

    Returns
    -------
    Screened
        All rows in the frame's order, and all that were set aside, rows among them in which an operator stands in
        another segment or group than before; no lines, since rows are of several files.
    """
    if len(parts) == 1:
        return parts[0]
    tagged = [part.rows.assign(line=part.lines) for part in parts]
    first = pd.concat(tagged[::-1]).drop_duplicates("operator").set_index("operator")
    rows = pd.concat(tagged, ignore_index=True).drop_duplicates(list(frame.key))
    apart = pd.concat([rows[side] != rows["operator"].map(first[side]) for side in _SIDES], axis=1).any(axis=1)
    aside = [_apart(row, first.loc[row.operator], frame.title) for row in rows[apart].itertuples()]
    told = [part.quarantine for part in parts] + ([pd.DataFrame(aside)] if aside else [])
    quarantine = conform(pd.concat(told, ignore_index=True), Quarantine)
    return Screened(conform(rows.loc[~apart, list(frame.columns)], frame), quarantine, ())


def with_row(folder: Path, name: str, cells: Mapping[str, str]) -> Addition:
    """Return a folder's own file with one more row, checked as a run checks it.

    Parameters
    ----------
    folder
        Folder of the user's own; the file need not be there.
    name
        Of the file, one of :data:`LEDGER`.
    cells
        Text by column; one left out is empty. Segment and group of an operator in the ledger, or in either file of the
        folder, may be left out.

    Returns
    -------
    Addition
        The file to write.

    Raises
    ------
    InputError
        Naming file, line, column, value and remedy: the folder is the shipped one, or a row, old or new, breaks a rule.
    """
    path, frame = folder / name, LEDGER[name]
    if RECORDS.resolve() in (folder.resolve(), *folder.resolve().parents):
        raise InputError(f"{folder}: --record is the record that ships; give a folder of your own")
    shipped = screen(read_table(RECORDS / name), frame, source=name).rows
    former = read_text(path) if path.exists() else _line(list(frame.columns))
    former += "" if former.endswith("\n") else "\n"
    own = parse_table(path, former)
    header = [column for column in own.columns if column not in {"line", "surplus"}]
    operator = cells.get("operator", "").strip()
    sides = _sides(operator, [shipped, own, *_beside(folder, name)])
    filled = {**sides, **{column: text.strip() for column, text in cells.items() if text.strip()}}
    content = former + _line([filled.get(column, "") for column in header])
    whole = parse_table(path, content)
    screened, line = screen(whole, frame, source=name), int(whole["line"].iloc[-1])
    for fault in screened.quarantine.itertuples():
        placed = fault.line != line or fault.column not in _SIDES or fault.column in filled
        reason = str(fault.reason) if placed else f"{operator!r} is new to the ledger; give its --segment and --group"
        raise _refused(path, int(fault.line), str(fault.column), str(fault.value), reason)
    for side, there in sides.items():
        if filled[side] != there:
            reason = f"the ledger has {there!r} for {filled['operator']}; leave --{side} out"
            raise _refused(path, line, side, filled[side], reason)
    keys = list(frame.key)
    row = screened.rows.iloc[[screened.lines.index(line)]]
    replaces = not row[keys].merge(shipped[keys]).empty
    return Addition(path, line, content.encode("utf-8", "surrogateescape"), replaces)


def _beside(folder: Path, name: str) -> list[pd.DataFrame]:
    """Return the other part of the ledger, the folder's own and the shipped, for the sides it knows."""
    others = [other for other in LEDGER if other != name]
    return [read_table(each) for other in others for each in reversed(own_and_shipped(folder, other))]


def _apart(row: Any, there: pd.Series, name: str) -> dict[str, object]:
    """Return the row of the quarantine for a row in which an operator stands elsewhere than in the ledger before."""
    side = next(each for each in _SIDES if getattr(row, each) != there[each])
    reason = f"the ledger has {row.operator} in {there[side]!r}; an operator stands on one side and in one group"
    return {
        "source": f"{name}.csv", "line": float(row.line), "column": side, "value": getattr(row, side), "reason": reason,
    }  # fmt: skip


def _refused(path: Path, line: int, column: str, value: str, reason: str) -> InputError:
    return InputError(f"{path}: line {line}: column {column!r} holds {value!r}: {reason}; nothing was written")


def _line(cells: list[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(cells)
    return out.getvalue()


def _sides(operator: str, tables: list[pd.DataFrame]) -> dict[str, str]:
    """Return segment and group of an operator as the first table that knows it has them."""
    for rows in tables:
        found = rows[rows["operator"] == operator] if {"operator", *_SIDES} <= set(rows.columns) else rows.head(0)
        if len(found):
            return {name: str(found[name].iloc[0]) for name in _SIDES}
    return {}
