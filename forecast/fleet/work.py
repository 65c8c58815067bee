"""Accelerator-hours of a request by technique: given, measured in a fleet's own usage, or assumed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array
from shiftcast.features.frames import AssumptionRows, DataFrame
from shiftcast.features.input_error import InputError
from shiftcast.forecast.draws import normals, sample_assumptions
from shiftcast.forecast.fleet.facts import Move
from shiftcast.forecast.fleet.history import History
from shiftcast.forecast.fleet.spreads import three_point

_NEVER: Final = pd.Timestamp.max.tz_localize("UTC")
FEWEST: Final = 2  # months in which both hours and requests are known, from which work is measured


@dataclass(frozen=True)
class Work:
    """Work of requests.

    Attributes
    ----------
    measured
        ``workload, technique, month, each``: accelerator-hours of a request in whole months of the fleet's own usage.
    assumptions
        Rows ``ratio.TECHNIQUE``: hours of a request over those of the technique it replaces.
    """

    measured: pd.DataFrame
    assumptions: DataFrame[AssumptionRows] | None = None

    def ratio(self, move: Move, draws: int, seed: int) -> Array:
        """Return hours of a request at a move's target over those at its source.

        Parameters
        ----------
        move
            Its own ``work`` stands first, then what usage measured, then the record's assumption.
        draws, seed
            Number of draws, and the seed.

        Returns
        -------
        ndarray, shape (draws,)
            [1].

        Raises
        ------
        ValueError
            If none is known.
        """
        name = f"work {move.workload}/{move.source} to {move.target}"
        if move.work is not None:
            return three_point(move.work, scale="log", name=name, draws=draws, seed=seed)
        logs = self._logs(move)
        if len(logs) >= FEWEST:
            error = float(logs.std(ddof=1)) / np.sqrt(len(logs))
            return np.asarray(np.exp(logs.mean() + error * normals(seed, name, draws)))
        if self.assumptions is None or not self.known(move):
            raise InputError(
                f"{name}: neither usage nor the record tells it; give the move its work, such as [0.5, 1, 2]"
            )
        row = f"ratio.{move.target}"
        rows = self.assumptions[self.assumptions["name"] == row]
        return sample_assumptions(rows, draws=draws, seed=seed)[row]

    def known(self, move: Move) -> bool:
        """Return whether the work of a move is given, measured or assumed.

        Parameters
        ----------
        move
            As :meth:`ratio` takes it.

        Returns
        -------
        bool
        """
        assumed = self.assumptions is not None and f"ratio.{move.target}" in set(self.assumptions["name"])
        return move.work is not None or len(self._logs(move)) >= FEWEST or assumed

    def said(self, move: Move) -> str:
        """Return in words where the work of a move comes from.

        Parameters
        ----------
        move
            As :meth:`ratio` takes it.

        Returns
        -------
        str
        """
        if move.work is not None:
            return "given"
        months = len(self._logs(move))
        if months >= FEWEST:
            return f"measured in {months} months of the fleet's own usage"
        return f"assumed (ratio.{move.target})"

    def _logs(self, move: Move) -> Array:
        """Return log ratios in months that have both techniques, shape (months,)."""
        mine = self.measured[self.measured["workload"] == move.workload]
        each = mine.pivot_table(index="month", columns="technique", values="each")
        if move.source not in each or move.target not in each:
            return np.zeros(0)
        return np.asarray(np.log(each[move.target] / each[move.source]).dropna(), dtype=np.float64)


def measured_work(history: History | None) -> pd.DataFrame:
    """Return accelerator-hours of a request by workload, technique and month, where usage holds both.

    Parameters
    ----------
    history
        Usage of the fleet; ``None`` where there is none.

    Returns
    -------
    DataFrame
        ``workload, technique, month, each`` of whole months; empty where parts are not by technique, or no requests
        are stored.
    """
    month = None if history is None else history.tables.get("month")
    if history is None or month is None or not {"workload", "technique"} <= set(history.by) or history.requests.empty:
        return pd.DataFrame({"workload": [], "technique": [], "month": [], "each": []})
    keys = ["workload", "technique", "month"]
    long = history.parts.loc[np.tile(np.arange(len(history.parts)), len(month.starts))].reset_index(drop=True)
    long = long.assign(month=np.repeat(month.starts, len(history.parts)), hours=month.hours.ravel())
    hours = long.groupby(keys, as_index=False)["hours"].sum()
    asked = history.requests.groupby(keys, as_index=False, observed=True)["value"].sum()
    both = hours.merge(asked.astype({"workload": str, "technique": str}), on=keys)
    both = both[(both["hours"] > 0) & (both["value"] > 0)]
    return both.assign(each=both["hours"] / both["value"])[[*keys, "each"]].reset_index(drop=True)


def hours_each(parts: pd.DataFrame, work: Work, moves: Sequence[Move], *, draws: int, seed: int) -> Array | None:
    """Return accelerator-hours of a request of every part over those of the first technique of its workload.

    Parameters
    ----------
    parts
        Labels of the parts.
    work
        Work of a request by technique.
    moves
        Planned moves, whose own work stands first.
    draws, seed
        Number of draws, and the seed of the named streams.

    Returns
    -------
    ndarray, shape (draws, parts)
        [1]; NaN where it is not known. ``None`` where parts are not by workload and technique.
    """
    if not {"workload", "technique"} <= set(parts):
        return None
    given = {(move.workload, move.source, move.target): move for move in moves}

    def move_of(workload: str, source: str, target: str) -> Move:
        none = Move(workload, source, target, _NEVER, _NEVER, (0.0, 0.0, 0.0))
        return given.get((workload, source, target), none)

    out = np.ones((draws, len(parts)))
    first: dict[str, str] = {}
    for at, (workload, technique) in enumerate(zip(parts["workload"], parts["technique"], strict=True)):
        base = first.setdefault(workload, technique)
        if technique == base:
            continue
        there, back = move_of(workload, base, technique), move_of(workload, technique, base)
        if work.known(there):
            out[:, at] = work.ratio(there, draws, seed)
        else:
            out[:, at] = 1 / work.ratio(back, draws, seed) if work.known(back) else np.nan
    return out
