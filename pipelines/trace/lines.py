"""File and line of rows of the record, where the files that ship are those a forecast was made from."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path

import pandas as pd

from shiftcast.forecast.tracing.weights import ABOUT, about_of
from shiftcast.pipelines.records import RECORDS
from shiftcast.pipelines.registry.bundle import sha256_of

_DAY = slice(0, 10)


def with_lines(rows: pd.DataFrame, files: Mapping[str, str], folder: Path = RECORDS) -> pd.DataFrame:
    """Return rows of an audit with the line of each in its file.

    Parameters
    ----------
    rows
        With ``about, valid, known_at, source, file``, the last the kind of file.
    files
        SHA-256 of each file that the forecast was made from; one that has changed since is not looked in.
    folder
        Folder of the record.

    Returns
    -------
    DataFrame
        With ``file`` as ``ceilings.csv:12`` where the row is there once, else as it was.
    """
    kinds = set(rows["file"])
    places: dict[tuple[str, ...], list[str]] = {}
    for path in sorted(path for kind in kinds for path in folder.glob(kind)):
        if files.get(path.name) == sha256_of(path):
            for key, place in _keys(path):
                places.setdefault(key, []).append(place)
    keys = zip(rows["about"], rows["valid"], rows["known_at"], rows["source"], strict=True)
    found = [
        set(places.get(tuple(map(str, key)), places.get((str(key[0]),), ()))) for key in keys
    ]  # fmt: skip
    return rows.assign(file=[next(iter(each)) if len(each) == 1 else kind
                             for each, kind in zip(found, rows["file"], strict=True)])  # fmt: skip


def _keys(path: Path) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield what identifies each row of a file, and its place: name alone of assumptions, which operators revise."""
    frame = "observations" if path.name.startswith("observations_") else path.stem
    with path.open(encoding="utf-8", newline="") as text:
        lines = csv.DictReader(text)
        start = 2
        for row in lines:
            place, start = f"{path.name}:{start}", lines.line_num + 1
            if frame == "assumptions":
                yield (row["name"],), place
            else:
                about = about_of(pd.DataFrame([{name: row[name] for name in ABOUT[frame]}]), frame).iloc[0]
                valid = row.get("period_end") or row["known_at"]
                yield (about, valid[_DAY], row["known_at"][_DAY], row["source"]), place
