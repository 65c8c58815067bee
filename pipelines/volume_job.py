"""Volume histories to forecasts, some thousand series at a time: the one place every door asks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.panel import Panel, panels
from features.volumes import CAPACITY, FLAGS, Treatments
from features.volumes import COLUMNS as ROWS

CHUNK: Final = 5000  # series forecast together, so that memory does not grow with their number
CELLS: Final = 4_000_000  # series times periods held together at most


@dataclass(frozen=True)
class VolumeQuestion:
    """What is asked of a history: periods ahead, how to read it, draws and seed.

    Attributes
    ----------
    horizon
        Periods ahead, of each series' own frequency.
    frequency, drivers, zone
        As :func:`features.panel.panels` takes them.
    draws, seed
        Joint draws, and what their random streams start from.

    Raises
    ------
    ValueError
        If horizon or draws are below one.
    """

    horizon: int
    frequency: str | None = None
    drivers: tuple[str, ...] = ()
    zone: str | None = None
    draws: int = 1000
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("horizon", "draws"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} {getattr(self, name)} is below 1; ask for at least one")

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of a file that the answer depends on."""
        return (*ROWS, CAPACITY, *FLAGS, *self.drivers)


@dataclass(frozen=True)
class VolumeAnswer:
    """The forecast of one panel.

    Attributes
    ----------
    panel
        The histories as the model saw them.
    forecast
        ``series, period_end, statistic, quantile, value``, in the unit of each series.
    weights
        ``part, frequency`` and what the fit says of its members, such as ``group, member, weight, crps``.
    notes
        What the fit has to say of itself.
    """

    panel: Panel
    forecast: pd.DataFrame
    weights: pd.DataFrame
    notes: tuple[str, ...]


def forecast_volumes(
    history: pd.DataFrame, question: VolumeQuestion
) -> Iterator[tuple[list[VolumeAnswer], Treatments]]:
    """Yield the answers of some thousand series at a time, and what was treated in their rows.

    Groups are kept whole, as weights are learned within them; one of more than 5,000 series is forecast in parts.

    Parameters
    ----------
    history
        Rows as :func:`features.volumes.check_volume_rows` wants them; the index numbers them from 0.

    Raises
    ------
    ValueError
        On bad input, naming series, row, value and remedy.
    """
    model: Any = import_module("forecast.volume")
    for number, rows in enumerate(_chunks(history), start=1):
        found, treated = panels(
            rows, horizon=question.horizon, frequency=question.frequency, drivers=question.drivers, zone=question.zone
        )
        answers = []
        for panel in found:
            fit = model.fit_volumes(panel, horizon=question.horizon, seed=question.seed)
            ahead = model.volume_quantiles(fit, draws=question.draws, seed=question.seed)
            weights = fit.weights.assign(part=number, frequency=panel.frequency)
            first = ["part", "frequency"]
            weights = weights[[*first, *(name for name in weights.columns if name not in first)]]
            answers.append(VolumeAnswer(panel, ahead, weights, tuple(fit.notes)))
        yield answers, treated


def _chunks(history: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Yield the rows of whole series, groups together; all of them where something is wrong with the columns."""
    named = {"series"} <= set(history.columns) and history["series"].notna().all()
    if len(history) == 0 or not named:
        yield history
        return
    code = pd.factorize(history["series"], sort=True)[0]
    group = pd.factorize(history["group"], sort=True)[0] if "group" in history.columns else np.zeros_like(code)
    heads = pd.DataFrame({"code": code, "group": group}).drop_duplicates()
    twice = heads.duplicated("code").to_numpy()
    if twice.any():
        row = int(heads.index[twice.argmax()])
        name, other = history["series"].iloc[row], history["group"].iloc[row]
        raise ValueError(f"series {name!r}, row {row + 1}: also in another group than {other!r}; keep one")
    chunk = _chunk_of(heads.sort_values("code").group.to_numpy(), np.bincount(code))[code]
    order = np.argsort(chunk, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(chunk[order])) + 1):
        yield history.iloc[rows]


def _chunk_of(group: NDArray[np.int64], length: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the number of each series' chunk, given its group and how many rows it has."""
    out = np.zeros(len(group), dtype=np.int64)
    number, held = 0, 0
    most = max(1, min(CHUNK, CELLS // int(length.max())))
    order = np.argsort(group, kind="stable")
    for members in np.split(order, np.flatnonzero(np.diff(group[order])) + 1):
        if held and held + len(members) > most:
            number, held = number + 1, 0
        parts = -(-len(members) // most)
        for part in np.array_split(members, parts):
            out[part] = number
            held = len(part)
            number += parts > 1
        held = 0 if parts > 1 else held
    return out
