"""Turn records of schedulers, cut into fields of one set of names, into what their jobs held and waited for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Final

import numpy as np
import pandas as pd

from shiftcast.pipelines.sources.chunks import Chunk
from shiftcast.pipelines.sources.lines import SHOWN, read_records
from shiftcast.pipelines.sources.normal import Normalised
from shiftcast.pipelines.sources.opening import Opened
from shiftcast.pipelines.sources.schedulers.held import Stated, gpu_spans, held_spans, job_points, settle, stamp
from shiftcast.pipelines.sources.schedulers.outcomes import OVER, outcomes
from shiftcast.pipelines.sources.schedulers.tres import Tres
from shiftcast.pipelines.sources.schedulers.walltimes import walltimes
from shiftcast.pipelines.sources.sieve import Sieve
from shiftcast.pipelines.sources.table import UnreadableFileError
from shiftcast.pipelines.tables.parquet import ROWS

FIELDS: Final = ("identity", "state", "submit", "start", "end", "elapsed", "timelimit", "gpus", "gpu_type", "cores",
                 "memory", "queue", "account", "group", "user", "name", "cluster", "doubt")  # fmt: skip
_CLUES: Final = {"partition": "queue", "account": "account", "group": "group", "user": "user", "name": "name"}
_FORMS: Final = ("%a %b %d %H:%M:%S %Y", "%b %d %H:%M:%S %Y", "%b %d %H:%M %Y", "%m/%d/%Y %H:%M:%S",
                 "%m/%d/%Y %H:%M:%S.%f")  # fmt: skip
Parsed = Mapping[str, str] | str | None


def cut(opened: Opened, parse: Callable[[str], Parsed]) -> Iterator[Chunk]:
    """Cut a text of one record a line.

    Parameters
    ----------
    opened
        File to read.
    parse
        Gives the fields of a line by names of ``FIELDS``, the reason why it is set aside, or None for a line that is
        no record.

    Yields
    ------
    Chunk
        Up to 50,000 records.

    Raises
    ------
    UnreadableFileError
        If the file holds nothing.
    """
    seen = False
    for records in read_records(opened.stream, size=ROWS, quoted=False):
        parsed = [(line, text, parse(text)) for line, text in zip(records.lines, records.texts, strict=True)]
        aside = [(line, "line", shown, reason) for line, shown, reason in records.quarantined]
        aside += [(line, "line", text[:SHOWN], each) for line, text, each in parsed if isinstance(each, str)]
        rows = [(line, each) for line, _, each in parsed if isinstance(each, Mapping)]
        seen = True
        yield gather(opened.name, rows, tuple(aside))
    if not seen:
        raise UnreadableFileError(f"{opened.name}: is empty; export it again")


def gather(
    file: str, rows: list[tuple[int, Mapping[str, str]]], aside: tuple[tuple[int, str, str, str], ...] = ()
) -> Chunk:
    """Gather records into a chunk.

    Parameters
    ----------
    file
        Name of the file.
    rows
        Line and fields of each record.
    aside
        Line, column, value and reason of those set aside.

    Returns
    -------
    Chunk
        Every field of ``FIELDS`` as text, empty where a record has none.
    """
    cells = {name: np.array([row.get(name, "") for _, row in rows], dtype=object) for name in FIELDS}
    return Chunk(pd.DataFrame(cells), np.array([line for line, _ in rows], dtype=np.int64), file, aside)


@lru_cache(maxsize=1 << 16)
def iso(text: str) -> str:
    """Return a time as ISO 8601, where it is in one of the forms that batch systems print.

    Parameters
    ----------
    text
        Such as ``Thu Nov 23 10:00:00 2023`` or ``11/23/2023 10:00:00``.

    Returns
    -------
    str
        The time without a zone; the text itself in any other form.

    Examples
    --------
    >>> iso("Thu Nov 23 10:00:00 2023"), iso("11/23/2023 10:00:00"), iso("1700000000")
    ('2023-11-23T10:00:00', '2023-11-23T10:00:00', '1700000000')
    """
    for form in _FORMS:
        try:
            return datetime.strptime(text, form).isoformat()  # noqa: DTZ007  (its zone is that of --zone)
        except ValueError:
            continue
    return text


def hold(sieve: Sieve, *, dated: bool = True) -> Normalised:
    """Return what jobs held and waited for.

    Parameters
    ----------
    sieve
        Rows under ``FIELDS``.
    dated
        Whether the submission belongs to the identity, since ids start anew.

    Returns
    -------
    Normalised
        Hours of GPUs, cores and memory, and jobs.
    """
    stands = outcomes(sieve.text("state"))
    never = pd.Series(np.nan, index=range(sieve.rows))
    moments = {name: sieve.instant(name, optional=True) for name in ("submit", "start", "end")}
    stated = Stated(
        **moments, elapsed=walltimes(sieve, "elapsed"), suspended=never, limit=walltimes(sieve, "timelimit")
    )
    times = settle(sieve, stated, stands, column="end")
    sieve.fail((times.submit.isna() & times.start.isna()).to_numpy(), "submit", "neither submit nor start is a time")
    gpus = sieve.number("gpus", limit="accelerators", missing=0.0)
    kinds = sieve.text("gpu_type")
    tres = [Tres(count, {kind: count} if kind else {}) for count, kind in zip(gpus, kinds, strict=True)]
    ones = pd.Series(1.0, index=range(sieve.rows))
    spans, unresolved = gpu_spans(tres, ones, times)
    doubts = tuple(sorted(set(sieve.text("doubt")) - {""}))
    return Normalised(
        held=(
            *spans,
            held_spans(times, sieve.number("cores", limit="cores", missing=0.0), "core_hours", "core_hour"),
            held_spans(times, sieve.number("memory", limit="memory", missing=0.0), "memory_hours", "GiB_hour"),
        ),
        read=(job_points(times, ones),),
        clues={name: sieve.text(column) for name, column in _CLUES.items()},
        identity=sieve.text("identity") + "|" + stamp(times.submit) if dated else sieve.text("identity"),
        attempt=stamp(times.start),
        born=times.submit.where(times.submit.notna(), times.start),
        progress=stands.progress.fillna(OVER),
        cluster=sieve.text("cluster"),
        unresolved=(*unresolved, *stands.unresolved, *times.doubts, *doubts),
    )  # fmt: skip
