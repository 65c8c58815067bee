"""Each lever moves what it should, in the direction it should; the chain holds in every draw under every scenario."""

import numpy as np
import pytest

from shiftcast.forecast.hardware.fleet import in_place
from shiftcast.forecast.leaves import segment_of_leaves
from shiftcast.forecast.scenarios.reading import read_scenario, scenario_text
from shiftcast.forecast.support import OutOfSupportError
from shiftcast.forecast.views.part import forecast_periods
from shiftcast.forecast.views.redraw import quarters_ahead
from shiftcast.forecast.views.scenario import apply_scenario, gallery_of, scenario_notes, with_gallery
from shiftcast.forecast.views.technique_share import technique_share
from shiftcast.pipelines.sources.scenario_files import shipped_scenarios

GALLERY = shipped_scenarios()
LIFTED = [{"ceiling": name, "lift": True} for name in ("funding", "packaging", "memory", "power")]


@pytest.fixture(scope="module")
def cube(small_world):
    return with_gallery(small_world.cube, GALLERY)


def under(cube, **levers):
    return apply_scenario(cube, scenario_text(levers))


def level(cube, name):
    values = quarters_ahead(cube, name)
    return values.sum(axis=tuple(range(2, values.ndim)))


def wanted(cube):
    return level(cube, "gpu_hours") + level(cube, "latent_hours")


@pytest.mark.parametrize("name", GALLERY)
def test_the_chain_holds_in_every_draw_under_every_scenario_of_the_gallery(cube, name):
    after = apply_scenario(cube, name)
    now, was = ({each: quarters_ahead(of, each) for each in of if "period" in of[each].dims} for of in (after, cube))
    survival = cube["survival"].values.astype(np.float64)
    running = survival * cube["arrived"].values
    bought = now["accelerators_shipped"] - was["accelerators_shipped"]
    scale = was["accelerators"].max()
    np.testing.assert_allclose(now["accelerators"] - was["accelerators"], in_place(bought, running), atol=1e-5 * scale)
    gone = in_place(bought, 1 - survival)
    np.testing.assert_allclose(now["accelerators_retired"] - was["accelerators_retired"], gone, atol=1e-5 * scale)
    served, before = now["gpu_hours"].sum(axis=-1), was["gpu_hours"].sum(axis=-1)
    run = now["power"].sum(axis=-1) > 59_999 if "limit" in str(GALLERY[name]) or "use" in GALLERY[name] else None
    most = before * now["accelerators"] / np.maximum(was["accelerators"], 1e-30)
    assert (served <= most * (1 + 1e-4)).all()
    full = (now["latent_hours"] <= 1e-6 * most) | (served >= most * (1 - 1e-4))  # all wanted, or all machines, busy
    assert (full if run is None else full | run[..., None]).all()
    for each in ("accelerators", "accelerators_shipped", "power", "spending", "gpu_hours", "latent_hours"):
        assert now[each].min() >= -1e-6 * was[each].max(), each
    sold = np.array(segment_of_leaves(cube)) != "vendor_internal"
    paid, units = now["spending"][..., sold], now["accelerators_shipped"][..., sold]
    price = paid.sum(axis=-1) / np.maximum(units.sum(axis=-1), 1.0)
    np.testing.assert_allclose(paid, units * price[..., None], rtol=2e-3, atol=1e-5 * paid.max())
    for each in cube:
        if "period" in cube[each].dims:
            ahead = forecast_periods(cube)
            np.testing.assert_array_equal(after[each].values[:, ~ahead], cube[each].values[:, ~ahead])
    assert len(after.attrs["scenario_hash"]) == 64
    assert after.attrs["scenario"] == name


def test_levers_that_change_nothing_change_no_bit(cube):
    nothing = {
        "demand": [{"part": "all", "factor": 1}], "software": [{"gain": 1}], "price": [{"of": "work", "factor": 1}],
        "technique": [{"of": "recsys", "technique": "llm"}], "limit": [{"ceiling": "memory", "factor": 1}],
        "generation": [{"generation": "rubin", "late": 0, "replaced": 0.0}],
        "move": [{"source": "hosted", "target": "enterprise", "share": 0}],
    }  # fmt: skip
    after = under(cube, **nothing)
    for name in cube:
        np.testing.assert_array_equal(after[name].values, cube[name].values, err_msg=name)


