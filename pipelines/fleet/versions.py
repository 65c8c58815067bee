"""Registered forecasts of a fleet: the champion's total, and all of them beside what came."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd

from shiftcast.forecast.fleet.planner import Planner
from shiftcast.forecast.fleet.trial import score_card, whole_months
from shiftcast.forecast.views.answer import ASSUMED, Answer
from shiftcast.pipelines.fleet.place import known_root, model_of
from shiftcast.pipelines.fleet.retraining import read_fleet_version
from shiftcast.pipelines.fleet.sealing import unchanged_fleet
from shiftcast.pipelines.registry.bundle import AlteredBundleError
from shiftcast.pipelines.registry.going_back import RolledBack, end, go_back
from shiftcast.pipelines.registry.mlflow_store import COMPLETE, STATE_TAG, all_versions, champion_version, open_store
from shiftcast.pipelines.state.guard import LOCK_SECONDS, guarded
from shiftcast.pipelines.state.root import StoreError


def champion_total(name: str, root: Path) -> pd.DataFrame | None:
    """Return the total of a fleet's champion, or ``None`` where none is registered.

    Parameters
    ----------
    name, root
        Name of the fleet, and folder of all state.

    Returns
    -------
    DataFrame or None
        A row a draw and a column a month [accelerator_hour].

    Raises
    ------
    AlteredBundleError
        If a file of it differs from its manifest.
    """
    if not (root / "mlflow.db").is_file() and not os.environ.get("MLFLOW_TRACKING_URI"):
        return None
    store = open_store(root, make=False, model=model_of(name))
    version = champion_version(store)
    return None if version is None else read_fleet_version(store, version).total


def roll_back_fleet(name: str, root: Path, *, to: str | None = None, wait: float = LOCK_SECONDS) -> RolledBack:
    """Give the alias ``champion`` of a fleet back to an earlier version, after checking its files and answers.

    A rollback that died is ended by the next, which goes back no further.

    Parameters
    ----------
    name, root
        Name of the fleet, and folder of all state.
    to
        Version number; the champion before this one if not given.
    wait
        Seconds to wait for a run under way.

    Returns
    -------
    RolledBack
        Both versions.

    Raises
    ------
    StoreError
        If there is no champion, or nothing to go back to.
    AlteredBundleError
        If the files of that version differ from its manifest; the alias stays.
    ChangedAnswerError
        If it would be answered otherwise now; the alias stays.
    ValueError
        If there is no such fleet, or the version is the champion already.
    """
    known_root(root, name)
    open_store(root, make=False)  # before a file is made for the lock
    with guarded(root, wait=wait) as fence:
        store = open_store(root, make=False, model=model_of(name))
        current = champion_version(store)
        if current is None:
            raise StoreError(
                f"fleet {name!r} has no champion to roll back; `shiftcast fleet {name} retrain --promote-if-better` "
                "makes one"
            )
        done = go_back(
            store, current, to, whole=lambda version: unchanged_fleet(read_fleet_version(store, version)),
            check=fence.check,
        )  # fmt: skip
        end(store)
        return done


def scorecard(planner: Planner, root: Path) -> Answer:
    """Return what every registered forecast of a fleet said of the months that have come since.

    Parameters
    ----------
    planner
        The fleet, with what came.
    root
        Folder of all state.

    Returns
    -------
    Answer
        As :func:`forecast.fleet.trial.score_card`; versions whose files cannot be read are named in the notes.

    Raises
    ------
    StoreError
        If no forecast was ever registered.
    """
    name = planner.fleet.name
    store = open_store(root, make=False, model=model_of(name))
    found = sorted((each for each in all_versions(store) if each.tags.get(STATE_TAG) == COMPLETE),
                   key=lambda each: int(each.version))  # fmt: skip
    if not found:
        raise StoreError(
            f"{root}: fleet {name!r} has no registered forecast; `shiftcast fleet {name} retrain` makes one"
        )
    read, notes = [], []
    for version in found:
        try:
            bundle = read_fleet_version(store, version)
            read.append((str(version.version), bundle.planner.basis.origin, bundle.total))
        except (AlteredBundleError, StoreError) as error:
            notes.append(str(error))
    card = score_card(read, whole_months(planner.usage))
    says = (
        f"{card['inside80'].mean():.0%} of {len(card)} months lay within 80 % intervals, of {len(read)} versions; "
        f"CRPS {card['crps'].mean():.3f} of the log."
        if len(card) else f"No month has come yet that one of the {len(read)} versions speaks of."
    )  # fmt: skip
    return Answer(
        f"forecasts of {name} beside what came", card, pd.DataFrame(columns=list(ASSUMED)), tuple(notes), says=says
    )
