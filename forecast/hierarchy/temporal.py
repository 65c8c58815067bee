"""Make forecasts by short and long periods agree: temporal hierarchies, draw by draw."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import sparse

from shiftcast.features.arrays import Array, Integers
from shiftcast.forecast.hierarchy.covariance import Covariance
from shiftcast.forecast.hierarchy.mint import reconcile
from shiftcast.forecast.hierarchy.structure import from_summing


def agreed_draws(short: Array, member: Sequence[Integers], known: Sequence[Array], long: Sequence[Array]) -> Array:
    """Return draws of short periods that take in what forecasts of long ones know.

    Each draw of a long period is matched to the draw of short ones with a sum of the same rank, so spreads are averaged
    and not narrowed. Both are then reconciled (Athanasopoulos et al. 2017) under the covariance of the short draws and
    the variance of the long ones. Sums of the result are forecasts of any longer period.

    Parameters
    ----------
    short
        Draws by short periods [unit of the series], shape (draws, horizon).
    member
        For each level, the number of the long period of each short one, shape (horizon,); -1 for none.
    known
        For each level, volume of each long period that is past already, shape (periods,).
    long
        For each level, draws by long periods, shape (draws, periods); NaN where there is no such forecast.

    Returns
    -------
    ndarray, shape (draws, horizon)
        Draws by short periods, zero or more.

    Examples
    --------
    >>> short = np.array([[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]])
    >>> agreed_draws(short, [np.array([0, 0])], [np.zeros(1)], [np.array([[4.0], [2.0], [6.0]])]).round(6).tolist()
    [[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]]
    """
    rows, draws = [], []
    for own, past, far in zip(member, known, long, strict=True):
        for period in np.flatnonzero(~np.isnan(far).any(axis=0)):
            inside = (own == period).astype(float)
            total = short @ inside
            ranked = np.empty(len(total))
            ranked[np.argsort(total, kind="stable")] = np.sort(far[:, period]) - past[period]
            if inside.sum() > 1 and ranked.std() > 0 and total.std() > 0:
                rows.append(inside)
                draws.append(np.maximum(ranked, 0.0))
    if not rows:
        return short
    horizon = short.shape[1]
    names = [*(f"long {at}" for at in range(len(rows))), *(f"short {at}" for at in range(horizon))]
    tree = from_summing(names, sparse.csr_matrix(np.concatenate([np.array(rows), np.eye(horizon)])))
    order = np.array([names.index(name) for name in tree.names])
    base = np.concatenate([np.array(draws), short.T])
    spread = np.concatenate([np.zeros((len(rows), len(short))), (short - short.mean(axis=0)).T / np.sqrt(len(short))])
    floor = np.concatenate([np.var(draws, axis=1), 1e-6 * short.var(axis=0).max() * np.ones(horizon)])
    covariance = Covariance(floor[order, None], spread[order])
    done = reconcile(tree, base[order], covariance).values
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    return np.asarray(np.maximum(done[place[len(rows) :]].T, 0.0))
