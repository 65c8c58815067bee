"""Periods, draws and seeds beyond any that can be computed are refused at every door of series, by name."""

import numpy as np
import pandas as pd
import pytest

from shiftcast.features import bounds
from shiftcast.features.input_error import InputError
from shiftcast.forecast.beliefs import read_beliefs
from shiftcast.forecast.hierarchy.structure import from_parents
from shiftcast.forecast.migration import draw_shares, fit_shares
from shiftcast.forecast.migration.quantiles import share_quantiles
from shiftcast.forecast.volume import own_priors
from shiftcast.pipelines.records import RECORDS
from shiftcast.pipelines.series.hierarchies import forecast_hierarchy
from shiftcast.pipelines.series.volumes import VolumeQuestion, forecast_volumes
from shiftcast.pipelines.sources.beliefs import read_belief_rows
from shiftcast.pipelines.sources.learned import load_learned

PRIORS = own_priors(read_beliefs(read_belief_rows(RECORDS)))
ENDS = pd.date_range("2020-03-31", periods=16, freq="QE")
TREE = from_parents(["all", "a", "b"], [-1, 0, 0])
ROWS = pd.concat(pd.DataFrame({"series": name, "period_end": ENDS, "value": 5.0}) for name in "ab")

SHARES = pd.concat(
    pd.DataFrame({"series": "a", "category": name, "period_end": ENDS, "value": value})
    for name, value in {"a": np.linspace(0.8, 0.4, 16), "b": np.linspace(0.2, 0.6, 16)}.items()
)


@pytest.mark.parametrize(
    ("asked", "said"),
    [({"horizon": 2**63}, "horizon is 9223372036854775808; give 1 to 5000 periods"), ({"horizon": 0}, "horizon is 0"),
     ({"draws": 2**63}, "draws is 9,223,372,036,854,775,808; give 2 to 20,000"), ({"draws": 1}, "draws is 1; give 2"),
     ({"seed": -1}, "seed is -1")],
)  # fmt: skip
def test_a_hierarchy_is_held_to_what_can_be_drawn(asked, said):
    with pytest.raises(InputError, match=said):
        forecast_hierarchy(ROWS, TREE, **{"horizon": 2, **asked})


@pytest.mark.parametrize(
    ("asked", "said"), [({"draws": 10**9}, "draws is 1,000,000,000"), ({"seed": -1}, "seed is -1")]
)
def test_volumes_and_shares_are_held_to_what_can_be_drawn(asked, said):
    whole = {"draws": 5, "seed": 0, **asked}
    with pytest.raises(InputError, match=said):
        VolumeQuestion(2, PRIORS, **whole)
    fit = fit_shares(SHARES, horizon=2, learned=load_learned().whole)
    for door in (draw_shares, share_quantiles):
        with pytest.raises(InputError, match=said):
            door(fit, **whole)


def test_no_door_makes_more_figures_at_once_than_can_be_held(monkeypatch):
    monkeypatch.setattr(bounds, "HELD", 100)
    fit = fit_shares(SHARES, horizon=2, learned=load_learned().whole)
    with pytest.raises(InputError, match=r"20 draws of 6 figures each \(nodes times periods\) are more than 100"):
        forecast_hierarchy(ROWS, TREE, horizon=2, draws=20)
    with pytest.raises(InputError, match=r"30 draws of 4 figures each \(series times categories times periods\)"):
        draw_shares(fit, draws=30, seed=0)
    assert len(share_quantiles(fit, draws=30, seed=0))  # holds one series at a time
    with pytest.raises(InputError, match=r"30 draws of 4 figures each \(series times periods\)"):
        list(forecast_volumes(ROWS.reset_index(drop=True), VolumeQuestion(2, PRIORS, draws=30)))
    one = ROWS[ROWS["series"] == "a"]
    asked = VolumeQuestion(2, PRIORS, draws=20, shares=fit)
    with pytest.raises(InputError, match=r"20 draws of 6 figures each \(series and categories times periods\)"):
        list(forecast_volumes(one.reset_index(drop=True), asked))
