"""Draws: on the simplex, joint, walled, and the same bytes for the same seed."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from shiftcast.features.share_grid import share_panels
from shiftcast.features.shares import check_share_rows
from shiftcast.forecast.draws import stream
from shiftcast.forecast.migration import draw_shares, fit_shares, share_quantiles

RELAXED = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
PATHS = st.tuples(st.integers(2, 14), st.integers(1, 4)).flatmap(
    lambda shape: arrays(float, shape, elements=st.one_of(st.just(0.0), st.floats(0.001, 1e6)))
)


def run(frame, learned, *, draws=60, seed=1, horizon=5):
    """Return fit and draws."""
    fit = fit_shares(frame, horizon=horizon, learned=learned)
    return fit, draw_shares(fit, draws=draws, seed=seed)


@RELAXED
@given(PATHS)
def test_every_draw_adds_up_to_one_and_quantiles_rise(make, learned, paths):
    for end in (0, -1):  # one date alone has no frequency
        paths[end, 0] = paths[end, 0] if paths[end].any() else 1.0
    fit, draws = run(make(paths), learned, draws=25)
    values = draws.to_numpy()
    assert np.isfinite(values).all()
    assert values.min() >= 0.0
    assert np.abs(draws.sum("category").to_numpy() - 1.0).max() < 1e-9
    told = share_quantiles(fit, draws=25, seed=1)
    assert told.value.notna().all()
    table = told[told.statistic == "quantile"].pivot_table(
        index=["period_end", "category"], columns="quantile", values="value", observed=True
    )
    assert (np.diff(table.to_numpy(), axis=1) >= -1e-15).all()
    means = told[told.statistic == "mean"].groupby("period_end").value.sum()
    assert np.abs(means - 1.0).max() < 1e-9


def test_same_seed_same_bytes_and_another_seed_others(waves, learned):
    first, again, other = (run(waves, learned, seed=seed)[1].to_numpy() for seed in (1, 1, 2))
    assert first.tobytes() == again.tobytes()
    assert first.tobytes() != other.tobytes()


def test_row_order_does_not_matter(waves, learned):
    mixed = waves.sample(frac=1.0, random_state=3)
    assert run(waves, learned)[1].identical(run(mixed, learned)[1])


@pytest.mark.parametrize("group", ["one", "two"])
def test_groups_are_walls(waves, learned, group):
    together = run(waves, learned)[1]
    alone = run(waves[waves.group == group], learned)[1]
    shared = together.sel(series=alone["series"], category=alone["category"])
    assert shared.to_numpy().tobytes() == alone.to_numpy().tobytes()


def test_future_rows_of_another_group_change_nothing(waves, learned):
    longer = pd.concat([waves, waves[waves.group == "two"].assign(series="d", group="three", value=1.0)])
    names = ["a", "b", "c"]
    assert run(longer, learned)[1].sel(series=names).identical(run(waves, learned)[1].sel(series=names))


def test_a_late_technique_keeps_rising_and_a_declared_one_can_come(waves, learned):
    draws = run(waves, learned, draws=400)[1].sel(series="a")
    last = 1.0 / (1.0 + np.exp(-0.3 * 3.0))
    assert float(draws.sel(category="deep").isel(period=0).median()) > last
    coming = draws.sel(category="llm")
    assert 0.0 < float((coming > 0).any("period").mean()) < 0.6
    assert (np.diff(coming.to_numpy(), axis=1) >= 0.0).all()


def test_a_still_history_stays_where_it_is(make, learned):
    draws = run(make([[0.25, 0.75]] * 30), learned, draws=200)[1]
    assert draws.mean("draw").sel(category="table").to_numpy().ravel() == pytest.approx([0.25] * 5, abs=0.01)


def test_a_single_category_is_the_whole(make, learned):
    assert (run(make([[2.0]] * 6), learned)[1] == 1.0).all()


def test_errors_of_a_group_s_categories_move_together(waves, learned):
    draws = run(waves, learned, draws=2000)[1].sel(category="deep").isel(period=4)
    together = np.corrcoef(draws.sel(series="a"), draws.sel(series="b"))[0, 1]
    apart = np.corrcoef(draws.sel(series="a"), draws.sel(series="c"))[0, 1]
    assert together > 0.1
    assert abs(apart) < 0.1


def test_small_samples_widen_the_fan_and_huge_ones_change_nothing(make, learned):
    frame = make(np.random.default_rng(4).dirichlet([30.0, 60.0], 14))
    spread = {n: float(run(frame.assign(n=n), learned, draws=400)[1].std("draw").mean()) for n in (1e12, 20.0)}
    assert spread[1e12] == pytest.approx(float(run(frame, learned, draws=400)[1].std("draw").mean()), rel=1e-3)
    assert spread[20.0] != pytest.approx(spread[1e12], rel=1e-3)


def test_unnamed_newcomer_is_added_where_none_is_declared(make, learned):
    frame = pd.concat([make([[0.4, 0.6]] * 9, series="a"), make([[0.4, 0.6, 0.0]] * 9, series="b")])
    fit = fit_shares(frame, horizon=3, learned=learned, newcomer="unnamed")
    names = {p.series[i]: p.categories[i] for p in (f.panel for f in fit.panels) for i in range(len(p.series))}
    assert names == {"a": ("deep", "table", "unnamed"), "b": ("deep", "llm", "table")}


def test_newcomer_may_not_bear_a_name_in_use(make, learned):
    with pytest.raises(ValueError, match="series 's': category 'deep' has shares already"):
        fit_shares(make([[0.4, 0.6]] * 9), horizon=3, learned=learned, newcomer="deep")


@pytest.mark.parametrize("horizon", [0, 121])
def test_horizon_has_bounds(waves, learned, horizon):
    with pytest.raises(ValueError, match=f"horizon is {horizon}; give 1 to 120"):
        fit_shares(waves, horizon=horizon, learned=learned)


def test_no_draws_are_refused(waves, learned):
    fit = fit_shares(waves, horizon=2, learned=learned)
    with pytest.raises(ValueError, match="draws is 0; give 1 to"):
        draw_shares(fit, draws=0, seed=0)


def test_horizons_past_a_year_of_newcomers_hold(waves, learned):
    draws = run(waves, learned, horizon=30)[1]
    assert draws.sizes["period"] == 30
    assert np.abs(draws.sum("category").to_numpy() - 1.0).max() < 1e-9


def test_skill_is_that_of_histories_as_lively(waves, learned):
    skill = fit_shares(waves, horizon=3, learned=learned).skill
    assert skill.horizon.unique().tolist() == [1]
    assert set(skill.histories) <= {"calm", "usual", "lively"}
    assert skill.ratio.between(0.5, 1.1).all()


def test_streams_are_named():
    assert stream(0, "a").random() == stream(0, "a").random()
    assert stream(0, "a").random() != stream(0, "b").random()


def test_panel_of_checked_rows_is_what_the_fit_holds(waves, learned):
    fit = fit_shares(waves, horizon=2, learned=learned)
    assert fit.series == tuple(name for panel in share_panels(check_share_rows(waves)) for name in panel.series)
