"""Rounding of purchases to whole racks."""

from __future__ import annotations

import numpy as np

from shiftcast.features.arrays import Array
from shiftcast.features.input_error import InputError


def whole_racks(accelerators: Array, domain: int) -> Array:
    """Return accelerators rounded up to whole racks.

    Parameters
    ----------
    accelerators
        Accelerators needed, any shape; negative counts as zero.
    domain
        Accelerators in a rack, such as 72 in an NVL72.

    Returns
    -------
    ndarray, the same shape
        Accelerators [accelerator].

    Raises
    ------
    ValueError
        If a rack holds none.

    Examples
    --------
    >>> whole_racks(np.array([0.0, 1.0, 72.0, 73.0]), 72).tolist()
    [0.0, 72.0, 72.0, 144.0]
    """
    if domain < 1:
        raise InputError(f"a rack of {domain} accelerators cannot be bought; correct scale_up_domain in hardware.csv")
    return np.asarray(domain * np.ceil(np.maximum(accelerators, 0.0) / domain))
