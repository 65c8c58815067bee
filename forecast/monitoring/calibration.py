"""Calibration monitoring: coverage of intervals, and CUSUM charts of the probability integral transform (PIT).

A calibrated forecast has uniform PIT values, so their normal scores z are standard normal. Two charts watch the mean,
one on each side: steps z - k and -z - k, with k half the shift worth finding. One watches the variance: steps z^2 (1 -
1 / r^2) / 2 - ln r, the log-likelihood ratio of standard deviation r over one.

Reference: Page (1954), Continuous inspection schemes; Hawkins and Olwell (1998), Cumulative sum charts; Dawid (1984)
and Diebold, Gunther and Tay (1998) for the PIT.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri
from scipy.stats import binom

from shiftcast.features.arrays import Array
from shiftcast.features.input_error import InputError
from shiftcast.forecast.monitoring.findings import ALARM, OK, UNJUDGED, Finding

SLACK: Final = 0.5  # half the shift of the mean worth finding [sd]
LIMIT: Final = 4.0  # one false alarm in about 168 forecasts for the mean
SPREAD_RATIO: Final = 2.0  # standard deviation worth finding, over the nominal one
LEAST_CHANCE: Final = 0.01  # binomial probability of as few hits, below which coverage is an alarm
RECENT: Final = 12  # forecasts that a check looks back on
FEWEST: Final = 6
WIDEST: Final = 3.0
_LEAST_WIDER: Final = 1.1
_EDGE: Final = 0.001  # PIT values are clipped this far from 0 and 1: a finite number of draws cannot rule out either
_LEVEL: Final = 0.8


def normal_scores(pit: ArrayLike) -> Array:
    """Return the normal scores of PIT values: their standard normal quantiles, clipped to [0.001, 0.999] first.

    Parameters
    ----------
    pit
        PIT values [1], any shape.

    Returns
    -------
    ndarray, the same shape

    Examples
    --------
    >>> normal_scores([0.5, 1.0]).round(2).tolist()
    [0.0, 3.09]
    """
    return np.asarray(ndtri(np.clip(np.asarray(pit, dtype=np.float64), _EDGE, 1 - _EDGE)))


def cusum(steps: Array) -> Array:
    """Return the one-sided CUSUM: C_t = max(0, C_{t-1} + step_t), from zero (Page 1954).

    Parameters
    ----------
    steps
        Increments of the chart, shape (n,).

    Returns
    -------
    ndarray, shape (n,)

    Examples
    --------
    >>> cusum(np.array([1.0, -3.0, 2.0, 2.0])).tolist()
    [1.0, 0.0, 2.0, 4.0]
    """
    sums, total = np.empty(len(steps)), 0.0
    for place, step in enumerate(steps.tolist()):
        total = max(0.0, total + step)
        sums[place] = total
    return sums


def check_calibration(pit: ArrayLike, *, subject: str) -> list[Finding]:
    """Check the last PIT values of one kind of forecast for bias, spread and coverage.

    Parameters
    ----------
    pit
        PIT values in the order their actuals became known [1], shape (n,); the last 12 are used.
    subject
        Name of the quantity forecast, for the findings.

    Returns
    -------
    list of Finding
        ``calibration.high`` (actuals above the forecasts), ``calibration.low``, ``calibration.spread`` and
        ``coverage80``; a single ``unjudged`` one on fewer than six values.

    Raises
    ------
    ValueError
        If a PIT value is outside [0, 1] or missing.
    """
    values = np.asarray(pit, dtype=np.float64)[-RECENT:]
    if not ((values >= 0) & (values <= 1)).all():
        raise InputError(f"{subject}: PIT values lie in [0, 1]; one is {values[~((values >= 0) & (values <= 1))][0]!r}")
    if len(values) < FEWEST:
        note = f"{len(values)} actuals came; {FEWEST} are needed"
        return [Finding("calibration", subject, UNJUDGED, float("nan"), float("nan"), note)]
    scores = normal_scores(values)
    gain = 0.5 * scores**2 * (1 - SPREAD_RATIO**-2) - np.log(SPREAD_RATIO)
    charts = {
        "high": (scores - SLACK, "actuals come out above the forecasts"),
        "low": (-scores - SLACK, "actuals come out below the forecasts"),
        "spread": (gain, "actuals fall outside more often than promised"),
    }
    found = [_chart(f"calibration.{name}", subject, steps, note) for name, (steps, note) in charts.items()]
    return [*found, _coverage(values, subject)]


def _chart(check: str, subject: str, steps: Array, note: str) -> Finding:
    value = float(cusum(steps)[-1])
    raised = value > LIMIT
    return Finding(check, subject, ALARM if raised else OK, value, LIMIT, note if raised else "")


def _coverage(values: Array, subject: str) -> Finding:
    tail = (1 - _LEVEL) / 2
    hits = int(((values >= tail) & (values <= 1 - tail)).sum())
    raised = binom.cdf(hits, len(values), _LEVEL) < LEAST_CHANCE
    limit = float(binom.ppf(LEAST_CHANCE, len(values), _LEVEL)) / len(values)
    note = f"80 % intervals held {hits} of the last {len(values)} actuals"
    return Finding("coverage80", subject, ALARM if raised else OK, hits / len(values), limit, note)


def wider_by(pit: ArrayLike) -> float:
    """Return the factor by which intervals have to widen for the last errors to be ordinary.

    The root mean square of the normal scores, which is 1 where intervals are calibrated; clipped to between 1.1 and 3.

    Parameters
    ----------
    pit
        PIT values [1], shape (n,); the last 12 are used.

    Returns
    -------
    float
        Factor on the log spread of totals about their medians [1].

    Examples
    --------
    >>> wider_by([0.98] * 8), wider_by([0.5] * 8)
    (2.054, 1.1)
    """
    scores = normal_scores(np.asarray(pit, dtype=np.float64)[-RECENT:])
    return round(float(np.clip(np.sqrt(np.mean(scores**2)), _LEAST_WIDER, WIDEST)), 3)
