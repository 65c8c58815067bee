"""Turn the times and resources of jobs into what they held and waited for, whichever scheduler tells of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shiftcast.pipelines.sources.accelerators import name_accelerators
from shiftcast.pipelines.sources.normal import Points, Spans
from shiftcast.pipelines.sources.schedulers.outcomes import OVER, RUNS, WAITS, Outcomes
from shiftcast.pipelines.sources.schedulers.tres import Tres
from shiftcast.pipelines.sources.setting import accelerator_names, limits
from shiftcast.pipelines.sources.sieve import Sieve

_HALF: Final = 0.5


@dataclass(frozen=True)
class Stated:
    """Times of jobs as an export states them, each shape (rows,).

    Attributes
    ----------
    submit, start, end
        Moments [UTC], missing where unknown.
    elapsed, suspended, limit
        Time it ran, time of it that it was suspended, and the most it may run [s]; NaN where unknown.
    """

    submit: pd.Series
    start: pd.Series
    end: pd.Series
    elapsed: pd.Series
    suspended: pd.Series
    limit: pd.Series


@dataclass(frozen=True)
class Times:
    """Times of jobs as they count, each shape (rows,).

    Attributes
    ----------
    submit, start, end
        Moments [UTC]; a job that runs and whose end is missing runs on.
    share
        Part of the time from start to end that it held what it was given.
    began
        Whether it began.
    outcomes
        How it stands.
    doubts
        What is to be said of the times.
    """

    submit: pd.Series
    start: pd.Series
    end: pd.Series
    share: pd.Series
    began: NDArray[np.bool_]
    outcomes: Outcomes
    doubts: tuple[str, ...] = ()


def settle(sieve: Sieve, stated: Stated, outcomes: Outcomes, *, column: str) -> Times:
    """Settle when jobs held what they were given, and quarantine those whose times contradict each other.

    An end that is missing, or not after the start, gives way to the time that the job ran. Where that is shorter than
    the end less the start, the job was suspended meanwhile.

    Parameters
    ----------
    sieve
        Rows of a chunk.
    stated
        Times as the export states them.
    outcomes
        How the jobs stand.
    column
        Column that is named at fault: the file's own name of the end.

    Returns
    -------
    Times
        Times as they count.
    """
    ran = stated.elapsed.fillna(0.0) > 0
    start = stated.start.where(stated.start.notna() | ~ran, stated.end - _seconds(stated.elapsed))
    start = start.mask(outcomes.progress == WAITS)  # a forecast of the scheduler, not a start
    began, runs = start.notna(), outcomes.progress == RUNS
    held_to = start + _seconds(stated.elapsed + stated.suspended.fillna(0.0))
    useless = stated.end.isna() | (stated.end < start) | ((stated.end == start) & (ran | runs))
    over = outcomes.progress == OVER
    end = stated.end.mask(began & useless & (stated.elapsed.notna() | runs), held_to.where(ran | over))
    sieve.fail((began & over & end.isna()).to_numpy(), column,
               "is unknown, the job is over and no column says how long it ran; export Elapsed too")  # fmt: skip
    span = (end - start).dt.total_seconds()
    _contradictions(sieve, stated, span, over, column)
    seen = pd.concat([stated.submit, start, stated.end]).max()
    length = stated.elapsed.where(ran, span).where(end.notna(), (seen - start).dt.total_seconds())
    sieve.fail((began & (length > stated.limit + limits()["overrun"].high)).to_numpy(), column,
               "ran more than a day past its time limit, so the database lost its end; correct it (sacctmgr show "
               "runawayjobs), or leave the column of time limits out")  # fmt: skip
    share = _share(stated, span)
    short = bool(((share < _HALF) & stated.suspended.isna() & began).any())
    doubts = (
        ("jobs that ran less than half the time from start to end (suspended: the shorter counts)",) if short else ()
    )
    return Times(stated.submit, start, end, share, began.to_numpy(), outcomes, doubts)


def _contradictions(sieve: Sieve, stated: Stated, span: pd.Series, over: pd.Series, column: str) -> None:
    """Quarantine rows that ran for longer than from start to end, or not at all in hours."""
    most = limits()["contradiction"].high
    sieve.fail((stated.elapsed - span > most).to_numpy() | (over & (stated.elapsed == 0) & (span > most)).to_numpy(),
               column, "less the start contradicts the time that the job ran; correct one of them")  # fmt: skip


def _share(stated: Stated, span: pd.Series) -> pd.Series:
    """Return the part of the time from start to end that a job held what it was given."""
    ran = stated.elapsed.where((stated.elapsed - span).abs() >= 1, span)
    ran = ran.where(stated.elapsed.notna(), (span - stated.suspended.fillna(0.0)).clip(lower=0.0))
    return (ran / span).where(span > 0, 1.0)


def _seconds(values: pd.Series) -> pd.Series:
    return pd.to_timedelta((values * 1e6).round(), unit="us").astype("timedelta64[us]")


def stamp(moments: pd.Series) -> pd.Series:
    """Return moments as text that every export of an item gives alike, however it writes them.

    Parameters
    ----------
    moments
        Moments [UTC], shape (rows,).

    Returns
    -------
    Series of str, shape (rows,)
        Microseconds since 1970; empty where a moment is missing.
    """
    counts = moments.dt.tz_convert(None).to_numpy().astype("datetime64[us]").astype("int64").astype(str)
    return pd.Series(counts, dtype=object).where(moments.notna(), "")


def waited(submit: pd.Series, start: pd.Series) -> pd.Series:
    """Return whether each job stood in the queue for longer than a scheduler's own cycle takes.

    Parameters
    ----------
    submit, start
        Moments [UTC], shape (rows,); missing ones did not wait.

    Returns
    -------
    Series of bool, shape (rows,)
        Whether the wait reaches the least of ``waiting`` in ``ingest_limits.csv``.
    """
    return (start - submit).dt.total_seconds() >= limits()["waiting"].low


def gpu_spans(tres: list[Tres], tasks: pd.Series, times: Times) -> tuple[tuple[Spans, ...], tuple[str, ...]]:
    """Return spans of GPUs held and waited for, by type and without one, and what no table knows.

    Parameters
    ----------
    tres
        Resources of each job.
    tasks
        Jobs that a row stands for, shape (rows,).
    times
        Times of the jobs.

    Returns
    -------
    tuple
        Spans [accelerator], and names of types and kinds that could not be counted.
    """
    kinds = sorted({kind for each in tres for kind in each.types})
    rest = [each.gpus - sum(each.types.values()) for each in tres]
    spans = held_and_wanted(pd.Series(rest, dtype=float) * tasks, times, {})
    for kind in kinds:
        accelerator, vendor = accelerator_names().find(kind) or ("", "")
        amount = pd.Series([each.types.get(kind, 0.0) for each in tres], dtype=float) * tasks
        spans += held_and_wanted(amount, times, {"accelerator": accelerator, "vendor": vendor})
    lost = ("gres/shard (not counted: name the GPUs of such jobs)",) if any(each.shards for each in tres) else ()
    return spans, (*name_accelerators(pd.Series(kinds, dtype=object)).unresolved, *lost)


def held_and_wanted(amount: pd.Series, times: Times, labels: Mapping[str, str]) -> tuple[Spans, ...]:
    """Return spans of GPUs held and waited for.

    Parameters
    ----------
    amount
        GPUs of each job [accelerator], shape (rows,).
    times
        Times of the jobs.
    labels
        Labels of the spans by dimension.

    Returns
    -------
    tuple of Spans
        Held, waited for before a start, and waited for without one.
    """
    some = (amount > 1e-9).to_numpy()
    queued = some & ~times.began & times.submit.notna().to_numpy()
    left = (times.outcomes.progress == OVER).to_numpy() & times.end.isna().to_numpy()  # when it left, nobody knows
    status = times.outcomes.status
    return (
        Spans(times.start, times.end, amount * times.share, status=status, where=some & times.began, labels=labels),
        Spans(times.submit, times.start, amount, status="queued",
              where=some & waited(times.submit, times.start).to_numpy(), labels=labels),
        Spans(times.submit, times.end, amount, status="queued", where=queued & ~left, labels=labels),
    )  # fmt: skip


def held_spans(times: Times, amount: pd.Series, measure: str, unit: str) -> Spans:
    """Return spans of cores or memory held.

    Parameters
    ----------
    times
        Times of the jobs.
    amount
        Amount each was given, in what times hours gives ``unit``, shape (rows,).
    measure, unit
        Of the spans.

    Returns
    -------
    Spans
        Of the jobs that began and hold some.
    """
    where = times.began & (amount > 0).to_numpy()
    return Spans(times.start, times.end, amount * times.share, measure, unit, times.outcomes.status, where)


def job_points(times: Times, tasks: pd.Series) -> Points:
    """Return the count of jobs, each at its submission.

    Parameters
    ----------
    times
        Times of the jobs.
    tasks
        Jobs that a row stands for, shape (rows,).

    Returns
    -------
    Points
        Counts [job].
    """
    when = times.submit.where(times.submit.notna(), times.start)
    return Points(when, tasks, "jobs", "job", status=times.outcomes.status, where=when.notna().to_numpy())
