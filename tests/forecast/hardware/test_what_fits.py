from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shiftcast.features.asof import known_by
from shiftcast.features.calendars import QUARTER_DAYS
from shiftcast.forecast.draws import sample_assumptions
from shiftcast.forecast.hardware.fungibility import fit, fungibility
from shiftcast.forecast.hardware.roofline import mix_formats, roofline
from shiftcast.forecast.hardware.sheet import catalogue
from shiftcast.forecast.hardware.sizing import size_demand
from shiftcast.forecast.workloads import Task


def task(*precisions: str, domain: float = 1.0) -> Task:
    return Task("search", "llm", "total_token", True, "", "", "", 1e9, 0.1, precisions, min_domain=domain)


def machine(formats: str | None, domain: float = 72.0) -> pd.Series:
    return pd.Series({"accelerator": "x", "formats": formats, "scale_up_domain": domain, "bf16_tflops": 1.0,
                      "fp8_tflops": 2.0, "fp4_tflops": 4.0})  # fmt: skip


@pytest.mark.parametrize(
    ("formats", "precision", "peak"),
    [("fp4;fp8;bf16", "fp4", 4.0), ("fp8;bf16", "fp8", 2.0), ("bf16", "bf16", 1.0)],
)
def test_a_task_runs_in_the_best_format_that_both_support(formats, precision, peak):
    found = fit(task("fp4", "fp8", "bf16"), machine(formats))
    assert (found["fits"], found["precision"], found["peak_tflops"]) == ("yes", precision, peak)


def test_embeddings_do_not_run_in_four_bits_because_the_chip_can():
    assert fit(task("int8", "bf16"), machine("fp4;fp8;bf16"))["precision"] == "bf16"


def test_no_format_in_common_or_too_small_a_domain_is_a_no_with_the_reason():
    assert fit(task("fp8"), machine("int8;bf16"))["because"] == "it runs in fp8, the accelerator in int8, bf16"
    small = fit(task("fp8", domain=72.0), machine("fp8", 8.0))
    assert (small["fits"], small["because"]) == ("no", "needs 72 accelerators in one domain, there are 8")


@pytest.mark.parametrize(("formats", "domain"), [(None, 72.0), ("fp8", np.nan)])
def test_what_is_not_on_record_is_unknown_rather_than_a_no(formats, domain):
    found = fit(task("fp8", domain=8.0), machine(formats, domain))
    assert found["fits"] == "unknown"
    assert "not on record" in found["because"]


def test_an_unknown_format_is_refused_by_name():
    with pytest.raises(ValueError, match="number format 'fp2' of search/llm or x is not known; choose from bf16, fp8"):
        fit(task("fp2"), machine("fp8"))


def test_the_matrix_covers_every_task_on_accelerators_and_every_accelerator(record):
    matrix = fungibility(record.hardware, record.registry)
    tasks = [each.name for each in record.registry.tasks if each.on_accelerator]
    assert len(matrix) == len(tasks) * record.hardware.accelerator.nunique()
    fits = matrix.set_index(["task", "accelerator"])
    assert fits.precision["generative/llm", "gb300"] == "fp4"
    assert fits.precision["generative/llm", "h100"] == "fp8"
    assert fits.precision["recsys/deep", "gb300"] == "bf16"
    assert fits.fits["generative/llm", "feynman"] == "unknown"


def test_memory_bounds_what_moves_bytes_and_compute_what_does_not():
    peak, bandwidth = np.array(1e15), np.array(1e12)
    assert float(roofline(peak, bandwidth, flop_per_unit=1e9, efficiency=0.5)) == 5e5
    bound = roofline(peak, bandwidth, flop_per_unit=1e9, efficiency=0.5, bytes_per_unit=1e7, memory_efficiency=0.4)
    assert float(bound) == 4e4


@given(st.floats(1e3, 1e12), st.floats(1.0, 1e9), st.floats(0.01, 1.0), st.floats(0.01, 1.0))
def test_a_second_resource_never_makes_it_faster(flop, moved, compute, memory):
    peak, bandwidth = np.array(1e15), np.array(4e12)
    alone = roofline(peak, bandwidth, flop_per_unit=flop, efficiency=compute)
    both = roofline(
        peak, bandwidth, flop_per_unit=flop, efficiency=compute, bytes_per_unit=moved, memory_efficiency=memory
    )
    assert both <= alone


