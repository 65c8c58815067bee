"""Series: Prometheus samples, occupancy, capacity, and tables with a mapping."""

import json

import pandas as pd
import pytest

from shiftcast.features.instants import Clock
from shiftcast.pipelines.sources.setting import Setting
from shiftcast.pipelines.sources.table import UnreadableFileError, read_table

EXPOSITION = """# HELP DCGM_FI_DEV_GPU_UTIL GPU utilization (in %).
# TYPE DCGM_FI_DEV_GPU_UTIL gauge
DCGM_FI_DEV_GPU_UTIL{gpu="0",UUID="GPU-1",modelName="NVIDIA H100 80GB HBM3",pod="a\\"b"} 50 1767225600000
DCGM_FI_DEV_GPU_UTIL{gpu="1",UUID="GPU-2",modelName="NVIDIA H100 80GB HBM3"} 9223372036854775794 1767225600000
DCGM_FI_DEV_GPU_UTIL{gpu="2",UUID="GPU-3",modelName="NVIDIA H100 80GB HBM3"} NaN 1767225600000
DCGM_FI_DEV_GPU_UTIL{gpu="3",UUID="GPU-4"} 130 1767225600000
some_other_metric 1 1767225600000
not a sample at all
"""


def test_exposition_keeps_readings_and_names_the_missing(read):
    got = read("prometheus", EXPOSITION, file="metrics.txt")
    assert (got.rows, got.stored) == (6, 1)
    assert got.points[["value", "how", "accelerator"]].to_numpy().tolist() == [[0.5, "mean", "h100"]]
    reasons = got.quarantined.set_index("line")["reason"]
    assert "sentinel" in reasons[4]
    assert "no finite number" in reasons[5]
    assert "0 to 100" in reasons[6]
    assert "--map" in reasons[7]
    assert "not a sample" in reasons[8]
    assert list(got.found["unresolved"]) == ["some_other_metric"]


def test_a_scrape_without_times_was_taken_at_the_anchor(read):
    text = "vllm:num_requests_running 3\n"
    assert read("prometheus", text).points["at"].iloc[0] == pd.Timestamp("2025-01-01", tz="UTC")
    with pytest.raises(UnreadableFileError, match="--anchor"):
        read("prometheus", text, setting=Setting())


def answer(*series):
    result = [{"metric": {"__name__": name, "instance": place}, "values": values} for name, place, values in series]
    return json.dumps({"status": "success", "data": {"resultType": "matrix", "result": result}})


def test_a_range_query_with_a_counter_that_restarts_and_a_gap(read):
    values = [[1767225600 + 60 * step, str(value)] for step, value in [(0, 10), (1, 30), (2, 5), (3, 6), (9, 8)]]
    got = read("prometheus", answer(("vllm:generation_tokens_total", "a", values)))
    assert got.stored == 5
    assert set(got.points["how"]) == {"counter"}
    assert got.found["counter_resets"] == 1
    assert got.found["gaps"]["count"] == 1
    assert got.found["gaps"]["longest"][0]["to"].startswith("2026-01-01 00:09")


def test_a_sample_without_its_two_parts_and_one_that_is_there_twice(read):
    got = read("prometheus", answer(("vllm:num_requests_running", "a", [[1767225600, "1"], [1767225600, "1"], [7]])))
    assert (got.rows, got.stored) == (3, 1)


def test_users_describe_further_metrics(read, tmp_path):
    path = tmp_path / "metrics.csv"
    path.write_text("metric,measure,unit,how,factor\nmy_metric,tasks,task,last,2\n")
    setting = Setting(Clock(anchor=pd.Timestamp("2026-01-01", tz="UTC")), mapping=read_table(path))
    got = read("prometheus", "my_metric 4\n", setting=setting)
    assert got.points[["measure", "value"]].to_numpy().tolist() == [["tasks", 8.0]]


def test_a_failed_query_is_no_data(read):
    with pytest.raises(UnreadableFileError, match="query_range"):
        read("prometheus", '{"status": "error"}')


OCCUPANCY = """time,total_gpu_num,running_gpu_num,pending_gpu_num,idle_gpu_num
2020-05-01 00:00:00,64,59,0,5
2020-05-01 00:01:00,64,60,8,4
2020-05-01 00:02:00,64,64,0,0
2020-05-01 00:02:00,64,64,0,0
2020-05-01 00:10:00,64,60,0,5
2020-05-01 00:20:00,64,60,0,4
2020-05-01 00:19:00,64,60,0,4
"""


def test_each_reading_holds_for_a_step_and_must_balance(read):
    got = read("occupancy", OCCUPANCY)
    assert (got.rows, got.stored) == (7, 5)
    minute = 1 / 60
    assert got.total("gpu_hours", "served") == pytest.approx((59 + 60 + 64 + 60 + 60) * minute)
    assert got.total("idle_gpu_hours") == pytest.approx((5 + 4 + 4 + 4) * minute)
    assert got.total("gpu_hours", "queued") == pytest.approx(8 * minute)
    assert got.found["clock_jumps"] == 1
    assert got.found["gaps"]["count"] == 1
    assert {"add up" in each or "the same stands" in each for each in got.quarantined["reason"]} == {True}


