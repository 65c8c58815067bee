"""Write the golden forecasts anew: ``python tests/golden/regenerate.py`` from the root of the repository.

Do it only where a change is meant to move forecasts, and say in the commit why they moved.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from shiftcast.forecast.identity.world import build_world
from shiftcast.forecast.known import Settings, cut
from shiftcast.forecast.scoring.backtest import backtest_revenue, summarise
from shiftcast.forecast.views.part import forecast_frame
from shiftcast.forecast.volume import series_prior
from shiftcast.pipelines.sources.public_record import read_record

ORIGIN = pd.Timestamp("2026-08-31", tz="UTC")
SETTINGS = Settings(draws=200, seed=20260831, through="2028Q4")
GOLDEN = Path(__file__).with_name("forecasts.csv")
SCORES = Path(__file__).with_name("scores.csv")
KEY = ["measure", "segment", "leaf", "workload", "quarter", "quantile"]
QUANTILES = (0.1, 0.5, 0.9)


def forecasts() -> pd.DataFrame:
    """Return 10, 50 and 90 % quantiles at year ends: every measure by leaf, and hours by workload."""
    known = _known()
    rows = forecast_frame(build_world(known, SETTINGS).cube, model="shiftcast")
    rows = rows[rows["quantile"].isin(QUANTILES) & (rows["period_end"].dt.month == 12) & (rows["technique"] == "all")]
    by_leaf = rows["workload"] == "all"
    by_workload = (rows["measure"] == "gpu_hours") & (rows["leaf"] == "all")
    kept = rows[by_leaf | by_workload].assign(quarter=rows["period_end"].dt.strftime("%YQ4"))
    return kept[[*KEY, "value", "unit"]].sort_values(KEY, ignore_index=True)


def scores() -> pd.DataFrame:
    """Return the backtest's summary as of the origin."""
    known = _known()
    rows, prior = known.history.observations, series_prior(known.beliefs, "volume.revenue")
    return summarise(backtest_revenue(rows, ORIGIN, assumptions=known.assumptions, prior=prior, seed=SETTINGS.seed))


def _known():
    return cut(read_record(), ORIGIN)


if __name__ == "__main__":
    forecasts().to_csv(GOLDEN, index=False, float_format="%.8g", lineterminator="\n")
    scores().to_csv(SCORES, index=False, float_format="%.8g", lineterminator="\n")
