"""Bring dates as people write them to UTC: any mix of zones, and the two hours a year that clocks change."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shiftcast.features.input_error import InputError

OFFSET: Final = r"\d[T ]?[\d:.]*(Z|[+-]\d{2}(?::?\d{2})?)$"
TIMED: Final = r"[T ]\d"
REMEDY: Final = "write dates as 2027-12-31 or 2027-12-31T13:00+02:00"


def utc_stamps(
    column: pd.Series, series: pd.Series, *, zone: str | None = None
) -> tuple[NDArray[np.datetime64], dict[str, int]]:
    """Return dates as UTC without a zone, NaT where none can be read, and how many rows were treated how.

    Parameters
    ----------
    column
        Dates as text (ISO 8601), dates, or times; each with a zone, or none.
    series
        The series of each row, shape (rows,): of two equal local hours, the first of a series is summer time.
    zone
        Zone of the dates without one, such as ``Europe/Berlin``; UTC where not given.

    Returns
    -------
    tuple
        datetime64[us], shape (rows,); and counts by name: ``zoned`` rows were written in a zone other than UTC,
        ``mixed`` in more than one zone (all rows then), ``clock_change`` local hours that came twice.

    Raises
    ------
    ValueError
        On an unknown zone, or a local hour that clocks skipped.

    Examples
    --------
    >>> dates = pd.Series(["2024-03-31T01:00+01:00", "2024-03-31T03:00+02:00"])
    >>> stamps, counts = utc_stamps(dates, pd.Series(["s", "s"]))
    >>> stamps.astype("datetime64[h]").tolist(), counts["mixed"]
    ([datetime.datetime(2024, 3, 31, 0, 0), datetime.datetime(2024, 3, 31, 1, 0)], 2)
    """
    code, written = pd.factorize(column)
    texts = pd.Series(written, dtype=written.dtype)
    if isinstance(texts.dtype, pd.CategoricalDtype):
        texts = texts.astype(texts.cat.categories.dtype)
    if not pd.api.types.is_datetime64_any_dtype(texts.dtype):
        texts = texts.astype(str)
    stamps = pd.DatetimeIndex(pd.to_datetime(texts, errors="coerce", utc=True, format="ISO8601"))
    moment = np.append(stamps.tz_localize(None).as_unit("us").to_numpy(), np.datetime64("NaT", "us"))[code]
    offset = _offsets(texts)
    known = pd.unique(offset[offset != ""])
    rows_of = np.bincount(code[code >= 0], minlength=len(texts))
    counts = {
        "zoned": int(rows_of[~np.isin(offset, ["", "Z", "+00:00", "UTC"])].sum()),
        "mixed": int(rows_of.sum()) if len(known) + bool((offset == "").any()) > 1 else 0,
        "clock_change": 0,
    }
    if zone is not None:
        local = (np.append(offset, "?") == "")[code] & ~np.isnat(moment)
        moment[local], counts["clock_change"] = _localised(moment[local], series[local], zone)
    return moment, counts


def _offsets(texts: pd.Series) -> NDArray[np.object_]:
    """Return the zone each date was written in; empty where none is."""
    if isinstance(texts.dtype, pd.DatetimeTZDtype):
        return np.full(len(texts), str(texts.dt.tz), dtype=object)
    if pd.api.types.is_datetime64_any_dtype(texts.dtype):
        return np.full(len(texts), "", dtype=object)
    timed = texts.str.contains(TIMED, regex=True)
    return np.asarray(texts.str.extract(OFFSET)[0].where(timed).fillna("").to_numpy(dtype=object))


def _localised(local: NDArray[np.datetime64], series: pd.Series, zone: str) -> tuple[NDArray[np.datetime64], int]:
    """Return local times as UTC, and how many came from an hour that the clocks showed twice."""
    again = pd.DataFrame({"series": series.array, "local": local}).duplicated().to_numpy()
    try:
        index = pd.DatetimeIndex(local).tz_localize(zone, ambiguous=~again, nonexistent="NaT")
    except (KeyError, ValueError) as problem:
        raise InputError(f"zone {zone!r} is unknown; give one such as Europe/Berlin") from problem
    if index.isna().any():
        at = int(index.isna().argmax())
        raise InputError(
            f"series {series.iloc[at]!r}: {pd.Timestamp(local[at])} was skipped by the clocks of {zone}; "
            "write the date with its offset, such as 2027-03-28T03:00+02:00"
        )
    return index.tz_convert(None).as_unit("us").to_numpy(), int(again.sum())
