"""Scorecard: every registered forecast of a quarter against the actuals, beside naive ones and people's overrides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
import xarray as xr

from shiftcast.features.arrays import Array
from shiftcast.features.frames import ALL, DataFrame, Observations, Overrides, Scores, check, conform
from shiftcast.features.series import fiscal_revenue
from shiftcast.forecast.beliefs import Beliefs
from shiftcast.forecast.capacity.procurement import BuildCosts, build_cost
from shiftcast.forecast.draws import sample_assumptions
from shiftcast.forecast.market.facts import Market
from shiftcast.forecast.scores import METRICS, pinball
from shiftcast.forecast.scoring.benchmarks import naive_draws
from shiftcast.forecast.scoring.past import BENCHMARKS, MODEL
from shiftcast.forecast.views.part import Part, draws_of, hyperscale_share, periods

KEY: Final = ("segment", "leaf", "measure", "base", "definition")
_SHAPE: Final = {"share": "logitnormal"}
_BAND: Final = (0.1, 0.5, 0.9)
_QUARTERS_A_YEAR: Final = 4


@dataclass(frozen=True)
class Vintage:
    """One forecast that was made.

    Attributes
    ----------
    name
        Such as ``v3``, its model version.
    origin
        Day it was made as of.
    cube
        Its draws.
    observations
        What was known at its origin.
    market, beliefs
        How it read the record, and the numbers its models started from.
    """

    name: str
    origin: pd.Timestamp
    cube: xr.Dataset
    observations: DataFrame[Observations]
    market: Market
    beliefs: Beliefs


def vintage_scores(
    vintage: Vintage, actual: pd.DataFrame, costs: BuildCosts, *, period_end: pd.Timestamp | None = None, seed: int = 1
) -> pd.DataFrame:
    """Score one vintage, and the naive forecasts made at its origin, on every figure that came later.

    Levels are scored on the log scale, so that errors read as relative ones, shares as they are; ``build_cost`` is
    of levels only. ``horizon`` counts quarters from the last one wholly reported at the origin.

    Parameters
    ----------
    vintage
        The forecast.
    actual
        From :func:`forecast.scoring.actuals.actuals`.
    costs
        What building too little and too much costs.
    period_end
        The one quarter to score; all if not given.
    seed
        Of the naive forecasts' streams.

    Returns
    -------
    DataFrame
        One row a figure and model: the figure's key, ``period_end, origin, vintage, model, horizon, actual, low,
        median, high`` (80 % interval), and the scores.
    """
    draws = vintage.cube.sizes["draw"]
    scale = _scale(vintage.observations, vintage.origin)
    rows = []
    for target in ahead_of(actual, vintage.origin).to_dict("records"):
        mine = _published(vintage.cube, target) if period_end in {None, target["period_end"]} else None
        if mine is None:
            continue
        head = {**_head(target, vintage.origin), "vintage": vintage.name}
        rows.append({**head, "model": MODEL, **_scored(mine, target, costs, scale)})
        for member in BENCHMARKS:
            naive = naive_draws(
                vintage.observations, pd.Series(target), origin=vintage.origin, member=member, draws=draws, seed=seed,
                market=vintage.market, beliefs=vintage.beliefs,
            )  # fmt: skip
            if naive is not None:
                rows.append({**head, "model": member, **_scored(naive, target, costs, scale)})
    return pd.DataFrame(rows)


def override_scores(overrides: DataFrame[Overrides], actual: pd.DataFrame, costs: BuildCosts) -> pd.DataFrame:
    """Score people's overrides like vintages, as draws through their low, mid and high figures (10, 50 and 90 %).

    Parameters
    ----------
    overrides
        Overrides frame. One made when its figure was known already is not scored.
    actual
        From :func:`forecast.scoring.actuals.actuals`.
    costs
        Costs of building too little and too much.

    Returns
    -------
    DataFrame
        As :func:`vintage_scores`; the model is ``override`` and the vintage who made it.
    """
    rows = []
    for number, each in enumerate(overrides.to_dict("records")):
        same = ahead_of(actual, each["made_at"])
        for name in (*KEY, "period_end"):
            same = same[same[name] == each[name]]
        for target in same.to_dict("records"):
            row = {"name": f"override.{number}", "shape": _SHAPE.get(str(each["measure"]), "lognormal")}
            table = pd.DataFrame([{**row, **{name: each[name] for name in ("low", "mid", "high")}}])
            draws = sample_assumptions(table, draws=2000, seed=1)[row["name"]]
            rows.append({**_head(target, each["made_at"]), "vintage": each["who"], "model": "override",
                         **_scored(draws, target, costs, float("nan"))})  # fmt: skip
    return pd.DataFrame(rows)


def ahead_of(actual: pd.DataFrame, origin: pd.Timestamp) -> pd.DataFrame:
    """Return the figures that were not known at an origin, with ``horizon``.

    The horizon counts quarters from the last one whose revenue was wholly reported.

    Parameters
    ----------
    actual
        Actuals with ``segment, measure, period_end, known_at``.
    origin
        Last day of knowledge.

    Returns
    -------
    DataFrame
        The later rows, with ``horizon`` [quarter].

    Examples
    --------
    >>> day = lambda text: pd.Timestamp(text, tz="UTC")
    >>> actual = pd.DataFrame({"segment": "all", "measure": "spending",
    ...                        "period_end": [day("2026-03-31"), day("2026-06-30")],
    ...                        "known_at": [day("2026-05-20"), day("2026-08-26")]})
    >>> ahead_of(actual, day("2026-06-01"))["horizon"].tolist()
    [1.0]
    """
    whole = actual[(actual["segment"] == ALL) & (actual["measure"] == "spending") & (actual["known_at"] <= origin)]
    last = whole["period_end"].max()
    later = actual[(actual["known_at"] > origin) & (actual["period_end"] > last)]
    years = later["period_end"].dt.year - last.year
    horizon = _QUARTERS_A_YEAR * years + later["period_end"].dt.quarter - last.quarter
    return later.assign(horizon=horizon.astype(np.float64))


def card_rows(card: pd.DataFrame) -> DataFrame[Scores]:
    """Return a card as a checked scores frame; a vintage's name is part of the model's.

    Parameters
    ----------
    card
        From :func:`vintage_scores` and :func:`override_scores`.

    Returns
    -------
    DataFrame
        A scores frame, one row a figure, model and metric.

    Raises
    ------
    ValueError
        If a row breaks the frame's contract.
    """
    metrics = [name for name in (*METRICS, "mase", "pinball", "build_cost") if name in card]
    long = card.melt([*KEY, "origin", "horizon", "vintage", "model"], metrics, "metric", "value").dropna(subset="value")
    model = long["model"].where(~long["model"].isin({MODEL, "override"}), long["model"] + " " + long["vintage"])
    named = long.assign(model=model, workload=ALL, technique=ALL, scenario="base")
    return check(conform(named.drop_duplicates(list(Scores.key)), Scores), Scores)


def card_summary(card: pd.DataFrame, by: tuple[str, ...] = ("measure", "segment", "definition")) -> pd.DataFrame:
    """Return mean scores of the model over those of each naive forecast on the same figures.

    Parameters
    ----------
    card
        From :func:`vintage_scores`.
    by
        Columns to group by.

    Returns
    -------
    DataFrame
        The groups, ``figures``; ``crps, build_cost, bias, mase``, coverage of the model; and for each benchmark
        ``crps_over_<name>`` and ``build_cost_over_<name>``.
    """
    mine = card[card["model"] == MODEL]
    rows = []
    for names, group in mine.groupby(list(by), sort=False):
        row: dict[str, Any] = {**dict(zip(by, names, strict=True)), "figures": len(group)}
        row |= {name: float(group[name].mean()) for name in
                ("crps", "build_cost", "bias", "mase", "coverage50", "coverage80", "coverage95")}  # fmt: skip
        for member in BENCHMARKS:
            naive = card[card["model"] == member].merge(group[[*KEY, "period_end", "vintage"]])
            for metric in ("crps", "build_cost"):
                row[f"{metric}_over_{member}"] = row[metric] / float(naive[metric].mean())
        rows.append(row)
    return pd.DataFrame(rows)


def _head(target: dict[Any, Any], origin: pd.Timestamp) -> dict[str, Any]:
    return {**{name: target[name] for name in (*KEY, "period_end", "horizon", "unit")}, "origin": origin}


def _published(cube: xr.Dataset, target: dict[Any, Any]) -> Array | None:
    """Return a vintage's draws of a figure, shape (draws,), or ``None`` if it was not forecast."""
    at = np.flatnonzero(periods(cube) == target["period_end"])
    if len(at) == 0:
        return None
    if target["measure"] != "share":
        return draws_of(cube, str(target["measure"]), Part(str(target["segment"]), str(target["leaf"])))[:, at[0]]
    if target["definition"] not in cube["definition"].values:
        return None
    return hyperscale_share(cube, base="revenue", definition=str(target["definition"]))[:, at[0]]


