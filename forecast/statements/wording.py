"""Likelihoods of inexact wording: how "at least", "about", "just over half" and "doubled" bound a quantity.

Each is a log-likelihood of the quantity x given the figure v and a standard error s, up to a constant: "at least v"
is ln Phi((x - v) / s), "about v" a normal, "just over v" a skew-normal whose mass lies above v. Growth is read on the
log scale, where "doubled" is ln 2.

Reference: Azzalini (1985), A class of distributions which includes the normal ones, for the skew-normal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import log_ndtr, logsumexp

from shiftcast.features.arrays import Array
from shiftcast.features.input_error import InputError

_HALF_LOG_TAU: Final = 0.5 * np.log(2 * np.pi)


@dataclass(frozen=True)
class Hearing:
    """Beliefs about what statements about shares mean as worded.

    Attributes
    ----------
    edge
        How far from the edge a share stated as 0 or 1 is read [1].
    window_sd
        Standard deviation added where whole quarters stand for the days of a window [1].
    skew
        Skewness of the skew-normal by which "just over" and "just under" are read [1].
    """

    edge: float
    window_sd: float
    skew: float


@dataclass(frozen=True)
class Width:
    """Width of a likelihood.

    Attributes
    ----------
    sd
        Standard error of the figure.
    skew
        As in :class:`Hearing`.
    """

    sd: float
    skew: float


Wording = Callable[[Array, float, Width], Array]


def _normal(z: Array) -> Array:
    return np.asarray(-0.5 * z**2 - _HALF_LOG_TAU)


def _at_least(values: Array, figure: float, width: Width) -> Array:
    return np.asarray(log_ndtr((values - figure) / width.sd))


def _at_most(values: Array, figure: float, width: Width) -> Array:
    return np.asarray(log_ndtr((figure - values) / width.sd))


def _about(values: Array, figure: float, width: Width) -> Array:
    return np.asarray(_normal((values - figure) / width.sd) - np.log(width.sd))


def _just_over(values: Array, figure: float, width: Width) -> Array:
    z = (values - figure) / width.sd
    return np.asarray(np.log(2) + _normal(z) + log_ndtr(width.skew * z) - np.log(width.sd))


def _just_under(values: Array, figure: float, width: Width) -> Array:
    return _just_over(2 * figure - values, figure, width)


def _on_logs(wording: Wording, factor: float) -> Wording:
    """Return a wording about growth to a factor; the figure is what the quantity was before."""

    def likelihood(values: Array, figure: float, width: Width) -> Array:
        return wording(np.log(values / figure), float(np.log(factor)), width)

    return likelihood


WORDINGS: Final[Mapping[str, Wording]] = {
    "at least": _at_least, "at most": _at_most, "about": _about, "just over": _just_over, "just under": _just_under,
    "doubled": _on_logs(_about, 2.0), "more than doubled": _on_logs(_at_least, 2.0),
    "nearly doubled": _on_logs(_just_under, 2.0), "tripled": _on_logs(_about, 3.0),
}  # fmt: skip
OF_BOUND: Final[Mapping[str, str]] = {
    ">=": "at least", "<=": "at most", "~": "about", "=": "about", ">~": "just over", "<~": "just under",
}  # fmt: skip


def log_likelihood(values: Array, wording: str, figure: float, *, sd: float, skew: float) -> Array:
    """Return the log-likelihood of values under a statement.

    Parameters
    ----------
    values
        The quantity, such as draws of a share; positive for growth.
    wording
        One of :data:`WORDINGS`.
    figure
        The figure stated, in the unit of the values; for growth the level it grew from.
    sd
        Standard error of the figure; of the log ratio for growth.
    skew
        Skewness of "just over" and "just under" [1].

    Returns
    -------
    ndarray, shape of ``values``
        Log-likelihood [nat], up to a constant.

    Raises
    ------
    ValueError
        If the wording is not known or the standard error is not positive.

    Examples
    --------
    >>> shares = np.array([0.45, 0.50, 0.51, 0.60])
    >>> shares[log_likelihood(shares, "just over", 0.5, sd=0.012, skew=4.0).argmax()].item()
    0.51
    >>> log_likelihood(np.array([0.5]), "at least", 0.5, sd=0.01, skew=4.0).round(3).tolist()
    [-0.693]
    """
    if wording not in WORDINGS:
        raise InputError(f"wording {wording!r} is not known; choose one of {', '.join(WORDINGS)}")
    if not sd > 0:
        raise InputError(f"{wording} {figure:g}: standard error {sd:g} is not above 0; give how exact the wording is")
    return WORDINGS[wording](np.asarray(values, dtype=np.float64), figure, Width(sd, skew))


def mixed(likelihoods: Sequence[Array], weights: Sequence[float]) -> Array:
    """Return the log-likelihood of an ambiguous statement from those of its readings and their weights.

    Parameters
    ----------
    likelihoods
        Log-likelihood of each reading [nat], of one shape.
    weights
        Probability of each reading; they sum to one.

    Returns
    -------
    ndarray, shape of a reading
        ln(sum of weight exp(log-likelihood)) [nat].

    Raises
    ------
    ValueError
        If the weights do not sum to one, or one is negative.

    Examples
    --------
    >>> mixed([np.log([0.2]), np.log([0.4])], [0.5, 0.5]).round(4).tolist() == np.log([0.3]).round(4).tolist()
    True
    """
    if not np.isclose(sum(weights), 1.0) or min(weights) < 0:
        raise InputError(f"weights {list(weights)} of the readings do not sum to 1; correct them")
    logs = np.log(np.maximum(weights, np.finfo(float).tiny))
    return np.asarray(logsumexp(np.stack([each + log for each, log in zip(likelihoods, logs, strict=True)]), axis=0))
