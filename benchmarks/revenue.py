"""Score the revenue forecast on equal footing, and what the vendor's guidance would add to it.

``python benchmarks/revenue.py`` makes every forecast at every past quarter of data-centre revenue, on what was known
then: the shipped model; last value and drift with the same means as the model has (the lean of past errors and the
spread believed beforehand), and as the report shows them (errors made symmetric); and the first and the naive ones with
guidance taken as the next quarter. It writes the scores to ``benchmarks/revenue.csv`` and the table of it to README.md.
Scores are of log revenue, as in the report. ``--draws N`` draws more or fewer than 1,000 paths.

Guidance: log(actual / midpoint) is a Student t, the posterior predictive of a normal with conjugate prior (Gelman et
al. 2013, Bayesian Data Analysis, section 3.3) updated by every quarter known at the origin; the guided quarter's median
is appended to the history, and the paths after it start from its draws.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array
from shiftcast.features.asof import known_by, latest_known
from shiftcast.features.calendars import LONGEST_QUARTER
from shiftcast.features.series import fiscal_revenue, select
from shiftcast.forecast.capacity.procurement import BuildCosts, build_costs
from shiftcast.forecast.draws import stream, student_t
from shiftcast.forecast.scoring.backtest import FIRST_ORIGIN, HORIZON, first_known, reported_revenue, score_level
from shiftcast.forecast.volume import SeriesPrior, VolumeFit, draw_volume, fit_volume, series_prior
from shiftcast.pipelines.sources.public_record import read_record

ROOT: Final = Path(__file__).resolve().parents[1]
RESULTS: Final = Path(__file__).with_name("revenue.csv")
BEGIN, END = "<!-- benchmarks/revenue.py: begin -->", "<!-- benchmarks/revenue.py: end -->"
BIAS, BIAS_QUARTERS = 0.03, 4.0  # believed of log(actual / midpoint) before any quarter, and for how many it counts
SPREAD, SPREAD_QUARTERS = 0.05, 6.0
OTHER_SD: Final = 0.08  # log change in a quarter of revenue outside data centres
LEAST: Final = 0.1  # of the quarter before: what guidance leaves for data centres is no less
SHOWN: Final = {"all": "1 to 8 quarters", "1": "1", "2": "2", "3": "3", "4": "4", "8": "8", "since 2024": "since 2024"}


class Forecast(NamedTuple):
    """How one forecast is made: which members it takes, whether its errors are made symmetric, whether it is guided."""

    members: tuple[str, ...] | None
    symmetric: bool
    guided: bool


FORECASTS: Final = {
    "model": Forecast(None, False, False),
    "last value": Forecast(("last_value",), False, False),
    "drift": Forecast(("drift",), False, False),
    "last value, symmetric": Forecast(("last_value",), True, False),
    "drift, symmetric": Forecast(("drift",), True, False),
    "model with guidance": Forecast(None, False, True),
    "last value with guidance": Forecast(("last_value",), False, True),
    "drift with guidance": Forecast(("drift",), False, True),
}


def predictive(ratios: Array) -> tuple[float, float, float]:
    """Return mean, standard deviation and degrees of freedom of the next log(actual / midpoint).

    Parameters
    ----------
    ratios
        Those known, shape (n,).
    """
    n = len(ratios)
    average = float(np.mean(ratios)) if n else BIAS
    mean = (BIAS_QUARTERS * BIAS + n * average) / (BIAS_QUARTERS + n)
    between = BIAS_QUARTERS * n / (BIAS_QUARTERS + n) * (average - BIAS) ** 2
    squares = SPREAD_QUARTERS * SPREAD**2 + float(((ratios - average) ** 2).sum()) + between
    degrees = SPREAD_QUARTERS + n
    variance = squares / degrees * (1 + 1 / (BIAS_QUARTERS + n)) * degrees / (degrees - 2)
    return mean, float(np.sqrt(variance)), degrees


def guided_quarter(
    observations: pd.DataFrame, reported: pd.Series, draws: int, seed: str
) -> tuple[float, Array] | None:
    """Return the median and draws of data-centre revenue [USD] of the quarter that is guided, or nothing.

    Parameters
    ----------
    observations
        Every vintage known at the origin: the first outlook of a past quarter counts, and the last of the coming one.
    reported
        Data-centre revenue by the last day of the fiscal quarter.
    draws, seed
        How many, and the name of their random stream.
    """
    outlooks = select(observations, measure="revenue", definition="company_outlook", stage="forward")
    outlooks = outlooks.sort_values("known_at", kind="stable")
    whole = select(observations, measure="revenue", definition="company_total", stage="flow", segment="all")
    whole = whole[(whole["period_end"] - whole["period_start"]).dt.days < LONGEST_QUARTER].sort_values(
        "known_at", kind="stable"
    )
    actual = whole.drop_duplicates("period_end", keep="last").set_index("period_end")["value"]
    last, level = reported.index[-1], float(reported.iloc[-1])
    coming = outlooks[(outlooks["period_start"] > last) & (outlooks["period_start"] <= last + pd.Timedelta(days=7))]
    if coming.empty or last not in actual.index:
        return None
    midpoint, other = float(coming["value"].iloc[-1]), max(float(actual[last]) - level, 0.0)
    first = outlooks.drop_duplicates("period_end").set_index("period_end")["value"]
    mean, sd, degrees = predictive(np.log(actual / first).dropna().to_numpy())
    random = stream(1, f"guidance.{seed}")
    total = midpoint * np.exp(mean + sd * student_t(random, (draws,), degrees))
    drawn = np.maximum(total - other * np.exp(OTHER_SD * random.standard_normal(draws)), LEAST * level)
    return max(midpoint * np.exp(mean) - other, LEAST * level), drawn


def paths(how: Forecast, observations: pd.DataFrame, reported: pd.Series, draws: int, prior: SeriesPrior) -> Array:
    """Draw revenue ahead [USD] by one forecast, shape (draws, HORIZON); all share their random numbers."""
    history, name = reported.to_numpy(dtype=np.float64), f"backtest.{len(reported)}"

    def fit(values: Array, horizon: int) -> VolumeFit:
        return fit_volume(values, horizon, prior=prior, members=how.members, symmetric=how.symmetric)

    found = guided_quarter(observations, reported, draws, name) if how.guided else None
    if found is None:
        return draw_volume(fit(history, HORIZON), draws=draws, random=stream(1, name))
    median, first = found
    after = draw_volume(fit(np.append(history, median), HORIZON - 1), draws=draws, random=stream(1, name))
    return np.column_stack([first, after * (first / median)[:, None]])


def scores(draws: int) -> Iterator[pd.DataFrame]:
    """Yield the scores of every forecast at every past origin, a row a horizon."""
    record = read_record()
    costs: BuildCosts = build_costs(record.assumptions)
    prior = series_prior(record.beliefs, "volume.revenue")
    origin = pd.Timestamp(max(record.observations["known_at"]))
    observations = known_by(record.observations, origin)
    actual, days = reported_revenue(observations, origin), first_known(observations)
    for length in range(FIRST_ORIGIN, len(actual)):
        made = pd.Timestamp(days[actual.index[length - 1]])
        reported = fiscal_revenue(latest_known(observations, made), "data_center", made)
        ahead = actual.to_numpy()[length : length + HORIZON]
        for name, how in FORECASTS.items():
            drawn = paths(how, known_by(observations, made), reported, draws, prior)[:, : len(ahead)]
            found = score_level(drawn, ahead, reported.to_numpy(), costs)
            kept = {metric: found[metric] for metric in ("crps", "build_cost", "coverage80", "bias")}
            yield pd.DataFrame(
                {"forecast": name, "made": f"{made:%Y-%m-%d}", "horizon": range(1, len(ahead) + 1), **kept}
            )


def table(rows: pd.DataFrame) -> str:
    """Return the Markdown table of the scores: CRPS by horizon, then coverage and what building to it cost."""
    parts = {"all": rows, "since 2024": rows[rows["made"] >= "2024"]}
    parts |= {key: rows[rows["horizon"] == int(key)] for key in SHOWN if key.isdigit()}
    crps = {key: part.groupby("forecast")["crps"].mean() for key, part in parts.items()}
    held = {key: parts[key].groupby("forecast")["coverage80"].mean() for key in ("all", "8")}
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


def written(page: str, text: str) -> str:
    """Return a page with the text between the two marks."""
    before, rest = page.split(BEGIN)
    return f"{before}{BEGIN}\n{text}\n{END}{rest.split(END)[1]}"


def main() -> None:
    """Score, write the results, and the table of them into the README."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=1000)
    rows = pd.concat(scores(parser.parse_args().draws), ignore_index=True)
    rows.round(6).to_csv(RESULTS, index=False)
    page = ROOT / "README.md"
    page.write_text(written(page.read_text(encoding="utf-8"), table(pd.read_csv(RESULTS))), encoding="utf-8")
    print(table(rows))


if __name__ == "__main__":
    main()
