"""Exact stock and flow of cohorts: every purchase is in place or retired, in every draw and period."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shiftcast.features.arrays import Array
from shiftcast.features.input_error import InputError


@dataclass(frozen=True)
class Stock:
    """Cohorts of one generation through time.

    Attributes
    ----------
    bought
        I, accelerators bought in the period, shape (draws, periods).
    live
        K, accelerators in place at its end, shape (draws, periods).
    retired
        R, accelerators retired in it, shape (draws, periods); K_t = K_{t-1} + I_t - R_t.
    cohorts
        K by period of purchase, shape (draws, cohorts, periods); zero before it.
    """

    bought: Array
    live: Array
    retired: Array
    cohorts: Array


def stock_and_flow(bought: Array, survival: Array, runs: Array | None = None) -> Stock:
    """Return stocks and flows of cohorts under physical survival times economic exit.

    K_ct = I_c S(t - c) min_{c <= s <= t} run_cs, summed over cohorts; R_t is what leaves K in the period.

    Parameters
    ----------
    bought
        Accelerators bought, shape (draws, periods).
    survival
        Share of a cohort still working at ages 0, 1, ... periods [1], shape (draws, periods), not rising.
    runs
        Share of a cohort that covers its upkeep [1], shape (draws, cohorts, periods); an exit is final. All run if left
        out.

    Returns
    -------
    Stock
        In accelerators.

    Raises
    ------
    ValueError
        If a purchase is negative, or survival rises with age or leaves [0, 1].

    Examples
    --------
    >>> stock = stock_and_flow(np.array([[8.0, 0.0, 0.0]]), np.array([[1.0, 0.5, 0.25]]))
    >>> stock.live.tolist(), stock.retired.tolist()
    ([[8.0, 4.0, 2.0]], [[0.0, 4.0, 2.0]])
    """
    if (bought < 0).any():
        raise InputError(f"purchases of {float(bought.min()):g} are negative; returns are retirements")
    if (np.diff(survival, axis=1) > 0).any() or (survival > 1).any() or (survival < 0).any():
        raise InputError("survival rises with age or leaves [0, 1]; give the share of a cohort left at each age")
    age = np.arange(bought.shape[1])[None, :] - np.arange(bought.shape[1])[:, None]
    kept = np.where(age >= 0, survival[:, np.clip(age, 0, None)], 1.0)
    if runs is not None:
        kept = kept * np.minimum.accumulate(np.where(age >= 0, runs, 1.0), axis=2)
    before = np.concatenate([np.ones((*kept.shape[:2], 1)), kept[..., :-1]], axis=2)
    inside = (age >= 0) * bought[:, :, None]
    cohorts = inside * kept
    return Stock(bought, cohorts.sum(axis=1), (inside * (before - kept)).sum(axis=1), cohorts)
