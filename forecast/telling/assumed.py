"""Part of an answer that is assumed: the variance of a figure that assumption rows explain."""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.special import ndtri

from shiftcast.features.arrays import Array
from shiftcast.forecast.views.provenance import Assumed

SHOWN: Final = 8  # rows
_CHANCE: Final = 12.0  # times 1/draws: a squared correlation of independent draws passes it once in two thousand
_SAME: Final = 1e-9  # of the largest: below it, rows say the same
_BESIDES: Final = "; dated judgements among the statements count as measured"
_DRAWS_A_ROW: Final = 3  # fewer draws than this a row, and a regression would explain noise


def variance_assumed(values: Array, directions: Array, *, subject: str) -> Assumed:
    """Return the part of a figure's variance that draws of assumption rows explain.

    Ranks are regressed on ranks, both as standard normals; the R-squared is adjusted for the number of rows, so that
    rows which explain nothing count as nothing.

    Parameters
    ----------
    values
        Draws of the figure, shape (draws,), any unit.
    directions
        What the rows whose evidence is a judgement span (:func:`spanned`), shape (draws, rows).
    subject
        What the figure is.

    Returns
    -------
    Assumed
        None where draws are too few for the rows, or all draws agree.

    Examples
    --------
    >>> x = np.random.default_rng(1).normal(size=(4000, 2))
    >>> round(variance_assumed(x[:, 0] + x[:, 1], spanned(normal_scores(x[:, :1])), subject="a sum").part, 1)
    0.5
    """
    count, rows = directions.shape
    if np.ptp(values) == 0:
        return Assumed(None, f"all draws of {subject} agree, so nothing can be told apart")
    if count < _DRAWS_A_ROW * rows:
        return Assumed(None, f"{count} draws are too few to tell what {rows} assumed rows explain of {subject}")
    target = normal_scores(values[:, None])[:, 0]
    fitted = directions @ (directions.T @ target)
    unexplained = float(((target - fitted) ** 2).sum() / (target**2).sum())
    part = min(max(1 - unexplained * (count - 1) / (count - rows - 1), 0.0), 1.0)
    return Assumed(
        part, f"the variance of {subject} (ranks of the draws) that {rows} rows marked assumed explain{_BESIDES}"
    )


def spanned(scores: Array) -> Array:
    """Return an orthonormal basis of what rows span, so that a regression on them is one product.

    Parameters
    ----------
    scores
        Normal scores of rows, shape (draws, rows).

    Returns
    -------
    ndarray, shape (draws, rank)

    Examples
    --------
    >>> spanned(np.array([[3.0, 6.0], [4.0, 8.0]])).shape
    (2, 1)
    """
    left, size, _ = np.linalg.svd(scores, full_matrices=False)
    return np.asarray(left[:, size > _SAME * size.max(initial=0.0)])


def normal_scores(values: Array) -> Array:
    """Return ranks as standard normals, each column for itself; one that does not vary is nought.

    Parameters
    ----------
    values
        Shape (draws, columns).

    Returns
    -------
    ndarray, shape (draws, columns)
        Mean nought.

    Examples
    --------
    >>> normal_scores(np.array([[1.0, 5.0], [100.0, 5.0]])).round(2).tolist()
    [[-0.67, 0.0], [0.67, 0.0]]
    """
    from scipy.stats import rankdata  # noqa: PLC0415  (slow to load; few questions rank)

    scores = ndtri((rankdata(values, axis=0) - 0.5) / len(values))
    return np.asarray(scores - scores.mean(axis=0))


def carried(values: Array, scores: Array) -> list[int]:
    """Return the rows that a figure's variance goes with most, the first carrying most; none that may be chance.

    Parameters
    ----------
    values
        Draws of the figure, shape (draws,).
    scores
        Normal scores of rows, shape (draws, rows).

    Returns
    -------
    list of int
        Columns of ``scores``, at most :data:`SHOWN`.

    Examples
    --------
    >>> x = np.random.default_rng(1).normal(size=(1000, 3))
    >>> carried(x[:, 2] + 0.5 * x[:, 0], normal_scores(x))
    [2, 0]
    """
    target = normal_scores(values[:, None])[:, 0]
    size = np.sqrt((scores**2).sum(axis=0) * (target**2).sum())
    squared = (target @ scores / np.where(size > 0, size, 1.0)) ** 2
    order = np.argsort(-squared, kind="stable")[:SHOWN]
    return [int(at) for at in order if squared[at] > _CHANCE / len(values)]
