from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from shiftcast.features.asof import known_by
from shiftcast.features.frames import Hardware, empty
from shiftcast.forecast.hardware.generations import GenerationPrior, generation_throughput, nvidia_generations
from shiftcast.forecast.workloads import Task
from shiftcast.pipelines.sources.beliefs import shipped_beliefs

GENERATIONS = GenerationPrior(**shipped_beliefs().of("generations"))


def utc(text: str) -> pd.Timestamp:
    return pd.Timestamp(text, tz="UTC")


@pytest.fixture(scope="module")
def generations(record):
    return nvidia_generations(record.hardware, GENERATIONS)


def records(*rows: tuple[str, float]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["accelerator", "value"])
    return table.assign(
        model="bert-99", unit="sample/s", scenario="offline", source="here", measured_at=utc("2025-06-01"),
        evidence="measured",
    )  # fmt: skip


def test_generations_come_in_order_of_availability_with_one_accelerator_each(generations):
    assert generations.available_at.is_monotonic_increasing
    assert len(set(generations.names)) == len(generations.names) == len(generations.accelerators)
    assert generations.names.index("hopper") < generations.names.index("blackwell") < generations.names.index("rubin")


def test_every_generation_has_every_figure(generations):
    for column in ("price", "price_sd_log", "it_kw", "h100e", "fp8_tflops", "hbm_tbs"):
        values = getattr(generations, column)
        assert np.isfinite(values).all()
        assert (values > 0).all()


def test_power_is_what_the_racks_state_from_the_day_it_was_known(record):
    """600 kW over 144 packages and 120 kW over 72; a chip's power times a server's overhead would give 6.3 and 2.1."""
    then = nvidia_generations(known_by(record.hardware, utc("2025-06-01")), GENERATIONS)
    kw = dict(zip(then.names, then.it_kw, strict=True))
    assert (kw["rubin_ultra"], kw["blackwell"]) == (4.17, 1.67)
    assert not {"rubin_ultra.it_kw", "blackwell.it_kw"} & set(then.filled)


def test_equivalents_are_relative_to_the_h100(generations, record):
    h100 = record.hardware.query("accelerator == 'h100'").fp8_tflops.iloc[0]
    assert generations.h100e == pytest.approx(generations.fp8_tflops / h100)


def test_the_row_order_of_the_catalogue_does_not_matter(generations, record):
    again = nvidia_generations(record.hardware.sample(frac=1.0, random_state=5), GENERATIONS)
    assert again.accelerators == generations.accelerators
    assert again.price.tolist() == generations.price.tolist()
    assert again.h100e.tolist() == generations.h100e.tolist()


def test_before_the_h100_was_known_there_is_no_unit_of_equivalents(record):
    with pytest.raises(ValueError, match="knows no h100 row at this origin; choose one after 2022-09"):
        nvidia_generations(known_by(record.hardware, utc("2021-01-01")), GENERATIONS)


def test_an_empty_catalogue_is_refused_in_the_same_words():
    with pytest.raises(ValueError, match="knows no h100 row"):
        nvidia_generations(empty(Hardware), GENERATIONS)


def test_a_later_row_of_an_accelerator_wins(record):
    newer = record.hardware.query("accelerator == 'h100'").tail(1)
    newer = newer.assign(known_at=utc("2026-11-01"), it_kw=9.0, scale_up_domain=10_000.0, price_usd=1.0)
    after = nvidia_generations(pd.concat([record.hardware, newer]), GENERATIONS)
    at = after.names.index("hopper")
    assert (after.accelerators[at], after.it_kw[at], after.price[at]) == ("h100", 9.0, 1.0)


def test_a_missing_figure_is_carried_with_the_root_of_the_peak_and_named(record):
    hardware = record.hardware[record.hardware.accelerator.isin(["h100", "gb200"])].copy()
    hardware.loc[hardware.accelerator == "gb200", ["price_usd", "price_sd_log"]] = np.nan
    after = nvidia_generations(hardware, GENERATIONS)
    assert "blackwell.price_usd" in after.filled
    assert after.price[1] / after.price[0] == pytest.approx(np.sqrt(after.fp8_tflops[1] / after.fp8_tflops[0]))
    assert after.price_sd_log[1] == 0.4


def test_a_cancelled_accelerator_is_no_generation(record):
    rubin = record.hardware.family == "rubin"
    cancelled = record.hardware.assign(status=record.hardware.status.mask(rubin, "cancelled"))
    after = nvidia_generations(cancelled, GENERATIONS)
    assert "rubin" not in after.names


def task(model: str, unit: str, bound: str) -> Task:
    return Task("search", "deep", "sample", True, model, unit, bound, 1e9, 0.1)


def test_measured_throughput_is_the_median_of_a_family(generations):
    rows = records(("h100", 10.0), ("h200", 20.0), ("h100", 60.0))
    found = generation_throughput(rows, generations, task("bert", "sample/s", "compute"))
    at = generations.names.index("hopper")
    assert found.value[at] == 20.0
    assert found.measured == tuple(name == "hopper" for name in generations.names)
    assert found.evidence[at] == "measured"
    assert set(found.evidence) == {"measured", "scaled"}


def test_a_pool_is_no_better_evidence_than_its_weakest_record_and_as_old_as_their_median(generations):
    rows = records(("gb200", 10.0), ("b200", 12.0), ("gb200", 11.0)).assign(
        evidence=["measured", "vendor", "independent"],
        measured_at=[utc("2025-01-01"), utc("2025-03-01"), utc("2026-01-01")],
    )
    found = generation_throughput(rows, generations, task("bert", "sample/s", "compute"))
    assert found.evidence[generations.names.index("blackwell")] == "vendor"
    assert set(found.days) == {utc("2025-03-01")}


@pytest.mark.parametrize(("bound", "peak"), [("compute", "fp8_tflops"), ("memory", "hbm_tbs")])
def test_an_unmeasured_generation_is_scaled_by_the_root_of_the_peak_that_bounds_it(generations, bound, peak):
    known = generations.accelerators.index("gb200")
    found = generation_throughput(records(("gb200", 10.0)), generations, task("", "sample/s", bound))
    peaks = getattr(generations, peak)
    assert found.value == pytest.approx(10.0 * np.sqrt(peaks / peaks[known]))
    assert found.measured == tuple(name == "gb200" for name in generations.accelerators)


@pytest.mark.parametrize(("model", "unit"), [("dlrm", "sample/s"), ("bert", "query/s")])
def test_without_any_record_the_roofline_stands_in_and_nothing_counts_as_measured(generations, model, unit):
    found = generation_throughput(records(("gb200", 1.0)), generations, task(model, unit, "compute"))
    assert found.value == pytest.approx(0.1 * generations.fp8_tflops * 1e12 / 1e9)
    assert set(found.evidence) == {"roofline"}
    assert not any(found.measured)


def test_a_record_of_nought_is_refused_with_its_row(generations):
    with pytest.raises(ValueError, match=r"throughput\.csv: gb200 on bert-99 \(offline\) has 0 sample/s.*read at here"):
        generation_throughput(records(("gb200", 0.0)), generations, task("bert", "sample/s", "compute"))
