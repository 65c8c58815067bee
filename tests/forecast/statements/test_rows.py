"""Rows about a share read as statements: windows, stocks, forward looks, growth, and what is not used."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit

from shiftcast.features.calendars import calendar_quarters
from shiftcast.forecast.draws import stream
from shiftcast.forecast.statements.rows import read_rows
from shiftcast.forecast.statements.state import SharePrior, fit_share_state
from shiftcast.forecast.statements.wording import Hearing

QUARTERS = calendar_quarters("2020Q1", "2023Q4")
HEARING = Hearing(edge=0.005, window_sd=0.005, skew=4.0)
PRIOR = SharePrior(mid=0.5, sd=0.4, volatility=0.15, volatility_sd_log=0.5, hearing=HEARING)
RISING = np.linspace(1.0, 4.0, len(QUARTERS))


def row(start, end, value, sd=0.01, **cells):
    days = {"period_start": pd.Timestamp(start, tz="UTC"), "period_end": pd.Timestamp(end, tz="UTC")}
    return {**days, "value": value, "sd": sd, "bound": "=", "definition": "reference", "stage": "flow",
            "base": "revenue", "measure": "share", **cells}  # fmt: skip


def read(*rows, flows=None, noise=None):
    given = {"noise": noise or {}, "flows": flows or {}, "hearing": HEARING}
    return read_rows(pd.DataFrame(list(rows)), QUARTERS, ("reference", "other"), **given)


def fitted(*rows, flows=None):
    return fit_share_state(pd.DataFrame(list(rows)), QUARTERS, reference="reference", offset_sd={"other": 0.3},
                           flows=flows, prior=PRIOR)  # fmt: skip


@pytest.fixture
def vectors():
    return stream(1, "v").normal(0, 0.5, (5, len(QUARTERS) + 1))


def test_an_exact_figure_of_a_quarter_is_a_logit_and_not_a_statement():
    rows = read(row("2021-10-01", "2021-12-31", 0.4), row("2021-10-01", "2021-12-31", 0.6, bound="~"))
    assert rows.statements == ()
    assert rows.exact[7, 0] == pytest.approx(0.0, abs=1e-12)


def test_a_year_is_the_average_of_its_quarters_by_what_flowed(vectors):
    (said,) = read(row("2021-01-01", "2021-12-31", 0.5), flows={"revenue": RISING}).statements
    by_hand = expit(vectors[:, 4:8]) @ (RISING[4:8] * [90, 91, 92, 92] / np.array([90, 91, 92, 92]))
    assert said.of(vectors) == pytest.approx(by_hand / RISING[4:8].sum())
    assert (said.wording, said.figure) == ("about", 0.5)
    assert said.sd == pytest.approx(np.hypot(0.01, 0.005))


def test_a_stock_is_the_fleet_weighted_average_of_past_flows(vectors):
    cells = {"stage": "stock", "base": "h100e", "definition": "other"}
    shipped = np.where(np.arange(16) < 2, 0.0, RISING)
    (said,) = read(row("2020-01-01", "2021-12-31", 0.6, **cells), flows={"h100e": shipped}).statements
    share = expit(vectors[:, :8] + vectors[:, [16]])
    assert said.of(vectors) == pytest.approx(share @ shipped[:8] / shipped[:8].sum())


def test_a_forward_statement_is_the_average_over_its_window(vectors):
    (said,) = read(row("2023-01-01", "2023-12-31", 0.6, bound=">=", stage="forward")).statements
    assert said.of(vectors) == pytest.approx(expit(vectors[:, 12:16]).mean(axis=1), abs=1e-12)
    assert said.wording == "at least"


def test_growth_on_a_year_before_is_of_share_times_flow(vectors):
    cells = {"measure": "multiple", "bound": ">=", "definition": "other"}
    (said,) = read(row("2022-01-01", "2022-03-31", 2.0, 0.1, **cells), flows={"revenue": RISING}).statements
    share = expit(vectors[:, :16] + vectors[:, [16]])
    assert said.of(vectors) == pytest.approx(np.log(share[:, 8] * RISING[8] / share[:, 4] / RISING[4]))
    assert (said.wording, said.figure, said.sd) == ("at least", pytest.approx(np.log(2)), pytest.approx(0.05))


def test_growth_that_looks_back_before_the_state_is_refused():
    with pytest.raises(ValueError, match="growth stated for 2020-06-30 looks back before 2020-03-31"):
        read(row("2020-04-01", "2020-06-30", 2.0, measure="multiple"))


def test_noise_of_a_definition_widens_its_statements_too():
    (said,) = read(row("2021-10-01", "2021-12-31", 0.5, bound=">~"), noise={"reference": 0.2}).statements
    assert (said.wording, said.sd) == ("just over", pytest.approx(np.hypot(0.01, 0.05)))


def test_a_window_without_any_flow_is_read_at_its_middle(vectors):
    (said,) = read(row("2020-01-01", "2021-12-31", 0.5, stage="stock"), flows={"revenue": 0 * RISING}).statements
    assert said.of(vectors) == pytest.approx(expit(vectors[:, 3]))


def test_rows_dated_outside_the_quarters_are_not_used():
    late = row("2023-10-01", "2024-12-31", 0.5)
    assert read(late, row("2021-10-01", "2021-12-31", 0.4)).used == 1


def test_a_stock_and_a_window_move_the_state_to_what_they_say():
    stock = fitted(row("2020-01-01", "2021-12-31", 0.65, 0.005, stage="stock")).draw(600, stream(1, "x"))
    assert np.median(stock.share[:, :8].mean(axis=1)) == pytest.approx(0.65, abs=0.005)
    ahead = fitted(row("2023-01-01", "2023-12-31", 0.4, 0.005, stage="forward")).draw(600, stream(1, "x"))
    assert np.median(ahead.share[:, 12:].mean(axis=1)) == pytest.approx(0.4, abs=0.005)


def test_doubling_enters_the_state():
    before = row("2021-01-01", "2021-03-31", 0.3, 0.005)
    grown = row("2022-01-01", "2022-03-31", 2.0, 0.02, measure="multiple")
    state = fitted(before, grown)
    assert expit(state.smoothed_mean()[8]) == pytest.approx(0.59, abs=0.02)
    share = state.draw(600, stream(1, "x")).share
    assert np.median(share[:, 8] / share[:, 4]) == pytest.approx(2.0, abs=0.05)


def test_row_order_changes_no_byte():
    rows = [row("2021-01-01", "2021-12-31", 0.5), row("2022-10-01", "2022-12-31", 0.5, bound=">="),
            row("2020-10-01", "2020-12-31", 0.45)]  # fmt: skip
    one, other = (fitted(*order).draw(100, stream(1, "x")).share for order in (rows, rows[::-1]))
    assert one.tobytes() == other.tobytes()
    assert np.isfinite(logit(one)).all()
