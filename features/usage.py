"""Aggregate usage to coarser periods, to observations, and to the long form of the volume model."""

from __future__ import annotations

from typing import Final

import pandas as pd

from shiftcast.features.frames import (
    ALL,
    CONFIDENCE,
    DIMENSIONS,
    EVIDENCE,
    GRAINS,
    DataFrame,
    Observations,
    Usage,
    conform,
)
from shiftcast.features.input_error import InputError

_WHOLE: Final = {  # grains that a grain's periods fill exactly: weeks fill no months
    "minute": GRAINS, "hour": GRAINS[1:], "day": GRAINS[2:], "week": ("week",), "month": ("month", "quarter"),
    "quarter": ("quarter",),
}  # fmt: skip
_STEP: Final = {
    "minute": pd.DateOffset(minutes=1), "hour": pd.DateOffset(hours=1), "day": pd.DateOffset(days=1),
    "week": pd.DateOffset(weeks=1), "month": pd.DateOffset(months=1), "quarter": pd.DateOffset(months=3),
}  # fmt: skip
_STAGE: Final = {"sum": "flow", "mean": "flow", "last": "stock"}
_FIGURE: Final = (*DIMENSIONS, "measure", "unit", "how")
_DAY: Final = pd.Timedelta(days=1)


def period_ends(usage: DataFrame[Usage]) -> pd.Series:
    """Return the instant at which each row's period is over; the period does not hold it.

    Parameters
    ----------
    usage
        Columns ``grain`` and ``period_start`` [UTC].

    Returns
    -------
    Series of datetime64[us, UTC], shape (rows,)
        First instant after each period.

    Examples
    --------
    >>> starts = pd.to_datetime(["2026-01-01", "2026-01-01"], utc=True)
    >>> rows = pd.DataFrame({"grain": ["hour", "quarter"], "period_start": starts})
    >>> [f"{end:%Y-%m-%d %H:%M}" for end in period_ends(rows)]
    ['2026-01-01 01:00', '2026-04-01 00:00']
    """
    ends = usage["period_start"].copy()
    for grain, step in _STEP.items():
        mine = usage["grain"] == grain
        starts = pd.DatetimeIndex(usage.loc[mine, "period_start"])
        ends.loc[mine] = (starts + step).as_unit("us")
    return ends


def roll_up(usage: DataFrame[Usage], grain: str) -> pd.DataFrame:
    """Return usage of a grain as coarse as the rows' own or coarser, the sources of a figure taken together.

    Sums add up over periods and sources. Means are weighted by the rows behind them. Of a stock the last reading
    stands, of two at one moment the one known later.

    Parameters
    ----------
    usage
        Frame ``Usage``, one row a figure, as the store's ``as_of`` gives it.
    grain
        Length of the periods wanted: ``minute, hour, day, week, month`` or ``quarter``.

    Returns
    -------
    DataFrame
        Frame ``Usage`` with ``periods``, how many periods of the rows' own grain are behind each row. A lower bound
        stays one; ``known_at`` is the latest, evidence and confidence the weakest behind it.

    Raises
    ------
    ValueError
        If rows are of a grain that does not fill the periods, or one source gives one figure at two grains.
    """
    check_grains(usage, grain)
    rows = usage.assign(
        period_start=_starts(usage["period_start"], grain), fine=usage["period_start"],
        weighted=usage["value"] * usage["rows"], lower=usage["bound"] == ">=",
        weakest=usage["evidence"].map(EVIDENCE.index), doubt=usage["confidence"].map(CONFIDENCE.index),
    ).sort_values(["fine", "known_at", "source"], kind="stable")  # fmt: skip
    cells = rows.groupby([*_FIGURE, "period_start"], sort=True, as_index=False).agg(
        known_at=("known_at", "max"), source=("source", _named), total=("value", "sum"), weighted=("weighted", "sum"),
        latest=("value", "last"), rows=("rows", "sum"), lower=("lower", "any"), weakest=("weakest", "max"),
        doubt=("doubt", "max"), periods=("fine", "nunique"),
    )  # fmt: skip
    value = cells["total"].where(cells["how"] != "mean", cells["weighted"] / cells["rows"])
    cells = cells.assign(
        grain=grain, value=value.where(cells["how"] != "last", cells["latest"]),
        bound=cells["lower"].map({True: ">=", False: "="}),
        evidence=cells["weakest"].map(dict(enumerate(EVIDENCE))),
        confidence=cells["doubt"].map(dict(enumerate(CONFIDENCE))),
    )  # fmt: skip
    return conform(cells, Usage).assign(periods=cells["periods"].to_numpy())


def to_observations(usage: DataFrame[Usage], grain: str = "day") -> DataFrame[Observations]:
    """Return usage as observations of days or longer periods, ready for the models.

    The note tells how many of the finer periods are there; what is absent is not filled in.

    Parameters
    ----------
    usage
        Frame ``Usage``, one row a figure, as the store's ``as_of`` gives it.
    grain
        Length of the periods: ``day, week, month`` or ``quarter``.

    Returns
    -------
    DataFrame
        Frame ``Observations``, one row a figure and period.

    Raises
    ------
    ValueError
        As :func:`roll_up` does, or if the grain is finer than a day.
    """
    if grain not in GRAINS[2:]:
        raise InputError(f"observations are of days or longer periods, not of a {grain}; take one of {GRAINS[2:]}")
    rows = roll_up(usage, grain)
    last_days = period_ends(rows) - _DAY
    fine = "/".join(sorted(usage["grain"].unique()))
    notes = [
        f"{periods} {fine} periods and {count:.0f} source rows behind it"
        for periods, count in zip(rows["periods"], rows["rows"], strict=True)
    ]
    return conform(
        rows.assign(
            base="none", definition=rows["how"].map({"mean": "mean"}).fillna("none"), stage=rows["how"].map(_STAGE),
            period_end=last_days, sd=0.0, note=pd.Series(notes, index=rows.index, dtype="str"),
        ),
        Observations,
    )  # fmt: skip


