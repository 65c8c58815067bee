"""Crossing dates: the first period in which a condition on shares holds, per draw, and how likely it is not met."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from shiftcast.features.arrays import Array
from shiftcast.features.input_error import InputError

DATED: Final = (0.1, 0.25, 0.5, 0.75, 0.9)  # fractions of the draws that dates are given for
_SIGNS: Final = (">=", "<=")


@dataclass(frozen=True)
class Condition:
    """A condition on shares: the sum over ``categories`` reaches ``threshold``.

    Attributes
    ----------
    categories
        Categories added up.
    threshold
        Share to reach [share].
    rising
        Whether it is met at or above the threshold; else at or below it.
    """

    categories: tuple[str, ...]
    threshold: float
    rising: bool = True

    def __str__(self) -> str:
        """Return it as it is written on the command line, with spaces."""
        return f"{' + '.join(self.categories)} {_SIGNS[not self.rising]} {self.threshold:g}"


def read_condition(text: str) -> Condition:
    """Read a condition such as ``llm>=0.5``, ``deep+llm>=0.9`` or ``table<=0.1``.

    Parameters
    ----------
    text
        Categories joined by ``+``, ``>=`` or ``<=``, and a threshold [share].

    Returns
    -------
    Condition
        Categories, threshold and direction.

    Raises
    ------
    ValueError
        If it has no sign or its threshold is no number.

    Examples
    --------
    >>> read_condition("deep + llm >= 0.9")
    Condition(categories=('deep', 'llm'), threshold=0.9, rising=True)
    """
    for sign in _SIGNS:
        names, found, number = text.partition(sign)
        categories = tuple(name.strip() for name in names.split("+"))
        if found and all(categories):
            try:
                return Condition(categories, float(number), sign == _SIGNS[0])
            except ValueError:
                break
    raise InputError(f"condition {text[:60]!r} is not of the form llm>=0.5, deep+llm>=0.9 or table<=0.1")


def first_passage(holds: NDArray[np.bool_]) -> NDArray[np.int_]:
    """Return the first period in which a condition holds, per draw; the number of periods where it never does.

    Parameters
    ----------
    holds
        Boolean, shape (draws, ..., periods).

    Returns
    -------
    ndarray of int, shape (draws, ...)
        Position of the period.

    Examples
    --------
    >>> first_passage(np.array([[False, True, False], [False, False, False]])).tolist()
    [1, 3]
    """
    return np.asarray(np.where(holds.any(axis=-1), holds.argmax(axis=-1), holds.shape[-1]))


def passage_ranks(first: NDArray[np.int_], levels: Sequence[float]) -> NDArray[np.int_]:
    """Return the period by which each fraction of the draws has crossed, those that never do counting as last.

    Parameters
    ----------
    first
        First passage by draw (:func:`first_passage`), shape (draws,).
    levels
        Fractions of the draws, in (0, 1).

    Returns
    -------
    ndarray of int, shape (levels,)
        Position of the period.

    Examples
    --------
    >>> passage_ranks(np.array([1, 3, 2, 2]), [0.25, 0.5, 0.9]).tolist()
    [1, 2, 3]
    """
    return np.asarray(np.quantile(first, levels, method="inverted_cdf").astype(int))


def periods_to(draws: xr.DataArray, condition: Condition) -> xr.DataArray:
    """Return the first period ahead at which a condition holds, by draw and series; NaN if never.

    Parameters
    ----------
    draws
        Shares [share], dimensions ``draw, series, category, period``.
    condition
        Categories whose shares are added, threshold and direction.

    Returns
    -------
    DataArray, dims ``draw, series``
        Periods ahead, counted from 1.

    Raises
    ------
    ValueError
        If a category is not in the draws or the threshold is not a share.

    Examples
    --------
    >>> dims = ("draw", "series", "category", "period")
    >>> path = xr.DataArray([[[[0.2, 0.7, 0.4]]]], {"category": ["llm"]}, dims)
    >>> periods_to(path, Condition(("llm",), 0.5)).item()
    2.0
    """
    known = set(draws["category"].to_numpy().tolist())
    lacking = [name for name in condition.categories if name not in known]
    if lacking:
        raise InputError(f"category {lacking[0]!r} has no draws; ask for one of {', '.join(sorted(map(str, known)))}")
    if not 0.0 < condition.threshold <= 1.0:
        raise InputError(f"threshold is {condition.threshold}; a share is above 0 and at most 1")
    total = draws.sel(category=list(condition.categories)).sum("category")
    met = total >= condition.threshold if condition.rising else total <= condition.threshold
    first: xr.DataArray = xr.apply_ufunc(first_passage, met, input_core_dims=[["period"]])
    return (first + 1.0).where(first < met.sizes["period"])


def crossing_dates(
    draws: xr.DataArray, conditions: Sequence[Condition], *, levels: Sequence[float] = DATED
) -> pd.DataFrame:
    """Return when conditions on shares are first met, series by series.

    Parameters
    ----------
    draws
        Shares as :func:`periods_to` takes them, with ``period_end`` by series and period.
    conditions
        From :func:`read_condition`.
    levels
        Fractions of the draws.

    Returns
    -------
    DataFrame
        ``series, condition, statistic, quantile, period_end, probability``. A quantile date is the period end by
        which that fraction of all draws has crossed: missing (NaT) where so many have not by the horizon. Statistic
        ``not_by_horizon`` carries the probability of that.
    """
    rows = []
    for condition in conditions:
        passage = periods_to(draws, condition)
        for series in draws["series"].to_numpy():
            times = passage.sel(series=series).to_numpy()
            ends = draws["period_end"].sel(series=series).to_numpy()
            about = {"series": series, "condition": str(condition)}
            rows += [{**about, **row} for row in _dates(times, ends, levels)]
    frame = pd.DataFrame(rows)
    frame["period_end"] = pd.to_datetime(frame["period_end"], utc=True)
    return frame


def _dates(times: Array, ends: NDArray[np.datetime64], levels: Sequence[float]) -> list[dict[str, object]]:
    """Return the quantile dates and the probability of no crossing of one series."""
    nothing = np.datetime64("NaT")
    first = np.where(np.isnan(times), len(ends) + 1, times).astype(int) - 1
    dates = [*ends, nothing]
    out: list[dict[str, object]] = [
        {"statistic": "quantile", "quantile": level, "period_end": dates[at], "probability": np.nan}
        for level, at in zip(levels, passage_ranks(first, levels), strict=True)
    ]
    never = float(np.isnan(times).mean())
    out.append({"statistic": "not_by_horizon", "quantile": np.nan, "period_end": nothing, "probability": never})
    return out
