"""Crossing dates: when a share first meets a condition, per draw, and how likely not by the horizon."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from shiftcast.features.arrays import Array
from shiftcast.features.input_error import InputError
from shiftcast.forecast.views.crossing import first_passage as passage
from shiftcast.forecast.views.crossing import passage_ranks

QUANTILES: Final = (0.1, 0.25, 0.5, 0.75, 0.9)
Measure = Callable[[xr.DataArray], xr.DataArray]


@dataclass(frozen=True)
class Crossing:
    """A condition on shares: the sum over ``categories``, in the base asked for, reaches ``threshold``.

    Attributes
    ----------
    categories
        Categories added up.
    threshold
        Share [share] to reach.
    base
        What the shares are of: ``requests``, ``gpu_hours`` or whatever the intensities convert to.
    rising
        Whether the condition is met at or above the threshold; else at or below it.
    """

    categories: tuple[str, ...]
    threshold: float
    base: str
    rising: bool = True


def rebased(draws: xr.DataArray, intensity: dict[str, float]) -> xr.DataArray:
    """Return shares of another base: every category weighed by its intensity per unit of the old base.

    gamma_k = m_k w_k / sum_j m_j w_j, with w = work per request over throughput for shares of GPU-hours.

    Raises
    ------
    ValueError
        If a category has no intensity, or one that is not positive.

    Examples
    --------
    >>> dims = ("draw", "series", "category", "period")
    >>> draws = xr.DataArray([[[[0.9], [0.1]]]], {"category": ["deep", "llm"]}, dims)
    >>> rebased(draws, {"deep": 1.0, "llm": 9.0}).sel(category="llm").item()
    0.5
    """
    names = [str(name) for name in draws["category"].to_numpy()]
    bad = [name for name in names if not intensity.get(name, 0.0) > 0.0]
    if bad:
        raise InputError(
            f"category {bad[0]!r}: intensity {intensity.get(bad[0])!r}; give a positive one for each category"
        )
    weight = xr.DataArray([intensity[name] for name in names], {"category": names}, ("category",))
    work = draws * weight
    return work / work.sum("category")


def first_passage(draws: xr.DataArray, crossing: Crossing) -> xr.DataArray:
    """Return the first period ahead at which the condition holds, by draw and series; NaN if never.

    Raises
    ------
    ValueError
        If a category is not in the draws or the threshold is not a share.

    Examples
    --------
    >>> dims = ("draw", "series", "category", "period")
    >>> path = xr.DataArray([[[[0.2, 0.6, 0.4]]]], {"category": ["llm"]}, dims)
    >>> first_passage(path, Crossing(("llm",), 0.5, "requests")).item()
    2.0
    """
    known = set(draws["category"].to_numpy().tolist())
    lacking = [name for name in crossing.categories if name not in known]
    if lacking:
        raise InputError(f"category {lacking[0]!r} has no draws; ask for one of {', '.join(sorted(map(str, known)))}")
    if not 0.0 < crossing.threshold <= 1.0:
        raise InputError(f"threshold is {crossing.threshold}; a share is above 0 and at most 1")
    held = draws.sel(category=list(crossing.categories)).sum("category")
    met = held >= crossing.threshold if crossing.rising else held <= crossing.threshold
    first: xr.DataArray = xr.apply_ufunc(passage, met, input_core_dims=[["period"]])
    return (first + 1.0).where(first < met.sizes["period"])


def crossing_dates(
    draws: xr.DataArray, crossings: Sequence[Crossing], *, levels: Sequence[float] = QUANTILES
) -> pd.DataFrame:
    """Return ``series, condition, base, statistic, quantile, period_end, probability`` of crossings.

    A quantile date is the period end by which that fraction of all draws has crossed: missing (NaT) where so
    many have not by the horizon. Statistic ``not_by_horizon`` carries the probability of that.
    """
    rows = []
    for crossing in crossings:
        sign = ">=" if crossing.rising else "<="
        told = {
            "condition": f"{' + '.join(crossing.categories)} {sign} {crossing.threshold:g}",
            "base": crossing.base,
        }
        passage = first_passage(draws, crossing)
        for series in draws["series"].to_numpy():
            times = passage.sel(series=series).to_numpy()
            ends = draws["period_end"].sel(series=series).to_numpy()
            rows += [{"series": series, **told, **row} for row in _dates(times, ends, levels)]
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
