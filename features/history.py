"""Compute features of volume histories: every lag, window and mean is a function of a panel cut at the origin.

Live features are those of the panel as it is; training features are those of the panel cut back, by the same
function, so a lag cannot hold what was not known at its origin.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shiftcast.features.arrays import Array
from shiftcast.features.calendar_features import calendar, holiday_days, holiday_share
from shiftcast.features.input_error import InputError
from shiftcast.features.panel import Panel

Matrix = NDArray[np.float32]
Block = Callable[[Panel, int], Mapping[str, Array]]

RECENT: Final = (1, 2, 3)  # lags before the origin [period]
SHORT: Final = 3  # periods of the shortest window
BACK: Final = 2  # seasons back of the target
STEEPEST: Final = 3.0  # growth from season to season in logs, beyond which it is a start or an end


def design(panel: Panel, horizon: int, *, country: str | None = None) -> tuple[Matrix, tuple[str, ...]]:
    """Return the features of the periods ahead of a panel's last column.

    Parameters
    ----------
    panel
        Histories cut at the origin.
    horizon
        Periods ahead.
    country
        Two letters of the country whose public holidays matter, such as ``US``; none without.

    Returns
    -------
    tuple
        X, shape (series * horizon, features), the steps of a series together, NaN where unknown; volumes are
        relative to :func:`level`. And the names of the features, which depend on frequency, drivers and country
        only.

    Raises
    ------
    ValueError
        If the horizon is below one or the country is unknown.

    Examples
    --------
    >>> import pandas as pd
    >>> from shiftcast.features.panel import panels
    >>> dates = pd.date_range("2025-01-31", periods=3, freq="ME")
    >>> rows = pd.DataFrame({"series": "web", "period_end": dates, "value": [4.0, 5.0, 6.0]})
    >>> X, names = design(panels(rows)[0][0], 2)
    >>> X[:, names.index("recent_1")].round(3).tolist(), X[:, names.index("step")].tolist()
    ([1.2000000476837158, 1.2000000476837158], [1.0, 2.0])
    """
    if horizon < 1:
        raise InputError(f"horizon {horizon} is below 1; ask for at least one period")
    columns: dict[str, Array] = {}
    for block in BLOCKS:
        columns |= block(panel, horizon)
    if country is not None:
        columns["holiday"] = holiday_share(panel, horizon, holiday_days(panel, horizon, country))
    shape = (len(panel.series), horizon)
    wide = [np.broadcast_to(column, shape).astype(np.float32).ravel() for column in columns.values()]
    return np.stack(wide, axis=1), tuple(columns)


def training(panel: Panel, horizon: int, origins: Sequence[int], *, country: str | None = None) -> tuple[Matrix, Array]:
    """Return the features and outcomes of past origins.

    Parameters
    ----------
    panel
        Histories; each origin sees the panel cut back to it.
    horizon
        Periods ahead of each origin [period].
    origins
        How many periods before the last each origin lies, at least one.
    country
        As :func:`design`.

    Returns
    -------
    tuple
        X as :func:`design` gives it, origin after origin, and y = value / level at the origin [1], shape
        (origins * series * horizon,); NaN where the outcome is a gap or still ahead.

    Raises
    ------
    ValueError
        As :func:`design` and :meth:`features.panel.Panel.cut`.

    Examples
    --------
    >>> import pandas as pd
    >>> from shiftcast.features.panel import panels
    >>> dates = pd.date_range("2025-01-31", periods=3, freq="ME")
    >>> rows = pd.DataFrame({"series": "web", "period_end": dates, "value": [4.0, 4.0, 6.0]})
    >>> training(panels(rows)[0][0], 1, [1])[1].tolist()
    [1.5]
    """
    parts = []
    for steps in origins:
        cut = panel.cut(steps)
        matrix, _ = design(cut, horizon, country=country)
        parts.append((matrix, (outcomes(panel, steps, horizon) / level(cut)[:, None]).ravel()))
    return np.concatenate([matrix for matrix, _ in parts]), np.concatenate([y for _, y in parts])


def outcomes(panel: Panel, steps: int, horizon: int) -> Array:
    """Return the values that followed an origin.

    Parameters
    ----------
    panel
        Histories that reach beyond the origin.
    steps
        Periods from the origin to the last column [period].
    horizon
        Periods after the origin [period].

    Returns
    -------
    ndarray, shape (series, horizon)
        Volume [unit of each series]; NaN in gaps and past the end.

    Examples
    --------
    >>> import pandas as pd
    >>> from shiftcast.features.panel import panels
    >>> rows = pd.DataFrame({"series": "w", "period_end": ["2023-12-31", "2024-12-31"], "value": [4.0, 5.0]})
    >>> outcomes(panels(rows)[0][0], 1, 2).tolist()
    [[5.0, nan]]
    """
    out = np.full((len(panel.series), horizon), np.nan)
    first = panel.values.shape[1] - steps
    actual = panel.values[:, first : first + horizon]
    out[:, : actual.shape[1]] = actual
    return out


def level(panel: Panel) -> Array:
    """Return the mean volume of the last season, to scale by.

    The whole history's mean where the last season has none above zero, and one where no period has.

    Parameters
    ----------
    panel
        Histories cut at the origin.

    Returns
    -------
    ndarray, shape (series,)
        Level [unit of each series], above zero.

    Examples
    --------
    >>> import pandas as pd
    >>> from shiftcast.features.panel import panels
    >>> rows = pd.DataFrame({"series": "w", "period_end": ["2023-12-31", "2024-12-31"], "value": [4.0, 6.0]})
    >>> level(panels(rows)[0][0])
    array([5.])
    """
    season = panel.seasons[0] if panel.seasons else SHORT
    near, ever = _mean(panel.values[:, -season:]), _mean(panel.values)
    near = np.where(near > 0, near, ever)
    return np.asarray(np.where(near > 0, near, 1.0))


def _mean(values: Array) -> Array:
    """Return the mean of what is known in each row, NaN where nothing is."""
    known = ~np.isnan(values)
    count = known.sum(axis=1)
    return np.where(count > 0, np.where(known, values, 0.0).sum(axis=1) / np.maximum(count, 1), np.nan)


def _at(values: Array, column: NDArray[np.int64]) -> Array:
    """Return the values at columns, NaN before the first one."""
    return np.where(column >= 0, values[:, np.maximum(column, 0)], np.nan)


def _recent(panel: Panel, horizon: int) -> dict[str, Array]:
    """Return the values before the origin."""
    scaled, length = panel.values / level(panel)[:, None], panel.values.shape[1]
    return {f"recent_{lag}": _at(scaled, np.array([length - lag])) for lag in RECENT}


def _seasonal(panel: Panel, horizon: int) -> dict[str, Array]:
    """Return the values whole seasons before the target, the nearest of them that the origin knows."""
    scaled, length = panel.values / level(panel)[:, None], panel.values.shape[1]
    ahead = np.arange(1, horizon + 1)
    out = {}
    for season in panel.seasons:
        lag = -(-ahead // season) * season
        for back in range(BACK):
            out[f"season_{season}_{back + 1}"] = _at(scaled, length - 1 + ahead - lag - back * season)
    return out


def _windows(panel: Panel, horizon: int) -> dict[str, Array]:
    """Return mean, standard deviation and share of zeros of the windows that end at the origin."""
    scaled = panel.values / level(panel)[:, None]
    out: dict[str, Array] = {}
    for window in dict.fromkeys((SHORT, *panel.seasons)):
        last = scaled[:, -window:]
        mean = _mean(last)
        out[f"mean_{window}"] = mean[:, None]
        out[f"sd_{window}"] = np.sqrt(_mean((last - mean[:, None]) ** 2))[:, None]
        out[f"zeros_{window}"] = _mean(np.where(np.isnan(last), np.nan, last == 0))[:, None]
    return out


def _growth(panel: Panel, horizon: int) -> dict[str, Array]:
    """Return each series' growth from the season before last to the last, in logs, and its group's mean."""
    season = panel.seasons[0] if panel.seasons else SHORT
    new, old = _mean(panel.values[:, -season:]), _mean(panel.values[:, -2 * season : -season])
    both = (new > 0) & (old > 0)
    growth = np.where(both, np.log(np.where(both, new, 1.0) / np.where(both, old, 1.0)), np.nan)
    growth = np.clip(growth, -STEEPEST, STEEPEST)
    _, code = np.unique(panel.group.astype(str), return_inverse=True)
    known = ~np.isnan(growth)
    count = np.bincount(code, known)
    total = np.bincount(code, np.where(known, growth, 0.0))
    mean = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return {"growth": growth[:, None], "group_growth": mean[code][:, None]}


def _age(panel: Panel, horizon: int) -> dict[str, Array]:
    """Return the step ahead, and the age of the series at the origin [log of periods]."""
    age = np.log1p(panel.values.shape[1] - panel.start)
    return {"step": np.arange(1.0, horizon + 1)[None, :], "age": age[:, None]}


def _driven(panel: Panel, horizon: int) -> dict[str, Array]:
    """Return each driver where the target lies, and the last that the origin knows of it."""
    out, length = {}, panel.values.shape[1]
    for name, array in panel.drivers.items():
        ahead = np.full((len(panel.series), horizon), np.nan)
        future = array[:, length : length + horizon]
        ahead[:, : future.shape[1]] = future
        known = ~np.isnan(array[:, :length])
        place = np.where(known, np.arange(length), -1).max(axis=1)
        last = np.where(place >= 0, array[np.arange(len(array)), np.maximum(place, 0)], np.nan)
        out[f"driver_{name}"] = ahead
        out[f"driver_{name}_last"] = last[:, None]
    return out


BLOCKS: Final[tuple[Block, ...]] = (_recent, _seasonal, _windows, _growth, _age, calendar, _driven)
