"""The report's section on the chain: words and rows on what history taught, and wanted beside served hours."""

from __future__ import annotations

from collections.abc import Mapping
from math import exp, log
from typing import Any, Final

import numpy as np
import plotly.graph_objects as go
import xarray as xr

from shiftcast.features.units import MEASURES
from shiftcast.forecast.identity.anchors import AT_LEAST
from shiftcast.forecast.views.part import Part, draws_of, forecast_periods, periods
from shiftcast.pipelines.registry.chain import Chain, EvidenceRow, LearnedRow

_MOST: Final = 15  # assumptions shown
_EIGHTY: Final = 2.563  # standard deviations between the 10th and 90th percentile of a normal
_BY: Final = {"hours": "past quarters", "leaf": "hours by leaf"}
_SERVED, _LATENT = "#1f5fa8", "#b0304a"


def chain_content(chain: Chain, units: Mapping[str, str]) -> dict[str, Any]:
    """Return what the template says of a chain.

    Parameters
    ----------
    chain
        Of the forecast's summary.
    units
        Assumption to its unit.

    Returns
    -------
    dict
        ``said`` (the chain), ``evidence`` rows in natural units, and ``learned`` rows of the assumptions that moved
        most, the first the most.
    """
    learned = sorted((row for row in chain.learned if row.by), key=_moved, reverse=True)[:_MOST]
    return {
        "said": chain,
        "evidence": [_fallen(row) for row in chain.evidence],
        "learned": [{"row": row, "unit": units.get(row.name, ""), "by": _BY.get(row.by, row.by)} for row in learned],
    }


def _moved(row: LearnedRow) -> float:
    """Return how far an assumption moved: the divergence of normals of its percentiles [nat], in logs where positive.

    Examples
    --------
    >>> round(_moved(LearnedRow("a", 1.0, 2.0, 3.0, 2.0, 3.0, 4.0, 1.0, "hours")), 2)
    0.45
    """
    marks = np.array([row.prior_low, row.prior_mid, row.prior_high, row.mid])
    low, mid, high, after = np.log(marks) if marks.min() > 0 else marks
    shift = float((after - mid) / max((high - low) / _EIGHTY, 1e-9))
    return -log(max(row.narrowed, 1e-9)) + (row.narrowed**2 + shift**2 - 1) / 2


def _fallen(row: EvidenceRow) -> dict[str, Any]:
    """Return a datum in its own unit, and where it falls in what the draws say of it."""
    measure, _, _ = row.name.partition(".")
    inside = (measure in AT_LEAST or row.low <= row.observed) and row.observed <= row.high
    return {
        "name": row.name,
        "unit": MEASURES[measure].unit if measure in MEASURES else "from below over had",
        "at_least": measure in AT_LEAST,
        "observed": exp(row.observed),
        "before": [exp(value) for value in (row.prior_low, row.prior_mid, row.prior_high)],
        "after": [exp(value) for value in (row.low, row.mid, row.high)],
        "misfit": None if inside else exp(row.mid - row.observed),
        "errors": abs(row.mid - row.observed) / row.sd,
    }


def ours_in(cube: xr.Dataset, quarters: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return our spending and power in single quarters.

    Parameters
    ----------
    cube
        Draws of the forecast.
    quarters
        Such as ``2028Q4``; those that are not forecast are left out.

    Returns
    -------
    list of dict
        ``quarter``, and the 10th, 50th and 90th percentiles of ``spending`` [USD a quarter] and ``power`` [GW].
    """
    ends = [f"{end.year}Q{end.quarter}" for end in periods(cube)]
    spending, power = (draws_of(cube, measure, Part()) for measure in ("spending", "power"))
    shown = [0.1, 0.5, 0.9]
    return [
        {"quarter": quarter, "spending": np.quantile(spending[:, at], shown).tolist(),
         "power": np.quantile(power[:, at] / 1e3, shown).tolist()}
        for quarter in quarters if quarter in ends
        for at in (ends.index(quarter),)
    ]  # fmt: skip


def served_figure(cube: xr.Dataset) -> go.Figure:
    """Draw hours wanted and hours served ahead, medians and 80 % intervals, what is latent between the medians.

    Parameters
    ----------
    cube
        Draws of the forecast, ``latent_hours`` among them.

    Returns
    -------
    Figure
        One panel [billion accelerator-hours a quarter].
    """
    ahead, figure = forecast_periods(cube), go.Figure()
    ends = periods(cube)[ahead]
    served = draws_of(cube, "gpu_hours", Part())[:, ahead] / 1e9
    wanted = served + draws_of(cube, "latent_hours", Part())[:, ahead] / 1e9
    for name, hours, colour, fill in (("served", served, _SERVED, None), ("wanted", wanted, _LATENT, "tonexty")):
        low, mid, high = np.quantile(hours, [0.1, 0.5, 0.9], axis=0)
        figure.add_scatter(
            x=ends, y=mid, name=name, line={"color": colour, "width": 2}, fill=fill, fillcolor="rgba(176,48,74,0.15)",
            hovertemplate="%{y:.2f} B hours",
        )  # fmt: skip
        for edge in (low, high):
            figure.add_scatter(
                x=ends, y=edge, line={"color": colour, "width": 1, "dash": "dot"}, hoverinfo="skip", showlegend=False
            )
    figure.data = sorted(figure.data, key=lambda line: line.name is None)  # medians first: one fills to the other
    figure.update_yaxes(title="busy GPU-hours [billion a quarter]", rangemode="tozero")
    figure.update_layout(
        template="simple_white", height=380, margin={"l": 60, "r": 20, "t": 30, "b": 40}, hovermode="x unified",
        legend={"orientation": "h", "y": -0.12}, font={"family": "system-ui, sans-serif", "size": 13},
    )  # fmt: skip
    return figure
