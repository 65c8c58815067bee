"""Shapes of what readers give: spans, points, the names and identities of their rows, and a kind of file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shiftcast.pipelines.sources.chunks import Chunk
from shiftcast.pipelines.sources.opening import Opened
from shiftcast.pipelines.sources.setting import Setting
from shiftcast.pipelines.sources.sieve import Sieve


@dataclass(frozen=True)
class Spans:
    """Amounts held from one moment to another.

    Attributes
    ----------
    start, end
        Moments, UTC, half-open; a missing start is the load's first moment, a missing end its last.
    amount
        Amount held, in what times hours gives ``unit``.
    measure, unit, status
        Of all rows, or one a row; columns of the frame ``SpanRows``.
    where
        Rows it holds for; all if left out.
    labels
        Labels of these spans by dimension; they come before those of the row.
    """

    start: pd.Series
    end: pd.Series
    amount: pd.Series
    measure: pd.Series | str = "gpu_hours"
    unit: pd.Series | str = "accelerator_hour"
    status: pd.Series | str = "served"
    where: NDArray[np.bool_] | None = None
    labels: Mapping[str, pd.Series | str] = field(default_factory=dict)


@dataclass(frozen=True)
class Points:
    """Readings at moments.

    Attributes
    ----------
    at, value
        Moments [UTC] and readings [unit], shape (rows,).
    measure, unit, status
        As in :class:`Spans`.
    how
        How readings become one figure of a period: ``sum, mean, last`` or ``counter``.
    where, labels
        As in :class:`Spans`.
    series
        Series a counter's readings belong to.
    """

    at: pd.Series
    value: pd.Series
    measure: pd.Series | str
    unit: pd.Series | str
    how: pd.Series | str = "sum"
    status: pd.Series | str = "served"
    where: NDArray[np.bool_] | None = None
    series: pd.Series | str = ""
    labels: Mapping[str, pd.Series | str] = field(default_factory=dict)


@dataclass(frozen=True)
class Normalised:
    """Spans and points of a chunk, with all that labels and checks them.

    Attributes
    ----------
    held, read
        Its spans and points; one row of the file may give several.
    own
        Labels the file itself gives, by dimension.
    clues
        Names of the rows, by field, for the labelling rules.
    identity
        Text that names the item a row tells of within its source and cluster: a job, request, charge, bucket. It holds
        nothing that changes as the item goes on, such as its end or state. Rows without one are told apart by all
        their cells, and equal rows of one file by their order.
    attempt
        What tells items of one identity apart once they began, such as the start of array tasks that share an id;
        empty for a row that has not begun, which any begun one replaces.
    born
        Moment [UTC] that every export gives the item alike, such as its submission or the start of its charge period;
        the start of its first span or its first reading if left out. Earlier views are looked for on its day.
    progress
        0 where the item waits, 1 where it runs, 2 where it is over; if left out, whether a span of it has no end says
        which of the last two. Of two views of one item the one further on stands, of two equally far the later known.
    extent
        Number that grows as the item goes on and orders views that are equally far, such as requests of a bucket; the
        last moment of the row if left out.
    scope
        Text that names what an export tells in whole, such as the day of an account in a bill: a later export that
        repeats rows of it withdraws those it no longer has.
    cluster
        Cluster that the file itself names, a row.
    track
        Regular series of readings that a row belongs to, for gaps and clock jumps.
    unresolved
        Names that no table knows.
    """

    held: tuple[Spans, ...] = ()
    read: tuple[Points, ...] = ()
    own: Mapping[str, pd.Series | str] = field(default_factory=dict)
    clues: Mapping[str, pd.Series] = field(default_factory=dict)
    identity: pd.Series | None = None
    track: pd.Series | None = None
    unresolved: tuple[str, ...] = ()
    attempt: pd.Series | None = None
    born: pd.Series | None = None
    progress: pd.Series | None = None
    extent: pd.Series | None = None
    scope: pd.Series | None = None
    cluster: pd.Series | None = None


@dataclass(frozen=True)
class Source:
    """A kind of file.

    Attributes
    ----------
    name, about
        Name on the command line, and a description.
    read
        Cuts an opened file into chunks.
    normalise
        Turns a chunk into spans and points.
    grain, time_base, units, labels, blind
        What its rows are about, how its times count, the measures it gives, what it labels by itself, and what it
        cannot know; shown by ``shiftcast ingest --list`` and in the report.
    relative
        Whether its times need ``--anchor``.
    clustered
        Whether identities are those of one cluster, so that the same ones of another cluster are other items; a bill
        names its account.
    """

    name: str
    about: str
    read: Callable[[Opened, Setting], Iterator[Chunk]]
    normalise: Callable[[Sieve], Normalised]
    grain: str
    time_base: str
    units: str
    labels: str
    blind: str
    relative: bool = False
    clustered: bool = True
