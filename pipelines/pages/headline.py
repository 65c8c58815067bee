"""View of the answer first: how much by when, who buys it, when newer techniques pass half, how sure and how good."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import pandas as pd

from shiftcast.forecast.spoken import number, percent
from shiftcast.forecast.telling.words import between
from shiftcast.forecast.views.published import CLAIMED
from shiftcast.pipelines.pages.asked import Asked, quantiles, split
from shiftcast.pipelines.pages.cells import HIGH, LOW, MIDDLE, passes
from shiftcast.pipelines.pages.glossary import worded
from shiftcast.pipelines.pages.migration import OF_BASE, dates_drawn, in_short, passing
from shiftcast.pipelines.pages.view import Figure, Said, Table, View
from shiftcast.pipelines.registry.summary import BacktestRow

YEARLY: Final = quantiles("spending", every="year")
_YEAR_AHEAD: Final = "4"  # quarters
_EVEN: Final = 0.5  # odds
_COUNTED: Final = {
    "accelerators": "accelerators in place", "power": "megawatts at the meter",
    "spending": "US dollars a year on data-centre accelerators",
}  # fmt: skip
_MEASURES: Final = (quantiles("accelerators"), quantiles("power"), YEARLY)
_HOW_MANY, _WHO, _WHEN, _SURE = (
    "How many accelerators, how much power and money, by when?", "What share is hyperscale, and is it 60/40?",
    "When do deep learning and LLMs pass half of recommendation, search and ads?", "How sure, and how good so far?",
)  # fmt: skip


def headline(asked: Asked, backtest: Sequence[BacktestRow] = ()) -> View:
    """Return the answer to what planners ask first.

    Parameters
    ----------
    asked
        The forecast.
    backtest
        How such forecasts did at past origins; empty where none was scored.

    Returns
    -------
    View
    """
    passed = passing(asked, "all")
    live, share = asked.table(quantiles("accelerators")).iloc[-1], asked.table(split(asked.definition)).iloc[-1]
    title = (
        f"{number(live[MIDDLE])} accelerators in place by {live['quarter']}; hyperscale clouds make "
        f"{percent(share[MIDDLE])} of the spending"
    )
    many = [asked.says(question, asks=_HOW_MANY if at == 0 else "") for at, question in enumerate(_MEASURES)]
    dates = [replace(said, asks=_WHEN if at == 0 else "") for at, said in enumerate(in_short(passed))]
    says = (*many, asked.says(split(asked.definition), asks=_WHO), Said(_bought_under(asked)), *dates,
            Said(how_sure(asked), _SURE), *how_good(backtest))  # fmt: skip
    figures = (*(_measured(asked, question) for question in _MEASURES), *_shared(share), *_held(backtest))
    notes = (
        (
            f"8 in 10: in eight of ten of {asked.forecaster.cube.sizes['draw']:,} joint draws the figure lies between "
            "the two ends. Every figure is the answer to a question that can be asked again."
        ),
    )
    return View(
        "answer",
        "The answer",
        title,
        says=says,
        figures=figures,
        pictures=(dates_drawn(asked, passed),),
        tables=(_dates(passed),),
        notes=notes,
    )


def how_sure(asked: Asked) -> str:
    """Return how wide the interval of machines is, and how much of it rests on judgement.

    Parameters
    ----------
    asked
        The forecast.

    Returns
    -------
    str
    """
    row = asked.table(quantiles("accelerators")).iloc[-1]
    said = (
        f"In {row['quarter']} the upper end of the 8 in 10 interval is {number(row[HIGH] / row[LOW])} times the lower "
        "one for accelerators"
    )
    provenance = asked.answer(quantiles("accelerators")).provenance
    part = None if provenance is None else provenance.assumed.part
    if part is None:
        return f"{said}."
    return f"{said}; {percent(part)} of that spread comes from figures that are assumed, not measured."


def how_good(backtest: Sequence[BacktestRow]) -> tuple[Said, ...]:
    """Return how forecasts of a year ahead did at past origins.

    Parameters
    ----------
    backtest
        A row a horizon.

    Returns
    -------
    tuple of Said
        Empty where none was scored.
    """
    row = _a_year_ahead(backtest)
    if row is None or row.coverage80 is None or row.crps_ratio is None:
        return (Said("No past forecast has been scored yet."),)
    better = "smaller" if row.crps_ratio < 1 else "larger"
    return (Said(
        f"At {row.origins} past origins, from what was known then, the 8 in 10 interval of data-centre revenue a year "
        f"ahead held {percent(row.coverage80)} of what came, and the error was {percent(abs(1 - row.crps_ratio))} "
        f"{better} than that of assuming no change. Machines and power are reported by nobody, so no such record is to "
        "be had of them."
    ),)  # fmt: skip


def _bought_under(asked: Asked) -> str:
    odds = float(asked.table(split(asked.definition)).iloc[-1]["at_least_60"])
    verdict = "More likely than not it is" if odds > _EVEN else "Probably not"
    return (
        f"{verdict}, of spending and as counted here: {worded(asked.definition)}. The share differs by who is counted "
        "and of what; see the split."
    )


def _measured(asked: Asked, question: dict[str, Any]) -> Figure:
    row = asked.table(question).iloc[-1]
    what, when = _COUNTED[str(row["measure"])], row["year"] if "year" in row else row["quarter"]
    return Figure(number(row[MIDDLE]), f"{what}, {when}", between(row[LOW], row[HIGH], str(row["unit"])))


def _held(backtest: Sequence[BacktestRow]) -> tuple[Figure, ...]:
    row = _a_year_ahead(backtest)
    if row is None or row.coverage80 is None:
        return ()
    what = f"of past revenue a year ahead lay in its 8 in 10 interval, {row.origins} forecasts"
    return (Figure(percent(row.coverage80), what),)


def _a_year_ahead(backtest: Sequence[BacktestRow]) -> BacktestRow | None:
    return next((each for each in backtest if each.horizon == _YEAR_AHEAD), None)


def _shared(row: Any) -> tuple[Figure, Figure]:
    share = Figure(
        percent(row[MIDDLE]), f"hyperscale part of spending, {row['quarter']}", between(row[LOW], row[HIGH], "share")
    )
    odds = Figure(percent(row["at_least_60"]), f"odds that it is at least {percent(CLAIMED)}, {row['quarter']}")
    return share, odds


def _dates(passed: pd.DataFrame) -> Table:
    """Return when each technique passes half of each workload, requests beside GPU-hours."""
    rows = []
    for (workload, technique), own in passed.groupby(["workload", "technique"], sort=False):
        dates = {OF_BASE[row["base"]]: passes(row) for row in own.to_dict("records")}
        rows.append({"workload": worded(str(workload)), "technique": worded(str(technique)), **dates})
    return Table("When each passes one half, and the odds of it", pd.DataFrame(rows))
