"""View of how good such forecasts were: at past origins, on other operators, and set beside what others expect."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources
from typing import Final

import pandas as pd

from shiftcast.forecast.spoken import percent
from shiftcast.forecast.views.beside import Beside, beside
from shiftcast.pipelines.drawing.bars import bars
from shiftcast.pipelines.drawing.picture import Picture
from shiftcast.pipelines.pages.asked import Asked
from shiftcast.pipelines.pages.cells import cell, day, plain
from shiftcast.pipelines.pages.glossary import worded
from shiftcast.pipelines.pages.headline import how_good
from shiftcast.pipelines.pages.view import Said, Table, View
from shiftcast.pipelines.registry.summary import BacktestRow

SCORES: Final = "migration_scores.csv"
_PARTS: Final = {"all": "all", "1": "1 quarter ahead", "2": "2", "4": "4", "8": "8"}
_BACKTEST: Final = {
    "crps_ratio": "error over last value", "crps_over_drift": "over drift",
    "crps_over_last_value_guided": "over last value with guidance",
    "crps_over_drift_guided": "over drift with guidance",
}  # fmt: skip
_COVERED: Final = {"coverage50": "50 % holds", "coverage80": "8 in 10 holds", "coverage95": "95 % holds"}
_ALL: Final = "all"


def scorecard(asked: Asked, backtest: Sequence[BacktestRow]) -> View:
    """Return how good such forecasts were so far.

    Parameters
    ----------
    asked, backtest
        The forecast, and its scores at past origins.

    Returns
    -------
    View
    """
    whole = next((row for row in backtest if row.horizon == _ALL), None)
    tables = [*([_past(backtest)] if backtest else []), _operators(), *_outside(asked)]
    return View(
        "scorecard", "How good so far", _title(whole), says=(*how_good(backtest), Said(_READ)),
        pictures=_drawn(backtest),
        tables=tuple(tables), notes=(
            ("Last value and drift keep the lean and spread of their own errors as the model does; with guidance, the "
            "vendor's outlook is their next quarter too."),
            ("Long horizons cover less than they promise: no member foresaw 2023. Shares of techniques have no public "
            "history to be scored on; their model is scored on operators left out, and on other substitutions."),
        ),
    )  # fmt: skip


_READ: Final = (
    "Each past forecast was made again from what was known on its day, and set beside what came. An error below 1 is "
    "smaller than that of the simple forecast it is set beside; an interval is honest where it holds what it promises."
)


def _drawn(backtest: Sequence[BacktestRow]) -> tuple[Picture, ...]:
    """Return what part of past figures the 8 in 10 interval held, by quarters ahead."""
    held = [
        {"label": f"{row.horizon} quarter{'' if row.horizon == '1' else 's'} ahead", "median": row.coverage80}
        for row in backtest if row.horizon != _ALL and row.coverage80 is not None
    ]  # fmt: skip
    title = "Part of past figures that the 8 in 10 interval held; 80 % is honest"
    return (bars(pd.DataFrame(held), title=title, unit="share"),) if held else ()


def _title(whole: BacktestRow | None) -> str:
    if whole is None or whole.crps_ratio is None or whole.coverage80 is None:
        return "No past forecast has been scored yet"
    side = "below" if whole.crps_ratio < 1 else "above"
    return (
        f"The error is {percent(abs(1 - whole.crps_ratio))} {side} that of assuming no change, and the 8 in 10 "
        f"interval held {percent(whole.coverage80)} of what came"
    )


def _past(backtest: Sequence[BacktestRow]) -> Table:
    rows = [
        {"quarters ahead": row.horizon, "past origins": str(row.origins),
         **{words: plain(getattr(row, name)) for name, words in _BACKTEST.items()},
         **{words: plain(getattr(row, name), "share") for name, words in _COVERED.items()},
         "cost of building to it": plain(row.build_cost, "share")}
        for row in backtest
    ]  # fmt: skip
    shown = pd.DataFrame(rows)
    return Table("Data-centre revenue at past origins, from what was known then", shown, tuple(shown.columns))


def _operators() -> Table:
    """Return how the ledger's model scored on operators left out, as ``benchmarks/migration.py`` measured it."""
    with resources.files("shiftcast.pipelines.records").joinpath(SCORES).open(encoding="utf-8") as file:
        table = pd.read_csv(file, dtype={"part": str})
    rows = []
    for method, own in table.groupby("method", sort=False):
        by_part = own.set_index("part")
        ratios = {words: plain(by_part.loc[part, "ratio"]) for part, words in _PARTS.items()}
        rows.append({"method": str(method), **ratios, "8 in 10 holds": plain(by_part.loc["all", "covers"], "share")})
    shown, cases = pd.DataFrame(rows), int(table["cases"].iloc[0])
    title = f"Shares of operators left out, {cases:,} forecasts as of {table['as_of'].iloc[0]}: error over last value's"
    note = "Most operators stand still in most quarters, so most forecasts are of nought. Lower is better."
    return Table(title, shown, tuple(shown.columns[1:]), note)


def _outside(asked: Asked) -> list[Table]:
    known = asked.forecaster.known
    views = () if known is None else beside(asked.forecaster.cube, known.observations)
    like, unlike = [each for each in views if each.relation], [each for each in views if not each.relation]
    tables = []
    if like:
        note = "A whole holds ours and more: a firm's sales outside data centres, or power of all data centres."
        tables.append(Table("Beside what others expect", pd.DataFrame(map(_like, like)), ("theirs", "ours"), note))
    if unlike:
        tables.append(Table("What others expect that says nothing of ours", pd.DataFrame(map(_unlike, unlike)),
                            ("theirs",)))  # fmt: skip
    return tables


def _like(row: Beside) -> dict[str, str]:
    level = percent(row.level or 0.0)
    falls = f"at our {level} quantile" if row.relation == "same" else f"a whole: above {level} of our draws"
    ours = cell(row.low or 0.0, row.mid or 0.0, row.high or 0.0)
    return {**_theirs(row), "ours": ours, "falls": falls}


def _unlike(row: Beside) -> dict[str, str]:
    return {**_theirs(row), "why": row.why}


def _theirs(row: Beside) -> dict[str, str]:
    bound = "" if row.bound in {"~", "="} else f"{row.bound} "
    of = worded(row.measure) + ("" if row.segment == _ALL else f", {worded(row.segment)}")
    whose = "" if row.operators == _ALL else f" ({row.operators})"
    return {"view": f"{row.view}{whose}", "of": of, "period": f"{day(row.start)} to {day(row.end)}",
            "said": day(row.known_at), "theirs": f"{bound}{plain(row.value)} {row.unit}"}  # fmt: skip
