"""Read the series of query answers: of Prometheus and what speaks its language, and exports with a series a line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from shiftcast.pipelines.sources.clusters.metrics import replica_of, series_of
from shiftcast.pipelines.sources.documents import documents
from shiftcast.pipelines.sources.opening import Opened
from shiftcast.pipelines.sources.table import UnreadableFileError

_MS: Final = 1000.0


@dataclass(frozen=True)
class Series:
    """Readings of one series.

    Attributes
    ----------
    labels
        Its labels, ``__name__`` among them.
    samples
        Moments (seconds from 1970) and values as they were read; a pair of None where one is damaged.
    """

    labels: Mapping[str, Any]
    samples: list[tuple[Any, Any]]


def read_series(opened: Opened) -> tuple[list[Series], list[str]]:
    """Return the series of a file, and what its answers warn of.

    Parameters
    ----------
    opened
        File of one answer or several, of a list of series, or of a series a line.

    Returns
    -------
    tuple
        Series in order, each reading of a target that several replicas scrape as one of them took it, and warnings.

    Raises
    ------
    UnreadableFileError
        If an answer failed, is partial, or holds no series.
    """
    found: list[Series] = []
    warnings: list[str] = []
    for whole in documents(opened):
        if isinstance(whole, dict):
            warnings += [f"warning of the answer: {str(each)[:80]}" for each in whole.get("warnings") or ()]
        for entry in _entries(whole, opened.name):
            labels = entry["metric"] if isinstance(entry.get("metric"), dict) else {}
            found.append(Series(labels, list(_samples(entry))))
    _agree(found)
    return found, sorted(set(warnings))


def _entries(whole: object, file: str) -> list[Mapping[str, Any]]:
    result = whole
    if isinstance(whole, dict) and "metric" in whole:
        result = [whole]
    elif isinstance(whole, dict):
        if whole.get("isPartial") is True:
            raise UnreadableFileError(f"{file}: is a partial answer, some of the stores did not reply; query again")
        data = whole.get("data", whole)
        result = data.get("result") if isinstance(data, dict) else None
        if whole.get("status", "success") != "success":
            result = None
    if not isinstance(result, list) or (result and not isinstance(result[0], dict)):
        raise UnreadableFileError(
            f"{file}: is no successful answer of /api/v1/query_range or /api/v1/query with series; run the query again"
        )
    return [entry if isinstance(entry, dict) else {} for entry in result]


def _samples(entry: Mapping[str, Any]) -> Iterator[tuple[Any, Any]]:
    values, moments = entry.get("values"), entry.get("timestamps")
    if isinstance(values, list) and isinstance(moments, list):  # an export with moments in ms
        for at, value in zip(moments, values, strict=False):
            yield (at / _MS if isinstance(at, int | float) else None), value
        yield from [(None, None)] * abs(len(moments) - len(values))
        return
    for sample in values if isinstance(values, list) and values else [entry.get("value")]:
        at, value = sample if isinstance(sample, list) and len(sample) == 2 else (None, None)
        yield at, value


def _agree(found: list[Series]) -> None:
    """Put the fullest replica's reading of a target in the place of those that others took within a step of it."""
    targets: dict[tuple[str, str], list[Series]] = {}
    for series in found:
        if replica_of(series.labels):
            name = str(series.labels.get("__name__", ""))
            targets.setdefault((name, series_of(series.labels, "")), []).append(series)
    for replicas in targets.values():
        first, *others = sorted(replicas, key=lambda each: -len(each.samples))
        taken = _timed(first.samples)
        for series in others:
            agreed = _as_taken(series.samples, taken)
            taken = _timed([*taken, *(one for one, own in zip(agreed, series.samples, strict=True) if one is own)])
            series.samples[:] = agreed


def _timed(samples: Iterable[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    return sorted((each for each in samples if isinstance(each[0], int | float)), key=lambda each: float(each[0]))


def _as_taken(samples: list[tuple[Any, Any]], taken: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    """Return samples, those nearer than the usual step to one that was taken being that one."""
    if not taken:
        return samples
    known = np.array([at for at, _ in taken], dtype=np.float64)
    step = np.median(np.diff(known)) if len(known) > 1 else np.inf
    moments = np.array([at if isinstance(at, int | float) else np.nan for at, _ in samples], dtype=np.float64)
    after = np.searchsorted(known, moments).clip(1, max(len(known) - 1, 1))
    before, after = after - 1, after.clip(max=len(known) - 1)
    place = np.where(np.abs(moments - known[before]) <= np.abs(moments - known[after]), before, after)
    near = np.abs(moments - known[place]) < step
    return [taken[where] if close else own for own, where, close in zip(samples, place, near, strict=True)]
