"""What a single new figure changes."""

import pandas as pd
import pytest

from shiftcast.forecast.migration.influence import influence


def test_a_figure_that_repeats_changes_nothing(waves, learned):
    again = waves[(waves.series == "a") & (waves.period_end == "2013-12-31")]
    told = influence(waves, again, horizon=3, learned=learned, draws=50, seed=0)
    assert (told.change == 0.0).all()
    assert set(told.series) == {"a", "b"}


def test_a_higher_figure_lifts_what_follows(waves, learned):
    day = "2014-12-31"
    names, values = ["table", "deep", "llm"], [0.1, 0.9, 0.0]
    figure = pd.DataFrame({"series": "a", "group": "one", "period_end": day, "category": names, "value": values})
    told = influence(waves, figure, horizon=3, learned=learned, draws=200, seed=0)
    mean = told[(told.statistic == "mean") & (told.category == "deep") & (told.series == "a")]
    assert sorted(mean.period_end.dt.year) == [2015, 2016]
    assert (mean.change > 0.0).all()
    assert mean["with"].to_numpy() - mean["without"].to_numpy() == pytest.approx(mean.change.to_numpy())
