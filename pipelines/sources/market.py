"""Market facts of a folder of records; a folder without a file of them takes the rows that ship with the product."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pandas as pd

from shiftcast.features.frames import MARKET, AnyFrame, DataFrame, Hardware, Observations, check, conform
from shiftcast.features.quality import screen
from shiftcast.forecast.market.facts import Market, read_market
from shiftcast.pipelines.records import RECORDS
from shiftcast.pipelines.sources.table import UnreadableFileError, read_table

CATALOGUE: Final = ("compared_with", "records_with", "new_product")  # columns of hardware.csv that are market facts
_GROWTH: Final = "_yoy"


def market_files(folder: Path) -> Mapping[str, Path]:
    """Return the file of each market frame: the folder's own, or the shipped one.

    A folder without a file is read with the values that ship, so one written before the files existed gives the same
    answers.

    Parameters
    ----------
    folder
        Folder of records.

    Returns
    -------
    Mapping
        Name of the frame to its file.
    """
    own = {name: folder / f"{name}.csv" for name in MARKET}
    return {name: path if path.exists() else RECORDS / path.name for name, path in own.items()}


def read_market_frames(folder: Path, observations: DataFrame[Observations]) -> dict[str, pd.DataFrame]:
    """Read the market frames of a folder; every model rests on them, so a bad row ends the reading.

    Parameters
    ----------
    folder
        Folder of records.
    observations
        All observations of the folder, in which names have to occur.

    Returns
    -------
    dict
        Name to frame, checked.

    Raises
    ------
    UnreadableFileError
        Naming file, line and column of a bad row, a row too few or too many, or a name that no observation has.
    """
    files = market_files(folder)
    frames = {name: sound_rows(files[name], frame) for name, frame in MARKET.items()}
    try:
        read_market(**frames)
    except ValueError as error:
        raise UnreadableFileError(f"{folder}: {error}") from None
    _check_names({name: rows for name, rows in frames.items() if files[name].parent == folder}, observations)
    return frames


def shipped_frames() -> dict[str, pd.DataFrame]:
    """Return the market frames that ship with the product.

    Returns
    -------
    dict
        Name to frame, checked.
    """
    return {name: sound_rows(RECORDS / f"{name}.csv", frame) for name, frame in MARKET.items()}


def with_shipped(tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return the tables of a registered forecast with the market facts that it lacks.

    A forecast registered without them was drawn with the values that ship, so it still gives the same answers.

    Parameters
    ----------
    tables
        Name to frame, as the bundle holds them.

    Returns
    -------
    dict
        All of them, and the market frames that were lacking.
    """
    whole = {**shipped_frames(), **tables}
    lacking = [name for name in CATALOGUE if name not in whole["hardware"]]
    if lacking:
        facts = sound_rows(RECORDS / "hardware.csv", Hardware).drop_duplicates("accelerator").set_index("accelerator")
        named = {name: whole["hardware"]["accelerator"].map(facts[name]).astype("str") for name in lacking}
        whole["hardware"] = conform(whole["hardware"].assign(**named), Hardware)
    return whole


def shipped_market() -> Market:
    """Return the market facts that ship with the product.

    Returns
    -------
    Market
        Facts as the models read them.
    """
    return read_market(**shipped_frames())


def sound_rows(path: Path, frame: type[AnyFrame]) -> DataFrame[AnyFrame]:
    """Read a file that every model rests on; a bad row ends the reading.

    Parameters
    ----------
    path
        Its file.
    frame
        Contract of its rows.

    Returns
    -------
    DataFrame
        The rows, checked.

    Raises
    ------
    UnreadableFileError
        Naming file, line and column of the first bad row.
    """
    screened = screen(read_table(path), frame, source=path.name)
    for fault in screened.quarantine.itertuples():
        raise UnreadableFileError(
            f"{path}: line {fault.line:.0f}: column {fault.column!r} holds {fault.value!r}: {fault.reason}"
        )
    return check(screened.rows, frame)


def _check_names(own: Mapping[str, pd.DataFrame], observations: DataFrame[Observations]) -> None:
    """Raise if a row of the folder's own files names what no observation of it has."""
    stated = {str(name).removesuffix(_GROWTH) for name in observations["definition"].unique()}
    if "definitions" in own:
        rows = own["definitions"]
        _require("definitions.csv: definition", rows.loc[rows["about"] != "technique", "definition"], stated)
    if "operators" in own:
        rows = own["operators"]
        series, accounts = (rows[rows["role"] == role] for role in ("token_series", "accounts"))
        reported = set(observations["operator"])
        _require("operators.csv: operator", series["operator"], reported)
        _require("operators.csv: series", series["series"], stated)
        _require("operators.csv: series", accounts["series"], reported)


def _require(where: str, names: pd.Series, known: set[str]) -> None:
    missing = sorted(set(names) - known)
    if missing:
        raise UnreadableFileError(
            f"{where} {missing[0]!r} is in no row of observations_*.csv; correct the name, add rows, or remove this one"
        )


def check_catalogue(path: Path, hardware: DataFrame[Hardware]) -> None:
    """Raise if a hardware catalogue lacks a column of market facts, or points to an accelerator that has no row.

    Parameters
    ----------
    path
        The catalogue's file.
    hardware
        Its rows that keep the contract.

    Raises
    ------
    UnreadableFileError
        Naming the column, the accelerator and the name.
    """
    header, known = set(read_table(path).columns), set(hardware["accelerator"])
    for column in CATALOGUE:
        if column not in header:
            raise UnreadableFileError(
                f"{path}: column {column!r} is missing; add it to the header, its cells empty where nothing is known"
            )
    for column in ("compared_with", "records_with"):
        for row in hardware.dropna(subset=[column]).to_dict("records"):
            for name in str(row[column]).split(";"):
                if name not in known:
                    raise UnreadableFileError(
                        f"hardware.csv: {column} of {row['accelerator']} names {name!r}, which has no row; correct the "
                        "name or add the accelerator"
                    )
