"""Joint draws of a hierarchy from the histories of its bottom nodes: every node is forecast, and draws add up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np

from shiftcast.features.arrays import Array
from shiftcast.features.input_error import InputError
from shiftcast.forecast.hierarchy.averaged import AVERAGE, average_reconciled, weigh_methods
from shiftcast.forecast.hierarchy.covariance import METHODS
from shiftcast.forecast.hierarchy.structure import Hierarchy, aggregate
from shiftcast.forecast.scores import quantile_loss
from shiftcast.forecast.volume.ets import FEWEST, draw_ets, fit_ets

WINDOWS: Final = 6  # of the past, in which methods are tried
_DRAWS: Final = 200  # in each of them
_SEASONS: Final = 3  # that a window of the past leaves before it
_LEVELS: Final = np.arange(1, 20) / 20


def draw_hierarchy(
    hierarchy: Hierarchy,
    bottom: Array,
    *,
    season: int,
    horizon: int,
    draws: int = 500,
    seed: int = 0,
    weights: Mapping[str, float] | None = None,
) -> Array:
    """Draw the future of a hierarchy: a pool of smoothing forms at each node, reconciled draw by draw.

    Parameters
    ----------
    hierarchy
        Hierarchy of the nodes.
    bottom
        Histories of the bottom nodes in the order of ``hierarchy.leaves``, shape (leaves, time), all finite.
    season
        Periods in a season; one for none.
    horizon
        Periods ahead.
    draws
        Number of draws.
    seed
        Seed; the same one gives the same draws.
    weights
        Weight of each method of reconciliation, adding to one; from windows of the past (:func:`past_weights`) if left
        out.

    Returns
    -------
    ndarray, shape (nodes, horizon, draws)
        In the unit of the histories; each draw adds up, and none is below zero where no history is.

    Raises
    ------
    ValueError
        If the horizon or the draws are below one, or histories are of other nodes, too short or incomplete.

    Examples
    --------
    >>> from shiftcast.forecast.hierarchy.structure import from_parents
    >>> tree = from_parents(["total", "a", "b"], [-1, 0, 0])
    >>> histories = np.array([[10.0, 20.0] * 8, [5.0, 6.0] * 8])
    >>> ahead = draw_hierarchy(tree, histories, season=2, horizon=2, draws=20)
    >>> np.median(ahead, axis=2).round(1).tolist()
    [[15.0, 26.0], [10.0, 20.0], [5.0, 6.0]]
    """
    for name, given in (("horizon", horizon), ("draws", draws)):
        if given < 1:
            raise InputError(f"{name} {given} is below 1; ask for at least one")
    if len(bottom) != len(hierarchy.leaves):
        raise InputError(f"{len(bottom)} histories do not fit {len(hierarchy.leaves)} bottom nodes; give one for each")
    if weights is None:
        weights = past_weights(hierarchy, bottom, season=season, horizon=horizon, seed=seed)
    (done,) = _drawn(hierarchy, bottom, season, horizon, draws, seed, [weights])
    return done


def past_weights(
    hierarchy: Hierarchy, bottom: Array, *, season: int, horizon: int, seed: int = 0
) -> Mapping[str, float]:
    """Return the weights of the methods of reconciliation: their mean, or one that was clearly better in the past.

    Up to six windows that do not overlap are forecast from what was known before each, and scored by the quantile loss
    summed over all nodes, in which every level of the hierarchy weighs alike.

    Parameters
    ----------
    hierarchy, bottom, season, horizon, seed
        As :func:`draw_hierarchy` takes them.

    Returns
    -------
    Mapping
        Weight of each method [1], adding to one; the mean of methods where fewer than three windows leave three seasons
        and half of the history before them.
    """
    length = bottom.shape[1]
    least = max(_SEASONS * season, length // 2, FEWEST)
    cuts = [length - horizon * window for window in range(1, WINDOWS + 1)]
    tried = [AVERAGE, *({method: 1.0} for method in METHODS)]
    losses = np.array([
        [_loss(each, aggregate(hierarchy, bottom[:, cut : cut + horizon]))
         for each in _drawn(hierarchy, bottom[:, :cut], season, horizon, _DRAWS, seed, tried)]
        for cut in cuts if cut >= least
    ]).reshape(-1, len(tried))  # fmt: skip
    return weigh_methods(losses[:, 0], dict(zip(METHODS, losses[:, 1:].T, strict=True)))


def _drawn(
    hierarchy: Hierarchy, bottom: Array, season: int, horizon: int, draws: int, seed: int,
    several: list[Mapping[str, float]],
) -> Iterator[Array]:  # fmt: skip
    """Yield the same base draws reconciled by several weights, each of shape (nodes, horizon, draws)."""
    pool = fit_ets(aggregate(hierarchy, bottom), season)
    base = draw_ets(pool, horizon=horizon, draws=draws, seed=seed).reshape(len(hierarchy.names), -1)
    positive = bool((bottom >= 0).all())
    for each in several:  # one at a time, as they are large
        done = average_reconciled(hierarchy, base, pool.residuals, weights=each, nonnegative=positive)
        yield done.reshape(-1, horizon, draws)


def _loss(paths: Array, actual: Array) -> float:
    """Return the quantile loss summed over nodes and periods, a mean over levels."""
    miss = actual - np.quantile(paths, _LEVELS, axis=-1)
    return float(quantile_loss(np.moveaxis(miss, 0, -1), _LEVELS).sum() / len(_LEVELS))
