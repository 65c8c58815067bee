"""Totals of real traces, against the notes beside them; skipped where the folder of traces is absent."""

import tarfile
from pathlib import Path

import pandas as pd
import pytest

from shiftcast.features.instants import Clock
from shiftcast.pipelines.ingest.load import IngestRequest, read_files
from shiftcast.pipelines.sources.setting import Setting

TRACES = Path(__file__).resolve().parents[4] / "shared" / "data" / "traces"
ANCHOR = pd.Timestamp("2025-01-01", tz="UTC")
pytestmark = pytest.mark.skipif(not TRACES.is_dir(), reason="the traces are not beside the checkout (../shared/data)")


@pytest.fixture
def load(tmp_path):
    """Return a function that reads trace files and gives rows, totals by measure, the closed spool and the report."""

    def totals_of(source, *patterns):
        setting = Setting(Clock(anchor=ANCHOR))
        request = IngestRequest(source, tuple(str(TRACES / each) for each in patterns), setting, ANCHOR, tmp_path)
        report, closed, _ = read_files(request, tmp_path)
        assert report["rows"] == report["stored"] + report["repeated"] + report["quarantined"]
        totals = {}
        for each in report["totals"]:
            if each["status"] != "queued":
                totals[each["measure"]] = totals.get(each["measure"], 0.0) + (each["total"] or 0.0)
        return report["stored"], totals, closed, report

    return totals_of


def test_dlrm(load):
    stored, _, closed, _ = load("dlrm", "alibaba_dlrm_2025/disaggregated_DLRM_trace.csv.gz")
    assert stored == 23871
    spans = pd.read_parquet(closed.parts, columns=["start", "end", "amount", "measure", "accelerator", "how"])
    spans = spans[spans["how"] == "span"]
    hours = pd.read_csv(TRACES / "alibaba_dlrm_2025" / "derived_hourly.csv.gz")
    for name, measure in (("cpu_core_h", "core_hours"), ("gpu_h", "gpu_hours")):
        noted = hours[f"CN_{name}"] + hours[f"HN_{name}"]
        mine = spans[spans["measure"] == measure]
        for day in range(31):
            begin = ANCHOR + pd.Timedelta(days=day)
            ours = (
                mine["end"].clip(upper=begin + pd.Timedelta(days=1)) - mine["start"].clip(lower=begin)
            ).dt.total_seconds()
            got = float((ours.clip(lower=0) * mine["amount"]).sum() / 3600)
            assert got == pytest.approx(noted[day * 24 : day * 24 + 24].sum(), rel=1e-9)


def test_philly(load):
    stored, totals, _, _ = load("jobs", "philly_microsoft_2017/philly_jobs_sia.csv.gz")
    assert stored == 82247
    assert totals["gpu_hours"] == pytest.approx(978_078, abs=0.5)


def test_philly_nodes(load):
    stored, _, _, report = load("occupancy", "philly_microsoft_2017/philly_node_sequence.csv.gz")
    assert stored == 105_644
    assert report["gaps"]["count"] == 1


@pytest.mark.slow
def test_helios(load):
    stored, totals, _, _ = load("occupancy", "helios_earth_sensetime/*_cluster_sequence_vc.csv.gz")
    assert stored == 714_240
    assert totals["gpu_hours"] == pytest.approx(424_773, abs=0.5)


def test_helios_capacity(load):
    stored, _, closed, _ = load("capacity", "helios_earth_sensetime/Earth_gpu_number.csv.gz")
    assert stored == 181
    by_day = pd.read_parquet(closed.parts).groupby("start")["amount"].sum()
    assert (by_day.iloc[0], by_day.iloc[-1]) == (784, 1208)


def test_sacct(load):
    stored, totals, _, _ = load("sacct", "slurm_sacct_xdmod/*.log.gz")
    assert stored == 4285 + 11704
    assert totals["gpu_hours"] == pytest.approx(507, abs=0.5)
    assert totals["core_hours"] == pytest.approx(11_768 + 71_984, abs=1)


@pytest.mark.parametrize(("kind", "rows", "given", "made"), [
    ("code", 8819, 18_059_974, 245_896), ("conv", 19_366, 22_361_870, 4_088_665),
])  # fmt: skip
def test_azure(load, kind, rows, given, made):
    stored, totals, _, _ = load("azure-llm", f"azure_llm_2023/AzureLLMInferenceTrace_{kind}.csv.gz")
    assert (stored, totals["input_tokens"], totals["output_tokens"]) == (rows, given, made)


def test_mooncake(load):
    stored, totals, _, _ = load("mooncake", "mooncake_kimi/conversation_trace.jsonl.gz")
    assert (stored, totals["input_tokens"], totals["output_tokens"]) == (12_031, 144_793_823, 4_122_048)


def test_focus(load):
    stored, totals, _, _ = load("focus", "finops_focus/focus_sample.csv.gz")
    assert stored == 1000
    assert totals["gpu_hours"] == pytest.approx(7.97, abs=0.005)  # six hours of A10G, two of M60


def test_servegen_rates_of_one_model(load, tmp_path):
    """One model of five, for time: the sum of its rates is the note's hourly sum."""
    part = tmp_path / "part.tar"
    trace = TRACES / "servegen_alibaba_bailian" / "trace_csv.tar.gz"
    with tarfile.open(trace) as whole, tarfile.open(part, "w") as fewer:
        for member in whole:
            if "deepseek-r1" in member.name and member.isfile():
                fewer.addfile(member, whole.extractfile(member))
    stored, totals, _, _ = load("servegen", str(part))
    noted = pd.read_csv(TRACES / "servegen_alibaba_bailian" / "derived_hourly_requests.csv.gz")
    assert stored == 10_512
    assert totals["requests"] == pytest.approx(noted[noted["k"].str.contains("deepseek-r1")]["requests"].sum())


def test_node_stock_and_pods(load):
    stored, totals, _, _ = load("capacity", "alibaba_gpu_v2023_openb/openb_node_list_all_node.csv.gz")
    assert (stored, totals["accelerators"]) == (1523, 6212)


def test_pods(load):
    assert load("pods", "alibaba_gpu_v2023_openb/openb_pod_list_default.csv.gz")[0] == 8152


def test_clusters_without_plans_and_doubles(load):
    stored, _, _, report = load("capacity", "epoch_ai_capacity/gpu_clusters.csv.gz")
    assert report["rows"] == 786
    assert stored > 250


def test_formats_of_kubernetes_and_a_national_laboratory(load):
    assert load("opencost", "k8s_opencost_dcgm/opencost_csv_export_expected.csv")[1]["gpu_hours"] == 48


def test_first_jobs_of_a_laboratory(load):
    stored, _, _, report = load("jobs", "nrel_eagle_sample/sample_eagle_data.csv.gz")
    assert (report["rows"], stored) == (1000, 959)  # tasks of an array that nothing tells apart count once