def to_series(
    usage: DataFrame[Usage], grain: str, *, group: str = "segment", absent: float | None = None
) -> pd.DataFrame:
    """Return usage in the long form of the volume model.

    Parameters
    ----------
    usage
        Frame ``Usage``.
    grain
        Length of the periods: ``minute, hour, day, week, month`` or ``quarter``.
    group
        Leaf dimension that groups the series.
    absent
        Value [unit of the measure] of periods between a series' first and last that have no row; left out where it
        is ``None``, since only the source knows whether nothing ran or nothing was recorded.

    Returns
    -------
    DataFrame
        ``series`` (the labels that are not ``all``, and the measure), ``group``, ``period_end``, ``value, bound``, and
        the labels and the measure by column.
        ``period_end`` is the last day of days and longer periods, and the instant at which a minute or hour is over.

    Raises
    ------
    ValueError
        As :func:`roll_up` does, if the group is no dimension, or two figures would be one series.
    """
    if group not in DIMENSIONS:
        raise InputError(f"group {group!r} is not one of {', '.join(DIMENSIONS)}")
    rows = roll_up(usage, grain)
    labels = rows[[*DIMENSIONS, "measure"]].to_numpy()
    ends = period_ends(rows) - (_DAY if grain in GRAINS[2:] else pd.Timedelta(0))
    names = ["/".join(cell for cell in row if cell != ALL) for row in labels]
    long = rows.assign(series=names, group=rows[group], period_end=ends)
    columns = ["series", "group", "period_end", "value", "bound", *DIMENSIONS, "measure"]
    long = long[columns].sort_values(["series", "period_end"])
    twice = long.duplicated(["series", "period_end"])
    if twice.any():
        raise InputError(
            f"series {long.loc[twice, 'series'].iloc[0]!r} has two figures a period; select one unit, and one how"
        )
    return long.reset_index(drop=True) if absent is None else _filled(long, grain, absent)


def _filled(long: pd.DataFrame, grain: str, absent: float) -> pd.DataFrame:
    """Return every series with a row a period from its first to its last."""
    shift = _DAY if grain in GRAINS[2:] else pd.Timedelta(0)
    parts = []
    for (series, group), mine in long.groupby(["series", "group"], sort=True):
        first, last = mine["period_end"].iloc[[0, -1]] + shift
        ends = pd.date_range(first, last, freq=_STEP[grain]).as_unit("us") - shift
        part = mine.set_index("period_end")[["value", "bound"]].reindex(ends)
        part = part.fillna({"value": absent, "bound": "="}).rename_axis("period_end").reset_index()
        labels = mine[[*DIMENSIONS, "measure"]].iloc[0]
        parts.append(part.assign(series=series, group=group, **labels))
    return pd.concat([long.iloc[:0], *parts], ignore_index=True)[list(long.columns)]


def _starts(moments: pd.Series, grain: str) -> pd.Series:
    plain = moments.dt.tz_localize(None)
    if grain in {"minute", "hour", "day"}:
        starts = plain.dt.floor({"minute": "min", "hour": "h", "day": "D"}[grain])
    else:
        starts = plain.dt.to_period({"week": "W-SUN", "month": "M", "quarter": "Q"}[grain]).dt.start_time
    return starts.dt.tz_localize("UTC").astype(moments.dtype)


def _named(sources: pd.Series) -> str:
    names = sorted(set(sources))
    return names[0] if len(names) == 1 else f"{len(names)} sources: {', '.join(names[:3])}{', ...' * (len(names) > 3)}"


def check_grains(usage: DataFrame[Usage], grain: str) -> None:
    """Raise unless every row fills periods of a grain, and no source gives a figure at two grains.

    Parameters
    ----------
    usage
        Frame ``Usage``.
    grain
        Length of the periods wanted.

    Raises
    ------
    ValueError
        If the grain is none, or a row's periods do not fill it, or a source would be counted twice.
    """
    if grain not in GRAINS:
        raise InputError(f"grain {grain!r} is not one of {', '.join(GRAINS)}")
    bad = sorted({each for each in usage["grain"].unique() if grain not in _WHOLE[each]})
    if bad:
        raise InputError(f"usage of grain {bad[0]} does not fill a {grain}; select another grain or aggregate anew")
    grains = usage.groupby([*_FIGURE, "source"])["grain"].nunique()
    if (grains > 1).any():
        figure = dict(zip(grains.index.names, grains[grains > 1].index[0], strict=True))
        raise InputError(
            f"source {figure['source']!r} gives {figure['measure']!r} at several grains, which would count it twice; "
            "select one, such as grain='hour'"
        )