def test_a_late_generation_ships_fewer_for_less_money_and_waits_or_is_lost(cube):
    late = {"generation": "rubin", "late": 2, "replaced": 0.0}
    waits, lost = under(cube, generation=[late]), under(cube, generation=[late | {"meanwhile": "lost"}])
    shipped = [level(each, "accelerators_shipped") for each in (cube, waits, lost)]
    assert (shipped[1][:, 0] <= shipped[0][:, 0] * (1 + 1e-6)).all()
    for name in ("accelerators", "spending", "power"):
        totals = [level(each, name) for each in (cube, waits, lost)]
        assert np.median(totals[1].sum(axis=1) / totals[0].sum(axis=1)) < 1, name
        assert np.median(totals[2].sum(axis=1) / totals[1].sum(axis=1)) < 1, name
    assert (shipped[2] <= shipped[0] * (1 + 1e-5)).all()
    assert np.median(level(lost, "latent_hours")) > np.median(level(cube, "latent_hours"))
    later = under(cube, generation=[late | {"late": 4}])
    assert (np.median(level(later, "accelerators"), axis=0) <= np.median(level(waits, "accelerators"), axis=0)).all()


def test_more_of_a_late_generation_made_good_leaves_more_accelerators(cube):
    each = [under(cube, generation=[{"generation": "rubin", "late": 2, "replaced": part}]) for part in (0.0, 0.5, 1.0)]
    none, half, whole = (level(one, "accelerators")[:, :4] for one in each)
    assert (none <= half * (1 + 1e-6)).all()
    assert (half <= whole * (1 + 1e-6)).all()
    moved = level(each[2], "spending")[:, :4].sum(axis=1) / level(cube, "spending")[:, :4].sum(axis=1)
    assert np.median(moved) < 1  # as many of what costs less


def test_a_cap_on_power_holds_draws_above_it_and_leaves_those_below(cube):
    most = float(np.median(level(cube, "power")[:, -1]))
    after = under(cube, limit=[{"ceiling": "power", "most": most}])
    below = (level(cube, "power") <= most).all(axis=1)
    assert 0 < below.sum() < len(below)
    for name in ("power", "gpu_hours", "accelerators", "spending", "latent_hours"):
        np.testing.assert_array_equal(after[name].values[below], cube[name].values[below])
        assert (level(after, name)[~below].sum(axis=1) != level(cube, name)[~below].sum(axis=1)).all()
    assert (level(after, "power") <= most * (1 + 1e-5)).all()
    for name in ("gpu_hours", "spending", "accelerators"):
        assert (level(after, name)[~below].sum(axis=1) < level(cube, name)[~below].sum(axis=1)).all(), name


def test_a_cap_below_what_stands_leaves_machines_dark(cube):
    now = level(cube, "power")[:, 0].min()
    after = under(cube, limit=[{"ceiling": "power", "most": 0.5 * now}])
    assert (level(after, "power") <= 0.5 * now * (1 + 1e-5)).all()
    assert (level(after, "gpu_hours") < 0.6 * level(cube, "gpu_hours")).all()


def test_a_tighter_ceiling_ships_less_of_the_same_wish(cube):
    after = under(cube, limit=[{"ceiling": "packaging", "factor": 0.5, "from": "2027Q2"}])
    np.testing.assert_allclose(wanted(after), wanted(cube), rtol=1e-5)
    assert (level(after, "accelerators") <= level(cube, "accelerators") * (1 + 1e-6)).all()
    most = under(cube, limit=[{"ceiling": "packaging", "most": 1e4, "from": "2028Q1"}])
    use = quarters_ahead(cube, "supply_use")[..., cube["ceiling"].values.tolist().index("packaging")]
    assert (level(most, "accelerators_shipped") * use)[:, -4:].max() <= 1.001e4


