"""Long frames under the names people give their columns and series."""

import numpy as np
import pandas as pd
import pytest

from shiftcast.forecast.hierarchy.constraints import parse_constraint
from shiftcast.forecast.hierarchy.edges import hierarchy_from_edges, hierarchy_from_table
from shiftcast.forecast.hierarchy.frames import mapped, with_actuals
from shiftcast.forecast.hierarchy.long import Reconciliation, reconcile_long
from shiftcast.forecast.hierarchy.structure import from_parents

TREE = from_parents(["T", "a", "b"], [-1, 0, 0])
NODES = ["T", "a", "b"]
SUM = Reconciliation("ols")


def forecast(column, values=(100.0, 30.0, 50.0), names=NODES):
    return pd.DataFrame({"unique_id": names, "ds": 1, column: list(values)})


def insample(actual="y", fitted="fitted"):
    """Return a past in which the total was fitted badly and its parts were fitted well."""
    random = np.random.default_rng(0)
    level, sd = np.array([80.0, 30.0, 50.0]), np.array([30.0, 0.1, 0.1])
    past = level + random.normal(size=(40, 3)) * sd
    return pd.DataFrame({"unique_id": np.tile(NODES, 40), "ds": np.repeat(np.arange(40), 3),
                         actual: np.tile(level, 40), fitted: past.ravel()})  # fmt: skip


@pytest.mark.parametrize("column", ["forecast", "value", "y", "target", "actual", "fitted"])
def test_any_name_of_the_forecast_column_leaves_the_residuals_as_they_are(column):
    done = reconcile_long(TREE, forecast(column), Reconciliation("wls_var"), insample=insample()).frame
    assert done.columns.tolist() == ["unique_id", "ds", column]
    np.testing.assert_allclose(done[column], [80.0, 30.0, 50.0], atol=0.05)


@pytest.mark.parametrize("actual", ["y", "target", "value", "actual"])
def test_actual_values_go_by_any_of_their_names(actual):
    for column in ("model", actual):
        done = reconcile_long(TREE, forecast(column), Reconciliation("wls_var"), insample=insample(actual))
        np.testing.assert_allclose(done.frame[column], [80.0, 30.0, 50.0], atol=0.05)


def test_a_column_of_a_forecast_s_name_holds_fitted_values_where_another_can_be_the_actual_ones():
    both = insample("actual", "value")
    done = reconcile_long(TREE, forecast("value"), Reconciliation("wls_var"), insample=both).frame
    np.testing.assert_allclose(done["value"], [80.0, 30.0, 50.0], atol=0.05)
    with pytest.raises(ValueError, match="lack 'y', the actual values"):
        with_actuals(insample("actual", "target"), ["model"])
    with pytest.raises(ValueError, match="lack the fitted values of 'model'"):
        reconcile_long(TREE, forecast("model"), SUM, insample=insample().assign(other=1.0))


QUANTILES = [
    "0.1", "0.5", ".9", "0.975", 0.1, "q0.9", "q90", "Q05", "p90", "p2.5", "lo80", "hi-80", "lo_95", "lower", "upper",
    "m-lo-80", "m-hi-95.0", "m_q0.9", "AutoETS-median", "quantile", "quantile_0.9", "90%", "percentile95", "ql0.1",
]  # fmt: skip
NO_QUANTILES = ["0", "7", "199", "p100", "model", "draw_10", "hilo", "q", "flow80x", "model2", "loan"]


@pytest.mark.parametrize("column", QUANTILES)
def test_quantiles_are_refused_and_never_added_up(column):
    with pytest.raises(ValueError, match=r"quantiles do not add up; give draws.*shiftcast volume --paths"):
        reconcile_long(TREE, forecast(column), SUM)


@pytest.mark.parametrize("column", NO_QUANTILES)
def test_draws_and_models_keep_their_names(column):
    assert reconcile_long(TREE, forecast(column), SUM).frame.columns[-1] == column


@pytest.mark.parametrize("name", ["NA", "None", "null", "nan", "NaN", "007", "1e5", "True", "3rd"])
def test_any_text_is_the_name_of_a_node(name):
    edges = pd.DataFrame({"parent": ["T", "T", name, name], "child": [name, "b", "x", "y"]})
    rows = forecast("m", [10.0, 5.0, 4.0, 2.0, 3.0], ["T", name, "b", "x", "y"])
    held = (parse_constraint(f'1 * "{name}" = 6'),)
    done = reconcile_long(hierarchy_from_edges(edges), rows, Reconciliation("ols", held)).frame
    assert done.set_index("unique_id")["m"][name] == pytest.approx(6.0)


def test_a_constraint_reads_names_that_begin_with_a_digit():
    assert parse_constraint("3rd + 2 * 007 - .5 x = 1").coefficients == {"3rd": 1.0, "007": 2.0, "x": -0.5}
    with pytest.raises(ValueError, match="a name of digits in quotes"):
        parse_constraint("007 = 1")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda rows: rows.assign(unique_id=["T", None, "b"]), "row 2: 'unique_id' is empty"),
        (lambda rows: rows.assign(ds=[1.0, 1.0, np.nan]), "row 3: 'ds' is empty"),
        (lambda rows: rows.assign(m=[np.inf, 1.0, 2.0]), "series 'T', 1: 'm' is infinite"),
        (lambda rows: rows.assign(id=[1, 2, 3]), "columns 'unique_id' and 'id' both stand for 'unique_id'"),
        (lambda rows: rows.assign(date=1), "columns 'ds' and 'date' both stand for 'ds'"),
        (lambda rows: rows.assign(**{"Unnamed: 0": 1}), "column 4 has no name"),
    ],
)
def test_rows_and_columns_that_cannot_be_read_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        reconcile_long(TREE, change(forecast("m")), SUM)


def test_series_and_period_end_are_names_too():
    rows = pd.DataFrame({"series": NODES, "period_end": "2026-01-31", "m": 1.0})
    assert mapped(rows).columns.tolist() == ["unique_id", "ds", "m"]


def test_a_summing_matrix_whose_columns_are_named_otherwise_is_refused():
    table = pd.DataFrame({"unique_id": ["T", "a", "b"], "b": [1, 1, 0], "a": [1, 0, 1]})
    with pytest.raises(ValueError, match="column 'b' of the summing matrix has no row of that name"):
        hierarchy_from_table(table)
    assert hierarchy_from_table(table.rename(columns={"a": "b", "b": "a"})).names == ("T", "a", "b")
