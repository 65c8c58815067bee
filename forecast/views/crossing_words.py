"""Answer about a crossing in plain words: the odds, the date if it lies ahead, and why where it hardly does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from shiftcast.features.arrays import Array
from shiftcast.features.calendars import quarter_label
from shiftcast.forecast.spoken import percent, within
from shiftcast.forecast.views.passage import Passage
from shiftcast.forecast.views.settled import Figure, Parts, middle_of
from shiftcast.forecast.views.technique_share import TechniqueShare

OUTSIDE: Final = 0.7  # odds outside the window above which the sentence says why
_INNER: Final = (0.1, 0.5, 0.9)
_UNITS: Final = {"gpu_hours": "GPU-hours", "work": "operations", "requests": "requests"}
_TINY: Final = 1e-12


@dataclass(frozen=True)
class Asked:
    """The subject of a crossing.

    Attributes
    ----------
    techniques, of, base, segment
        As asked.
    above
        Threshold [share].
    """

    techniques: str
    of: str
    base: str
    segment: str
    above: float

    def __str__(self) -> str:
        """Return the question.

        Examples
        --------
        >>> str(Asked("llm", "search", "gpu_hours", "rest", 0.125))
        'llm over 12.5% of search gpu-hours, rest'
        """
        return (
            f"{self.techniques} over {100 * self.above:g}% of {self.of} {self.base.replace('_', '-')}, {self.segment}"
        )


def crossing_words(
    asked: Asked, share: TechniqueShare, when: Passage, parts: Parts | None, settles: Sequence[Figure]
) -> str:
    """Return the answer in words.

    Parameters
    ----------
    asked
        Subject of the question.
    share
        Draws of the share.
    when
        Dates and probabilities.
    parts
        What the uncertainty is made of; none where all draws agree.
    settles
        Figures that would narrow it, the best first.

    Returns
    -------
    str
        Sentences; where already and never together have more than :data:`OUTSIDE`, one of them says why.
    """
    said, middle = [_odds(asked, when)], quarter_label(share.ends[middle_of(share)])
    if when.draws_within:
        few = f", of {when.draws_within} draws, too few for an interval"
        ends = f" ({within(str(when.early_within), str(when.late_within), when.level)})"
        dates = f"{when.middle_within}{ends if when.early_within else few}"
        said.append(f"If it falls in between, as in {percent(1 - when.already - when.never)} of the draws: {dates}.")
    if when.already + when.never > OUTSIDE:
        said.append(_why(asked, share, when, parts))
        said.extend([] if parts is None else [_made_of(parts, middle)])
    if settles:
        cut = f"{percent(settles[0].cut)} of the variance in {middle}"
        said.append(f"Of single figures, this would settle most ({cut}): {settles[0].ask}.")
    return " ".join(said)


def _odds(asked: Asked, when: Passage) -> str:
    years = list(when.by)
    middle = years[len(years) // 2] if len(years) > 1 else None
    ahead = f"by the end of {middle} with {percent(when.by[middle])}, " if middle else ""
    return (
        f"The share of {asked.techniques} in {asked.of} {_UNITS[asked.base]} ({asked.segment}) is above "
        f"{100 * asked.above:g} % already with probability {percent(when.already)}, {ahead}"
        f"and not by {when.horizon} with {percent(when.never)}."
    )


def _why(asked: Asked, share: TechniqueShare, when: Passage, parts: Parts | None) -> str:
    """Return why the crossing hardly falls in the window: one side is all but sure, or else the largest part."""
    now = max(share.first_ahead - 1, 0)
    path = f"{_range(share.share[:, now])} today and {_range(share.share[:, -1])} in {quarter_label(share.ends[-1])}"
    if share.alone:
        return f"That is so by what is counted: no other technique takes any {_UNITS[asked.base]}."
    if max(when.never, when.already) > OUTSIDE:
        side = "stay below" if when.never > OUTSIDE else "are above already"
        most = parts is not None and parts.each > max(parts.level, parts.speed)
        taken = f" {_takes(asked, share, now)}" if most else ""
        return f"Most draws {side}: the share is {path}.{taken}"
    if parts is None or parts.speed >= max(parts.level, parts.each):
        return f"This is a question of speed: the share is {path}."
    if parts.level >= parts.each:
        rather = ", not of speed" if parts.level > 2 * parts.speed else ""
        return (
            f"This is a question of the level today{rather}: of requests the share is {_range(share.requests[:, now])}."
        )
    rather = ", not on speed" if parts.each > 2 * parts.speed else ""
    return f"It depends on how many {_UNITS[asked.base]} a request takes{rather}. {_takes(asked, share, now)}"


def _made_of(parts: Parts, middle: str) -> str:
    """Return the parts of the variance in the middle of the window, the largest first."""
    named = {
        "the level today": parts.level, "speed": parts.speed, "what a request takes": parts.each,
        "the change of what it takes": parts.remainder,
    }  # fmt: skip
    sorted_parts = sorted(named.items(), key=lambda each: -each[1])
    said = [f"{name} {percent(part)}" for name, part in sorted_parts if round(part, 2)]
    against = " (below nought: it works against the rest)" if sorted_parts[-1][1] <= -0.005 else ""
    return f"Of what is uncertain about the share in {middle} (variance of its log odds): {', '.join(said)}{against}."


def _takes(asked: Asked, share: TechniqueShare, now: int) -> str:
    """Return median and 80 % interval of what a request takes by these techniques over the others, today."""
    odds = [np.maximum(each, _TINY) / np.maximum(1 - each, _TINY) for each in (share.share, share.requests)]
    low, middle, high = (_short(value) for value in np.quantile(odds[0][:, now] / odds[1][:, now], _INNER))
    return (
        f"A request by {asked.techniques} takes {middle} ({within(low, high)}) times the {_UNITS[asked.base]} "
        "of one by the others today."
    )


def _short(value: float) -> str:
    """Return a number to two significant digits, without an exponent where it is of common size."""
    return f"{float(f'{value:.2g}'):g}"


def _range(values: Array) -> str:
    low, middle, high = np.quantile(values, _INNER)
    return f"{percent(middle)} ({within(percent(low), percent(high))})"