def test_dearer_accelerators_are_fewer_and_dearer_work_is_wanted_less(cube):
    dear = under(cube, price=[{"of": "accelerators", "factor": 1.5, "elasticity": 1.0, "pass_through": 1.0}])
    assert (level(dear, "accelerators") <= level(cube, "accelerators") * (1 + 1e-6)).all()
    np.testing.assert_allclose(wanted(dear) / wanted(cube), 1 / 1.5, rtol=1e-4)
    fixed = under(cube, price=[{"of": "accelerators", "factor": 1.5, "elasticity": 0.0}], limit=LIFTED)
    free = under(cube, limit=LIFTED)
    np.testing.assert_allclose(level(fixed, "accelerators"), level(free, "accelerators"), rtol=1e-5)
    np.testing.assert_allclose(level(fixed, "spending"), 1.5 * level(free, "spending"), rtol=1e-4)
    cheap = under(cube, price=[{"of": "work", "factor": 0.5, "elasticity": 1.0}])
    np.testing.assert_allclose(wanted(cheap), 2 * wanted(cube), rtol=1e-4)


@pytest.mark.parametrize(("elasticity", "compute"), [(0.0, 0.5), (0.5, 2**-0.5), (1.0, 1.0), (1.5, 2**0.5)])
def test_software_saves_or_backfires_by_elasticity(cube, elasticity, compute):
    after = under(cube, software=[{"gain": 2.0, "elasticity": elasticity, "pass_through": 1.0}])
    np.testing.assert_allclose(wanted(after), compute * wanted(cube), rtol=1e-4)
    table = {"software": [{"gain": 2.0, "elasticity": elasticity, "pass_through": 1.0}]}
    note = scenario_notes(cube, read_scenario(scenario_text(table)))[0]
    assert ("backfire" in note) == (elasticity > 1)


def test_software_answers_at_the_elasticity_of_the_record_draw_by_draw(cube):
    after = under(cube, software=[{"gain": 1.6}])
    product = cube["elasticity"].values.astype(float) * cube["pass_through"].values
    expected = 1.6 ** (product - 1)
    np.testing.assert_allclose(
        wanted(after) / wanted(cube), np.broadcast_to(expected[:, None], wanted(cube).shape), rtol=1e-3
    )


def test_half_of_a_customer_is_its_share_of_a_leaf(cube):
    at = cube["leaf"].values.tolist().index("internal")
    after = under(cube, demand=[{"part": "internal", "factor": 0.5, "share": 0.4}])
    own = [
        (quarters_ahead(each, "gpu_hours").sum(axis=-1) + quarters_ahead(each, "latent_hours"))
        for each in (cube, after)
    ]
    np.testing.assert_allclose(own[1][..., at], 0.8 * own[0][..., at], rtol=1e-4)
    others = np.arange(cube.sizes["leaf"]) != at
    np.testing.assert_allclose(own[1][..., others], own[0][..., others], rtol=1e-4)


def test_work_that_moves_keeps_the_total_or_its_ratio(cube):
    leaves, tasks = cube["leaf"].values.tolist(), cube["task"].values.tolist()
    source, target, task = leaves.index("hosted"), leaves.index("enterprise"), tasks.index("generative/llm")
    lever = {"source": "hosted", "target": "enterprise", "of": "generative", "share": 0.25}
    after = under(cube, move=[lever])
    np.testing.assert_allclose(wanted(after), wanted(cube), rtol=1e-4)
    whole = quarters_ahead(cube, "gpu_hours")
    part = whole[:, :, source, task] / whole[:, :, source].sum(axis=-1)
    own = [
        quarters_ahead(each, "gpu_hours").sum(axis=-1) + quarters_ahead(each, "latent_hours") for each in (cube, after)
    ]
    np.testing.assert_allclose(own[1][..., source], (1 - 0.25 * part) * own[0][..., source], rtol=1e-4)
    assert (own[1][..., target] > own[0][..., target]).all()
    dearer = under(cube, move=[lever | {"ratio": 2.0}])
    gained = [wanted(each) - wanted(cube) for each in (after, dearer)]
    np.testing.assert_allclose(gained[1], 0.25 * part * own[0][..., source], rtol=1e-3)


