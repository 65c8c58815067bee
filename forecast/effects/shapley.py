"""Shapley and total effects of a few inputs, which may hang together, from draws that are there.

What a set of inputs explains of the variance is found by regression on polynomials of their ranks and on products of
them; products are chosen by least angles, their number by generalised cross-validation. A Shapley effect is the mean of
what an input adds over all orders; the effects of all add up to what all explain together.

Reference: Owen and Prieur (2017), On Shapley value for measuring importance of dependent inputs, SIAM/ASA JUQ 5.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb
from typing import Final

import numpy as np

from shiftcast.features.arrays import Array
from shiftcast.forecast.effects.indices import adjusted
from shiftcast.forecast.effects.polynomials import rank_polynomials, with_constant

_DEGREE: Final = 6  # of products, summed over their inputs
_PER_COLUMN: Final = 6  # draws a column that a regression may use


@dataclass(frozen=True)
class Joint:
    """Effects of inputs taken together.

    Attributes
    ----------
    shapley
        Part of the variance that falls to each input [1], shape (inputs,); they add up to ``explained``.
    total
        Part that would stay if all other inputs were known [1], shape (inputs,).
    explained
        Part that all explain together [1].
    """

    shapley: Array
    total: Array
    explained: float


def joint_effects(inputs: Array, output: Array) -> Joint:
    """Estimate Shapley and total effects.

    Parameters
    ----------
    inputs
        Draws of few inputs, shape (draws, inputs): the work doubles with each.
    output
        Draws of what they explain, shape (draws,).

    Returns
    -------
    Joint
        In the order of the inputs.
    """
    if not inputs.shape[1]:
        return Joint(np.empty(0), np.empty(0), 0.0)
    pool = _Pool(inputs, output)
    everyone = range(inputs.shape[1])
    worth = {chosen: pool.explained(chosen) for size in range(len(everyone) + 1)
             for chosen in combinations(everyone, size)}  # fmt: skip
    everything = tuple(everyone)
    total = [worth[everything] - worth[tuple(at for at in everyone if at != one)] for one in everyone]
    return Joint(shapley_values(worth, len(everyone)), np.maximum(total, 0.0), worth[everything])


def shapley_values(worth: Mapping[tuple[int, ...], float], players: int) -> Array:
    """Return the Shapley value of each player of a game.

    Parameters
    ----------
    worth
        Sets of players, as rising tuples, to their worth; that of nobody among them.
    players
        How many there are.

    Returns
    -------
    ndarray, shape (players,)
        In the unit of the worth; they add up to the worth of all less that of nobody.

    Examples
    --------
    >>> shapley_values({(): 0.0, (0,): 1.0, (1,): 2.0, (0, 1): 5.0}, 2).tolist()
    [2.0, 3.0]
    """
    values = np.zeros(players)
    for one in range(players):
        others = [at for at in range(players) if at != one]
        for size in range(players):
            for chosen in combinations(others, size):
                more = worth[tuple(sorted((*chosen, one)))] - worth[chosen]
                values[one] += more / (players * comb(players - 1, size))
    return values


class _Pool:
    """Columns of single inputs, and the products of them that tell something of the output."""

    def __init__(self, inputs: Array, output: Array) -> None:
        self.draws, off = len(output), output - output.mean()
        self.whole = float(off @ off)
        alone = [rank_polynomials(column) for column in inputs.T]
        alone = [columns[:, : _degree(columns, off)] for columns in alone]
        single = np.column_stack(alone)
        self.owners: list[tuple[int, ...]] = [(at,) for at, columns in enumerate(alone) for _ in columns.T]
        basis = with_constant(single)
        rest = off - basis @ (basis.T @ off)
        owners, products = _products(inputs)
        room = max(self.draws // _PER_COLUMN - single.shape[1], 0)
        kept = _telling(products, rest, room) if products.shape[1] and room else []
        self.owners += [owners[at] for at in kept]
        columns = np.column_stack([single, products[:, kept]])
        columns = columns - columns.mean(axis=0)
        self.gram, self.with_output = columns.T @ columns, columns.T @ off

    def explained(self, chosen: Sequence[int]) -> float:
        """Return the part of the variance that a set of inputs explains, adjusted for its columns."""
        mine = [at for at, owners in enumerate(self.owners) if set(owners) <= set(chosen)]
        if not mine or not self.whole:
            return 0.0
        aside = self.with_output[mine]
        weights = np.linalg.lstsq(self.gram[np.ix_(mine, mine)], aside, rcond=None)[0]
        return float(adjusted(np.asarray(weights @ aside / self.whole), self.draws, np.asarray(len(mine))))


def _degree(columns: Array, off: Array) -> int:
    taken = np.square(with_constant(columns).T @ off)
    left, used = off @ off - np.cumsum(taken), np.arange(columns.shape[1] + 1)
    best = int((left / (len(off) - 1 - used) ** 2).argmin())
    return max(best, min(1, int(columns.shape[1])))


def _products(inputs: Array) -> tuple[list[tuple[int, ...]], Array]:
    """Return products of two inputs' polynomials up to a degree, and whose they are."""
    each = [rank_polynomials(column, _DEGREE - 1) for column in inputs.T]
    found, owners = [np.empty((len(inputs), 0))], list[tuple[int, ...]]()
    for one, other in combinations(range(len(each)), 2):
        for degree, column in enumerate(each[one].T, start=1):
            beside = each[other][:, : _DEGREE - degree]
            found.append(column[:, None] * beside)
            owners += [(one, other)] * beside.shape[1]
    return owners, np.column_stack(found)


def _telling(products: Array, rest: Array, room: int) -> list[int]:
    """Return which products to keep, in the order of least angles, as many as cross-validation asks for."""
    from sklearn.linear_model import lars_path  # noqa: PLC0415  (slow to load; only a fit needs it)

    columns = products - products.mean(axis=0)
    order = [int(at) for at in lars_path(columns, rest, method="lar", max_iter=min(room, columns.shape[1]))[1]]
    taken = np.square(with_constant(columns[:, order]).T @ rest)
    left, used = rest @ rest - np.cumsum(taken), np.arange(len(order) + 1)
    return order[: int((left / (len(rest) - 1 - used) ** 2).argmin())]
