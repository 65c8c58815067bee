"""Generation ratios from the shipped records, by hand and against the table of ratios where it is to be had."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from shiftcast.forecast.hardware.equivalents import h100_equivalents
from shiftcast.forecast.hardware.power import latest, power_kw
from shiftcast.forecast.hardware.ratios import best_record, generation_ratio
from shiftcast.forecast.hardware.software import software_series
from shiftcast.forecast.support import OutOfSupportError

TABLE = Path(__file__).resolve().parents[4] / "shared/data/hardware/ratios.csv"
NAMES = {"VR": "vr200"}
ROUND = "MLPerf v6.1, NVIDIA"
FLAGGED = ("h200", "b200", "llama3.1-8b", "Interactive")  # H200's submission is flagged (unit suspect) and left out
SAME_SIZE = {"deepseek-r1", "qwen3-vl-235b-a22b"}  # compared within one round at 72 accelerators, not best of any


def compare(record, old, new, model, scenario, **software):
    records = [
        best_record(record.throughput, name, model=model, scenario=scenario, software=software.get(name))
        for name in (old, new)
    ]
    return generation_ratio(*records, record.hardware)


def test_grace_blackwell_ultra_over_grace_blackwell_by_hand(record):
    found = compare(record, "gb200", "gb300", "deepseek-r1", "server", gb200=ROUND, gb300=f"{ROUND} NVL72")
    assert found.per_accelerator == pytest.approx(8290.8889 / 5499.1667)
    assert found.per_chip_watt == pytest.approx(8290.8889 / 5499.1667 * 1200 / 1400)
    assert found.per_it_kw == pytest.approx(8290.8889 / 5499.1667 * 1.87 / 2.12)
    assert (found.same_software, found.evidence, found.missing) == (True, "measured", "")


def test_a_ratio_across_rounds_says_that_it_holds_software_gain(record):
    assert not compare(record, "h200", "gb300", "llama2-70b-99.9", "offline").same_software


def test_a_ratio_without_a_power_figure_says_whose(record):
    found = compare(record, "a100", "h100", "bert-99", "server")
    assert found.per_accelerator == pytest.approx(7503.01 / 3175.47)
    assert found.per_chip_watt == pytest.approx(7503.01 / 3175.47 * 400 / 700)
    assert pd.isna(found.per_it_kw)
    assert "power of a100 at the it boundary: it_kw is empty" in found.missing


def test_two_records_of_different_things_have_no_ratio(record):
    old = best_record(record.throughput, "gb200", model="deepseek-r1", scenario="server")
    new = best_record(record.throughput, "gb300", model="deepseek-r1", scenario="offline")
    with pytest.raises(ValueError, match="gb200 has scenario 'server' and gb300 'offline'; a ratio needs"):
        generation_ratio(old, new, record.hardware)


def test_a_record_that_is_not_there_is_refused_with_those_that_are(record):
    with pytest.raises(OutOfSupportError, match="chess server on vr200: measured on it are deepseek-r1 interactive"):
        best_record(record.throughput, "vr200", model="chess", scenario="server")
    with pytest.raises(OutOfSupportError, match="under MLPerf v0"):
        best_record(record.throughput, "vr200", model="deepseek-r1", scenario="server", software="MLPerf v0")


@pytest.mark.skipif(not TABLE.exists(), reason="the table of ratios is not beside this checkout")
def test_every_row_of_the_table_of_ratios_follows_from_the_shipped_records(record):
    table = pd.read_csv(TABLE)
    assert len(table) == 66
    matched = 0
    for row in table.itertuples():
        old, new = (NAMES.get(name, name.lower()) for name in (row.frm, row.to))
        if (old, new, row.model, row.scenario) == FLAGGED:
            continue
        software = {}
        if row.model in SAME_SIZE:
            nvl72 = new == "gb300" or old == "gb300"
            software = dict.fromkeys((old, new), ROUND)
            if nvl72 and row.model == "deepseek-r1" and row.scenario != "Interactive":
                software["gb300"] = f"{ROUND} NVL72"
        found = compare(record, old, new, row.model, row.scenario.lower(), **software)
        where = f"{row.frm} to {row.to}, {row.model} {row.scenario}"
        assert found.per_accelerator == pytest.approx(row.to_per_gpu / row.from_per_gpu, rel=1e-4), where
        assert found.per_accelerator == pytest.approx(row.ratio_per_gpu, abs=0.0051), where
        if (old, new) != ("b200", "b300"):  # the table has two figures of B300's chip power, the record one
            assert found.per_chip_watt == pytest.approx(row.ratio_per_tgp_watt, abs=0.0051), where
        assert found.per_it_kw == pytest.approx(row.ratio_per_allin_kw, abs=0.0051), where
        matched += 1
    assert matched == 65


def test_equivalents_by_specification_are_ratios_of_the_8_bit_peak(record):
    found = h100_equivalents(record.hardware, record.throughput, kind="specification").set_index("accelerator")
    assert found.h100e["gb300"] == pytest.approx(5000 / 1979)
    assert found.h100e["h100"] == 1
    assert set(found.kind) == {"specification"}
    assert "feynman" not in found.index


def test_equivalents_by_work_name_model_tier_and_software_and_differ_from_those_by_specification(record):
    found = h100_equivalents(
        record.hardware, record.throughput, kind="work", model="llama2-70b-99.9", scenario="offline"
    ).set_index("accelerator")
    assert found.h100e["gb200"] == pytest.approx(12934.225 / 3902.4688)
    assert found.basis["gb200"].startswith("llama2-70b-99.9 offline, MLPerf v5.1")
    assert found.h100e["gb200"] > 5000 / 1979 * 1.2


def test_equivalents_without_a_name_or_a_unit_are_refused(record):
    with pytest.raises(ValueError, match="kind 'peak' with model None: choose specification, or work with a model"):
        h100_equivalents(record.hardware, record.throughput, kind="peak")
    with pytest.raises(ValueError, match="choose specification, or work"):
        h100_equivalents(record.hardware, record.throughput, kind="work", model="deepseek-r1")
    with pytest.raises(OutOfSupportError, match="by work on deepseek-r1 server: measured are b200, b300, gb200"):
        h100_equivalents(record.hardware, record.throughput, kind="work", model="deepseek-r1", scenario="server")


def test_software_alone_gained_nearly_threefold_on_one_system(record):
    series = software_series(record.throughput)
    mine = series.query("accelerator == 'gb300' and model == 'deepseek-r1' and scenario == 'server'")
    assert mine.value.tolist()[0] == pytest.approx(2907.3333)
    assert mine.gain.tolist() == pytest.approx([1.0, 8063.75 / 2907.3333, 8447.2875 / 2907.3333])
    assert pd.isna(mine.yearly.iloc[0])
    assert mine.yearly.iloc[-1] == pytest.approx(mine.gain.iloc[-1] ** (365.25 / 386) - 1)


def test_embedding_bound_ranking_hardly_gained(record):
    series = software_series(record.throughput)
    dlrm = series[series.model.str.startswith("dlrm-v2") & (series.accelerator == "h200")]
    assert dlrm.yearly.dropna().abs().max() < 0.02


@pytest.mark.parametrize(("boundary", "kw"), [("chip", 0.7), ("it", 1.37), ("utility", 1.73)])
def test_power_is_read_at_the_boundary_that_was_asked_for(record, boundary, kw):
    assert power_kw(record.hardware, "h100", boundary=boundary) == pytest.approx(kw)


def test_power_that_is_not_on_record_is_refused_with_row_and_remedy(record):
    with pytest.raises(
        OutOfSupportError, match=r"power of gb300 at the utility boundary: utility_kw is empty, and chip_w"
    ):
        power_kw(record.hardware, "gb300", boundary="utility")
    with pytest.raises(
        OutOfSupportError, match=r"and no figure at another boundary .* row of feynman in hardware\.csv"
    ):
        power_kw(record.hardware, "feynman", boundary="it")
    with pytest.raises(ValueError, match="power boundary 'rack' is not known; choose one of chip, it, utility"):
        power_kw(record.hardware, "h100", boundary="rack")


def test_an_accelerator_that_is_not_in_the_catalogue_is_refused_with_those_that_are(record):
    with pytest.raises(OutOfSupportError, match="accelerator 'h900': the catalogue holds a100, b200"):
        latest(record.hardware, "h900")


def test_a_later_row_wins(record):
    rows = record.hardware.query("accelerator == 'h100'")
    newer = rows.tail(1).assign(known_at=pd.Timestamp("2027-01-01", tz="UTC"), it_kw=9.0)
    assert latest(pd.concat([newer, rows]), "h100")["it_kw"] == 9.0
