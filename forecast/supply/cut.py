"""Wanted levels cut softly to what can be supplied."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from shiftcast.features.arrays import Array


def soft_minimum(wanted: Array, ceilings: Sequence[Array], width: float | Array) -> Array:
    """Return wanted levels bounded softly by every ceiling at once.

    log out = log wanted - width * log(1 + sum_j (wanted / ceiling_j) ** (1 / width)). Far below every ceiling nothing
    is cut; at a single one ``2 ** -width`` of it is left; far above, the ceiling. Only ratios enter, so the unit does
    not matter.

    Parameters
    ----------
    wanted
        What would be had without a ceiling, zero or more, shape (draws, ...).
    ceilings
        Each the most that can be had, above zero and ``inf`` where there is no limit; in the unit and, broadcast, the
        shape of ``wanted``.
    width
        How soft the ceilings are, in logs [1]: above zero, broadcast to ``wanted``.

    Returns
    -------
    ndarray, shape of ``wanted``
        In its unit, never above it or any ceiling.

    Examples
    --------
    >>> soft_minimum(np.array([1.0, 100.0, 1e4]), [np.array([100.0])], 0.15).round(1).tolist()
    [1.0, 90.1, 100.0]
    """
    soft = np.asarray(width)
    with np.errstate(divide="ignore"):
        level = np.log(wanted)
        over = [np.zeros_like(level), *((level - np.log(ceiling)) / soft for ceiling in ceilings)]
    return np.asarray(wanted * np.exp(-soft * np.logaddexp.reduce(np.broadcast_arrays(*over), axis=0)))
