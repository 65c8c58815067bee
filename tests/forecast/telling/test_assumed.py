"""How much of a figure is assumed: against variances known beforehand."""

import numpy as np
import pandas as pd
import pytest

from shiftcast.forecast.telling.assumed import carried, normal_scores, spanned, variance_assumed
from shiftcast.forecast.views.provenance import rows_assumed

DRAWS = 4000


@pytest.fixture(scope="module")
def inputs():
    return np.random.default_rng(7).normal(size=(DRAWS, 40))


@pytest.mark.parametrize(("measured", "expected"), [(0.0, 1.0), (1.0, 0.5), (np.sqrt(3.0), 0.25)])
def test_the_part_is_that_of_the_variance_whatever_the_scale(inputs, measured, expected):
    total = inputs[:, 0] + measured * inputs[:, 1]
    rows = spanned(normal_scores(np.delete(inputs, 1, axis=1)))
    for values in (total, np.exp(total), -5.0 * total):
        assert variance_assumed(values, rows, subject="a sum").part == pytest.approx(expected, abs=0.03)


def test_rows_that_explain_nothing_count_as_nothing(inputs):
    noise = np.random.default_rng(8).normal(size=DRAWS)
    assert variance_assumed(noise, spanned(normal_scores(inputs)), subject="noise").part < 0.01


def test_too_few_draws_or_none_that_differ_leave_the_part_open(inputs):
    few = variance_assumed(inputs[:100, 0], spanned(normal_scores(inputs[:100])), subject="a sum")
    assert few.part is None
    assert few.of == "100 draws are too few to tell what 40 assumed rows explain of a sum"
    still = variance_assumed(np.ones(DRAWS), spanned(normal_scores(inputs)), subject="a figure")
    assert (still.part, still.of[:9]) == (None, "all draws")


def test_rows_that_carry_most_come_first_and_chance_is_left_out(inputs):
    values = inputs[:, 3] - 0.5 * inputs[:, 8] + 0.25 * inputs[:, 1]
    assert carried(values, normal_scores(inputs)) == [3, 8, 1]


def test_rows_listed_are_counted():
    rows = pd.DataFrame({"evidence": ["assumed", "vendor", "given", "measured"]})
    assert rows_assumed(rows).part == 0.5
    assert rows_assumed(rows.iloc[:0]).part is None


def test_a_row_told_twice_changes_nothing(inputs):
    values, once = inputs[:, 0] + inputs[:, 30], normal_scores(inputs[:, :20])
    twice = variance_assumed(values, spanned(np.hstack([once, once])), subject="a sum")
    assert twice.part == pytest.approx(variance_assumed(values, spanned(once), subject="a sum").part, abs=1e-12)
