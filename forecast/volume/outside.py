"""Members from outside, such as a pretrained network: a callable from histories to what comes after them.

A pretrained model may have seen public series that it is tried on; on those its errors, and with them its weight, are
better than they would be on others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shiftcast.features.arrays import Array
from shiftcast.features.input_error import InputError
from shiftcast.forecast.volume.past import Member, Past

BATCH: Final = 512  # histories handed over in one call

Outside = Callable[[Sequence[Array], int], Array]
"""Histories, oldest value first, each of shape (time,) in the unit of its series and without gaps, and the periods
ahead in; medians of shape (histories, horizon) out, or quantiles of shape (histories, horizon, levels) whose middle
level is the median."""


def outside_member(name: str, model: Outside) -> Member:
    """Return a callable as a member that is weighted by its errors at the rolling origins, as any other is.

    Parameters
    ----------
    name
        Name of the member, for what is wrong with its answers.
    model
        The callable; it is given each history up to each origin and nothing after.

    Returns
    -------
    Member
        Volumes below zero count as zero. A series without a value at an origin stays at its first one.

    Raises
    ------
    ValueError
        When it is run, if the callable's answer has another shape or is not finite.

    Examples
    --------
    >>> from shiftcast.features.panel import panels
    >>> from shiftcast.forecast.volume.past import look_back
    >>> import pandas as pd
    >>> rows = pd.DataFrame({"series": "a", "period_end": pd.date_range("2020", periods=24, freq="ME"), "value": 4.0})
    >>> past = look_back(panels(rows)[0][0], 2)
    >>> double = lambda histories, horizon: np.array([[2 * each[-1]] * horizon for each in histories])
    >>> past.scale.inverse(outside_member("double", double)(past)[:, -1]).round(6).tolist()
    [[8.0, 8.0]]
    """

    def member(past: Past) -> Array:
        values = np.where(np.isfinite(past.panel.values), past.panel.values, past.scale.inverse(past.z))
        out = np.repeat(past.flat[:, past.origins - 1, None], past.horizon, axis=2)
        for rows, columns in _batches(past):
            cells = zip(rows, past.origins[columns], strict=True)
            histories = [values[row, past.start[row] : origin] for row, origin in cells]
            ahead = _medians(name, model(histories, past.horizon), len(rows), past.horizon)
            out[rows, columns] = past.scale.take(rows).forward(np.maximum(ahead, 0.0))
        return out

    return member


def _batches(past: Past) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Yield rows and origins of the histories that hold a value, some hundred at a time."""
    rows, columns = np.nonzero(past.origins > past.start[:, None])
    for first in range(0, len(rows), BATCH):
        yield rows[first : first + BATCH], columns[first : first + BATCH]


def _medians(name: str, answer: Array, number: int, horizon: int) -> Array:
    """Return the medians of an answer, shape (histories, horizon), or refuse it."""
    answer = np.asarray(answer, dtype=np.float64)
    if answer.ndim == 3 and answer.shape[2] % 2:
        answer = answer[:, :, answer.shape[2] // 2]
    if answer.shape != (number, horizon):
        raise InputError(
            f"member {name!r} gave shape {answer.shape} for {number} histories {horizon} ahead; "
            f"give {(number, horizon)}, or with an odd number of levels as a third dimension"
        )
    if not np.isfinite(answer).all():
        raise InputError(f"member {name!r} gave a value that is not finite; give numbers for every history")
    return answer
