"""Open a planner's fleet: what its store holds on a day, what its facts say, and the world it can borrow from."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Final

import pandas as pd

from shiftcast.features.calendars import as_midnight
from shiftcast.features.frames import DataFrame, Usage, empty
from shiftcast.forecast.fleet.facts import Fleet
from shiftcast.forecast.fleet.planner import Planner
from shiftcast.forecast.fleet.world import World, read_world
from shiftcast.forecast.known import Settings, basis_of
from shiftcast.forecast.views.provenance import Registered
from shiftcast.pipelines.fleet.digests import data_digest, digest_of, known_version, registered_as
from shiftcast.pipelines.fleet.facts_file import read_facts
from shiftcast.pipelines.fleet.place import FACTS, known_root
from shiftcast.pipelines.records import RECORDS
from shiftcast.pipelines.registry.maker import present_maker
from shiftcast.pipelines.sources.public_record import read_record
from shiftcast.pipelines.state.root import StoreError, default_root
from shiftcast.pipelines.store import Store

DRAWS: Final = 2000


def open_fleet(
    name: str, root: Path | str | None = None, *, facts: Path | str | None = None,
    as_of: str | pd.Timestamp | None = None, draws: int = DRAWS, seed: int = Settings.seed, alone: bool = False,
) -> Planner:  # fmt: skip
    """Open a fleet that `shiftcast ingest ... --into NAME` made, to ask it questions.

    Parameters
    ----------
    name
        The planner's name of it.
    root
        Folder of all state; ``mlruns`` below the working directory if not given.
    facts
        File that says what it holds, can buy and expects; its own ``fleet.toml`` if not given.
    as_of
        Day it is seen from, such as ``2026-10-31``; today if not given.
    draws, seed
        Joint draws of every answer, and the seed of their streams.
    alone
        Whether the forecasts registered here stay closed, which takes seconds less and is enough for what is counted
        and not forecast (``describe``, ``why``).

    Returns
    -------
    Planner
        Its methods give answers.

    Raises
    ------
    ValueError
        If there is no such fleet, or its facts are at fault.
    StoreError
        If its store, or a forecast of the world that is there, is damaged.
    """
    whole = Path(root) if root else default_root()
    day = pd.Timestamp.now(tz="UTC").normalize() if as_of is None else _day(as_of)
    fleet, usage = stored_fleet(name, whole, facts=Path(facts) if facts else None, day=day)
    known = read_record(RECORDS).as_of(day)
    world, notes = (None, ()) if alone else _world(whole, fleet)
    planner = Planner(fleet, usage, basis_of(known, Settings(draws=draws, seed=seed)), world, known.learned, notes)
    past = day < pd.Timestamp.now(tz="UTC").normalize()
    return replace(planner, registered=_registered(planner, None if alone else whole, past=past))


def stored_fleet(name: str, root: Path, *, facts: Path | None, day: pd.Timestamp) -> tuple[Fleet, DataFrame[Usage]]:
    """Return what is said of a fleet, and what its store holds on a day.

    Parameters
    ----------
    name, root, facts
        As :func:`open_fleet` takes them; where there is no file of facts, nothing is said of the fleet.
    day
        Last day of knowledge, midnight UTC.

    Returns
    -------
    tuple
        Facts, and frame ``Usage``.

    Raises
    ------
    ValueError
        If there is no such fleet, or its facts are at fault.
    StoreError
        If its store is damaged.
    """
    folder = known_root(root, name)
    file = facts or folder / FACTS
    said = read_facts(file, name) if facts is not None or file.is_file() else Fleet(name)
    return said, stored_usage(folder, day)


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


def _world(root: Path, fleet: Fleet) -> tuple[World | None, tuple[str, ...]]:
    """Return what the champion among the forecasts of the world lets a fleet borrow, or why nothing is borrowed."""
    from shiftcast.pipelines.registry.answers import unchanged  # noqa: PLC0415  (MLflow takes seconds)
    from shiftcast.pipelines.registry.champion import read_version  # noqa: PLC0415  (MLflow takes seconds)
    from shiftcast.pipelines.registry.mlflow_store import champion_version, open_store  # noqa: PLC0415  (as above)

    nothing = "nothing is borrowed: no forecast of the world is registered here; `shiftcast run` makes one"
    if not (root / "mlflow.db").is_file() and not os.environ.get("MLFLOW_TRACKING_URI"):
        return None, (nothing,)
    try:
        store = open_store(root, make=False)
        version = champion_version(store)
        if version is None:
            return None, (nothing,)
        return read_world(unchanged(read_version(store, version)).cube, fleet), ()
    except StoreError as error:
        return None, (f"nothing is borrowed: {error}",)


def _registered(planner: Planner, root: Path | None, *, past: bool) -> Registered:
    """Return the digests of what a fleet's answers depend on, and the version below a root that holds the same."""
    data = data_digest(planner)
    digest = digest_of(planner, past=past, data=data)
    version = None if root is None else known_version(root, planner.fleet.name, digest)
    return registered_as(digest, data, version=version, made_by=present_maker())


def _day(given: str | pd.Timestamp) -> pd.Timestamp:
    return as_midnight(given) if isinstance(given, str) else given
