"""Cut frames to what was known at a forecast origin, and take the latest vintage of each figure."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import pandas as pd

from shiftcast.features.frames import AnyFrame, DataFrame, FrameModel, Observations

JUDGEMENT: Final = "judgement"  # definition of observations that are judged, not read


def known_by(rows: DataFrame[AnyFrame], origin: datetime, *, column: str = "known_at") -> DataFrame[AnyFrame]:
    """Return the rows the world could know on the day ``origin``.

    Parameters
    ----------
    rows
        Any frame with a column of midnight-UTC dates.
    origin
        Last day of knowledge, inclusive; timezone-aware.
    column
        Name of that column.

    Returns
    -------
    DataFrame
        The rows whose date is on or before the origin, in their order, numbered anew.

    Examples
    --------
    >>> dates = pd.to_datetime(["2026-03-15", "2026-03-17"], utc=True)
    >>> known_by(pd.DataFrame({"known_at": dates}), pd.Timestamp("2026-03-16", tz="UTC")).shape
    (1, 1)
    """
    known: DataFrame[AnyFrame] = rows[rows[column] <= pd.Timestamp(origin)].reset_index(drop=True)
    return known


def latest_vintage(rows: DataFrame[AnyFrame], frame: type[FrameModel] = Observations) -> DataFrame[AnyFrame]:
    """Return one row a figure: the one known last, where later ones correct earlier ones.

    Two sources may state the same figure; the later statement wins, and of two on one day the last by
    source, so that a figure is never counted twice.

    Parameters
    ----------
    rows
        Rows of ``frame``, cut to an origin by :func:`known_by`.
    frame
        Contract whose key, less ``known_at`` and ``source``, says which rows state the same figure.

    Returns
    -------
    DataFrame
        One row a figure, sorted by that key.
    """
    same = [name for name in frame.key if name not in {"known_at", "source"}]
    ordered = rows.sort_values([*same, "known_at", "source"], kind="stable")
    latest: DataFrame[AnyFrame] = ordered.drop_duplicates(same, keep="last").reset_index(drop=True)
    return latest


def latest_known(
    rows: DataFrame[AnyFrame], origin: datetime, frame: type[FrameModel] = Observations
) -> DataFrame[AnyFrame]:
    """Return one row per figure as it stood on the day ``origin``: cut there, then the latest vintage.

    Parameters
    ----------
    rows
        Every vintage of a frame; not one whose latest vintage was taken at a later day.
    origin
        Last day of knowledge, inclusive; timezone-aware.
    frame
        What the rows are.
    """
    return latest_vintage(known_by(rows, origin), frame)


def last_published(rows: DataFrame[Observations]) -> pd.Timestamp:
    """Return the last day a figure became known; a judgement is written at any time and says nothing of that.

    Parameters
    ----------
    rows
        Observation rows.

    Returns
    -------
    Timestamp
        Midnight UTC; missing where nothing was published.
    """
    return pd.Timestamp(rows.loc[rows["definition"] != JUDGEMENT, "known_at"].max())