def test_a_rollout_comes_early_late_back_or_no_higher(cube):
    def share(**lever):
        text = scenario_text({"technique": [{"of": "recsys", "technique": "llm"} | lever]}) if lever else "base"
        found = technique_share(cube, "llm", of="recsys", base="requests", segment="hyperscale", scenario=text)
        return found.share[:, found.first_ahead - 1 :]

    base, early, late = share(), share(late=-2), share(late=2)
    np.testing.assert_allclose(late[:, 3:], base[:, 1:-2], rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(late[:, 1], base[:, 0], rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(early[:, 2:-2], base[:, 4:], rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(share(back=0.5)[:, 1:], 0.5 * base[:, 1:], rtol=1e-5, atol=1e-7)
    assert share(most=0.1)[:, 1:].max() <= 0.1 + 1e-6
    np.testing.assert_array_equal(late[:, 0], base[:, 0])


def test_hours_follow_technique_shares_and_shares_still_sum_to_one(cube):
    after = under(cube, technique=[{"of": "recsys", "technique": "llm", "most": 0.0}])
    tasks = cube["task"].values.tolist()
    own = [quarters_ahead(each, "gpu_hours")[..., tasks.index("recsys/llm")].max() for each in (cube, after)]
    assert own[1] <= 1e-6 * own[0]
    deep = [quarters_ahead(each, "gpu_hours")[..., tasks.index("recsys/deep")].sum() for each in (cube, after)]
    assert deep[1] > deep[0]
    names = [str(name) for name in cube["technique"].values]
    for workload in {name.partition("/")[0] for name in names}:
        own = [at for at, name in enumerate(names) if name.startswith(f"{workload}/")]
        sums = [each["technique_requests"].values[..., own].sum(axis=-1) for each in (cube, after)]
        np.testing.assert_allclose(sums[1], sums[0], rtol=1e-4)
    rest = under(cube, technique=[{"of": "recsys", "technique": "llm", "most": 0.0, "segment": "rest"}])
    np.testing.assert_array_equal(
        rest["technique_requests"].sel(segment="hyperscale").values,
        cube["technique_requests"].sel(segment="hyperscale").values,
    )


@pytest.mark.parametrize(
    ("levers", "said"),
    [
        ({"demand": [{"part": "generativ", "factor": 2}]}, r"'generativ' is no part .*did you mean 'generative'"),
        (
            {"generation": [{"generation": "rubinn", "late": 1, "replaced": 0}]},
            "'rubinn' cannot be late; choose one of",
        ),
        ({"limit": [{"ceiling": "gravity", "factor": 0.5}]}, "ceiling 'gravity' cannot be moved; choose from"),
        (
            {"move": [{"source": "hostd", "target": "edge", "share": 1}]},
            "leaf 'hostd' is not known; did you mean 'hosted'",
        ),
        ({"technique": [{"of": "recsys", "technique": "llmm"}]}, "technique 'llmm' of 'recsys' is not forecast"),
        ({"technique": [{"of": "ads", "technique": "llm", "segment": "rst"}]}, "did you mean 'rest'"),
        ({"demand": [{"part": "all", "factor": 2, "from": "2031Q1"}]}, "from '2031Q1' is after 2028Q4"),
    ],
)
def test_parts_that_are_not_there_are_refused_with_the_nearest(cube, levers, said):
    with pytest.raises(ValueError, match=said):
        under(cube, **levers)


def test_forecasts_made_before_these_were_kept_say_so(cube):
    old = cube.drop_vars(["unit_mix", "elasticity"])
    with pytest.raises(OutOfSupportError, match=r"does not keep its generations.*run `shiftcast run` again"):
        apply_scenario(old, "rubin-late")
    with pytest.raises(OutOfSupportError, match=r"elasticity.*or give elasticity"):
        apply_scenario(old, "software-gain")
    with pytest.raises(ValueError, match="keeps none"):
        apply_scenario(old.assign_attrs(scenarios="{}"), "rubin-late")
    assert gallery_of(cube) == GALLERY


@pytest.mark.parametrize(("ceiling", "most", "side"), [("power", 6e10, "above"), ("power", 9, "below"),
                                                       ("packaging", 1e300, "above")])  # fmt: skip
def test_a_ceiling_held_far_beyond_what_is_drawn_is_refused_with_the_range(cube, ceiling, most, side):
    said = rf"scenario: {ceiling} of at most .* times {side} the 95 % drawn, .*; correct it or its unit, or give lift"
    with pytest.raises(ValueError, match=said):
        under(cube, limit=[{"ceiling": ceiling, "most": most}])
