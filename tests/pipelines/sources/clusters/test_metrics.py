"""Metrics: one target that two scrape is one, and a GPU's counter is the GPU's, whoever holds it."""

import json

import pandas as pd
import pytest

from shiftcast.features.instants import Clock
from shiftcast.pipelines.ingest.load import IngestRequest, ingest
from shiftcast.pipelines.sources.clusters.metrics import metrics, series_of
from shiftcast.pipelines.sources.setting import Setting
from shiftcast.pipelines.sources.table import UnreadableFileError, read_table
from shiftcast.pipelines.store import Store

DAY = pd.Timestamp("2026-02-01", tz="UTC")
START = 1740787200


def entry(labels, *values, step=30, first=0, name="vllm:prompt_tokens_total"):
    return {"metric": {"__name__": name, **labels},
            "values": [[START + first + step * place, str(value)] for place, value in enumerate(values)]}  # fmt: skip


def answer(*entries, **more):
    return {"status": "success", "data": {"resultType": "matrix", "result": list(entries)}, **more}


def total(tmp_path, measure, *answers):
    path = tmp_path / "range.json"
    path.write_text("\n".join(json.dumps(each) for each in answers))
    ingest(IngestRequest("prometheus", (str(path),), Setting(), DAY, tmp_path / "store"))
    usage = Store(tmp_path / "store").as_of(DAY + pd.Timedelta(days=9), measure=measure)
    return usage["value"].sum()


TARGET = {"model_name": "llama", "instance": "10.0.0.1:8000", "job": "vllm"}
A, B = TARGET | {"prometheus_replica": "a"}, TARGET | {"prometheus_replica": "b"}


@pytest.mark.parametrize("label", ["prometheus_replica", "replica", "__replica__", "thanos_replica"])
def test_two_replicas_of_one_target_are_one(tmp_path, read, label):
    pair = [entry(TARGET | {label: "a"}, 1000, 2000, 3000, 4000),
            entry(TARGET | {label: "b"}, 1200, 2200, 3200, 4200, first=7)]  # fmt: skip
    assert total(tmp_path, "input_tokens", answer(*pair)) == 3000
    got = read("prometheus", json.dumps(answer(*pair)))
    assert (got.rows, got.found["counter_resets"]) == (8, 0)
    assert got.points["value"].drop_duplicates().tolist() == [1000, 2000, 3000, 4000]


def test_a_replica_fills_the_gap_of_another(tmp_path):
    gap = [entry(A, 1000, 2000), entry(A, 9000, first=300), entry(B, *range(1200, 9001, 1000), first=7)]
    assert total(tmp_path, "input_tokens", answer(*gap)) == 7800


def test_three_replicas_one_of_them_with_a_damaged_sample(read):
    three = [entry(TARGET | {"prometheus_replica": each}, *range(0, 4000, 1000), first=first)
             for each, first in (("a", 0), ("b", 7), ("c", 29))]  # fmt: skip
    three[1]["values"][2] = ["x"]
    got = read("prometheus", json.dumps(answer(*three)))
    assert got.points["value"].drop_duplicates().tolist() == [0, 1000, 2000, 3000]
    assert (got.quarantined["reason"].str.contains("same") | got.quarantined["column"].ne("identity")).all()
    single = [entry(TARGET | {"replica": each}, 5, first=first) for each, first in (("a", 0), ("b", 7))]
    assert read("prometheus", json.dumps(answer(*single))).points["value"].drop_duplicates().tolist() == [5]


def test_replicas_of_a_model_are_no_replicas_of_a_scraper(tmp_path):
    pair = [entry({"replica": "1"}, 0, 1000), entry({"replica": "2"}, 0, 500)]
    assert total(tmp_path, "input_tokens", answer(*pair)) == 1500


ENERGY = "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION"
WH = 3_600_000  # mJ


@pytest.mark.parametrize("device", [{"UUID": "GPU-1"}, {"Hostname": "n1", "gpu": "0"}])
def test_a_counter_of_a_gpu_grows_on_when_another_pod_is_given_it(tmp_path, device):
    one = entry(device | {"pod": "a", "namespace": "x"}, 0, WH, 2 * WH, name=ENERGY)
    two = entry(device | {"pod": "b", "namespace": "x"}, 3 * WH, 4 * WH, first=90, name=ENERGY)
    assert total(tmp_path, "gpu_energy", answer(one, two)) == pytest.approx(4)


def test_a_gpu_s_own_reading_repeated_for_its_slices_counts_once_and_a_slice_s_own_each(read):
    cut = [entry({"UUID": "GPU-1", "GPU_I_ID": place}, WH, name=ENERGY) for place in "12"]
    active = [entry({"UUID": "GPU-1", "GPU_I_ID": place}, 0.5, name="DCGM_FI_PROF_SM_ACTIVE") for place in "12"]
    got = read("prometheus", json.dumps(answer(*cut, *active)))
    assert sorted(got.points["measure"]) == ["gpu_energy", "sm_active", "sm_active"]


def test_a_hidden_restart_is_a_fall_within_the_device_s_series(tmp_path):
    one = entry({"UUID": "GPU-1", "pod": "a"}, 10 * WH, 11 * WH, name=ENERGY)
    two = entry({"UUID": "GPU-1", "pod": "b"}, WH, 3 * WH, first=60, name=ENERGY)
    assert total(tmp_path, "gpu_energy", answer(one, two)) == pytest.approx(1 + 1 + 2)


