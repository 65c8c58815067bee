"""Fleets held open for who asks often, each opened anew when what it rests on or the day has changed."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from shiftcast.forecast.fleet.described import describe
from shiftcast.forecast.fleet.planner import Planner
from shiftcast.pipelines.fleet.answers import fleet_rows
from shiftcast.pipelines.fleet.opening import open_fleet, stored_fleet
from shiftcast.pipelines.fleet.place import fleet_names, known_root


class HeldFleets:
    """The fleets below a folder of state; several threads may ask.

    Parameters
    ----------
    root
        Folder of all state.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lock = threading.Lock()
        self._open: dict[str, tuple[tuple[object, ...], Planner]] = {}

    def listed(self) -> list[dict[str, Any]]:
        """Return every fleet with what it is, as ``shiftcast fleet --json`` does.

        Returns
        -------
        list of dict
            ``fleet`` and ``says``.
        """
        today = _today()
        stored = {name: stored_fleet(name, self._root, facts=None, day=today) for name in fleet_names(self._root)}
        return [{"fleet": name, "says": describe(usage, fleet).says} for name, (fleet, usage) in stored.items()]

    def rows(self, fleet: str, question: Mapping[str, Any], as_of: str | None = None) -> list[dict[str, Any]]:
        """Answer one question to one fleet.

        Parameters
        ----------
        fleet
            Its name.
        question
            Fields, with ``form`` (:func:`pipelines.fleet.answers.fleet_rows`).
        as_of
            Day it is seen from, such as ``2026-10-31``; today if not given.

        Returns
        -------
        list of dict
            The answer, or rows of its table, as every door gives them.

        Raises
        ------
        ValueError
            Naming the fleet or the field that is wrong.
        """
        return fleet_rows(self._planner(fleet, as_of), [question], {})

    def _planner(self, name: str, as_of: str | None) -> Planner:
        folder = known_root(self._root, name)
        seen = (as_of or _today(), *_marks(folder), *_marks(self._root / "mlflow.db"))
        with self._lock:
            if name not in self._open or self._open[name][0] != seen:
                self._open[name] = (seen, open_fleet(name, self._root, as_of=as_of))
            return self._open[name][1]


def _marks(place: Path) -> list[tuple[str, int, int]]:
    """Return name, size and time of change of a file, or of all files in a folder, in order."""
    files = sorted(place.rglob("*")) if place.is_dir() else [place]
    found = [(str(file), file.stat()) for file in files if file.is_file()]
    return [(name, told.st_size, told.st_mtime_ns) for name, told in found]


def _today() -> pd.Timestamp:
    return pd.Timestamp.now(tz="UTC").normalize()
