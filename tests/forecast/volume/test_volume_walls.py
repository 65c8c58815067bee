"""Groups are walls, units do not matter, and series that never move teach the others nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shiftcast.features.panel import Panel
from shiftcast.forecast.volume import draw_volumes, fit_groups, fit_volumes, own_priors, volume_quantiles
from shiftcast.forecast.volume.beside import CAPACITY, CONSTANT, NOTES
from shiftcast.forecast.volume.newcomer import BORROWED
from shiftcast.pipelines.sources.beliefs import shipped_beliefs

PRIORS = replace(own_priors(shipped_beliefs()), members=("last_value", "drift", "smoothing", "lag_ridge"))


def panel(values, group=None, lower=None, names=None):
    longest = max(map(len, values))
    table = np.full((len(values), longest), np.nan)
    for row, each in enumerate(values):
        table[row, longest - len(each) :] = each
    number = len(values)
    names = [f"s{n:03d}" for n in range(number)] if names is None else names
    groups = np.array(["all"] * number if group is None else group, dtype=object)
    flags = np.zeros(table.shape, dtype=bool) if lower is None else np.asarray(lower)
    last = np.array(["2024-12-31"] * number, dtype="datetime64[us]")
    return Panel(np.array(names, dtype=object), groups, table, last, "ME", flags, {})


def noise(number, length, seed=0, sd=0.2):
    return list(100 * np.exp(np.random.default_rng(seed).normal(0, sd, (number, length))))


def histories(seed, number=6):
    """Return histories of many kinds: long, short, single, counts with zeros, constant, zero."""
    random = np.random.default_rng(seed)
    out = noise(3, 40, seed)
    for _ in range(number - 3):
        length = int(random.integers(1, 30))
        kind = random.integers(4)
        shapes = (random.poisson(1.5, length), np.full(length, 7.0), np.zeros(length), random.lognormal(1, 1, length))
        out.append(np.asarray(shapes[kind], dtype=float))
    return out


def quantiles(fit):
    return volume_quantiles(fit).value.to_numpy().reshape(len(fit.panel.series), -1)


def bytes_of(fits, group):
    """Return forecast, draws and weights of a group as bytes."""
    (fit,) = (each for each in fits if each.panel.group[0] == group)
    weights = fit.weights.to_csv(index=False)
    return quantiles(fit).tobytes(), draw_volumes(fit, draws=5, seed=1).to_numpy().tobytes(), weights, fit.notes


@settings(deadline=None, max_examples=8)
@given(st.integers(0, 10**6), st.sampled_from(["a", "z"]))
def test_another_group_changes_no_byte(seed, name):
    mine, other = histories(seed), [*histories(seed + 1), *noise(1, 90, seed)]
    alone = list(fit_groups(panel(mine, ["m"] * len(mine)), horizon=4, priors=PRIORS))
    groups = ["m"] * len(mine) + [name] * len(other)
    names = [f"s{n:03d}" for n in range(len(mine))] + [f"o{n}" for n in range(len(other))]
    both = panel([*mine, *other], groups, names=names)
    for rows in (np.arange(len(groups)), np.argsort(groups, kind="stable")):
        fits = list(fit_groups(both.take(rows), horizon=4, priors=PRIORS))
        assert bytes_of(fits, "m") == bytes_of(alone, "m")


def test_two_groups_are_not_fitted_as_one():
    with pytest.raises(ValueError, match="groups do not learn from each other"):
        fit_volumes(panel(noise(2, 20), ["a", "b"]), horizon=2, priors=PRIORS)


def test_a_neighbour_of_another_group_is_looked_at_only_where_it_is_named():
    values = panel([*noise(3, 40), [50.0], *noise(2, 40, seed=5, sd=0.8)], ["a"] * 4 + ["b"] * 2)
    plain, _ = fit_groups(values, horizon=2, priors=PRIORS)
    named, _ = fit_groups(values, horizon=2, priors=replace(PRIORS, neighbours={"s003": ("s004", "s005")}))
    assert plain.shipped[3] == named.shipped[3] == BORROWED
    assert quantiles(named)[:3].tobytes() == quantiles(plain)[:3].tobytes()
    spread = [np.ptp(quantiles(fit)[3]) for fit in (plain, named)]
    assert spread[1] > 1.5 * spread[0]


def test_an_empty_series_without_anyone_to_borrow_from_is_refused():
    with pytest.raises(ValueError, match="'s001' has next to no value, and group 'all' none above zero"):
        fit_volumes(panel([np.zeros(8), [np.nan]]), horizon=2, priors=PRIORS)


@settings(deadline=None, max_examples=10)
@given(st.integers(0, 10**6), st.lists(st.sampled_from([1e-6, 1e-3, 0.7, 1e3, 1e6]), min_size=6, max_size=6))
def test_the_unit_of_a_series_does_not_matter(seed, factors):
    values = histories(seed)
    first = quantiles(fit_volumes(panel(values), horizon=4, priors=PRIORS))
    for turned in (factors, [factors[0]] * 6):
        scaled = [each * factor for each, factor in zip(values, turned, strict=True)]
        second = quantiles(fit_volumes(panel(scaled), horizon=4, priors=PRIORS)) / np.array(turned)[:, None]
        size = np.array([each.max() for each in values])
        np.testing.assert_allclose(second, first, rtol=1e-8, atol=1e-9 * size.max())


@settings(deadline=None, max_examples=6)
@given(st.integers(0, 10**6), st.integers(1, 30), st.floats(1e-3, 1e6))
def test_dead_neighbours_change_nothing(seed, number, level):
    live = noise(4, 30, seed)
    dead = [np.zeros(30)] * number + [np.full(50, level)] * number
    alone = quantiles(fit_volumes(panel(live), horizon=3, priors=PRIORS))
    beside = fit_volumes(panel([*live, *dead]), horizon=3, priors=PRIORS)
    assert quantiles(beside)[:4].tobytes() == alone.tobytes()
    assert (quantiles(beside)[4 : 4 + number] == 0).all()
    still = quantiles(beside)[4 + number :]
    assert np.median(still, axis=1) == pytest.approx(np.full(number, level), rel=0.05)
    assert set(beside.shipped[4:]) == {CONSTANT}
    assert {len(beside.notes[NOTES[kind]]) for kind in ("nought", "still")} == {number}


def test_intervals_hold_beside_dead_neighbours():
    held = []
    for seed in range(12):
        values = noise(8, 67, seed)
        fit = fit_volumes(panel([each[:60] for each in values] + [np.zeros(60)] * 100), horizon=7, priors=PRIORS)
        table = volume_quantiles(fit).set_index("quantile").value
        low, high = (table[level].to_numpy().reshape(108, 7)[:8] for level in (0.1, 0.9))
        truth = np.array([each[60:] for each in values])
        held.append(((truth >= low) & (truth <= high)).mean())
    assert 0.74 < np.mean(held) < 0.87


def test_a_stretch_that_stands_still_tells_the_group_nothing():
    live = noise(6, 60)
    off = [np.concatenate([each[:20], np.zeros(40)]) for each in noise(40, 20, seed=3)]
    alone = fit_volumes(panel(live), horizon=3, priors=PRIORS)
    beside = fit_volumes(panel([*live, *off]), horizon=3, priors=PRIORS)
    wide = []
    for fit in (alone, beside):
        table = volume_quantiles(fit).set_index("quantile").value
        wide.append((table[0.9].to_numpy() - table[0.1].to_numpy())[:18].mean())
    assert wide[1] > 0.6 * wide[0]


def test_demand_always_at_capacity_is_not_bounded_above_and_said():
    values = [np.full(24, 95.0), *noise(3, 24)]
    lower = np.zeros((4, 24), dtype=bool)
    lower[0] = True
    fit = fit_volumes(panel(values, lower=lower), horizon=4, priors=PRIORS)
    table = volume_quantiles(fit)
    first = table[(table["series"] == "s000") & (table.statistic == "quantile")]
    assert (first.value >= 95.0 * (1 - 1e-9)).all()
    assert (first[first["quantile"] == 0.975].value > 5 * 95).all()
    assert fit.shipped[0] == CAPACITY
    assert fit.notes[NOTES["full"]] == ("s000",)
    assert "unbounded" in NOTES["full"]


def test_a_zero_series_is_the_same_in_every_unit():
    live = noise(3, 40)
    fits = [
        fit_volumes(panel([*(each * unit for each in live), np.zeros(40)]), horizon=2, priors=PRIORS)
        for unit in (1, 1e6)
    ]
    assert all((quantiles(fit)[3] == 0).all() for fit in fits)


def test_a_group_in_which_nothing_moves_is_forecast_from_beliefs():
    fit = fit_volumes(panel([np.full(20, 5.0), np.zeros(9)]), horizon=3, priors=PRIORS)
    values = quantiles(fit)
    assert np.median(values[0]) == pytest.approx(5.0, rel=0.01)
    assert np.ptp(values[0]) > 0
    assert isinstance(fit.weights, pd.DataFrame)
    assert len(fit.weights) == 0
