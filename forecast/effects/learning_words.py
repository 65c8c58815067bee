"""Words of the answer which number to measure next: the figure, what it takes away and leaves, and what it is worth."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from shiftcast.forecast.effects.decisions import DECISIONS
from shiftcast.forecast.effects.figures import ASSUMPTION
from shiftcast.forecast.effects.study import INNER, TOGETHER, Study, Worth
from shiftcast.forecast.effects.words import said
from shiftcast.forecast.spoken import percent, within


def learning_words(study: Study, worth: Worth, table: pd.DataFrame, *, of: str, unit: str) -> str:
    """Return the answer in words.

    Parameters
    ----------
    study, worth
        Indices of the figures, and their worth for a decision.
    table
        Rows of the answer.
    of, unit
        What is measured, such as ``gpu_hours in 2027Q4``, and its unit.

    Returns
    -------
    str
        Figure first, then what it takes away, what it leaves, and what it is worth.
    """
    low, high = np.exp(np.quantile(study.output, INNER))
    now = within(said(float(low)), said(float(high), unit))
    if table.empty:
        return (
            f"No single figure: none tells more of {of}, {now}, than the {percent(study.floor)} of its variance that "
            "chance could give."
        )
    first = table.iloc[0]
    return (
        f"{first['figure']} ({first['kind']}): measured, it takes away {percent(first['share'])} "
        f"({within(percent(first['share_low80']), percent(first['share_high80']))}) of the variance of the log of "
        f"{of}, and the interval, now {now}, is {percent(first['narrower'])} narrower: {said(first['left_low80'])} to "
        f"{said(first['left_high80'], unit)} with the figure in its middle. {_of_worth(worth, first)}"
    )


def _of_worth(worth: Worth, first: pd.Series) -> str:
    decided, stakes, best = worth.wanted, worth.wanted.stakes, worth.table()
    costs = "as given" if decided.assumed.empty else "assumed"
    said_best = "" if best.empty else (
        f" Worth most of all for it: {best.loc[0, 'figure']} ({best.loc[0, 'kind']}), at least "
        f"{said(best.loc[0, 'usd_perfect'], 'USD')} known exactly."
    )  # fmt: skip
    taken = "one measurement" if worth.sample == 1 else f"{worth.sample} measurements"
    return (
        f"For the decision {decided.name}, {DECISIONS[decided.name]}, where one too few costs "
        f"{said(stakes.under, 'USD')} and one too many {said(stakes.over, 'USD')} ({costs}), it is worth at least "
        f"{said(first['usd_perfect'], 'USD')} known exactly and {said(first['usd_sample'], 'USD')} from {taken} with "
        f"{percent(worth.error)} error, of {said(worth.everything, 'USD')} that not knowing costs.{said_best}"
    )


def learning_notes(study: Study, worth: Worth) -> tuple[str, ...]:
    """Return how to read the answer, and what it does not know.

    Parameters
    ----------
    study, worth
        As :func:`learning_words` takes them.

    Returns
    -------
    tuple of str
    """
    first = min(len(study.order), TOGETHER)
    many = sum(each.kind == ASSUMPTION for each in study.figures)
    chance = (
        f"{len(study.figures)} figures were tried, {many} of them assumptions; the best of as many unrelated ones "
        f"would show {percent(study.floor)} once in twenty, and those that show less are left out."
    )
    together = (
        f"The first {first} together explain {percent(study.joint.explained)} of the variance; the rest is other "
        "figures, and what no figure of today settles: the noise of the series."
    )
    decided = (
        "Worth is that of one rule of deciding after the figure, so at least; it is of one decision for all of the "
        f"part, on {worth.wanted.unit}."
    )
    return (chance, *((together,) if first else ()), _OVERLAP, _MISSED, decided)


_OVERLAP: Final = (
    "Shares overlap where figures hang together; Shapley effects share the overlap out among the first, total effects "
    "leave it out."
)
_MISSED: Final = (
    "Found on the draws that are there, none drawn again: a figure that matters only together with another is missed."
)
