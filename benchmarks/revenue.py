"""Score the revenue forecast that ships beside naive ones on equal footing, and say which bars it meets.

``python benchmarks/revenue.py`` makes every forecast at every past quarter of data-centre revenue, on what was known
then: the model as it ships, guided and cut to what buyers can fund; the model without the one or both; last value and
drift with the model's spread prior and the lean of their own past errors, without guidance, with it, and cut like the
model; both again with errors made symmetric; and the model with its spread prior refitted to the errors at all origins
but those of the years it is scored in. It writes the scores to ``benchmarks/revenue.csv`` and the tables of it to
README.md. Scores are of log revenue, as in the report. ``--draws N`` draws more or fewer than 1,000 paths.

Hindsight: the rows ``guidance.*`` and ``funding.*`` of assumptions.csv are judgements of the day they were written and
hold at every origin; everything else is cut to the origin.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from marked import rewrite

from shiftcast.features.arrays import Array
from shiftcast.features.asof import known_by
from shiftcast.forecast.capacity.procurement import build_costs
from shiftcast.forecast.scoring.backtest import score_level
from shiftcast.forecast.scoring.past import HORIZON, MODEL, WAYS, PastOrigin, Way, past_origins, reported_revenue
from shiftcast.forecast.supply.funding import ROWS
from shiftcast.forecast.volume import Spread, series_prior
from shiftcast.pipelines.sources.public_record import read_record

ROOT: Final = Path(__file__).resolve().parents[1]
RESULTS: Final = Path(__file__).with_name("revenue.csv")
BEGIN, END = "<!-- benchmarks/revenue.py: begin -->", "<!-- benchmarks/revenue.py: end -->"
PERIODS: Final = ("2020", "2022", "2024", "2100")  # years that begin the periods left out in turn, and an end
LEFT_OUT: Final = "model, spread prior of other years"
METRICS: Final = ("crps", "build_cost", "coverage50", "coverage80", "coverage95", "bias")
FORECASTS: Final = {
    "model": WAYS[MODEL],
    LEFT_OUT: WAYS[MODEL],
    "model without ceiling": Way(),
    "model without guidance": Way(guided=False, bounded=True),
    "model without either": Way(guided=False),
    **{
        f"{name}{said}": way._replace(members=(member,))
        for said, way in (
            ("", Way(guided=False)), (", symmetric", Way(guided=False, symmetric=True)), (" with guidance", Way()),
            (" with both", Way(bounded=True)),
        )
        for name, member in (("last value", "last_value"), ("drift", "drift"))
    },
}  # fmt: skip
SHOWN: Final = {"all": "1 to 8 quarters", "1": "1", "2": "2", "4": "4", "8": "8", "since 2024": "since 2024"}


def errors(origins: Sequence[PastOrigin], actual: pd.Series) -> pd.DataFrame:
    """Return ``made, horizon, error``: log actual less the unguided model's path before any lean.

    Parameters
    ----------
    origins
        Past origins.
    actual
        Reported revenue [USD] by the last day of the fiscal quarter.
    """
    rows = []
    for past in origins:
        fit = past.fit(Way(guided=False)).after.fit
        came = _ahead(past, actual)
        error = np.log(came) - np.log(fit.scale.inverse(fit.path)[0, : len(came)])
        rows.append(pd.DataFrame({"made": past.made, "horizon": np.arange(1, len(came) + 1), "error": error}))
    return pd.concat(rows, ignore_index=True)


def spread_of(seen: pd.DataFrame) -> Spread:
    """Return the spread prior that fits errors: a line through log root mean squared error by log horizon.

    Parameters
    ----------
    seen
        ``horizon, error``.
    """
    sizes = np.sqrt((seen["error"] ** 2).groupby(seen["horizon"]).mean())
    power, level = np.polyfit(np.log(sizes.index), np.log(sizes), 1)
    return Spread(float(np.exp(level)), float(power))


def priors(seen: pd.DataFrame) -> dict[str, Spread]:
    """Return the spread prior of each period by its first year, fitted to the errors made outside it.

    Parameters
    ----------
    seen
        From :func:`errors`.
    """
    years = seen["made"].dt.strftime("%Y")
    return {start: spread_of(seen[(years < start) | (years >= end)]) for start, end in pairwise(PERIODS)}


def scores(draws: int) -> Iterator[pd.DataFrame]:
    """Yield the scores of every forecast at every past origin, a row a horizon."""
    record = read_record()
    costs = build_costs(record.assumptions)
    today = pd.Timestamp(max(record.observations["known_at"]))
    observations = known_by(record.observations, today)
    actual = reported_revenue(observations, today)
    prior = series_prior(record.beliefs, "volume.revenue")
    origins = tuple(past_origins(observations, actual, record.assumptions, prior))
    refitted = priors(errors(origins, actual))
    for past in origins:
        came, made = _ahead(past, actual), f"{past.made:%Y-%m-%d}"
        spread = refitted[max(start for start in refitted if start <= made)]
        without = replace(prior, sigma=spread.sigma, power=spread.power)
        for name, way in FORECASTS.items():
            outlook = past.fit(way, prior=without if name == LEFT_OUT else None)
            drawn = past.draw(outlook, way, draws=draws, seed=1)[:, : len(came)]
            found = score_level(drawn, came, past.history, costs)
            kept = {metric: found[metric] for metric in METRICS}
            yield pd.DataFrame({"forecast": name, "made": made, "horizon": range(1, len(came) + 1), **kept})


def tables(rows: pd.DataFrame) -> str:
    """Return the Markdown of the scores: the model by horizon, every forecast, the bars, and the hindsight."""
    return "\n\n".join((by_horizon(rows), by_forecast(rows), bars(rows), hindsight(rows)))


def by_horizon(rows: pd.DataFrame) -> str:
    """Return CRPS of the model over the naive ones', build cost and coverage, by quarters ahead."""
    heads = ("quarters ahead", "CRPS", "over last value", "over drift", "over last value with guidance", "build cost",
             "50 % covers", "80 % covers", "95 % covers")  # fmt: skip
    lines = [f"| {' | '.join(heads)} |", "|" + "---|" * len(heads)]
    for key in ("1", "2", "4", "8", "all"):
        part = _part(rows, key)
        model, crps = part[part["forecast"] == "model"], part.groupby("forecast")["crps"].mean()
        over = [f"{crps['model'] / crps[name]:.2f}" for name in ("last value", "drift", "last value with guidance")]
        held = [f"{model[f'coverage{level}'].mean():.0%}" for level in (50, 80, 95)]
        figures = (f"{crps['model']:.3f}", *over, f"{model['build_cost'].mean():.1%}", *held)
        lines.append(f"| {'all 1 to 8' if key == 'all' else key} | {' | '.join(figures)} |")
    return "\n".join(lines)