def test_nodes_have_hours_of_their_own(read):
    got = read("occupancy", "time,active,total\n2020-05-01 00:00:00,3,4\n2020-05-01 01:00:00,4,4\n")
    assert (got.total("node_hours"), got.total("idle_node_hours")) == (7, 1)


def test_a_single_reading_has_no_length(read):
    with pytest.raises(UnreadableFileError, match="fewer than two"):
        read("occupancy", "\n".join(OCCUPANCY.splitlines()[:2]))


def test_a_list_adds_capacity_on_its_day_and_leaves_plans_and_doubles_out(read):
    got = read("capacity", "Name,Status,Chip type (primary),Chip quantity (primary),First Operational Date,Owner,"
               "Country,Superseded by\nA,Existing,NVIDIA H100 SXM5 80GB,1000,2024-05-01,O,Norway,\n"
               "B,Planned,NVIDIA GB200,5,2027-01-01,O,Norway,\nC,Existing,Google TPU v4,5,2024-01-01,O,Norway,A\n"
               "D,Existing,PEZY-SC2,,2024-01-01,O,Japan,\n")  # fmt: skip
    assert got.total("accelerators_added") == 1000
    assert got.points[["accelerator", "operator", "region"]].to_numpy().tolist() == [["h100", "O", "Norway"]]
    assert got.stored == 1
    assert "PEZY-SC2" in got.found["unresolved"]


def test_a_list_without_dates_is_a_stock_at_the_anchor(read):
    text = "sn,cpu_milli,gpu,model\nn0,64000,2,P100\nn1,64000,8,T4\n"
    got = read("capacity", text)
    assert got.total("accelerators") == 10
    with pytest.raises(UnreadableFileError, match="--anchor"):
        read("capacity", text, setting=Setting())


def test_a_day_a_row_and_a_column_a_part(read):
    got = read("capacity", "date,a,b,total\n2020-04-01,1,2,3\n2020-04-02,1,2,4\n")
    assert got.stored == 1
    assert got.points[["user", "value"]].to_numpy().tolist() == [["a", 1.0], ["b", 2.0]]
    with pytest.raises(UnreadableFileError, match="no column of counts"):
        read("capacity", "date\n2020-04-01\n")


def mapped(tmp_path, *rows):
    path = tmp_path / "map.csv"
    path.write_text("role,column,constant\n" + "\n".join(",".join(row) for row in rows) + "\n")
    return Setting(mapping=read_table(path))


def test_a_mapping_makes_spans(read, tmp_path):
    setting = mapped(tmp_path, ("start", "von", ""), ("duration_s", "dauer", ""), ("amount", "karten", ""),
                     ("measure", "", "gpu_hours"), ("unit", "", "accelerator_hour"), ("workload", "art", ""),
                     ("clue.name", "art", ""), ("identity", "nr", ""))  # fmt: skip
    rows = ["nr;von;dauer;karten;art", "1;2026-01-01;3600;8;ads", "1;2026-01-01;3600;8;ads", "2;2026-01-01;1;-1;ads"]
    got = read("table", "\n".join(rows), setting=setting)
    assert (got.stored, got.total("gpu_hours")) == (1, 8)
    assert got.spans["workload"].tolist() == ["ads"]


def test_a_mapping_makes_points(read, tmp_path):
    setting = mapped(tmp_path, ("at", "t", ""), ("value", "n", ""), ("measure", "m", ""), ("unit", "", "request"),
                     ("how", "h", ""))  # fmt: skip
    got = read(
        "table", "t,n,m,h\n2026-01-01,5,requests,sum\n2026-01-01,5,,sum\n2026-01-01,5,requests,often\n", setting=setting
    )
    assert (got.rows, got.stored, got.total("requests")) == (3, 1, 5)


@pytest.mark.parametrize("rows", [
    [("at", "t", "")], [("nonsense", "t", "")], [("at", "t", "x")],
    [("at", "t", ""), ("value", "", "many"), ("measure", "", "m"), ("unit", "", "u")],
    [("at", "t", ""), ("value", "n", ""), ("measure", "", "m"), ("unit", "", "u"), ("how", "", "often")],
])  # fmt: skip
def test_a_mapping_that_says_too_little_is_refused(read, tmp_path, rows):
    with pytest.raises(UnreadableFileError, match="--map"):
        read("table", "t,n\n2026-01-01,5\n", setting=mapped(tmp_path, *rows))


def test_a_table_needs_a_mapping(read):
    with pytest.raises(UnreadableFileError, match="--map FILE"):
        read("table", "t,n\n2026-01-01,5\n", setting=Setting())
