from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit, logit, ndtr
from scipy.stats import kstest

from shiftcast.forecast.draws import (
    QUANTILES,
    Assumptions,
    normals,
    quantile_table,
    sample_assumptions,
    stream,
    student_t,
)

DRAWS = 4000


def rows(*given_rows: tuple[str, float, float, float, str]) -> pd.DataFrame:
    return pd.DataFrame(given_rows, columns=["name", "low", "mid", "high", "shape"])


def test_one_seed_and_name_give_the_same_bytes_and_others_differ():
    first = normals(1, "price.level", DRAWS)
    assert first.tobytes() == normals(1, "price.level", DRAWS).tobytes()
    assert not np.isclose(first, normals(2, "price.level", DRAWS)).all()
    assert not np.isclose(first, normals(1, "price.h100e", DRAWS)).all()


def test_streams_of_all_assumptions_have_seeds_of_their_own(record):
    names = [*record.assumptions.name, "split", "revenue", "compute_share", "inference", "price.h100e"]
    assert len({int(stream(1, name).integers(2**63)) for name in names}) == len(names)


def test_streams_of_names_that_share_a_short_checksum_differ():
    assert stream(1, "plumless").random() != stream(1, "buckeroo").random()  # one CRC-32


def test_normals_hold_one_value_in_each_equal_slice():
    slices = np.sort(np.floor(ndtr(normals(3, "x", 500)) * 500).astype(int))
    assert slices.tolist() == list(range(500))


def test_normals_of_two_names_are_uncorrelated():
    correlation = np.corrcoef(normals(1, "a", DRAWS), normals(1, "b", DRAWS))[0, 1]
    assert abs(correlation) < 4 / np.sqrt(DRAWS)


def test_student_t_has_unit_variance_and_one_scale_a_path():
    values = student_t(stream(1, "t"), (40_000, 3), 6.0)
    assert values.var(axis=0) == pytest.approx(np.ones(3), rel=0.05)
    size = np.abs(values)
    assert np.corrcoef(size[:, 0], size[:, 1])[0, 1] > 0.05
    assert abs(np.corrcoef(values[:, 0], values[:, 1])[0, 1]) < 0.03


def test_student_t_of_many_degrees_is_normal():
    assert kstest(student_t(stream(1, "t"), (5000,), 1e6), "norm").pvalue > 0.01


@pytest.mark.parametrize(
    ("shape", "points"),
    [("lognormal", (1.0, 2.0, 9.0)), ("logitnormal", (0.1, 0.5, 0.6)), ("normal", (-0.1, 0.05, 0.25))],
)
def test_low_mid_and_high_are_the_tenth_median_and_ninetieth_percentile(shape, points):
    values = sample_assumptions(rows(("x", *points, shape)), draws=20_000, seed=1)["x"]
    assert np.quantile(values, [0.1, 0.5, 0.9]) == pytest.approx(points, abs=0.002 * max(points))


@given(st.floats(0.05, 0.95), st.floats(0.01, 2.0), st.floats(0.01, 2.0))
def test_a_logit_normal_share_stays_a_share(mid, down, up):
    low, high = expit(logit(mid) - down), expit(logit(mid) + up)
    values = sample_assumptions(rows(("x", low, mid, high, "logitnormal")), draws=200, seed=1)["x"]
    assert values.min() > 0
    assert values.max() < 1


def test_an_assumption_without_spread_is_a_constant():
    values = sample_assumptions(rows(("x", 2.0, 2.0, 2.0, "lognormal")), draws=50, seed=1)["x"]
    assert values == pytest.approx(np.full(50, 2.0))


def test_adding_or_reordering_rows_moves_no_other_assumption(record):
    table = record.assumptions[["name", "low", "mid", "high", "shape"]]
    longer = pd.concat([rows(("added", 1.0, 2.0, 3.0, "normal")), table.iloc[::-1]])
    before, after = (sample_assumptions(each, draws=100, seed=7) for each in (table, longer))
    assert all(np.array_equal(before[name], after[name]) for name in table.name)


@pytest.mark.parametrize(
    "row",
    [
        ("x", 2.0, 1.0, 3.0, "lognormal"),
        ("x", 1.0, 3.0, 2.0, "normal"),
        ("x", 0.0, 1.0, 2.0, "lognormal"),
        ("x", -1.0, 1.0, 2.0, "lognormal"),
        ("x", 0.1, 0.5, 1.0, "logitnormal"),
        ("x", 0.1, 0.5, 1.5, "logitnormal"),
    ],
)
def test_a_row_out_of_order_or_off_its_scale_is_named_with_its_figures(row):
    with pytest.raises(ValueError, match=r"correct the row in assumptions\.csv") as caught:
        sample_assumptions(rows(row), draws=10, seed=1)
    assert f"assumption 'x': low {row[1]:g}, mid {row[2]:g}, high {row[3]:g}" in str(caught.value)
    assert f"fit a {row[4]} scale" in str(caught.value)


def test_a_missing_assumption_is_named_with_where_to_add_it():
    with pytest.raises(ValueError, match=r"assumption 'power\.pue' is missing; add a row of that name"):
        Assumptions({})["power.pue"]


def test_names_under_a_prefix_are_the_parts_after_the_dot():
    assumed = Assumptions(dict.fromkeys(("use.search.edge", "use.searching.edge", "use.search.internal"), np.ones(1)))
    assert assumed.names("use.search") == ("edge", "internal")


@given(st.integers(2, 40), st.integers(1, 4), st.integers(0, 10**6))
def test_quantiles_rise_with_their_level_and_bracket_the_draws(draws, periods, seed):
    values = np.random.default_rng(seed).lognormal(size=(draws, periods))
    table = quantile_table(values)
    assert table.shape == (1 + len(QUANTILES), periods)
    assert (np.diff(table[1:], axis=0) >= 0).all()
    assert table[0] == pytest.approx(values.mean(axis=0))
    assert (table[1] >= values.min(axis=0)).all()
    assert (table[-1] <= values.max(axis=0)).all()
