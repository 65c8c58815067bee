"""Cold start: a hierarchical normal prior from neighbours for a series with little or no history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shiftcast.features.arrays import Array
from shiftcast.features.input_error import InputError
from shiftcast.features.panel import Panel
from shiftcast.forecast.volume.scale import BEND

_FLOOR: Final = 0.2  # least deviation of levels between neighbours [log]; three alike levels are weak evidence
_PERIOD: Final = 0.3  # deviation of one value around a series' level, which neighbours do not show [log]


@dataclass(frozen=True)
class Borrowed:
    """Forecast of a newcomer, shrunk to its neighbours.

    Attributes
    ----------
    unit
        Unit of its working scale [unit of the series].
    path
        Median path on the working scale, shape (horizon,).
    deviation
        Standard deviation on the working scale, shape (horizon,).
    own
        Effective weight of its own data in its level [1], from 0 without history towards 1.
    """

    unit: float
    path: Array
    deviation: Array
    own: float


def neighbours_of(panel: Panel, row: int, grown: NDArray[np.intp], named: Mapping[str, tuple[str, ...]]) -> list[int]:
    """Return the neighbours of a newcomer: those named, else those of its group, else all series with history.

    Parameters
    ----------
    panel
        All series.
    row
        Row of the newcomer.
    grown
        Rows of the series with history, shape (grown,).
    named
        Series to the names of its neighbours.

    Returns
    -------
    list of int
        Places within ``grown``.

    Raises
    ------
    ValueError
        If a named neighbour is not in the panel or has too little history itself.
    """
    name = str(panel.series[row])
    if name in named:
        places = {str(panel.series[each]): at for at, each in enumerate(grown)}
        missing = [each for each in named[name] if each not in places]
        if missing:
            raise InputError(
                f"neighbour {missing[0]!r} of {name!r} is not among the series with history; name one of "
                f"{sorted(places)[:5]}"
            )
        return [places[each] for each in named[name]]
    alike = [at for at, each in enumerate(grown) if panel.group[each] == panel.group[row]]
    return alike or list(range(len(grown)))


def borrow(values: Array, levels: Array, path: Array, deviation: Array, *, bend: float = BEND) -> Borrowed:
    """Return a newcomer's path from its few values and its neighbours' levels, paths and deviations.

    The log level is normal between neighbours; its posterior weights own values by ``t^2 / (t^2 + s^2 / n)``, with the
    variance ``t^2`` between levels and ``s^2`` within a series (partial pooling, Gelman and Hill 2007).

    Parameters
    ----------
    values
        Volumes of the newcomer, shape (time,), NaN where unknown.
    levels
        Recent mean volume of each neighbour, shape (neighbours,), in the unit of the newcomer.
    path, deviation
        Neighbours' paths relative to their recent level, and their deviations, shape (neighbours, horizon), on the
        working scale.
    bend
        Multiple of the recent mean at which the working scale turns logarithmic [1].

    Returns
    -------
    Borrowed

    Examples
    --------
    >>> ahead = borrow(np.array([np.nan, 8.0]), np.array([2.0, 4.0, 8.0]), np.zeros((3, 1)), np.full((3, 1), 0.1))
    >>> round(ahead.own, 2), round(ahead.unit / BEND, 1)
    (0.78, 6.9)
    """
    known = values[np.isfinite(values) & (values > 0)]
    logs = np.log(levels[levels > 0]) if (levels > 0).any() else np.zeros(1)
    between = max(float(logs.var()), _FLOOR**2)
    within = _PERIOD**2 / len(known) if len(known) else np.inf
    own = between / (between + within)
    level = float(np.exp(np.median(logs) * (1 - own) + (np.log(known).mean() * own if len(known) else 0.0)))
    bent = 1 / bend / np.sqrt(1 + 1 / bend**2)  # change of the working scale with the log at the level
    unsure = between * (1 - own) * bent**2
    spread = np.sqrt((deviation**2).mean(axis=0) + path.var(axis=0) + unsure)
    return Borrowed(bend * level, np.arcsinh(1 / bend) + path.mean(axis=0), spread, own)
