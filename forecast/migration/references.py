"""Reference curves and scenarios: textbook curves of one callable shape, for comparison and for what-if questions.

They extrapolate too hard to forecast by default (on real histories they lose to last value) and are kept for
what they are: named scenarios. Each takes shares, shape (T, K), generations in column order, oldest first,
and returns their continuation on the simplex, shape (horizon, K).
"""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shiftcast.features.arrays import Array
from shiftcast.features.input_error import InputError
from shiftcast.features.share_grid import SharePanel, future_ends
from shiftcast.forecast.migration import bass as diffusion
from shiftcast.forecast.migration import curves
from shiftcast.forecast.migration.fit import ShareFit
from shiftcast.forecast.migration.transforms import close

Reference = Callable[[Array, int], Array]

PRESENT: Final = 1e-3  # share from which a generation counts as launched


def generation_order(shares: Array) -> NDArray[np.int64]:
    """Return the columns from the oldest generation to the newest: by the mean date of their share.

    Parameters
    ----------
    shares
        Shares [share], shape (periods, generations).

    Returns
    -------
    ndarray of int, shape (generations,)
        Columns, oldest first; those without any share last.

    Examples
    --------
    >>> generation_order(np.array([[0.0, 1.0], [0.5, 0.5], [0.9, 0.1]])).tolist()
    [1, 0]
    """
    total = shares.sum(axis=0)
    mean = (np.arange(len(shares))[:, None] * shares).sum(axis=0) / np.where(total > 0, total, 1.0)
    return np.argsort(np.where(total > 0, mean, np.inf), kind="stable")


def fisher_pry(shares: Array, horizon: int) -> Array:
    """Continue shares by logistic substitution of each generation or newer for the older ones (Fisher-Pry).

    Parameters
    ----------
    shares
        History [share], shape (periods, generations), oldest first.
    horizon
        Periods ahead.

    Returns
    -------
    ndarray, shape (horizon, generations)
        Shares [share].
    """
    return _newer_or_same(shares, horizon, curves.fisher_pry)


def gompertz(shares: Array, horizon: int) -> Array:
    """Continue shares by Gompertz substitution of each generation or newer for the older ones.

    Parameters
    ----------
    shares
        History [share], shape (periods, generations), oldest first.
    horizon
        Periods ahead.

    Returns
    -------
    ndarray, shape (horizon, generations)
        Shares [share].
    """
    return _newer_or_same(shares, horizon, curves.gompertz)


def bass(shares: Array, horizon: int) -> Array:
    """Continue shares by Bass diffusion of each generation or newer from its launch, with the market that is fitted.

    Parameters
    ----------
    shares
        History [share], shape (periods, generations), oldest first.
    horizon
        Periods ahead.

    Returns
    -------
    ndarray, shape (horizon, generations)
        Shares [share].
    """
    return _newer_or_same(shares, horizon, _bass_share)


def multinomial_logit(shares: Array, horizon: int) -> Array:
    """Continue the log-odds of all generations linearly in time.

    Parameters
    ----------
    shares
        History [share], shape (periods, generations).
    horizon
        Periods ahead.

    Returns
    -------
    ndarray, shape (horizon, generations)
        Shares [share].
    """
    return curves.multinomial_logit(shares, horizon) if shares.shape[1] > 1 else np.ones((horizon, 1))


def norton_bass(shares: Array, horizon: int) -> Array:
    """Continue shares by successive generations with one p and q, each with its own market (Norton-Bass).

    Parameters
    ----------
    shares
        History [share], shape (periods, generations), oldest first.
    horizon
        Periods ahead.

    Returns
    -------
    ndarray, shape (horizon, generations)
        Shares [share].
    """
    launched = shares > PRESENT
    starts = np.where(launched.any(axis=0), launched.argmax(axis=0), len(shares)) + 1.0
    p, q, markets = diffusion.fit_norton_bass(shares, starts)
    path = diffusion.norton_bass(len(shares) + horizon, starts, p, q, markets)[len(shares) :]
    return close(path, shares[-1])


REFERENCES: Final = MappingProxyType(
    {reference.__name__: reference for reference in (fisher_pry, gompertz, bass, multinomial_logit, norton_bass)}
)


def reference_rows(fit: ShareFit, name: str) -> pd.DataFrame:
    """Return how a textbook curve continues each history, in the columns of :func:`share_quantiles`.

    Parameters
    ----------
    fit
        Histories with their horizon.
    name
        One of :data:`REFERENCES`; also the ``statistic`` of the rows.

    Returns
    -------
    DataFrame
        One row a history, category and period ahead.

    Raises
    ------
    ValueError
        If the curve is not known.
    """
    if name not in REFERENCES:
        raise InputError(f"reference {name!r} is not known; choose one of {', '.join(REFERENCES)}")
    parts = [
        _series_rows(fitted.panel, at, fit.horizon, name)
        for fitted in fit.panels
        for at in range(len(fitted.panel.series))
    ]
    return pd.concat(parts, ignore_index=True)


def _series_rows(panel: SharePanel, at: int, horizon: int, name: str) -> pd.DataFrame:
    """Return the rows of one series; a category is a generation, the oldest the one whose share came first."""
    names = panel.categories[at]
    history = panel.shares[at, :, : len(names)]
    history = history[~np.isnan(history).any(axis=1)]
    order = generation_order(history)
    ahead = np.empty((horizon, len(names)))
    ahead[:, order] = REFERENCES[name](history[:, order], horizon)
    return pd.DataFrame(
        {
            "series": panel.series[at],
            "period_end": np.repeat(future_ends(panel, at, horizon), len(names)),
            "category": np.tile(np.asarray(names, dtype=object), horizon),
            "statistic": name,
            "quantile": np.nan,
            "value": ahead.ravel(),
        }
    )


def _newer_or_same(shares: Array, horizon: int, curve: Callable[[Array, int], Array]) -> Array:
    """Continue the share of "this generation or newer" along a curve and return shares of generations."""
    newer = np.cumsum(shares[:, ::-1], axis=1)[:, ::-1]
    ahead = np.ones((horizon, shares.shape[1] + 1))
    ahead[:, -1] = 0.0
    for k in range(1, shares.shape[1]):
        share = np.clip(curve(newer[:, k], horizon), 0.0, 1.0) if newer[:, k].any() else np.zeros(horizon)
        ahead[:, k] = np.minimum(share, ahead[:, k - 1])
    return close(-np.diff(ahead, axis=1), shares[-1])


def _bass_share(share: Array, horizon: int) -> Array:
    """Return the continuation of a cumulative share by a Bass curve fitted to its rises."""
    begun = int((share > PRESENT).argmax())
    rises = np.maximum(np.diff(share[begun:], prepend=0.0), 0.0)
    if len(rises) < 4 or not rises.any():
        return np.repeat(share[-1:], horizon)
    found = diffusion.fit_bass_curve(rises)
    time = len(rises) + np.arange(1.0, horizon + 1.0)
    return np.asarray(min(found.m, 1.0) * diffusion.bass_fraction(time, found.p, found.q))
