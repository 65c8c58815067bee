"""Provenance of an answer: what it is of, which forecast gave it, and how much of it is assumed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

JUDGED: Final = ("assumed", "given")  # evidence that is no measurement
INTERVAL: Final = "8 in 10: from the 10 % to the 90 % quantile of the joint draws"
_UNTOLD: Final = "the figures are too many for one part; ask about one of them, such as with `share`"


@dataclass(frozen=True)
class Registered:
    """A forecast as it was registered.

    Attributes
    ----------
    version
        Its number in the store; none where it was opened otherwise.
    digest
        SHA-256 of all that it depends on: record, settings and code; of a fleet, usage and facts too.
    data
        SHA-256 of the files of the record; of a fleet, of its usage and facts.
    code
        Version of the code that made it.
    """

    version: str | None
    digest: str
    data: str
    code: str


@dataclass(frozen=True)
class Assumed:
    """How much of an answer is assumed and not measured.

    Attributes
    ----------
    part
        [1]; none where nothing tells.
    of
        What it is a part of, and how it was reckoned.
    """

    part: float | None
    of: str


@dataclass(frozen=True)
class Provenance:
    """What an answer is of and rests on.

    Attributes
    ----------
    asked
        The question and every field of it, defaults included; ``fleet`` names the fleet it was asked of, if any.
    base
        What the figures are of, or a share is a share of.
    definition, definition_words
        Who counts as hyperscale, by code and in words; of a fleet ``own``, and what counts as it.
    mode
        How a claimed share was treated when the forecast was made; of a fleet ``none``.
    as_of
        Day it sees the world from, ISO text.
    interval
        What its intervals are.
    draws, seed
        Joint draws it is taken of, and the seed of their streams; the seed is missing where it was not kept.
    registered
        The forecast as registered; none where it was not.
    scenario, scenario_hash
        What is otherwise in the quarters ahead; the SHA-256 of each, none of the base.
    assumed
        The part of it that is assumed and not measured.
    """

    asked: Mapping[str, Any]
    base: str
    definition: str
    definition_words: str
    mode: str
    as_of: str
    interval: str
    draws: int
    seed: int | None
    registered: Registered | None
    scenario: str
    scenario_hash: str | None
    assumed: Assumed


def rows_assumed(rows: pd.DataFrame) -> Assumed:
    """Return how many of the rows that an answer rests on are judgements, or were given by the asker.

    Parameters
    ----------
    rows
        Assumptions of the answer, with ``evidence``.

    Returns
    -------
    Assumed
        None where it lists none.

    Examples
    --------
    >>> rows_assumed(pd.DataFrame({"evidence": ["assumed", "vendor"]}))
    Assumed(part=0.5, of='the 2 rows listed under what it assumes, by count')
    """
    if rows.empty:
        return Assumed(None, _UNTOLD)
    part = float(rows["evidence"].isin(JUDGED).mean())
    many = "row" if len(rows) == 1 else f"{len(rows)} rows"
    return Assumed(part, f"the {many} listed under what it assumes, by count")
