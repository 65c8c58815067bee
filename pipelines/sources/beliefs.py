"""Beliefs of a folder of records: those that ship, with the folder's own rows in place of theirs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pandas as pd

from shiftcast.features.frames import BeliefRows, DataFrame, conform
from shiftcast.forecast.beliefs import Beliefs, read_beliefs
from shiftcast.pipelines.records import RECORDS
from shiftcast.pipelines.sources.market import sound_rows
from shiftcast.pipelines.sources.table import UnreadableFileError

BELIEFS_FILE: Final = "beliefs.csv"
_TABLE: Final = "belief_rows"  # among the tables of a bundle


def beliefs_files(folder: Path) -> list[Path]:
    """Return the files that the beliefs of a folder are read from.

    Parameters
    ----------
    folder
        Folder of records.

    Returns
    -------
    list of Path
        The shipped file, and the folder's own if it has one.
    """
    shipped, own = RECORDS / BELIEFS_FILE, folder / BELIEFS_FILE
    return [shipped, own] if own.exists() and own != shipped else [shipped]


def read_belief_rows(folder: Path) -> DataFrame[BeliefRows]:
    """Read the beliefs of a folder; every model rests on them, so a bad row ends the reading.

    Parameters
    ----------
    folder
        Folder of records; its own file need only hold the rows that differ from what ships.

    Returns
    -------
    DataFrame
        Beliefs frame: every shipped name, with the folder's own row where there is one.

    Raises
    ------
    UnreadableFileError
        Naming file, line and column of a bad row, or a name that no model asks for.
    """
    shipped, *own = (sound_rows(path, BeliefRows) for path in beliefs_files(folder))
    for rows in own:
        unknown = sorted(set(rows["name"]) - set(shipped["name"]))
        if unknown:
            raise UnreadableFileError(
                f"{folder / BELIEFS_FILE}: name {unknown[0]!r} is that of no belief; correct it as in the shipped file"
            )
    return _first_by_name([*own, shipped])


def shipped_beliefs() -> Beliefs:
    """Return the beliefs that ship with the product.

    Returns
    -------
    Beliefs
        As the models read them.
    """
    return read_beliefs(read_belief_rows(RECORDS))


def with_shipped_beliefs(tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return the tables of a registered forecast with the beliefs that it lacks.

    A belief that had no row when it was registered stood in code with the value that ships, so it still gives the same
    answers.

    Parameters
    ----------
    tables
        Name to frame, as the bundle holds them.

    Returns
    -------
    dict
        All of them, and a row for every belief.
    """
    own = [tables[_TABLE]] if _TABLE in tables else []
    return {**tables, _TABLE: _first_by_name([*own, read_belief_rows(RECORDS)])}


def _first_by_name(frames: list[pd.DataFrame]) -> DataFrame[BeliefRows]:
    return conform(pd.concat(frames).drop_duplicates("name"), BeliefRows)
