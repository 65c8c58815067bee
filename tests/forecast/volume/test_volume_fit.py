"""The fit of a panel: combination, calibration, joint draws, censoring, lumps, newcomers, drivers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from shiftcast.features.panel import Panel, panels
from shiftcast.forecast.volume import (
    Elasticity,
    Pooling,
    Priors,
    SeriesPrior,
    Short,
    Spread,
    draw_volume,
    draw_volumes,
    fit_groups,
    fit_volume,
    fit_volumes,
    volume_quantiles,
)
from shiftcast.forecast.volume.calibrate import LEVELS, calibrate
from shiftcast.forecast.volume.censoring import latent_demand
from shiftcast.forecast.volume.combine import COMBINATION, _winners, combine
from shiftcast.forecast.volume.dependence import dependence
from shiftcast.forecast.volume.fit import COMPOUND
from shiftcast.forecast.volume.lumpy import lumps
from shiftcast.forecast.volume.newcomer import BORROWED, borrow
from shiftcast.forecast.volume.newcomer import NOTE as NEWCOMERS
from shiftcast.forecast.volume.past import look_back

POOLING = Pooling(30.0, 20.0, 4.0, 40.0, 6.0, 0.3, 10.0)
ONE = SeriesPrior(sigma=0.19, power=0.9, origins=8.0, bend=0.02, pooling=POOLING)
FEW = Priors(
    Spread(0.15, 0.55), POOLING, Short(period=0.3, saturated=1.0), members=("last_value", "drift", "smoothing")
)


def panel(values, frequency="ME", group=None, lower=None, drivers=None, known=()):
    values = np.atleast_2d(np.asarray(values, dtype=float))
    number = len(values)
    names = np.array([f"s{n:03d}" for n in range(number)], dtype=object)
    groups = np.array(["all"] * number if group is None else group, dtype=object)
    last = np.array(["2024-12-31"] * number, dtype="datetime64[us]")
    flags = np.zeros(values.shape, dtype=bool) if lower is None else np.asarray(lower)
    return Panel(names, groups, values, last, frequency, flags, drivers or {}, known)


def walks(number=40, length=70, seed=0, sd=0.1):
    return 100 * np.exp(np.cumsum(np.random.default_rng(seed).normal(0, sd, (number, length)), axis=1))


def test_weights_add_to_one_and_favour_what_works():
    values = walks(30, 60)
    past = look_back(panel(values), 3)
    z = past.z
    naive = np.repeat(z[:, past.origins - 1][:, :, None], 3, axis=2)
    mixed = combine(past, {"last_value": naive, "wild": naive + 1.0, "good": naive + 0.001}, ("last_value",))
    assert mixed.weights.sum(axis=0) == pytest.approx(np.ones(30))
    assert (mixed.weights[1] < 0.2 * mixed.weights[0]).all()


def test_a_simple_member_ships_for_its_group_where_it_wins_beyond_doubt():
    past = look_back(panel(walks(4, 60), "YE", group=["a", "a", "b", "b"]), 3, bend=0.001)
    random, shape = np.random.default_rng(0), (4, len(past.origins), 3)
    good, bad = 0.1 * random.standard_normal(shape), 0.3 * random.standard_normal(shape)
    mixed = np.concatenate([bad[:2], good[2:]])
    simple = np.stack([bad, np.concatenate([good[:2], bad[2:]])])
    assert _winners(simple, mixed, past, np.array([0, 0, 1, 1])).tolist() == [1, 1, -1, -1]


def test_without_a_winner_the_combination_ships():
    random = np.random.default_rng(0)
    noise = 0.04 * random.standard_normal((40, 70)).cumsum(axis=1) + random.normal(0, 0.1, (40, 70))
    assert set(fit_volumes(panel(100 * np.exp(noise)), horizon=3, priors=FEW).shipped) == {COMBINATION}


def test_the_last_value_ships_on_random_walks():
    assert set(fit_volumes(panel(walks(200, 80)), horizon=3, priors=FEW).shipped) <= {"last_value", COMBINATION}


def test_weights_at_an_origin_come_from_outcomes_known_there():
    values = walks(10, 50)
    changed = values.copy()
    changed[:, 40:] *= 3
    found = []
    for rows in (values, changed):
        past = look_back(panel(rows), 3)
        scale = look_back(panel(values), 3).scale
        past = replace(past, scale=scale, z=scale.forward(rows), actual=scale.forward(rows))
        naive = np.repeat(past.z[:, past.origins - 1][:, :, None], 3, axis=2)
        paths = {"last_value": naive, "up": naive + 0.1}
        mixed = combine(past, paths, ("last_value",))
        early = past.origins <= 37  # an origin whose three outcomes all come before the change
        found.append(mixed.errors[:, early])
    assert found[1] == pytest.approx(found[0], nan_ok=True)


def test_deviations_and_shapes_recover_a_normal():
    errors = np.random.default_rng(1).normal(0, 1, (200, 30, 4)) * np.array([1.0, 2.0, 3.0, 4.0])
    fitted = calibrate(errors, np.ones(200), prior=Spread(9.0, 0.5), pooling=POOLING)
    assert fitted.deviation.mean(axis=0) == pytest.approx([1.15, 2.0, 3.0, 3.85], rel=0.12)
    found = fitted.quantiles(np.array([0.1, 0.5, 0.9])).mean(axis=0)
    assert found == pytest.approx(norm.ppf([0.1, 0.5, 0.9]), abs=0.12)


def test_without_errors_the_belief_is_all():
    fitted = calibrate(np.full((2, 3, 4), np.nan), np.ones(2), prior=Spread(0.2, 0.5), pooling=POOLING)
    assert fitted.deviation == pytest.approx(np.tile(0.2 * np.sqrt([1, 2, 3, 4]), (2, 1)))


def test_a_symmetric_shape_has_no_lean():
    errors = np.random.default_rng(1).exponential(1.0, (50, 30, 2))
    shape = calibrate(errors, np.ones(50), prior=Spread(1, 0.5), pooling=POOLING, symmetric=True).shape
    assert shape == pytest.approx(-shape[:, ::-1])


@pytest.mark.parametrize("sd", [0.05, 0.2])
def test_intervals_cover_what_they_promise(sd):
    values = walks(300, 76, seed=7, sd=sd)
    fit = fit_volumes(panel(values[:, :70]), horizon=6, priors=FEW)
    table = volume_quantiles(fit)
    low, high = (table[table["quantile"] == level].value.to_numpy().reshape(300, 6) for level in (0.1, 0.9))
    covered = ((values[:, 70:] >= low) & (values[:, 70:] <= high)).mean()
    assert 0.76 < covered < 0.85


def test_quantiles_are_what_draws_tend_to():
    fit = fit_volumes(panel(walks(3, 40)), horizon=4, priors=FEW)
    draws = draw_volumes(fit, draws=20000, seed=0)
    table = volume_quantiles(fit)
    for level in (0.1, 0.5, 0.9):
        exact = table[table["quantile"] == level].value.to_numpy().reshape(3, 4)
        assert np.quantile(draws, level, axis=0) == pytest.approx(exact, rel=0.02)
    mean = table[table.statistic == "mean"].value.to_numpy().reshape(3, 4)
    assert draws.mean("draw").to_numpy() == pytest.approx(mean, rel=0.02)


def test_the_same_seed_gives_the_same_bytes_and_a_new_series_moves_no_other():
    values = walks(4, 40)
    fit = fit_volumes(panel(values), horizon=3, priors=FEW)
    one, two = (draw_volumes(fit, draws=50, seed=3).to_numpy().tobytes() for _ in range(2))
    assert one == two
    fewer = replace(fit, panel=fit.panel.take(np.arange(3)))
    assert draw_volumes(fewer, draws=50, seed=3).to_numpy()[:, :3] == pytest.approx(
        draw_volumes(fit, draws=50, seed=3).to_numpy()[:, :3]
    )


def test_series_that_moved_together_are_drawn_together():
    common = np.cumsum(np.random.default_rng(0).normal(0, 0.1, 70))
    own = np.cumsum(np.random.default_rng(1).normal(0, 0.03, (20, 70)), axis=1)
    fit = fit_volumes(panel(100 * np.exp(common + own)), horizon=3, priors=FEW)
    draws = np.log(draw_volumes(fit, draws=4000, seed=0).to_numpy()[:, :2, 2])
    assert fit.dependence.group > 0.5
    assert np.corrcoef(draws.T)[0, 1] > 0.5


def test_steps_ahead_go_together_as_errors_did():
    walk = np.cumsum(np.random.default_rng(0).standard_normal((1, 4000, 4)), axis=2)
    found = dependence(walk / np.sqrt([1, 2, 3, 4]) * 0.5, np.ones(1, dtype=bool), 10.0)
    correlation = found.steps @ found.steps.T
    assert correlation[0, 3] == pytest.approx(0.5, abs=0.05)
    assert np.diag(correlation) == pytest.approx(np.ones(4))


def test_a_bound_becomes_the_demand_expected_above_it():
    z = np.array([[1.0, 1.1, 0.9, 1.0, 1.1, 0.9, 1.0]])
    lower = np.zeros(z.shape, dtype=bool)
    lower[0, -1] = True
    latent = latent_demand(z, lower, 1)
    assert latent[0, :-1] == pytest.approx(z[0, :-1])
    level, square, count = 1.0, 0.0, 0.0
    for value in z[0, 1:-1]:
        square, count = 0.98 * square + (value - level) ** 2, 0.98 * count + 1
        level += 0.3 * (value - level)
    deviation = np.sqrt(square / count) + 1e-6
    a = (1.0 - level) / deviation
    assert latent[0, -1] == pytest.approx(level + deviation * norm.pdf(a) / norm.sf(a))


def test_latent_demand_is_never_below_what_was_served():
    z = np.random.default_rng(0).normal(1, 0.3, (5, 60))
    lower = np.random.default_rng(1).random(z.shape) < 0.4
    assert (latent_demand(z, lower, 12) >= z - 1e-12).all()


def test_capacity_hides_demand_that_the_forecast_shows():
    random = np.random.default_rng(4)
    demand = 100 * np.exp(0.02 * np.arange(60) + random.normal(0, 0.05, (8, 60)))
    capacity = 220.0
    served, lower = np.minimum(demand, capacity), demand >= capacity
    blind = fit_volumes(panel(served, "YE"), horizon=4, priors=FEW)
    seeing = fit_volumes(panel(served, "YE", lower=lower), horizon=4, priors=FEW)
    assert (seeing.latent >= served - 1e-9).all()
    assert seeing.panel.values is not seeing.latent
    assert seeing.scale.inverse(seeing.path).mean() > 1.05 * blind.scale.inverse(blind.path).mean()
    assert any("latent demand" in note for note in seeing.notes)


def lumpy_history(length=120, seed=0):
    random = np.random.default_rng(seed)
    return np.where(random.random(length) < 0.12, random.lognormal(3, 1, length), 0.0)


def test_lumpy_series_are_told_from_steady_and_clustered_ones():
    assert lumps(lumpy_history()) is not None
    assert lumps(np.full(50, 3.0)) is None
    runs = np.repeat(np.random.default_rng(0).random(12) < 0.4, 10) * np.random.default_rng(1).lognormal(3, 1, 120)
    assert lumps(runs) is None


def test_compound_poisson_draws_have_the_mean_of_rate_times_size():
    found = lumps(lumpy_history())
    drawn = found.draw(np.random.default_rng(0), (200_000,))
    assert drawn.mean() == pytest.approx(found.rate[0] / found.rate[1] * found.sizes.mean(), rel=0.02)


def test_a_lumpy_leaf_ships_a_compound_poisson():
    fit = fit_volumes(panel(np.stack([lumpy_history(seed=n) for n in range(4)])), horizon=3, priors=FEW)
    assert set(fit.shipped) == {COMPOUND}
    table = volume_quantiles(fit)
    assert (table[table["quantile"] == 0.5].value == 0).all()
    assert (table[table["quantile"] == 0.975].value > 5).all()


def test_a_newcomer_borrows_and_says_how_much_is_its_own():
    values = np.vstack([walks(6, 60, sd=0.05), np.full((2, 60), np.nan)])
    values[6, -2:] = 500.0
    fit = fit_volumes(panel(values), horizon=3, priors=FEW)
    assert fit.shipped[6:].tolist() == [BORROWED, BORROWED]
    assert fit.data_weight[6:].tolist() == [0.4, 0.0]
    median = fit.scale.inverse(fit.path)
    assert median[6, 0] == pytest.approx(500, rel=0.1)
    assert (fit.calibration.deviation[7] > fit.calibration.deviation[:6].max(axis=0)).all()
    assert fit.notes[NEWCOMERS] == ("s006", "s007")


def test_named_neighbours_are_the_ones_borrowed_from():
    values = np.vstack([walks(4, 60, sd=0.02), 10 * walks(1, 60, seed=9, sd=0.02), np.full((1, 60), np.nan)])
    beliefs = replace(FEW, neighbours={"s005": ("s004",)})
    fit = fit_volumes(panel(values), horizon=2, priors=beliefs)
    assert fit.scale.inverse(fit.path)[5, 0] == pytest.approx(np.mean(values[4, -12:]), rel=0.1)
    with pytest.raises(ValueError, match="neighbour 'nobody' of 's005' is not among"):
        fit_volumes(panel(values), horizon=2, priors=replace(FEW, neighbours={"s005": ("nobody",)}))


def test_own_weight_grows_with_history():
    levels, path, deviation = np.array([50.0, 100, 200]), np.zeros((3, 1)), np.full((3, 1), 0.1)
    found = [borrow(np.array([80.0] * n), levels, path, deviation, bend=2.0, period=0.3) for n in (1, 2, 4)]
    assert [each.own for each in found] == [0.2, 0.4, 0.8]
    spread = [each.deviation[0] for each in found]
    assert spread == sorted(spread, reverse=True)
    assert spread[1] == pytest.approx(np.sqrt(0.1**2 + 0.3**2 / 2 / 5))


def driven(known):
    random = np.random.default_rng(6)
    length, horizon = 80, 4
    price = np.exp(np.cumsum(random.normal(0, 0.1, (30, length + horizon)), axis=1))
    values = 100 * price[:, :length] ** -0.8 * np.exp(random.normal(0, 0.02, (30, length)))
    ahead = price.copy()
    ahead[:, length:] = price[:, length - 1 : length] * 0.5 if known else np.nan
    return panel(values, "YE", drivers={"price": ahead}, known=("price",) if known else ())


def test_the_elasticity_is_learned_and_moves_the_path_where_the_driver_is_known():
    fit = fit_volumes(driven(known=True), horizon=4, priors=FEW)
    effect = fit.effects["price"]
    assert effect.posterior.mean == pytest.approx(-0.8, abs=0.2)
    assert effect.posterior.sd < effect.prior.sd
    unknown = fit_volumes(driven(known=False), horizon=4, priors=FEW)
    assert (fit.scale.inverse(fit.path) > 1.1 * unknown.scale.inverse(unknown.path)).mean() > 0.9
    assert (fit.calibration.deviation < unknown.calibration.deviation).mean() > 0.9


def test_a_driver_not_known_ahead_moves_nothing():
    held = driven(known=False)
    fit, without = (fit_volumes(each, horizon=4, priors=FEW) for each in (held, replace(held, drivers={})))
    assert fit.path == pytest.approx(without.path)


def test_a_firm_belief_outweighs_the_data():
    beliefs = replace(FEW, elasticities={"price": Elasticity(0.3, 1e-4)})
    effect = fit_volumes(driven(known=True), horizon=4, priors=beliefs).effects["price"]
    assert effect.posterior.mean == pytest.approx(0.3, abs=0.01)


@pytest.mark.parametrize(
    ("elasticities", "told"),
    [({"users": Elasticity()}, "no such driver"), ({"price": Elasticity(0, 0)}, "sd 0 is not positive")],
)
def test_beliefs_that_cannot_be_are_refused(elasticities, told):
    with pytest.raises(ValueError, match=told):
        fit_volumes(driven(known=True), horizon=4, priors=replace(FEW, elasticities=elasticities))


@pytest.mark.parametrize(("values", "horizon", "told"), [
    (np.full((1, 5), np.nan), 2, "no series has a value"), (np.ones((1, 5)), 0, "horizon 0 is below 1"),
])  # fmt: skip
def test_what_cannot_be_fitted_is_refused(values, horizon, told):
    with pytest.raises(ValueError, match=told):
        fit_volumes(panel(values), horizon=horizon, priors=FEW)


@settings(deadline=None, max_examples=15)
@given(st.integers(1, 12), st.integers(1, 30), st.floats(0, 1))
def test_any_history_has_ordered_finite_quantiles(number, length, zeros):
    random = np.random.default_rng([number, length])
    values = random.lognormal(2, 2, (number, length)) * (random.random((number, length)) >= zeros)
    table = volume_quantiles(fit_volumes(panel(values), horizon=3, priors=FEW))
    rows = table[table.statistic == "quantile"].value.to_numpy().reshape(number, -1, 3)
    assert np.isfinite(rows).all()
    assert (rows >= 0).all()
    assert (np.diff(rows, axis=1) >= -1e-9).all()


def test_a_fit_of_cut_history_ignores_what_came_later():
    whole = panel(walks(5, 60))
    cut = whole.cut(10)
    changed = replace(whole, values=np.where(np.arange(60) >= 50, 1e6, whole.values)).cut(10)
    first, second = (fit_volumes(each, horizon=4, priors=FEW) for each in (cut, changed))
    assert first.path.tobytes() == second.path.tobytes()
    assert first.calibration.deviation.tobytes() == second.calibration.deviation.tobytes()


def test_a_short_history_of_noughts_is_forecast_as_nought():
    fit = fit_volumes(panel(np.zeros((1, 6))), horizon=3, priors=FEW)
    assert fit.scale.inverse(fit.path).tolist() == [[0.0, 0.0, 0.0]]


def test_one_observation_is_forecast_with_the_supposed_spread():
    rows = pd.DataFrame({"series": ["a"] * 2, "period_end": ["2024-01-31", "2024-02-29"], "value": [5.0, 6.0]})
    fit = fit_volumes(panels(rows)[0][0], horizon=2, priors=Priors(FEW.spread, POOLING))
    assert any("supposed, not measured" in note for note in fit.notes)
    assert np.isfinite(volume_quantiles(fit).value).all()


def test_weights_say_who_won_where():
    fits = list(fit_groups(panel(walks(6, 50), group=["a"] * 3 + ["b"] * 3), horizon=3, priors=FEW))
    assert [set(fit.weights.group) for fit in fits] == [{"a"}, {"b"}]
    assert [fit.weights.weight.sum() for fit in fits] == pytest.approx([1.0, 1.0])
    assert set(fits[0].weights.member) == {*FEW.members, COMBINATION}


def test_levels_hold_the_tails_that_quantiles_need():
    assert LEVELS[0] < 0.005
    assert (np.diff(LEVELS) > 0).all()


def test_one_compounding_series():
    growth = np.exp(np.cumsum(np.random.default_rng(0).normal(0.1, 0.05, 40)))
    fit = fit_volume(growth, 4, prior=ONE)
    assert fit.path[-1] > growth[-1]
    assert sum(fit.weights.values()) == pytest.approx(1.0)
    assert fit.scores.keys() >= {"last_value", COMBINATION}
    draws = draw_volume(fit, draws=2000, random=np.random.default_rng(1))
    assert np.median(draws, axis=0) == pytest.approx(fit.path, rel=0.05)
    assert np.log(draws).std(axis=0) == pytest.approx(fit.deviation, rel=0.25)


def test_one_member_keeps_the_lean_of_its_past_errors_unless_they_are_made_symmetric():
    growth = np.exp(0.1 * np.arange(40))
    even = fit_volume(growth, 3, prior=ONE, members=("last_value",), symmetric=True)
    assert even.path == pytest.approx([np.exp(3.9)] * 3)
    assert (fit_volume(growth, 3, prior=ONE, members=("last_value",)).path > np.exp(3.9)).all()


@pytest.mark.parametrize("member", ["theta", "structural"])
def test_one_member_alone_need_not_be_a_simple_one(member):
    fit = fit_volume(np.exp(0.1 * np.arange(40)), 3, prior=ONE, members=(member,))
    assert fit.weights == {member: 1.0}
    assert fit.path[-1] > np.exp(3.9)


@pytest.mark.parametrize("values", [[1.0], [1.0, -2.0], [1.0, np.nan], [0.0, 1.0]])
def test_one_series_must_be_positive_and_finite(values):
    with pytest.raises(ValueError, match="a volume series needs two or more positive, finite values; it has"):
        fit_volume(np.array(values), 2, prior=ONE)


def test_growth_is_fitted_on_a_log_scale_and_small_counts_are_not():
    random = np.random.default_rng(4)
    growing = np.exp(np.arange(72) / 18 + random.normal(0, 0.1, (20, 72)))
    counts = random.poisson(3.0, (20, 72))
    held = Priors(FEW.spread, POOLING, members=FEW.members)
    assert fit_volumes(panel(growing), horizon=6, priors=held).scale.bend < 0.1
    assert fit_volumes(panel(counts), horizon=6, priors=held).scale.bend > 1.0


def test_a_newcomer_stands_at_its_neighbours_level_on_either_scale():
    values = np.vstack([np.full((3, 30), 50.0) * np.exp(np.random.default_rng(1).normal(0, 0.05, (3, 30)))] * 2)
    values[5, :-1] = np.nan
    for bend in (2.0, 0.05):
        fit = fit_volumes(panel(values, "YE"), horizon=2, priors=replace(FEW, bend=bend))
        assert fit.shipped[5] == BORROWED
        assert fit.scale.inverse(fit.path)[5] == pytest.approx(50.0, rel=0.1)


def test_a_driver_that_is_nowhere_known_changes_nothing_and_warns_of_nothing():
    values = walks(8, 60)
    nowhere = panel(values, drivers={"price": np.full(values.shape, np.nan)})
    fit, without = (
        fit_volumes(each, horizon=3, priors=Priors(FEW.spread, POOLING)) for each in (nowhere, panel(values))
    )
    assert fit.effects["price"].posterior == fit.effects["price"].prior
    assert "boosted" in set(fit.weights["member"])
    assert fit.path == pytest.approx(without.path, rel=0.05)
