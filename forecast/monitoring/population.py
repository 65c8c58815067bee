"""Population drift: PSI and Kolmogorov-Smirnov on the steps of new figures against those the forecast was made from.

Levels grow, so the step from one figure of a series to its next is compared: of logarithms for levels, of the value
itself for shares and growth.

Reference: Siddiqi (2006), Credit risk scorecards, for the population stability index and its limit of 0.25;
Kolmogorov-Smirnov from scipy.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.stats import ks_2samp

from shiftcast.features.arrays import Array
from shiftcast.features.asof import JUDGEMENT, last_published, latest_vintage
from shiftcast.features.frames import DataFrame, Observations
from shiftcast.forecast.monitoring.findings import ALARM, OK, UNJUDGED, WATCH, Finding

LABELS: Final = ("revenue", "share")  # what is forecast; every other measure is a feature
PSI_LIMIT: Final = 0.25
LEAST_CHANCE: Final = 0.01
FEWEST: Final = 8
_BINS: Final = 10
_RATIOS: Final = ("share", "growth", "gain")
SERIES: Final = [
    name for name in Observations.key if name not in {"period_start", "period_end", "known_at", "source"}
]  # fmt: skip


def psi(reference: ArrayLike, current: ArrayLike, *, bins: int = _BINS) -> float:
    """Return the population stability index: sum over bins of (q - p) ln(q / p).

    Bins are quantiles of the reference, p and q the shares of reference and current in them. Half a figure is added to
    every bin, so that an empty one does not make it infinite.

    Parameters
    ----------
    reference
        Figures before, shape (n,).
    current
        Figures since, shape (m,), in the same unit.
    bins
        Number of bins; fewer where quantiles coincide.

    Returns
    -------
    float
        Zero where both have the same shares; above 0.25 counts as a shift.

    Examples
    --------
    >>> same = np.arange(100.0)
    >>> round(psi(same, same), 6), psi(same, same + 100) > 1
    (0.0, True)
    """
    old, new = (np.asarray(values, dtype=np.float64) for values in (reference, current))
    inner = np.unique(np.quantile(old, np.linspace(0, 1, bins + 1)[1:-1]))
    shares = []
    for values in (old, new):
        counts = np.bincount(np.searchsorted(inner, values, side="right"), minlength=len(inner) + 1) + 0.5
        shares.append(counts / counts.sum())
    return float(((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum())


def check_populations(reference: DataFrame[Observations], current: DataFrame[Observations]) -> list[Finding]:
    """Compare the steps of figures before and since a forecast was made, measure by measure.

    Parameters
    ----------
    reference
        Observation rows the forecast was made from.
    current
        Observation rows known now; those beyond the reference are new.

    Returns
    -------
    list of Finding
        ``population.label`` and ``population.feature``, one a measure with new figures: an alarm where PSI is over
        its limit and the Kolmogorov-Smirnov test agrees, a watch where only one of them does.
    """
    cut = last_published(reference)
    moved = _steps(current)
    found = []
    for measure, rows in moved.groupby("measure"):
        new = rows["known_at"] > cut
        if new.any():
            before = moved[(moved["measure"] == measure) & ~new.reindex(moved.index, fill_value=False)]
            found.append(_compare(str(measure), before["step"].to_numpy(), rows.loc[new, "step"].to_numpy()))
    return found


def _steps(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the step of each published figure from the one before it in its series."""
    figures = latest_vintage(rows[rows["definition"] != JUDGEMENT]).sort_values([*SERIES, "period_end"], kind="stable")
    ratio = figures["measure"].isin(_RATIOS)
    level = np.log(figures["value"].where(figures["value"] > 0))
    scaled = figures["value"].where(ratio, level)
    step = scaled.groupby([figures[name] for name in SERIES], dropna=False).diff()
    return figures.assign(step=step).dropna(subset=["step"])[["measure", "known_at", "step"]]


def _compare(measure: str, before: Array, since: Array) -> Finding:
    check = f"population.{'label' if measure in LABELS else 'feature'}"
    if min(len(before), len(since)) < FEWEST:
        note = f"{len(since)} new steps and {len(before)} before; {FEWEST} of each are needed"
        return Finding(check, measure, UNJUDGED, float("nan"), PSI_LIMIT, note)
    value, chance = psi(before, since), float(ks_2samp(before, since).pvalue)
    signs = (value > PSI_LIMIT) + (chance < LEAST_CHANCE)
    note = f"PSI {value:.2f}, KS p {chance:.3g}, {len(since)} new steps" if signs else ""
    return Finding(check, measure, (OK, WATCH, ALARM)[signs], value, PSI_LIMIT, note)
