"""Forecasts of volumes made coherent: means, and joint draws one by one."""

import numpy as np
import pandas as pd
import pytest

from shiftcast.forecast.hierarchy.covariance import covariance_of
from shiftcast.forecast.hierarchy.long import Reconciliation
from shiftcast.forecast.hierarchy.mint import reconcile
from shiftcast.forecast.hierarchy.structure import from_parents
from shiftcast.forecast.volume.coherent import coherent_volumes, of_volumes

TREE = from_parents(["total", "ads", "ads / llm", "ads / deep", "search"], [-1, 0, 1, 1, 0])
ENDS = ["2026-01-31", "2026-02-28"]


def draws(number=40, names=TREE.names):
    values = np.random.default_rng(1).lognormal(1, 0.3, (len(names), number, 2))
    index = pd.MultiIndex.from_product([names, range(1, number + 1), ENDS], names=["series", "draw", "period_end"])
    return pd.DataFrame({"value": values.ravel()}, index=index).reset_index()


def test_every_draw_is_reconciled_as_alone():
    rows = draws()
    done = coherent_volumes(TREE, rows, Reconciliation("wls_struct"))
    covariance = covariance_of(TREE, "wls_struct")
    for draw in (1, 40):
        base = rows[rows["draw"] == draw].pivot_table(index="series", columns="period_end", values="value")
        wanted = reconcile(TREE, base.loc[list(TREE.names)].to_numpy(), covariance).values
        got = done.paths[done.paths["draw"] == draw].pivot_table(index="series", columns="period_end", values="value")
        np.testing.assert_allclose(got.loc[list(TREE.names)], wanted)


def test_quantiles_are_those_of_the_coherent_draws():
    done = coherent_volumes(TREE, draws(101), Reconciliation("ols", nonnegative=True))
    levels = done.forecast.assign(quantile=done.forecast["quantile"].fillna(-1))
    table = levels.pivot_table(index=["series", "period_end"], columns="quantile", values="value")
    drawn = done.paths.groupby(["series", "period_end"])["value"]
    np.testing.assert_allclose(table[0.1], drawn.quantile(0.1))
    np.testing.assert_allclose(table[-1], drawn.mean())
    assert done.forecast.columns.tolist() == ["series", "period_end", "statistic", "quantile", "value"]
    assert (done.paths["value"] >= 0).all()


def test_of_a_forecast_the_means_are_taken_and_the_rest_is_counted():
    rows = draws(1).rename(columns={"draw": "statistic"}).assign(statistic="mean", quantile=np.nan)
    high = rows.assign(statistic="quantile", quantile=0.9, value=9.0)
    done = coherent_volumes(TREE, pd.concat([rows, high], ignore_index=True), Reconciliation("ols"))
    assert (done.left_out, len(done.paths), set(done.forecast["statistic"])) == (len(high), 0, {"mean"})
    means = done.forecast.pivot_table(index="period_end", columns="series", values="value")
    np.testing.assert_allclose(means["total"], means["ads"] + means["search"])
    with pytest.raises(ValueError, match="no rows of statistic 'mean'"):
        coherent_volumes(TREE, high, Reconciliation("ols"))


def test_a_category_is_a_node_named_after_its_series():
    rows = draws()
    parted = rows["series"].str.split(" / ", expand=True)
    by_category = rows.assign(series=parted[0], category=parted[1])
    done = coherent_volumes(TREE, by_category, Reconciliation("ols"))
    pd.testing.assert_frame_equal(done.paths, coherent_volumes(TREE, rows, Reconciliation("ols")).paths)


def test_nodes_above_the_bottom_may_be_missing_and_others_not():
    rows = draws()
    below = rows[rows["series"].isin(["ads / llm", "ads / deep", "search"])]
    done = coherent_volumes(TREE, below, Reconciliation("ols")).paths
    assert set(done["series"]) == set(TREE.names)
    gap = rows[(rows["series"] != "search") | (rows["draw"] != 7)]
    with pytest.raises(ValueError, match="node 'search' has no forecast in some period"):
        coherent_volumes(TREE, gap, Reconciliation("ols"))
    with pytest.raises(ValueError, match="two rows"):
        coherent_volumes(TREE, pd.concat([rows, rows.head(1)], ignore_index=True), Reconciliation("ols"))
    with pytest.raises(ValueError, match="row 1: 'ds' is empty"):
        coherent_volumes(TREE, rows.assign(draw=rows["draw"].where(rows.index > 0)), Reconciliation("ols"))


def test_residuals_of_volumes_weigh_their_nodes():
    past = np.random.default_rng(3).normal(size=(5, 30)) * np.array([[50.0], [50.0], [1.0], [1.0], [1.0]])
    insample = pd.DataFrame({"series": np.repeat(TREE.names, 30), "period_end": np.tile(np.arange(30), 5),
                             "value": 10.0, "fitted": 10.0 - past.ravel()})  # fmt: skip
    done = coherent_volumes(TREE, draws(5), Reconciliation("wls_var"), insample=insample).paths
    rows = draws(5)
    bottom = rows[rows["series"] == "search"]["value"].to_numpy()
    np.testing.assert_allclose(done[done["series"] == "search"]["value"], bottom, atol=0.05)


def test_frames_of_volumes_are_told_from_others():
    assert of_volumes(draws())
    assert not of_volumes(pd.DataFrame({"series": ["a"], "period_end": ["2026"], "value": [1.0]}))
    assert not of_volumes(pd.DataFrame({"unique_id": ["a"], "ds": [1], "statistic": [1.0]}))
