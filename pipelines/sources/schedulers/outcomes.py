"""Tell from a scheduler's or a platform's word for a state how a job stands and how it ended."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
import pandas as pd

from shiftcast.pipelines.records import RECORDS
from shiftcast.pipelines.sources.table import read_table

WAITS, RUNS, OVER = 0.0, 1.0, 2.0
UNKNOWN: Final = "unknown"
_PROGRESS: Final = {"queued": WAITS, "running": RUNS}


@dataclass(frozen=True)
class Outcomes:
    """How the jobs of a chunk stand.

    Attributes
    ----------
    status
        ``served, running, queued, cancelled, failed`` or ``unknown``, shape (rows,).
    progress
        0 waits, 1 runs, 2 over; NaN where the state does not say, shape (rows,).
    unresolved
        Words that no table knows, as the report lists them.
    """

    status: pd.Series
    progress: pd.Series
    unresolved: tuple[str, ...] = ()


@cache
def _states() -> Mapping[str, str]:
    return {str(row["state"]): str(row["status"]) for row in read_table(RECORDS / "job_states.csv").to_dict("records")}


@cache
def outcome(state: str) -> str:
    """Return the status that a word for a state stands for; the hours it used count in any case.

    Parameters
    ----------
    state
        State as the export writes it, in either case; empty counts as served.

    Returns
    -------
    str
        ``served, running, queued, cancelled`` or ``failed``; ``unknown`` where no table knows the word.

    Examples
    --------
    >>> outcome("CANCELLED by 4711"), outcome("TIMEOUT"), outcome("Succeeded"), outcome("1")
    ('cancelled', 'failed', 'served', 'unknown')
    """
    word = re.sub(r"[^a-z0-9]+", "_", state.lower()).strip("_")
    known = _states()
    return "served" if not word else known.get(word) or known.get(word.partition("_")[0], UNKNOWN)


def outcomes(states: pd.Series) -> Outcomes:
    """Return how jobs stand by the words for their states.

    Parameters
    ----------
    states
        State of each job, shape (rows,); empty where the export has none.

    Returns
    -------
    Outcomes
        Status and progress of each, and the words that no table knows.
    """
    status = states.map(outcome).astype(object)
    over = np.where((status == UNKNOWN) | (states == ""), np.nan, OVER)
    progress = status.map(_PROGRESS).astype(float).where(status.isin(list(_PROGRESS)), pd.Series(over))
    words = sorted(set(states[status == UNKNOWN]))
    return Outcomes(status, progress, tuple(f"state {word}" for word in words))
