"""Names for arrays of one kind of element, used in every signature; shapes are given in docstrings."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
Integers = NDArray[np.int64]
Names = NDArray[np.object_]
Dates = NDArray[np.datetime64]