def _scale(observations: DataFrame[Observations], origin: pd.Timestamp) -> float:
    """Return the mean absolute log change a quarter of revenue up to the origin, for the scaled error."""
    return float(np.abs(np.diff(np.log(fiscal_revenue(observations, "data_center", origin)))).mean())


def _scored(draws: Array, target: dict[Any, Any], costs: BuildCosts, scale: float) -> dict[str, float]:
    actual = np.array([float(target["value"])])
    level = target["measure"] != "share"
    low, median, high = np.quantile(draws, _BAND)
    on, what = (np.log(draws)[:, None], np.log(actual)) if level else (draws[:, None], actual)
    scores = {name: float(metric(on, what)[0]) for name, metric in METRICS.items()}
    scores["pinball"] = float(pinball(on, what, costs.quantile)[0])
    scores["mase"] = scores["absolute_error"] / scale if level else float("nan")
    scores["build_cost"] = float(build_cost(draws[:, None], actual, costs)[0]) if level else float("nan")
    return {"actual": float(actual[0]), "low": low, "median": median, "high": high, **scores}


def target_rows(card: pd.DataFrame, period_end: pd.Timestamp) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield each figure of a quarter by name, with its rows by origin, the model before the naive ones.

    Parameters
    ----------
    card
        As :func:`card_rows` takes it.
    period_end
        Last day of the quarter.

    Returns
    -------
    Iterator of tuple
        Name of the figure, and its rows.
    """
    order = {name: rank for rank, name in enumerate((MODEL, "override", *BENCHMARKS))}
    mine = card[card["period_end"] == period_end]
    for key, rows in mine.groupby(list(KEY), sort=False):
        segment, leaf, measure, base, definition = (str(part) for part in key)
        name = f"{measure} of {segment}" + ("" if leaf == ALL else f"/{leaf}")
        name += f", definition {definition}" + ("" if base == "none" else f", base {base}")
        rank = rows["model"].map(order)
        yield name, rows.assign(rank=rank).sort_values(["origin", "rank", "vintage"]).drop(columns="rank")
