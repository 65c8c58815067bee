"""First-order indices from draws that are there: the part of a variance that knowing one input would take away.

The mean of the output given the input is a polynomial of the input's ranks, its degree chosen by generalised
cross-validation, and its part of the variance is adjusted for the columns used; no model is run again, and inputs may
hang together. What draws of unrelated inputs show by chance is measured by permuting the output.

Reference: Da Veiga, Gamboa, Iooss and Prieur (2021), Basics and Trends in Sensitivity Analysis, chapters 3 and 4.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from shiftcast.features.arrays import Array
from shiftcast.forecast.effects.polynomials import rank_polynomials, with_constant

PERMUTED: Final = 40  # outputs that chance is measured on
RESAMPLED: Final = 400  # times that draws are drawn again for an interval
_CHANCE: Final = 0.95  # level of the largest index of a permuted output that an input has to pass
_BAND: Final = (0.1, 0.9)
_NONE: Final = 1e-12


@dataclass(frozen=True)
class Indices:
    """First-order indices of some inputs.

    Attributes
    ----------
    share
        Part of the variance of the output that each input explains alone [1], shape (inputs,); at least zero.
    degree
        Degree of its polynomial, shape (inputs,); zero where the input tells nothing.
    floor
        Index that the best of as many unrelated inputs passes once in twenty [1].
    """

    share: Array
    degree: Array
    floor: float


def first_order(inputs: Array, output: Array, random: np.random.Generator) -> Indices:
    """Estimate the first-order index of every input.

    Parameters
    ----------
    inputs
        Draws, shape (draws, inputs), in any unit.
    output
        Draws of what they explain, shape (draws,).
    random
        For the permutations; it is advanced.

    Returns
    -------
    Indices
        In the order of the inputs.

    Examples
    --------
    >>> random = np.random.default_rng(1)
    >>> x = random.standard_normal((2000, 2))
    >>> found = first_order(x, 2 * x[:, 0] + x[:, 1], random)
    >>> [round(float(each), 1) for each in found.share], found.floor < 0.02
    ([0.8, 0.2], True)
    """
    outputs = np.stack([output, *(random.permutation(output) for _ in range(PERMUTED))], axis=-1)
    outputs = outputs - output.mean()
    if not len(output) or np.square(outputs[:, 0]).mean() < _NONE:
        return Indices(np.zeros(inputs.shape[1]), np.zeros(inputs.shape[1], dtype=int), 0.0)
    each = [_explained(rank_polynomials(column), outputs) for column in inputs.T]
    share, degree = (np.stack(found) for found in zip(*each, strict=True))
    floor = float(np.quantile(share[:, 1:].max(axis=0), _CHANCE))
    return Indices(share[:, 0], degree[:, 0], floor)


def _explained(columns: Array, outputs: Array) -> tuple[Array, Array]:
    """Return the part of each output's variance that columns explain, and how many of them are used."""
    draws, whole = len(outputs), np.square(outputs).sum(axis=0)
    most = min(columns.shape[1], draws // 3)
    taken = np.square(with_constant(columns[:, :most]).T @ outputs)
    left = whole - np.cumsum(taken, axis=0)
    used = np.arange(len(left))
    best = (left / (draws - 1 - used[:, None]) ** 2).argmin(axis=0)
    share = adjusted(1 - left[best, np.arange(len(best))] / whole, draws, best)
    return np.where(best > 0, np.maximum(share, 0.0), 0.0), best


def adjusted(share: Array, draws: int, columns: Array) -> Array:
    """Return the explained part of a variance without what so many columns explain of any output.

    Parameters
    ----------
    share
        Explained part [1].
    draws, columns
        Draws it was found on, and columns used beside the constant, in the shape of ``share``.

    Returns
    -------
    ndarray, in the shape of ``share``

    Examples
    --------
    >>> float(adjusted(np.array(0.5), 11, np.array(5)))
    0.0
    """
    return np.asarray(1 - (1 - share) * (draws - 1) / (draws - 1 - columns))


def left_out(values: Array, output: Array, degree: int) -> Array:
    """Return the mean of the output given an input in each draw, found without that draw.

    Parameters
    ----------
    values, output
        Draws of the input and of the output, shape (draws,).
    degree
        Of the polynomial of ranks; zero gives the mean of the other draws.

    Returns
    -------
    ndarray, shape (draws,)
        In the unit of the output.
    """
    basis = with_constant(rank_polynomials(values, degree)[:, :degree] if degree else np.empty((len(values), 0)))
    off = output - basis @ (basis.T @ output)
    return np.asarray(output - off / np.maximum(1 - np.square(basis).sum(axis=1), _NONE))


def interval(
    values: Array, output: Array, index: float, degree: int, random: np.random.Generator
) -> tuple[float, float]:
    """Return the 8 in 10 interval of a first-order index by a bootstrap of what is left without each draw.

    Parameters
    ----------
    values, output
        Draws of the input and of the output, shape (draws,).
    index, degree
        As :func:`first_order` found them.
    random
        For the bootstrap; it is advanced.

    Returns
    -------
    tuple of float
        Low and high [1], around the index.
    """
    left = np.square(output - left_out(values, output, degree))
    whole = np.square(output - output.mean())
    counts = random.multinomial(len(output), np.full(len(output), 1 / len(output)), size=RESAMPLED)
    again = 1 - (counts @ left) / (counts @ whole)
    low, high = np.quantile(again - (1 - left.sum() / whole.sum()), _BAND)
    return max(index + float(low), 0.0), min(index + float(high), 1.0)
