"""Adoption, share of requests and share of GPU-hours side by side, technique by technique: three figures, never one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import pandas as pd
import xarray as xr

from shiftcast.features.arrays import Array
from shiftcast.features.calendars import quarter_label
from shiftcast.features.frames import ALL
from shiftcast.features.input_error import InputError
from shiftcast.forecast.support import OutOfSupportError
from shiftcast.forecast.views.technique_share import technique_share

LEVELS: Final = (0.1, 0.5, 0.9)
COLUMNS: Final = ("adoption", "requests", "gpu_hours")
_YEAR_END: Final = 4  # quarter


def techniques_table(cube: xr.Dataset, *, of: str = ALL, segment: str = ALL) -> pd.DataFrame:
    """Return how far each technique that is on its way has come, now and at the end of each year ahead.

    Parameters
    ----------
    cube
        Draw cube.
    of
        Workload, or ``all`` whose techniques replace each other.
    segment
        ``hyperscale``, ``rest``, or ``all`` for both.

    Returns
    -------
    DataFrame
        ``workload, segment, technique, quarter, kind`` and, for each of :data:`COLUMNS`, ``NAME_q100, NAME_q500,
        NAME_q900`` [share]. Adoption is of the requests of operators that use the technique at all, at any stage and
        whenever it computes; requests are those that it ranks; GPU-hours what it takes.

    Raises
    ------
    ValueError
        Naming the workload or segment that is not there.
    OutOfSupportError
        If the forecast was made before adoption was drawn.

    References
    ----------
    Stoneman (2001), The Economics of Technological Diffusion: adoption across firms and use within them differ.
    """
    if "adoption" not in cube:
        raise OutOfSupportError("adoption by technique", "this forecast does not keep it", "run `shiftcast run`")
    tasks = [str(name).partition("/")[::2] for name in cube["migrating"].values]
    sides = [str(name) for name in cube["segment"].values]
    _check(of, [ALL, *dict.fromkeys(workload for workload, _ in tasks)], "workload")
    _check(segment, [ALL, *sides], "segment")
    return pd.concat(
        [
            pd.DataFrame(_rows(cube, workload, technique, side))
            for workload, technique in tasks if of in (ALL, workload)
            for side in sides if segment in (ALL, side)
        ], ignore_index=True,
    )  # fmt: skip


def _check(asked: str, known: list[str], kind: str) -> None:
    if asked not in known:
        raise InputError(f"{kind} {asked!r} has no techniques on their way; choose {', '.join(known)}")


def _rows(cube: xr.Dataset, workload: str, technique: str, side: str) -> Iterator[dict[str, object]]:
    asked = {"of": workload, "segment": side}
    drawn = {base: technique_share(cube, technique, base=base, **asked) for base in COLUMNS[1:]}
    ends, first = drawn["requests"].ends, drawn["requests"].first_ahead
    adopted = cube["adoption"].sel(segment=side, migrating=f"{workload}/{technique}").values
    shares: dict[str, Array] = {"adoption": adopted, **{base: each.share for base, each in drawn.items()}}
    for at, end in enumerate(ends):
        if at == first - 1 or (at >= first and end.quarter == _YEAR_END):
            about = {"workload": workload, "segment": side, "technique": technique, "quarter": quarter_label(end)}
            quantiles = {
                f"{name}_q{1000 * level:.0f}": float(value)
                for name in COLUMNS
                for level, value in zip(LEVELS, np.quantile(shares[name][:, at], LEVELS), strict=True)
            }
            yield {**about, "kind": "forecast" if at >= first else "estimate", **quantiles}
