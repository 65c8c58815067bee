from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pandas as pd
import pytest

from shiftcast.pipelines.engine import fan_out

ROWS = pd.DataFrame(
    {
        "leaf": ["b", "a", "a", "b"], "series": ["x", "y", "y", "x"], "value": [1.0, 2.0, 4.0, 5.0],
        "at": pd.to_datetime(["2026-01-02", "2026-01-01", "2026-01-03", "2026-01-01"], utc=True).as_unit("us"),
    }
)  # fmt: skip


@pytest.fixture
def fit(monkeypatch):
    """Return a fit of a module that a spawned process can import."""
    folder = Path(__file__).parent
    monkeypatch.syspath_prepend(str(folder))
    spec = importlib.util.spec_from_file_location("fits", folder / "fits.py")
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "fits", module)
    spec.loader.exec_module(module)
    return module.level_and_days


def test_each_series_is_fitted_alone_in_the_order_of_its_rows_and_of_the_keys(fit):
    result = fan_out(ROWS, ["leaf", "series"], fit)
    assert result.columns.tolist() == ["leaf", "series", "at", "twice", "mean"]
    assert result[["leaf", "twice", "mean"]].to_numpy().tolist() == [
        ["a", 4.0, 3.0], ["a", 8.0, 3.0], ["b", 2.0, 3.0], ["b", 10.0, 3.0]
    ]  # fmt: skip


def test_processes_give_what_the_loop_gives(fit):
    pd.testing.assert_frame_equal(fan_out(ROWS, "leaf", fit, workers=2), fan_out(ROWS, "leaf", fit))


def test_a_fit_that_returns_its_key_does_not_double_it():
    result = fan_out(ROWS, "leaf", lambda rows: rows[["leaf", "value"]])
    assert result.columns.tolist() == ["leaf", "value"]


def test_a_fit_that_fails_names_the_series():
    def fails(rows: pd.DataFrame) -> pd.DataFrame:
        raise RuntimeError(f"{len(rows)} rows are too few")

    with pytest.raises(ValueError, match=r"the fit of \{'leaf': 'a'\} failed: 2 rows are too few; correct its rows"):
        fan_out(ROWS, "leaf", fails)


def test_no_rows_give_no_fits(fit):
    assert fan_out(ROWS.iloc[:0], "leaf", fit).columns.tolist() == ["leaf"]


def test_what_is_wrong_is_named(fit):
    with pytest.raises(ValueError, match="column 'node' of the key is missing; the rows have"):
        fan_out(ROWS, "node", fit)
    with pytest.raises(ValueError, match="engine 'dask' is not one of duckdb, spark"):
        fan_out(ROWS, "leaf", fit, "dask")
