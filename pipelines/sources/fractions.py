"""Tell which fraction of an accelerator a partition of it is, by its profile."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Final

from shiftcast.pipelines.records import RECORDS
from shiftcast.pipelines.sources.table import read_table

_SLICE: Final = re.compile(r"(?:(\d)c\.)?(\d+)g\.(\d+)gb")
_MODE: Final = re.compile(r"(?:^|amd[._]com[/._])([a-z]px)(?:[._]nps\d)?$")


@cache
def _fractions() -> Mapping[tuple[str, str], float]:
    """Return the fraction of each accelerator's profile; the first accelerator's under no name too."""
    rows = read_table(RECORDS / "gpu_fractions.csv").to_dict("records")
    own = {(str(row["profile"]), str(row["accelerator"])): float(row["slices"]) / float(row["of"]) for row in rows}
    return {**{(profile, ""): share for (profile, _), share in reversed(own.items())}, **own}


def fraction_of(profile: str, accelerator: str = "") -> float | None:
    """Return the fraction of one accelerator that a partition is, by its compute slices.

    Parameters
    ----------
    profile
        Profile within any resource name, such as ``1g.5gb``, ``nvidia.com/mig-1g.10gb.me`` or ``a100_2g.10gb``; a
        compute instance such as ``1c.3g.20gb`` is its part of that.
    accelerator
        Generation, where it is known; where profiles of one name are different fractions, the table's first counts
        if it is not.

    Returns
    -------
    float or None
        Accelerators [accelerator]; None where the text holds no profile that the table knows.

    Examples
    --------
    >>> round(fraction_of("nvidia.com/mig-1g.5gb"), 4), fraction_of("2g.12gb"), fraction_of("1g.24gb", "rtxpro6000")
    (0.1429, 0.5, 0.25)
    >>> fraction_of("nvidia.com/gpu")
    """
    text = profile.lower()
    known = _fractions()
    found = _SLICE.search(text)
    if found is None:
        mode = _MODE.search(text)
        return None if mode is None else known.get((mode[1], accelerator), known.get((mode[1], "")))
    name = f"{found[2]}g.{found[3]}gb"
    whole = known.get((name, accelerator), known.get((name, "")))
    return whole if whole is None or found[1] is None else whole * int(found[1]) / int(found[2])
