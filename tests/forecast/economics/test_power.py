"""Power never changes its boundary unawares."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shiftcast.features.units import convert
from shiftcast.forecast.economics.power import (
    BOUNDARIES,
    Power,
    across,
    capped_rate,
    facility_megawatts,
    work_per_joule,
)

boundaries = st.sampled_from(BOUNDARIES)


def test_a_billion_requests_a_day_draw_two_megawatts():
    """400 output tokens each at 8,291 tokens a second, 60 % utilisation, 2.12 kW of IT power, PUE 1.12."""
    hours_a_day = 1e9 * 400 / (8291 * 3600) / 0.6
    assert hours_a_day == pytest.approx(22336, abs=1)
    assert hours_a_day / 24 == pytest.approx(931, abs=0.5)
    megawatts = facility_megawatts(np.asarray(hours_a_day / 24), Power(np.asarray(2120.0), "it"), pue=np.asarray(1.12))
    assert float(megawatts) == pytest.approx(2.21, abs=0.005)


@given(st.lists(boundaries, min_size=2, max_size=6))
def test_a_sum_passes_only_if_every_power_is_at_one_boundary(chain):
    def add() -> Power:
        total = Power(np.asarray(1.0), chain[0])
        for boundary in chain[1:]:
            total = total + Power(np.asarray(1.0), boundary)
        return total

    if len(set(chain)) == 1:
        assert float(add().watts) == len(chain)
    else:
        with pytest.raises(ValueError, match="different boundaries"):
            add()


@given(boundaries, boundaries, st.floats(1.0, 3.0), st.floats(1.0, 1e6))
def test_going_across_and_back_changes_nothing(inner, outer, ratio, watts):
    power = Power(np.asarray(watts), inner)
    there = across(power, to=outer, ratio=np.asarray(ratio))
    assert there.boundary == outer
    assert float(across(there, to=inner, ratio=np.asarray(ratio)).watts) == pytest.approx(watts)


@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_each_boundary_is_a_unit_of_its_own(boundary):
    assert convert(2.0, f"k{Power(np.asarray(1.0), boundary).unit}", f"W_{boundary}") == pytest.approx(2000.0)
    for other in set(BOUNDARIES) - {boundary}:
        with pytest.raises(ValueError, match="another thing"):
            convert(1.0, f"W_{boundary}", f"W_{other}")


@pytest.mark.parametrize("boundary", ["chip", "server", "facility"])
def test_pue_applies_to_it_power_alone(boundary):
    with pytest.raises(ValueError, match=f"W_{boundary} where W_it is needed"):
        facility_megawatts(np.asarray(1.0), Power(np.asarray(1.0), boundary), pue=np.asarray(1.2))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Power(np.asarray(1.0), "meter"), "boundary 'meter' is not known"),
        (lambda: Power(np.asarray(0.0), "it"), "power of 0 W_it is not a positive number"),
        (lambda: Power(np.asarray([1.0, np.nan]), "chip"), "nan W_chip"),
        (lambda: across(Power(np.asarray(1.0), "it"), to="facility", ratio=np.asarray(0.9)), "0.9 .* below one"),
        (lambda: across(Power(np.asarray(1.0), "it"), to="roof", ratio=np.asarray(1.1)), "boundary 'roof'"),
        (lambda: capped_rate(np.asarray(1.0), np.asarray(1.5), np.asarray(0.5)), "cap 1.5 is not in"),
        (lambda: capped_rate(np.asarray(1.0), np.asarray(0.0), np.asarray(0.5)), "cap 0 is not in"),
    ],
)
def test_what_is_no_power_is_refused_with_its_value(make, said):
    with pytest.raises(ValueError, match=said):
        make()


def test_measured_tokens_a_joule():
    """8xB200 on Llama2-70B Offline, MLPerf v5.1: 102,909 tokens a second at 10,401 W at the wall."""
    assert float(work_per_joule(np.asarray(102909.0), Power(np.asarray(10401.0), "server"))) == pytest.approx(
        9.89, abs=0.01
    )


@given(st.floats(0.05, 1.0), st.floats(0.1, 0.95))
def test_a_cap_loses_less_work_than_power(cap, exponent):
    assert float(capped_rate(np.asarray(1.0), np.asarray(cap), np.asarray(exponent))) >= cap - 1e-12
