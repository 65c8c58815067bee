"""Open a planner's fleet: what its store holds on a day, and what its facts file says."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from shiftcast.features.calendars import as_midnight
from shiftcast.features.frames import DataFrame, Usage, empty
from shiftcast.forecast.fleet.facts import Fleet
from shiftcast.forecast.fleet.planner import Planner
from shiftcast.pipelines.fleet.facts_file import read_facts
from shiftcast.pipelines.fleet.place import FACTS, known_root
from shiftcast.pipelines.state.root import default_root
from shiftcast.pipelines.store import Store


def open_fleet(
    name: str, root: Path | None = None, *, facts: Path | None = None, as_of: str | pd.Timestamp | None = None
) -> Planner:
    """Open a fleet that `shiftcast ingest ... --into NAME` made, to ask it questions.

    Parameters
    ----------
    name
        The planner's name of it.
    root
        Folder of all state; ``mlruns`` below the working directory if not given.
    facts
        File that says what it holds, can buy and expects; its own ``fleet.toml`` if not given, and where there is
        none, nothing is said of it.
    as_of
        Day it is seen from, such as ``2026-10-31``; today if not given.

    Returns
    -------
    Planner
        Its methods give answers.

    Raises
    ------
    ValueError
        If there is no such fleet, or its facts are at fault.
    StoreError
        If its store is damaged.
    """
    folder = known_root(root or default_root(), name)
    origin = pd.Timestamp.now(tz="UTC").normalize() if as_of is None else _day(as_of)
    file = facts or folder / FACTS
    said = read_facts(file, name) if facts is not None or file.is_file() else Fleet(name)
    return Planner(said, stored_usage(folder, origin), origin)


def stored_usage(folder: Path, day: pd.Timestamp) -> DataFrame[Usage]:
    """Return what a fleet's store holds on a day, nothing where nothing was ever loaded.

    Parameters
    ----------
    folder
        Folder of the fleet's state.
    day
        Last day of knowledge, midnight UTC.

    Returns
    -------
    DataFrame
        Frame ``Usage``.

    Raises
    ------
    StoreError
        If the store is damaged.
    """
    store = Store(folder)
    return store.as_of(day) if store.folder.is_dir() else empty(Usage)


def _day(given: str | pd.Timestamp) -> pd.Timestamp:
    return as_midnight(given) if isinstance(given, str) else given
