from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from shiftcast.forecast.draws import sample_assumptions
from shiftcast.forecast.identity.bottomup import draw_technique_shares
from shiftcast.forecast.identity.fit import WorldFit
from shiftcast.forecast.identity.history import Taught, learn_from_history
from shiftcast.forecast.identity.sold import draw_sold
from shiftcast.forecast.identity.world import World, build_world
from shiftcast.forecast.known import Settings

ENOUGH = 1000  # draws at which chance widens no parameter by much


def learned(fit: WorldFit, draws: int) -> Taught:
    believed = fit.sampling(draws, Settings.seed)
    sold, carried = draw_sold(fit.top_down, believed), draw_technique_shares(fit.bottom_up, believed)
    return learn_from_history(fit, sold, carried, believed)


@pytest.fixture(scope="module")
def taught(small_fit: WorldFit) -> Taught:
    return learned(small_fit, ENOUGH)


@pytest.fixture(scope="module")
def evidence(taught: Taught) -> pd.DataFrame:
    rows = taught.evidence.set_index("name")
    return rows.assign(off=(rows["observed"] - rows["mid"]) / rows["sd"])


def test_two_views_agree_in_every_past_quarter_about_as_the_stated_discrepancy_allows(evidence):
    hours = evidence[evidence.index.str.startswith("hours ")]
    assert len(hours) >= 8
    assert hours["off"].abs().max() < 2.5
    assert ((hours["high"] - hours["low"]) < 0.5 * (hours["prior_high"] - hours["prior_low"])).all()


def test_anchors_lie_inside_what_was_measured_of_a_fleet(evidence):
    anchors = evidence[evidence.index.str.contains(".", regex=False)]
    bounds = anchors.index.str.startswith(("share.", "requests."))
    assert anchors.loc[~bounds, "off"].abs().max() < 2
    assert (anchors.loc[bounds, "high"] > anchors.loc[bounds, "observed"]).all()
    measured = {name.partition(".")[0] for name in anchors.index}
    assert measured == {"energy_per_request", "requests", "share", "tokens_per_accelerator"}


def test_learned_assumptions_narrow_and_the_table_names_what_moved_them(taught):
    rows = taught.parameters.set_index("name")
    assert rows["narrowed"].max() < 1.2
    assert (rows["narrowed"] < 0.9).sum() >= 5
    moved = rows["by"] != ""
    np.testing.assert_allclose(rows.loc[~moved, "narrowed"], 1.0, atol=1e-3)
    assert set(rows.loc[moved, "by"]) <= {"hours", "leaf", *taught.evidence["name"]}
    assert not rows.index.str.startswith(("guidance.", "funding.", "leaf_share.")).any()
    assert 0 < taught.ess < 1


def test_conditioned_assumptions_are_those_of_the_stored_normals(taught, small_fit):
    again = sample_assumptions(small_fit.known.assumptions, draws=ENOUGH, seed=Settings.seed, moved=taught.moved)
    for name in taught.moved:
        np.testing.assert_array_equal(taught.sampling.assumed[name], again[name])


def test_the_posterior_is_the_same_at_the_same_seed(small_fit, small_world: World):
    again = learned(small_fit, len(small_world.taught.sampling.assumed["unseen.share"]))
    for name, before in small_world.taught.moved.items():
        assert before.tobytes() == again.moved[name].tobytes()
    pd.testing.assert_frame_equal(again.evidence, small_world.taught.evidence)


def test_the_correction_of_what_is_seen_from_below_does_not_drift_in_the_past(small_world: World):
    ahead = len(small_world.pooled.gap[0])
    by_quarter = np.median(small_world.meeting.correction[:, :-ahead], axis=0)
    assert len(by_quarter) >= 8
    np.testing.assert_allclose(by_quarter / by_quarter.mean(), 1.0, atol=0.2)


def test_the_unseen_share_is_one_number_a_draw(small_world: World):
    met = small_world.meeting
    share = met.unallocated / (met.unallocated + met.parts.sum(axis=-1))
    unseen = small_world.taught.sampling.assumed["unseen.share"]
    np.testing.assert_allclose(share, np.broadcast_to(unseen[:, None, None], share.shape), rtol=1e-9)


@pytest.mark.parametrize(("name", "value", "said"), [
    ("history.quarter_sd", 0.0, r"history\.quarter_sd is 0; give a spread above zero"),
    ("history.level_sd", -1.0, r"history\.level_sd is -1; a standard deviation is zero or more"),
])  # fmt: skip
def test_a_spread_that_cannot_be_is_refused_with_its_name(known_on, record, name, value, said):
    rows = record.belief_rows
    off = rows.assign(value=rows["value"].mask(rows["name"] == name, value))
    with pytest.raises(ValueError, match=f"beliefs.csv: {said}"):
        build_world(known_on(belief_rows=off), Settings(draws=20, through="2027Q2"))
