"""Joint draws: named random streams, sampled assumptions, and quantiles at the very end.

Every random number comes from a stream named after what it drives, so adding a term moves no other term's draws and
two scenarios share their random numbers.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from scipy.special import expit, logit, ndtri

from shiftcast.features.arrays import Array
from shiftcast.features.input_error import InputError

LEVELS: Final = (0.5, 0.8, 0.95)
QUANTILES: Final = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)
_Z90: Final = float(ndtri(0.9))


def stream(seed: int, name: str) -> np.random.Generator:
    """Return the random stream of one named quantity.

    Examples
    --------
    >>> bool(stream(1, "a").random() == stream(1, "a").random())
    True
    """
    return np.random.default_rng([seed, zlib.crc32(name.encode())])


def normals(seed: int, name: str, draws: int) -> Array:
    """Return stratified standard normals, shape (draws,): one in each of ``draws`` equal slices, shuffled.

    Examples
    --------
    >>> z = normals(1, "a", 2000)
    >>> bool(abs(z.mean()) < 0.01 and abs(z.std() - 1) < 0.01)
    True
    """
    random = stream(seed, name)
    ranks = random.permutation(draws)
    return np.asarray(ndtri((ranks + random.random(draws)) / draws), dtype=np.float64)


def student_t(random: np.random.Generator, shape: tuple[int, ...], degrees: float) -> Array:
    """Return Student-t variates scaled to unit variance, one mixing variable for each row of ``shape``."""
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
        """Return the draws of one assumption, shape (draws,)."""
        if name not in self.values:
            raise InputError(f"assumption {name!r} is missing; add a row of that name to assumptions.csv")
        return self.values[name]

    def get(self, name: str, otherwise: str) -> Array:
        """Return the draws of an assumption, or of a more general one where it has no row of its own."""
        return self[name if name in self.values else otherwise]

    def names(self, prefix: str) -> tuple[str, ...]:
        """Return the last parts of the names that begin with ``prefix`` and a dot."""
        return tuple(name.removeprefix(f"{prefix}.") for name in self.values if name.startswith(f"{prefix}."))


def sample_assumptions(rows: pd.DataFrame, *, draws: int, seed: int) -> Assumptions:
    """Draw every row of an assumptions frame.

    Low, mid and high are the 10th, 50th and 90th percentiles; each side of the median has its own spread on the
    log, logit or plain scale.

    Parameters
    ----------
    rows
        Assumptions frame (:data:`features.frames.ASSUMPTIONS`).
    draws, seed
        Number of draws; the seed of the named streams.

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
    points = rows[["low", "mid", "high"]].to_numpy(dtype=np.float64)
    return Assumptions(
        {
            str(name): _sample(str(name), str(shape), point, normals(seed, str(name), draws))
            for name, shape, point in zip(rows["name"], rows["shape"], points, strict=True)
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
    spread = np.where(z < 0, mid - low, high - mid) / _Z90
    return np.asarray(backward(mid + spread * z), dtype=np.float64)


def _same(values: Array) -> Array:
    return values


_SCALES = {"lognormal": (np.log, np.exp), "logitnormal": (logit, expit), "normal": (_same, _same)}


def quantile_table(values: Array, levels: tuple[float, ...] = QUANTILES) -> Array:
    """Return mean and quantiles over the first axis, stacked first, shape (1 + levels, ...).

    This is the one place where quantiles are taken: they are of finished totals and are never added up.
    """
    return np.concatenate([values.mean(axis=0, keepdims=True), np.quantile(values, levels, axis=0)])
