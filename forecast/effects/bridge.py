"""Bridge of two versions of a forecast: what each piece of news moves a figure by, drawn again with common numbers.

News are taken in one after another, in the order in which they became known; a step is what the figure moves by when
its news join those before. Where there are more subjects than steps, the block that moves the figure most is halved
until the steps are used up or what is left is small: single subjects where it matters, blocks where it does not. The
day of the forecast moves first. What is left is drawing, settings and code, so the steps add up to the difference.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
import pandas as pd
import xarray as xr

from shiftcast.features.arrays import Array
from shiftcast.features.input_error import InputError
from shiftcast.forecast.effects.news import News, Subject, news_between
from shiftcast.forecast.effects.words import SENSIBLE, said, signed
from shiftcast.forecast.identity.world import build_world
from shiftcast.forecast.known import Known, Settings
from shiftcast.forecast.once import remembering
from shiftcast.forecast.spoken import percent
from shiftcast.forecast.views.answer import ASSUMED, Answer

DRAWS: Final = 200  # of a step; fewer where the forecast has fewer
STEPS: Final = 8  # most steps of news
_SMALL: Final = 1e-3  # of the figure: a block of news that moves it by less stays whole
_INNER: Final = (0.1, 0.9)
_NAMED: Final = 4
DAY: Final = "the day of the forecast moves"
REST: Final = "drawing, settings and code"
Figure = Callable[[xr.Dataset], Array]
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Version:
    """A registered forecast: its cube, the record as it was known, and how it was drawn."""

    cube: xr.Dataset
    known: Known
    settings: Settings


@dataclass(frozen=True)
class Step:
    """One step of a bridge.

    Attributes
    ----------
    label
        What moves.
    subjects
        What its news are about; none for the day.
    moved
        What the figure moves by, shape (draws,).
    """

    label: str
    subjects: tuple[Subject, ...]
    moved: Array


def bridge(
    before: Version, after: Version, figure: Figure, *, steps: int = STEPS, draws: int = DRAWS,
    progress: Progress = lambda _: None,
) -> tuple[Step, ...]:  # fmt: skip
    """Return what moves a figure from one version to another, step by step.

    Parameters
    ----------
    before, after
        The two versions.
    figure
        Cube to draws of the figure, shape (draws,).
    steps
        Most steps of news, at least 1.
    draws
        Joint draws of every step.
    progress
        Called with a line before each drawing.

    Returns
    -------
    tuple of Step
        None where the records are alike; the day only where it moved.

    Raises
    ------
    ValueError
        If a record cannot be drawn again, naming the row at fault.
    """
    with remembering():  # a piece of news touches few of the fits behind a drawing
        return _bridged(before, after, figure, steps=steps, draws=draws, progress=progress)


def _bridged(
    before: Version, after: Version, figure: Figure, *, steps: int, draws: int, progress: Progress
) -> tuple[Step, ...]:
    news = news_between(before.known, after.known)
    worlds = _Worlds(news, after.settings, min(draws, after.settings.draws), figure, progress)
    found, moved_day = [], before.known.origin != after.known.origin
    if moved_day:
        found.append(Step(DAY, (), worlds.at(0) - worlds.drawn(0, before.known.origin)))
    cuts = _halved(worlds, len(news.subjects), steps)
    for first, last in pairwise(cuts):
        subjects = news.subjects[first:last]
        found.append(Step(_label(subjects), subjects, worlds.at(last) - worlds.at(first)))
    return tuple(found)


class _Worlds:
    """Figures of the records in between, each drawn once."""

    def __init__(self, news: News, settings: Settings, draws: int, figure: Figure, progress: Progress) -> None:
        self._news, self._figure, self._progress = news, figure, progress
        self._settings = Settings(draws=draws, seed=settings.seed, through=settings.through)
        self._kept: dict[tuple[int, pd.Timestamp], Array] = {}

    def at(self, taken: int) -> Array:
        return self.drawn(taken, self._news.after.origin)

    def drawn(self, taken: int, origin: pd.Timestamp) -> Array:
        if (taken, origin) not in self._kept:
            many = len(self._news.subjects)
            self._progress(f"drawing the record of {origin:%Y-%m-%d} with {taken} of {many} pieces of news")
            world = build_world(self._news.record(taken).as_of(origin), self._settings)
            self._kept[taken, origin] = self._figure(world.cube)
        return self._kept[taken, origin]

    def can(self, taken: int) -> bool:
        """Return whether the record with so many pieces of news can be drawn: some only make sense together."""
        try:
            self.at(taken)
        except InputError:
            return False
        return True


def _halved(worlds: _Worlds, subjects: int, steps: int) -> list[int]:
    """Return where news are cut into steps: the block that moves the figure most is halved, time and again."""
    cuts, whole = [0, subjects] if subjects else [0], set[tuple[int, int]]()

    def moves(block: tuple[int, int]) -> float:
        return abs(float((worlds.at(block[1]) - worlds.at(block[0])).mean()))

    while len(cuts) <= steps:
        wide = [block for block in pairwise(cuts) if block[1] - block[0] > 1 and block not in whole]
        first, last = block = max(wide, key=moves, default=(0, 0))
        if not wide or moves(block) < _SMALL * abs(float(worlds.at(0).mean())):
            break
        if worlds.can(middle := (first + last) // 2):
            cuts = sorted({*cuts, middle})
        else:
            whole.add(block)
    return cuts


def _label(subjects: tuple[Subject, ...]) -> str:
    if len(subjects) == 1:
        return subjects[0].label
    kinds = list(dict.fromkeys(each.label.partition(":")[0] for each in subjects))
    return f"{len(subjects)} subjects, {subjects[0].label} to {subjects[-1].label} ({', '.join(kinds)})"


def bridge_answer(
    before: Version, after: Version, figure: Figure, *, of: str, unit: str, steps: int = STEPS, draws: int = DRAWS,
    progress: Progress = lambda _: None,
) -> Answer:  # fmt: skip
    """Return the bridge of two versions as an answer.

    Parameters
    ----------
    before, after, figure, steps, draws, progress
        As :func:`bridge` takes them.
    of, unit
        What the figure is, such as ``gpu_hours in 2027Q4``, and its unit.

    Returns
    -------
    Answer
        A row a step: ``step, mean`` [unit] (the figure before, what each moves it by, the figure after; they add up),
        the 8 in 10 interval of the move over paired draws, ``share`` of the difference [1], ``rows_new, rows_gone``,
        ``known_at`` of the newest row and that row as ``example``.

    Raises
    ------
    ValueError
        As :func:`bridge` does.
    """
    found = bridge(before, after, figure, steps=steps, draws=draws, progress=progress)
    first, last = (float(figure(each.cube).mean()) for each in (before, after))
    rows = [{"step": f"{before.known.origin:%Y-%m-%d}", "mean": first}, *(_row(step) for step in found)]
    rows.append({"step": REST, "mean": last - first - sum(float(step.moved.mean()) for step in found)})
    rows.append({"step": f"{after.known.origin:%Y-%m-%d}", "mean": last})
    table = pd.DataFrame(rows, columns=list(_COLUMNS))
    table["share"] = table["mean"] / (last - first) if last != first else 0.0
    table.loc[[0, len(table) - 1], "share"] = np.nan
    used = min(draws, after.settings.draws)
    order = (
        f"News are taken in as they became known, each on top of those before, on {used} draws with common numbers; in "
        "another order their effects would differ where they work together."
    )
    rest = (
        f"{REST!r} is what no news explain: the two were drawn with their own settings and code, and the steps on "
        f"{used} draws. The steps add up to the difference of the means."
    )
    return Answer(
        f"what moved {of} from {rows[0]['step']} to {rows[-1]['step']}", table, pd.DataFrame(columns=list(ASSUMED)),
        (order, rest), says=_says(table, of, unit),
        units={**dict.fromkeys(("mean", "low80", "high80"), unit), "share": "share"},
    )  # fmt: skip


_COLUMNS: Final = ("step", "mean", "low80", "high80", "share", "rows_new", "rows_gone", "known_at", "example")


def _row(step: Step) -> dict[str, Any]:
    low, high = np.quantile(step.moved, _INNER)
    row: dict[str, Any] = {"step": step.label, "mean": float(step.moved.mean()), "low80": float(low),
                           "high80": float(high)}  # fmt: skip
    if step.subjects:
        dated = [each for each in step.subjects if each.known_at is not None]
        newest = max(dated, key=lambda each: each.known_at) if dated else step.subjects[-1]  # type: ignore[arg-type,return-value]
        row |= {
            "rows_new": sum(each.new for each in step.subjects), "rows_gone": sum(each.gone for each in step.subjects),
            "known_at": f"{newest.known_at:%Y-%m-%d}" if newest.known_at is not None else "",
            "example": newest.example,
        }  # fmt: skip
    return row


def _says(table: pd.DataFrame, of: str, unit: str) -> str:
    first, last, steps = table.iloc[0], table.iloc[-1], table.iloc[1:-1]
    moved = float(last["mean"] - first["mean"])
    order = steps["mean"].abs().sort_values(ascending=False, kind="stable").index[:_NAMED]
    shown = bool(moved) and bool((steps.loc[order, "share"].abs() < SENSIBLE).all())
    each = [
        f"{row.step} {signed(row.mean)}" + (f" ({percent(row.share)} of it)" if shown else "")
        for row in steps.loc[order].itertuples(index=False)
    ]
    return (
        f"{signed(moved, unit)}: {of} goes from {said(first['mean'])} in the forecast of "
        f"{first['step']} to {said(last['mean'])} in that of {last['step']}, on the mean. Of that: {'; '.join(each)}."
    )