def by_forecast(rows: pd.DataFrame) -> str:
    """Return CRPS by horizon, coverage and what building to it cost, of every forecast."""
    crps = {key: _part(rows, key).groupby("forecast")["crps"].mean() for key in SHOWN}
    held = {key: _part(rows, key).groupby("forecast")["coverage80"].mean() for key in ("all", "8")}
    cost = rows.groupby("forecast")["build_cost"].mean()
    lines = [
        "| forecast | CRPS, " + " | ".join(SHOWN.values()) + " | 80 % covers | at 8 quarters | build cost |",
        "|---|" + "---|" * (len(SHOWN) + 3),
    ]
    for name in FORECASTS:
        figures = [f"{crps[key][name]:.3f}" for key in SHOWN]
        lines.append(
            f"| {name} | {' | '.join(figures)} | {held['all'][name]:.0%} | {held['8'][name]:.0%} | {cost[name]:.1%} |"
        )
    return "\n".join(lines)


def bars(rows: pd.DataFrame) -> str:
    """Return what was asked of the model and whether it was met, a row a bar."""
    model = rows[rows["forecast"] == "model"]
    asked = [
        (f"CRPS over {name} at 1, 4, 8 quarters", f"{'at most' if most < 1 else 'below'} {most:.2f}",
         [_over(rows, name, key) for key in ("1", "4", "8")], lambda x, most=most: x <= most, ".2f")
        for base, most in (("last value", 0.85), ("drift", 1.0))
        for name in (base, f"{base}, symmetric", f"{base} with guidance", f"{base} with both")
    ]  # fmt: skip
    asked += [
        ("CRPS since 2024", "at most 0.10", [_part(model, "since 2024")["crps"].mean()], lambda x: x <= 0.1, ".3f"),
        ("build cost", "at most 9.5 %", [model["build_cost"].mean()], lambda x: x <= 0.095, ".1%"),
        ("80 % covers, overall and at 8 quarters", "76 to 84 %",
         [_part(model, key)["coverage80"].mean() for key in ("all", "8")], lambda x: 0.76 <= x <= 0.84, ".0%"),
    ]  # fmt: skip
    lines = ["| asked | bar | measured | |", "|---|---|---|---|"]
    for what, bar, figures, holds, form in asked:
        missed = [not holds(figure) for figure in figures]
        said = "met" if not any(missed) else "missed" if all(missed) else f"missed {sum(missed)} of {len(missed)}"
        lines.append(f"| {what} | {bar} | {', '.join(format(figure, form) for figure in figures)} | {said} |")
    return "\n".join(lines)


def hindsight(rows: pd.DataFrame) -> str:
    """Return how many judgements the model took that were written after its origins."""
    assumptions = read_record().assumptions
    used = assumptions[assumptions["name"].str.startswith(("guidance.", f"{ROWS}."))]
    origins = pd.to_datetime(rows["made"].drop_duplicates(), utc=True)
    late = sum(int((used["known_at"] > made).sum()) for made in origins)
    return (
        f"Hindsight: of {len(used)} judgements about guidance and funding at {len(origins)} origins, {late} of "
        f"{len(used) * len(origins)} were written after the origin they were used at; no reported figure was."
    )


def _over(rows: pd.DataFrame, name: str, key: str) -> float:
    crps = _part(rows, key).groupby("forecast")["crps"].mean()
    return float(crps["model"] / crps[name])


def _part(rows: pd.DataFrame, key: str) -> pd.DataFrame:
    """Return the rows of one horizon, of all, or since a year."""
    if key == "all":
        return rows
    return rows[rows["horizon"] == int(key)] if key.isdigit() else rows[rows["made"] >= key.removeprefix("since ")]


def _ahead(past: PastOrigin, actual: pd.Series) -> Array:
    return actual.to_numpy(dtype=np.float64)[len(past.reported) : len(past.reported) + HORIZON]


def main() -> None:
    """Score, write the results, and the tables of them into the README."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=1000)
    pd.concat(scores(parser.parse_args().draws), ignore_index=True).round(6).to_csv(RESULTS, index=False)
    text = tables(pd.read_csv(RESULTS))
    rewrite(text, BEGIN, END, ROOT / "README.md")
    print(text)


if __name__ == "__main__":
    main()
