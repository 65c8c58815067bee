"""Number equal lines of a bill in the order they stand in, so that each of them is a charge of its own."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray


class Order:
    """Counts of lines seen so far by key, in eight bytes a line and a few sorted runs."""

    def __init__(self) -> None:
        self._runs: list[NDArray[np.uint64]] = []

    def number(self, keys: pd.Series) -> NDArray[np.int64]:
        """Return, for each line, how many lines of its key stand before it.

        Parameters
        ----------
        keys
            Text that names each line, shape (rows,); the next rows of the file.

        Returns
        -------
        array of int, shape (rows,)
            Lines of the same key before it, in these rows and all earlier ones.

        Examples
        --------
        >>> order = Order()
        >>> order.number(pd.Series(["a", "b", "a"])).tolist(), order.number(pd.Series(["a", "c"])).tolist()
        ([0, 0, 1], [2, 0])
        """
        hashed = pd.util.hash_array(keys.to_numpy(dtype=object), categorize=True)
        before: NDArray[np.int64] = pd.Series(hashed).groupby(hashed).cumcount().to_numpy(dtype=np.int64)
        for run in self._runs:
            before = before + np.searchsorted(run, hashed, "right") - np.searchsorted(run, hashed, "left")
        self._add(np.sort(hashed))
        return before

    def _add(self, run: NDArray[np.uint64]) -> None:
        while self._runs and len(self._runs[-1]) <= len(run):
            run = np.sort(np.concatenate([self._runs.pop(), run]), kind="stable")
        self._runs.append(run)
