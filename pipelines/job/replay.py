"""As-of replay: one retrain a quarter over the past, each seeing only what was known then, and how they scored."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import pandas as pd

from shiftcast.features.calendars import calendar_quarters, quarter_end
from shiftcast.features.input_error import InputError
from shiftcast.pipelines.job.run import RunRequest, RunResult, run
from shiftcast.pipelines.job.vintages import score_card
from shiftcast.pipelines.sources.public_record import read_record


@dataclass(frozen=True)
class Replayed:
    """The forecasts that a replay made, and their scores.

    Attributes
    ----------
    results
        One a quarter.
    card
        Rows of :func:`forecast.scoring.scorecard.vintage_scores` of these vintages.
    unreadable
        Versions that could not be read.
    """

    results: tuple[RunResult, ...]
    card: pd.DataFrame
    unreadable: tuple[str, ...]


def replay(
    request: RunRequest, first: str, last: str, *, as_of: pd.Timestamp, progress: Callable[[str], None] = lambda _: None
) -> Replayed:
    """Run the main job as of the last day of every quarter, then score what came by ``as_of``.

    Every forecast is kept beside the champion. A replay that was cut short goes on where it was, since a forecast
    that is there is not made again.

    Parameters
    ----------
    request
        What to run; origin and promotion are set here, and nothing is published.
    first, last
        Quarters, such as ``2025Q1``.
    as_of
        Last day of knowledge about what came.
    progress
        Called with a line before each step.

    Returns
    -------
    Replayed
        One result a quarter, the scores, and the versions that could not be read.

    Raises
    ------
    ValueError
        If a quarter is not of the form 2025Q1, the last is before the first or has not ended, or data was missing
        at an origin.
    """
    origins = _origins(first, last, as_of)
    results = []
    for number, origin in enumerate(origins, start=1):
        progress(f"as of {origin:%Y-%m-%d} ({number} of {len(origins)})")
        past = replace(request, origin=origin, past=True, promote=False, publish=False)
        results.append(run(past, progress=progress))
    progress("scoring what came")
    made = frozenset(result.version for result in results)
    card, unreadable = score_card(request.root, request.ingest(read_record(request.record), as_of), as_of, only=made)
    return Replayed(tuple(results), card, tuple(unreadable))


def _origins(first: str, last: str, as_of: pd.Timestamp) -> list[pd.Timestamp]:
    if quarter_end(last) < quarter_end(first):
        raise InputError(f"--to {last!r} is before --from {first!r}; give them in order")
    origins = [pd.Timestamp(end) for end in calendar_quarters(first, last)]
    if origins[-1] > as_of:
        raise InputError(f"--to {last!r} ends on {origins[-1]:%Y-%m-%d}, after {as_of:%Y-%m-%d}; give an earlier one")
    return origins
