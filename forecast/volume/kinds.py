"""Sort the series of a group by what their history can teach: others, themselves, or nothing.

Series that move teach each other. One that never changed, was never above zero, or was never seen below its capacity
would teach the others that nothing varies, so it is forecast beside them and enters no pool.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shiftcast.features.arrays import Flags
from shiftcast.features.panel import Panel
from shiftcast.forecast.volume.past import LEAST


@dataclass(frozen=True)
class Kinds:
    """Which series are of which kind; each is of one.

    Attributes
    ----------
    moving
        Those whose errors say how volumes of the group vary, shape (series,).
    nought, still
        Those that are zero, or one other value, throughout, shape (series,).
    full
        Those whose every value is a lower bound of demand, shape (series,).
    young
        Those with fewer than five values, shape (series,).
    """

    moving: Flags
    nought: Flags
    still: Flags
    full: Flags
    young: Flags


def kinds_of(panel: Panel) -> Kinds:
    """Return the kind of every series of a group.

    Parameters
    ----------
    panel
        Histories up to the origin, shape (series, time).

    Returns
    -------
    Kinds
        Where no series has five values, those that have most are not young.

    Examples
    --------
    >>> from shiftcast.features.panel import panels
    >>> import pandas as pd
    >>> dates = pd.date_range("2025-01-31", periods=6, freq="ME")
    >>> values = {"a": [1, 2, 3, 4, 5, 6], "b": [0] * 6, "c": [7] * 6, "d": [1, 2]}
    >>> rows = [(name, day, v) for name, each in values.items() for day, v in zip(dates[-len(each):], each)]
    >>> found = kinds_of(panels(pd.DataFrame(rows, columns=["series", "period_end", "value"]))[0][0])
    >>> [each.argmax().item() for each in (found.moving, found.nought, found.still, found.young)]
    [0, 1, 2, 3]
    """
    seen = np.isfinite(panel.values)
    count = seen.sum(axis=1)
    top = np.where(seen, panel.values, -np.inf).max(axis=1)
    least = np.where(seen, panel.values, np.inf).min(axis=1)
    full = (count > 0) & (panel.lower | ~seen).all(axis=1)
    nought = (count > 0) & (top == 0) & ~full
    still = (count >= LEAST) & (top == least) & ~nought & ~full
    rest = ~(full | nought | still)
    enough = min(LEAST, max(1, int(count[rest].max(initial=0))))
    young = rest & (count < enough)
    return Kinds(rest & ~young, nought, still, full, young)