@pytest.mark.parametrize("name", ["flop_per_unit", "efficiency", "memory_efficiency"])
def test_a_roofline_without_work_or_efficiency_is_refused(name):
    terms = {"flop_per_unit": 1.0, "efficiency": 0.1, "memory_efficiency": 0.1, name: 0.0}
    with pytest.raises(ValueError, match=f"{name} is 0; give a positive figure in workloads.csv"):
        roofline(np.array(1.0), np.array(1.0), **terms)


def test_number_formats_mix_harmonically_and_all_need_a_rate():
    assert mix_formats({"fp8": 0.25, "fp4": 0.75}, {"fp8": 1.0, "fp4": 3.0, "bf16": 9.0}) == pytest.approx(2.0)
    with pytest.raises(ValueError, match=r"shares of the number formats: fp8 0\.5 add up to 0\.5, not 1"):
        mix_formats({"fp8": 0.5}, {"fp8": 1.0})
    with pytest.raises(ValueError, match="number format 'fp4' has work and no throughput; known are"):
        mix_formats({"fp8": 0.5, "fp4": 0.5}, {"fp8": 1.0})


def test_a_billion_requests_a_day_of_400_tokens_on_gb300():
    size = size_demand(1e9, 400.0, 8291.0, it_kw=2.12, utilisation=0.6, pue=1.12)
    assert size.busy_hours == pytest.approx(1e9 * 400 / 8291 / 3600)
    assert round(size.provisioned_hours) == 22_336
    assert round(size.accelerators) == 931
    assert round(size.busy) == 558  # the 931 are provisioned: six in ten of them work at a time
    assert size.megawatts == pytest.approx(2.2, abs=0.05)


@pytest.mark.parametrize(
    ("name", "value"), [("utilisation", 0.0), ("utilisation", 1.2), ("pue", 0.9), ("it_kw", 0.0), ("it_kw", np.nan)]
)
def test_a_term_out_of_range_is_named(name, value):
    terms = {"it_kw": 2.0, "utilisation": 0.5, "pue": 1.2, name: value}
    with pytest.raises(ValueError, match=f"{name} is {value:g}; give a positive figure from"):
        size_demand(1.0, 1.0, 1.0, **terms)


def test_no_throughput_no_size():
    with pytest.raises(ValueError, match="throughput 0 is not positive"):
        size_demand(1.0, 1.0, 0.0, it_kw=1.0, utilisation=0.5, pue=1.2)


@pytest.fixture(scope="module")
def ramps(record):
    return sample_assumptions(record.assumptions[record.assumptions.name.str.startswith("ramp.")], draws=500, seed=0)


def test_the_catalogue_carries_boundaries_ramps_and_what_is_missing(record, ramps):
    done = catalogue(record.hardware, record.throughput, record.registry, ramps)
    table = done.generations.set_index("accelerator")
    assert (table.chip_kw["gb300"], table.it_kw["gb300"]) == (1.4, 2.12)
    assert "power at the IT boundary" in table.missing["feynman"]
    lag = (table.half_ramp - table.available_at).dt.days / QUARTER_DAYS
    assert lag["gb300"] == pytest.approx(1.5, abs=0.1)
    assert lag["rubin_ultra"] == pytest.approx(2.5, abs=0.1)
    assert (table.half_ramp_low < table.half_ramp).all()
    rates = done.rates.set_index(["accelerator", "model", "scenario", "unit"])
    one = rates.loc[("vr200", "deepseek-r1", "server", "output_token/s")]
    assert one.per_it_joule == pytest.approx(16331.8086 / 3300)
    assert set(done.ratios.columns) >= {"old", "new", "per_it_kw", "same_software", "evidence"}
    assert {("gb300", "vr200"), ("h100", "h200")} <= set(zip(done.ratios.old, done.ratios.new, strict=True))


def test_before_the_h100_the_catalogue_has_no_equivalents(record, ramps):
    origin = pd.Timestamp("2021-06-01", tz="UTC")
    early = catalogue(known_by(record.hardware, origin), known_by(record.throughput, origin), record.registry, ramps)
    assert early.generations.accelerator.tolist() == ["a100"]
    assert early.generations.h100e.isna().all()
    assert early.ratios.empty