def test_lines_with_a_series_each_lists_and_vectors(tmp_path, read):
    line = {"metric": {"__name__": "vllm:prompt_tokens_total", **TARGET}, "values": [10, 30], "timestamps": [
        START * 1000, (START + 30) * 1000]}  # fmt: skip
    other = {**line, "metric": {**line["metric"], "instance": "b"}}
    assert total(tmp_path, "input_tokens", line, other) == 40
    got = read("prometheus", json.dumps([entry(TARGET, 1, 2)]))
    assert got.stored == 2
    vector = {"status": "success", "data": {"resultType": "vector", "result": [
        {"metric": {"__name__": "vllm:num_requests_running"}, "value": [START, "3"]}]}}  # fmt: skip
    assert read("prometheus", json.dumps(vector)).points["value"].tolist() == [3]


def test_an_expression_has_no_name_and_needs_a_description(read, tmp_path):
    text = json.dumps(answer({"metric": {"pod": "a"}, "values": [[START, "5"]]}))
    got = read("prometheus", text)
    assert got.quarantined["reason"].str.contains("metric is empty").all()
    assert not got.found["unresolved"]
    path = tmp_path / "map.csv"
    path.write_text("metric,measure,unit,how,factor\n,input_tokens,input_token,sum,1\n")
    told = read("prometheus", text, setting=Setting(Clock(), mapping=read_table(path)))
    assert told.total("input_tokens") == 5


@pytest.mark.parametrize("bad", [
    {"status": "success", "data": {"resultType": "scalar", "result": [START, "1"]}},
    {"status": "success", "isPartial": True, "data": {"result": []}}, {"status": "error", "error": "x"}, {"a": 1},
])  # fmt: skip
def test_an_answer_without_series_or_in_part_is_refused(read, bad):
    with pytest.raises(UnreadableFileError, match="again"):
        read("prometheus", json.dumps(bad))


def test_warnings_of_an_answer_are_listed(read):
    got = read("prometheus", json.dumps(answer(entry(TARGET, 1), warnings=["a store did not reply"])))
    assert list(got.found["unresolved"]) == ["warning of the answer: a store did not reply"]


def test_aborted_requests_are_failed(read):
    text = ('vllm:request_success_total{finished_reason="stop"} 5 1740787200000\n'
            'vllm:request_success_total{finished_reason="abort"} 2 1740787200000 # {trace_id="x"} 1\n'
            '{__name__="vllm:num_requests_running"} 2 1740787200000\n')  # fmt: skip
    got = read("prometheus", text)
    assert sorted(got.points["status"]) == ["failed", "served", "served"]


def test_devices_asked_for_are_their_part(read):
    name = "kube_pod_container_resource_requests"
    asked = {"nvidia_com_gpu": 2, "nvidia_com_mig_1g_6gb": 2, "amd_com_gpu": 1, "nvidia_com_gpumem": 9000, "cpu": 4,
             "example_com_gpu": 1}  # fmt: skip
    got = read("prometheus", json.dumps(answer(*(entry({"resource": each, "pod": each}, count, name=name)
                                                 for each, count in asked.items()))))  # fmt: skip
    assert sorted(got.points["value"]) == [0.5, 1, 2]
    assert len(got.quarantined) == 3


def test_every_metric_says_what_it_is_of():
    assert {spec["device"] for spec in metrics().values()} == {"", "gpu", "slice"}
    assert series_of({"pod": "a"}, "gpu") == "pod=a"


SMI = ("timestamp, index, uuid, name, utilization.gpu [%], power.draw [W], power.draw.instant [W], memory.used [MiB]\n"
       "2025/03/01 12:00:00.123, 0, GPU-1, NVIDIA H100 80GB HBM3, 50 %, 350.5 W, 300 W, 1000 MiB\n"
       "2025/03/01 12:00:00.125, 1, GPU-2, NVIDIA H100 80GB HBM3, [N/A], [Not Supported], 9 W, 1000 MiB\n")  # fmt: skip


@pytest.mark.parametrize("text", [SMI, SMI.replace(" %,", ",").replace(" W,", ",").replace(" MiB\n", "\n")])
def test_what_a_driver_prints_with_units_or_without(read, text):
    got = read("nvidia-smi", text)
    values = got.points.groupby("measure")["value"].apply(list).to_dict()
    assert values == {"gpu_utilisation": [0.5], "gpu_power": [350.5], "gpu_memory_used": [1000, 1000]}
    assert set(got.points["accelerator"]) == {"h100"}
    assert got.points["at"].min() == pd.Timestamp("2025-03-01 12:00:00.123", tz="UTC")


def test_a_reading_is_known_by_its_gpu_and_moment_and_counts_once(read, normalised):
    assert read("nvidia-smi", SMI + SMI.splitlines()[1] + "\n").stored == 2
    assert normalised("nvidia-smi", SMI).identity.tolist()[0] == "GPU-1|||2025-03-01T12:00:00.123000"
    nameless = SMI.replace("uuid", "pstate")
    assert normalised("nvidia-smi", nameless).identity.isna().all()


def test_other_units_empty_readings_and_a_missing_header(read):
    got = read("nvidia-smi", SMI.replace("1000 MiB", "1 GiB") +
               "2025/03/01 12:00:01, 0, GPU-1, NVIDIA H100 80GB HBM3, [N/A], [N/A], [N/A], [N/A]\n")  # fmt: skip
    assert sorted(got.quarantined["column"]) == ["memory.used", "memory.used", "timestamp"]
    with pytest.raises(UnreadableFileError, match="without noheader"):
        read("nvidia-smi", SMI.split("\n", 1)[1])
    with pytest.raises(UnreadableFileError, match="no column of readings"):
        read("nvidia-smi", "timestamp, uuid\n2025/03/01 12:00:00.123, GPU-1\n")
