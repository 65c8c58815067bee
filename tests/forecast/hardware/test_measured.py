from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shiftcast.forecast.hardware.measured import (
    Pooled,
    learn_measured,
    makers_of_mean,
    operator_figures,
    pool_operators,
)

DAY = pd.Timestamp("2026-01-01", tz="UTC")


def figures(*each: tuple[str, float], variance: float = 1e-4) -> pd.DataFrame:
    return pd.DataFrame(each, columns=["operator", "effect"]).assign(variance=variance)


def test_exact_figures_pool_to_their_mean_spread_and_standard_error():
    pooled = pool_operators(figures(("a", -1.0), ("b", 0.0), ("c", 1.0), variance=1e-9))
    assert pooled.mean == pytest.approx(0.0, abs=1e-6)
    assert pooled.between == pytest.approx(1.0, rel=1e-3)
    assert pooled.error == pytest.approx(1 / np.sqrt(3), rel=1e-3)


def test_figures_of_one_operator_count_once():
    once = pool_operators(figures(("a", 0.0), ("b", 1.0)))
    often = pool_operators(figures(("a", 0.0), *[("b", 1.0)] * 50))
    assert often.mean == pytest.approx(once.mean, abs=1e-3)


@given(st.lists(st.floats(-3, 3), min_size=2, max_size=8), st.floats(-2, 2))
def test_pooling_moves_with_the_figures_and_hears_no_order(effects, shift):
    rows = figures(*((str(place), effect) for place, effect in enumerate(effects)))
    pooled, moved = pool_operators(rows), pool_operators(rows.iloc[::-1].assign(effect=rows["effect"] + shift))
    assert moved.mean == pytest.approx(pooled.mean + shift, abs=1e-6)
    assert (moved.error, moved.between) == pytest.approx((pooled.error, pooled.between), abs=1e-6)


def test_two_operators_say_less_than_many_that_agree_as_well():
    two, many = Pooled(0.0, 0.3, 0.0, ("a", "b")), Pooled(0.0, 0.3, 0.0, tuple("abcdefghijklmnop"))
    assert two.sd(makers=1.0) / 0.3 == pytest.approx(3.0777 / 1.2816, rel=1e-3)
    assert many.sd(makers=1.0) / 0.3 == pytest.approx(1.05, abs=0.01)


def test_the_mean_of_many_operators_is_surer_than_one_of_them():
    pooled = Pooled(0.0, 0.0, 1.0, ("a", "b"))
    assert pooled.sd(makers=9.0) == pytest.approx(1 / 3)
    assert pooled.quantiles(makers=1.0) == pytest.approx((-1.2816, 0.0, 1.2816), abs=1e-4)


def test_operators_that_answer_more_make_more_of_the_mean_and_the_last_word_of_a_surface_counts():
    traffic = pd.DataFrame({"operator": ["a", "a", "b"], "surface": ["x", "x", "y"], "mid": [99.0, 3.0, 1.0],
                            "known_at": [DAY, DAY + pd.Timedelta(days=1), DAY]})  # fmt: skip
    assert makers_of_mean(traffic) == pytest.approx(16 / 10)
    assert makers_of_mean(traffic.iloc[:0]) == 1.0


def test_ratios_are_of_operators_that_changed_never_of_one_technique_made_cheaper(record):
    rows = operator_figures(record.observations, "ratio.sequence", shape="lognormal")
    assert set(rows["operator"]) == {
        "bytedance", "global_e_commerce", "kuaishou", "meituan", "meta", "xiaohongshu",
    }  # fmt: skip
    assert set(rows["measure"]) == {"cost_ratio"}
    np.testing.assert_allclose(np.exp(rows["effect"]), rows["value"])


def test_utilisation_is_pooled_on_the_logit_scale_without_training_runs_of_language_models(record):
    rows = operator_figures(record.observations, "mfu.llm", shape="logitnormal")
    assert set(rows["operator"]) == {"alibaba", "kuaishou"}
    deep = operator_figures(record.observations, "mfu.deep", shape="logitnormal")
    assert deep["value"].max() < 0.2
    assert not deep["definition"].str.startswith("scaled").any()


def test_a_judgement_stands_until_two_operators_have_measured_it(record):
    judged = record.assumptions
    one = record.observations.query("operator == 'meta'")
    pd.testing.assert_frame_equal(learn_measured(judged, one, record.traffic), judged)
    learned = learn_measured(judged, record.observations, record.traffic)
    assert learned["name"].tolist() == judged["name"].tolist()
    changed = learned[(learned["note"] != judged["note"]) & learned["note"].notna()].set_index("name")
    assert set(changed.index) == {"ratio.sequence", "ratio.llm", "mfu.deep", "mfu.sequence", "mfu.llm"}
    assert (changed["low"] < changed["mid"]).all()
    assert (changed["mid"] < changed["high"]).all()
    assert set(changed["evidence"]) == {"vendor"}


def test_a_measurement_of_ones_own_stands_before_what_operators_measured(record):
    judged = record.assumptions[record.assumptions["name"] == "ratio.llm"].reset_index(drop=True)
    own = judged.assign(low=1.2, mid=1.5, high=1.9, evidence="measured")
    pd.testing.assert_frame_equal(learn_measured(own, record.observations, record.traffic), own)
    assert learn_measured(judged, record.observations, record.traffic)["evidence"].tolist() == ["vendor"]


@pytest.mark.parametrize(
    ("name", "shape", "value"), [("mfu.deep", "logitnormal", 1.0), ("ratio.llm", "lognormal", 0.0)]
)
def test_a_figure_that_cannot_be_pooled_is_refused_with_its_name(record, name, shape, value):
    rows = operator_figures(record.observations, name, shape=shape)
    row = rows.iloc[0]
    off = rows.assign(value=rows["value"].where(rows.index != row.name, value))
    with pytest.raises(ValueError, match=f"{row.definition} of {row.operator} is {value:g}; give a figure between 0"):
        operator_figures(off, name, shape=shape)
