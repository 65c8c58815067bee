"""Read the series of query answers: of Prometheus and what speaks its language, and exports with a series a line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

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
    repeats
        Name of another replica that read the same target, for each sample that it covers; empty for the others.
    """

    labels: Mapping[str, Any]
    samples: list[tuple[Any, Any]]
    repeats: list[str]


def read_series(opened: Opened) -> tuple[list[Series], list[str]]:
    """Return the series of a file, and what its answers warn of.

    Parameters
    ----------
    opened
        File of one answer or several, of a list of series, or of a series a line.

    Returns
    -------
    tuple
        Series in order, those that several replicas read marked, and warnings.

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
            samples = list(_samples(entry))
            found.append(Series(labels, samples, [""] * len(samples)))
    _mark_replicas(found)
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


def _mark_replicas(found: list[Series]) -> None:
    """Mark the samples of each target's lesser replicas that lie within a step of one that the fullest one took."""
    targets: dict[tuple[str, str], list[Series]] = {}
    for series in found:
        if replica_of(series.labels):
            name = str(series.labels.get("__name__", ""))
            targets.setdefault((name, series_of(series.labels, "")), []).append(series)
    for replicas in targets.values():
        fullest = max(replicas, key=lambda each: len(each.samples))
        taken, name = _moments(fullest), replica_of(fullest.labels)
        for series in replicas:
            if series is not fullest:
                near = _near(_moments(series), taken)
                series.repeats[:] = [name if each else "" for each in near]
                taken = np.sort(np.concatenate([taken, _moments(series)[~near]]))


def _moments(series: Series) -> NDArray[np.float64]:
    return np.array([at if isinstance(at, int | float) else np.nan for at, _ in series.samples], dtype=np.float64)


def _near(moments: NDArray[np.float64], taken: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return whether each moment lies within the usual step of one that was taken."""
    known = np.sort(taken[np.isfinite(taken)])
    if len(known) == 0:
        return np.zeros(len(moments), dtype=bool)
    step = np.median(np.diff(known)) if len(known) > 1 else np.inf
    after = np.searchsorted(known, moments)
    gap = np.minimum(np.abs(moments - known[np.maximum(after - 1, 0)]),
                     np.abs(moments - known[np.minimum(after, len(known) - 1)]))  # fmt: skip
    return gap < step
