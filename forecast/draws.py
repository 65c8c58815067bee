"""Joint draws: named random streams, sampled assumptions, and quantiles taken last.

Every random number comes from a stream named after what it drives, so adding a term changes no other term's draws and
two scenarios share their random numbers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from scipy.special import expit, logit, ndtri

from shiftcast.features.arrays import Array
from shiftcast.features.frames import AssumptionRows, DataFrame
from shiftcast.features.input_error import InputError

LEVELS: Final = (0.5, 0.8, 0.95)
QUANTILES: Final = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)
Z90: Final = float(ndtri(0.9))  # standard deviations from the median to the 90th percentile of a normal


def stream(seed: int, name: str) -> np.random.Generator:
    """Return the random stream of one named quantity, the same wherever and beside whatever it is asked for.

    Parameters
    ----------
    seed
        Seed of the whole forecast.
    name
        What the stream drives; 64 bits of its digest keep hundreds of thousands of names apart.

    Returns
    -------
    Generator
        A stream of its own.

    Examples
    --------
    >>> bool(stream(1, "a").random() == stream(1, "a").random())
    True
    """
    digest = hashlib.blake2b(name.encode(), digest_size=8).digest()
    return np.random.default_rng([seed, int.from_bytes(digest, "big")])


def normals(seed: int, name: str, draws: int) -> Array:
    """Return stratified standard normals: one in each of ``draws`` slices of equal probability, shuffled.

    Parameters
    ----------
    seed
        Seed of the run.
    name
        Name of the stream.
    draws
        Number of draws.

    Returns
    -------
    ndarray, shape (draws,)
    """
    random = stream(seed, name)
    ranks = random.permutation(draws)
    return np.asarray(ndtri((ranks + random.random(draws)) / draws), dtype=np.float64)


def student_t(random: np.random.Generator, shape: tuple[int, ...], degrees: float) -> Array:
    """Return Student-t variates scaled to unit variance, one chi-square mixing variable for each row of ``shape``.

    Parameters
    ----------
    random
        Random generator; it is advanced.
    shape
        Shape of the result; its first axis has a mixing variable each, so that a row is heavy-tailed together.
    degrees
        Degrees of freedom, above 2.

    Returns
    -------
    ndarray, shape ``shape``
        Mean zero, variance one.
    """
    mixing = random.chisquare(degrees, size=(shape[0],) + (1,) * (len(shape) - 1)) / degrees
    return np.asarray(random.standard_normal(shape) / np.sqrt(mixing) * np.sqrt((degrees - 2) / degrees))


@dataclass(frozen=True)
class Assumptions:
    """Sampled assumptions: one value a draw for each named row, constant over periods.

    Attributes
    ----------
    values
        Name to draws, each of shape (draws,).
    """

    values: Mapping[str, Array]

    def __getitem__(self, name: str) -> Array:
        """Return the draws of one assumption.

        Parameters
        ----------
        name
            Name of the row, such as ``fleet.life``.

        Returns
        -------
        ndarray, shape (draws,)
            In the unit of the row.

        Raises
        ------
        ValueError
            If there is no assumption of that name.
        """
        if name not in self.values:
            raise InputError(f"assumption {name!r} is missing; add a row of that name to assumptions.csv")
        return self.values[name]

    def get(self, name: str, otherwise: str) -> Array:
        """Return the draws of an assumption, or of a more general one where it has no row of its own.

        Parameters
        ----------
        name
            Name of the assumption.
        otherwise
            Name of the more general one.

        Returns
        -------
        ndarray, shape (draws,)
            In the unit of the row.

        Raises
        ------
        ValueError
            If neither is there.
        """
        return self[name if name in self.values else otherwise]

    def names(self, prefix: str) -> tuple[str, ...]:
        """Return what follows ``prefix`` and a dot in the names that begin with them.

        Parameters
        ----------
        prefix
            Beginning of the names, without the dot.

        Returns
        -------
        tuple of str
            In the order of the rows.
        """
        start = f"{prefix}."
        return tuple([name[len(start) :] for name in self.values if name.startswith(start)])


@dataclass(frozen=True)
class Sampling:
    """The settings of a draw: quarters, number of draws, seed, and drawn assumptions.

    Attributes
    ----------
    quarters
        Ends of the quarters that are drawn, history first.
    draws
        Joint draws; the first axis of whatever is drawn.
    seed
        Of the named streams.
    assumed
        One value a draw of every assumption; empty for terms that rest on none.
    """

    quarters: pd.DatetimeIndex
    draws: int
    seed: int
    assumed: Assumptions = Assumptions({})

    def stream(self, name: str) -> np.random.Generator:
        """Return the random stream of one named quantity (:func:`stream`).

        Parameters
        ----------
        name
            Name of the quantity.

        Returns
        -------
        Generator
            A stream of its own.
        """
        return stream(self.seed, name)

    def normals(self, name: str) -> Array:
        """Return stratified standard normals of one named quantity, shape (draws,) (:func:`normals`).

        Parameters
        ----------
        name
            Name of the quantity.

        Returns
        -------
        ndarray, shape (draws,)
            Standard normals.
        """
        return normals(self.seed, name, self.draws)


def sample_assumptions(
    rows: DataFrame[AssumptionRows], *, draws: int, seed: int, moved: Mapping[str, Array] | None = None
) -> Assumptions:
    """Draw every row of an assumptions frame.

    Low, mid and high are the 10th, 50th and 90th percentiles. On the scale f of the shape (log, logit or plain) a draw
    is f(mid) + z / 1.2816 * (f(high) - f(mid)), or f(mid) - f(low) where the standard normal z is below zero.

    Parameters
    ----------
    rows
        Assumptions frame (:data:`features.frames.AssumptionRows`).
    draws, seed
        Number of draws; the seed of the named streams.
    moved
        Name to z, shape (draws,), for rows that something was learned of; the others are standard normal.

    Returns
    -------
    Assumptions
        Draws by name, in the unit of each row.

    Raises
    ------
    ValueError
        If low, mid and high are not in order or outside the scale of their shape.

    Examples
    --------
    >>> row = {"name": ["x"], "low": [1.0], "mid": [2.0], "high": [4.0], "shape": ["lognormal"]}
    >>> x = sample_assumptions(pd.DataFrame(row), draws=4000, seed=1)["x"]
    >>> [round(float(q), 2) for q in np.quantile(x, [0.1, 0.5, 0.9])]
    [1.0, 2.0, 4.0]
    """
    points, known = rows[["low", "mid", "high"]].to_numpy(dtype=np.float64), moved or {}
    return Assumptions(
        {
            name: _sample(name, shape, point, known[name] if name in known else normals(seed, name, draws))
            for name, shape, point in zip(rows["name"].astype(str), rows["shape"].astype(str), points, strict=True)
        }
    )


def _sample(name: str, shape: str, points: Array, z: Array) -> Array:
    forward, backward = _SCALES[shape]
    with np.errstate(all="ignore"):
        low, mid, high = forward(points)
    if not (np.isfinite([low, mid, high]).all() and low <= mid <= high):
        raise InputError(
            f"assumption {name!r}: low {points[0]:g}, mid {points[1]:g}, high {points[2]:g} must rise and fit a "
            f"{shape} scale; correct the row in assumptions.csv"
        )
    spread = np.where(z < 0, mid - low, high - mid) / Z90
    return np.asarray(backward(mid + spread * z), dtype=np.float64)


def _same(values: Array) -> Array:
    return values


_SCALES = {"lognormal": (np.log, np.exp), "logitnormal": (logit, expit), "normal": (_same, _same)}


def quantile_table(values: Array, levels: tuple[float, ...] = QUANTILES) -> Array:
    """Return mean and quantiles over the first axis.

    Quantiles are taken here only: they are of finished totals and never added up.

    Parameters
    ----------
    values
        Draws, shape (draws, ...).
    levels
        Levels of the quantiles [1].

    Returns
    -------
    ndarray, shape (1 + levels, ...)
        The mean, then the quantiles in the order of ``levels``, in the unit of the values.
    """
    return np.concatenate([values.mean(axis=0, keepdims=True), np.quantile(values, levels, axis=0)])
