"""Allocations and instances: what they come to, and which rows are one."""

import json

import pandas as pd
import pytest

from shiftcast.pipelines.sources.views import apart

CSV = ("Date,Namespace,ControllerKind,ControllerName,Pod,Container,CPUCoreUsageAverage,CPUCoreRequestAverage,GPUs,"
       "TotalCost\n2025-03-01,ml,deployment,d,p1,x,{0},{1},1,50\n")  # fmt: skip
PROPERTIES = {"cluster": "c1", "namespace": "ml", "pod": "p1", "container": "x", "controller": "d",
              "controllerKind": "deployment", "labels": {"app": "llm"}}  # fmt: skip
DAY = {"start": "2025-03-01T00:00:00Z", "end": "2025-03-02T00:00:00Z"}
HELD = {"window": DAY, **DAY, "minutes": 1440, "cpuCoreHours": 24, "gpuHours": 24, "totalCost": 50}  # fmt: skip


def answer(*entries, **properties):
    return json.dumps({"code": 200, "data": [
        {f"p{place}": {"name": f"p{place}", "properties": {**PROPERTIES, **properties}, **HELD, **each}}
        for place, each in enumerate(entries)]})  # fmt: skip


@pytest.mark.parametrize(("used", "asked", "right"), [(7, 2, 168), (2, 7, 168), ("", 2, 48)])
def test_the_larger_of_cores_used_and_asked_for_is_allocated(read, used, asked, right):
    got = read("opencost", CSV.format(used, asked))
    assert (got.total("core_hours"), got.total("gpu_hours"), got.total("cost")) == (right, 24, 50)


def test_the_same_allocation_in_two_answers_counts_once_and_a_grown_one_is_its_later_view(read, normalised):
    got = read("opencost", answer({}) + "\n" + answer({}))
    assert (got.total("gpu_hours"), got.total("cost")) == (24, 50)
    one, two = (normalised("opencost", answer(each)) for each in ({}, {
        "end": "2025-03-01T06:00:00Z", "minutes": 360, "gpuHours": 6}))  # fmt: skip
    assert one.identity.tolist() == two.identity.tolist()
    assert one.extent[0] > two.extent[0]
    assert one.born.tolist() == two.born.tolist()
    assert one.cluster.tolist() == ["c1"]


def test_a_pod_that_moved_stands_twice_in_a_day_s_export_which_has_no_nodes(read):
    row = CSV.format(2, 1).splitlines()[1] + "\n"
    assert read("opencost", CSV.format(1, 1) + row).total("gpu_hours") == 48
    assert read("opencost", CSV.format(1, 1) + row + row).total("gpu_hours") == 48


def test_the_exporter_s_parquet_with_flat_names(read, parquet_bytes):
    table = pd.DataFrame({
        "name": ["p1", "p1"], "running_start_time": ["2025-03-01T00:00:00Z", "2025-03-01T01:00:00Z"],
        "running_end_time": ["2025-03-01T01:00:00Z", "2025-03-01T01:30:00Z"], "running_minutes": [60.0, 30.0],
        "cpuCoreHours": [4.0, 2.0], "gpuCount": [2.0, 2.0], "gpuHours": [2.0, 1.0], "totalCost": [3.0, 1.5],
        "properties.cluster": "c1", "properties.namespace": "ml", "properties.pod": "p1", "properties.container": "x",
        "properties.labels.app": "llm", "label.team": "rank",
        "window.start": ["2025-03-01T00:00:00Z", "2025-03-01T01:00:00Z"],
        "window.end": ["2025-03-01T01:00:00Z", "2025-03-01T02:00:00Z"],
    })  # fmt: skip
    got = read("opencost", parquet_bytes(table), file="x.parquet")
    assert (got.total("gpu_hours"), got.total("core_hours"), got.total("cost")) == (3, 6, 4.5)
    assert "app=llm team=rank" in got.found["unlabelled"]["largest"][0]["clue"]


def test_a_summary_tells_no_gpu_hours_and_says_so_and_a_model_is_read_where_it_is_told(read):
    summed = {"start": HELD["start"], "end": HELD["end"], "cpuCoreRequestAverage": 2, "cpuCoreUsageAverage": 3,
              "gpuCost": 5, "totalCost": 9}  # fmt: skip
    got = read("opencost", json.dumps({"data": {"sets": [{"allocations": {"ml": summed}}]}}))
    assert (got.total("core_hours"), got.total("cost")) == (72, 9)
    assert list(got.found["unresolved"]) == ["GPU hours (a summary tells only their cost)"]
    got = read("opencost", answer({"gpuAllocation": {"gpuModel": "NVIDIA-L4", "isGPUShared": False}}))
    assert got.spans["accelerator"].unique().tolist() == ["l4"]


INSTANCE = "name,namespace,uid,gpus,start,end,gpu_type\n"


@pytest.mark.parametrize(("rows", "right"), [
    (("web,,,1,2025-03-01 00:00,2025-03-01 10:00,L4", "web,,,1,2025-03-02 00:00,2025-03-02 10:00,L4",
      "web,,,1,2025-03-03 00:00,2025-03-03 10:00,L4"), 30),
    (("web,a,,1,2025-03-01 00:00,2025-03-01 10:00,L4", "web,b,,1,2025-03-01 00:00,2025-03-01 10:00,L4"), 20),
    (("web,a,u,1,2025-03-01 00:00,2025-03-01 10:00,L4", "web,a,v,1,2025-03-01 00:00,2025-03-01 10:00,L4"), 20),
    (("web,,,1,2025-03-01 00:00,2025-03-01 10:00,L4", "web,,,2,2025-03-01 00:00,2025-03-01 10:00,T4"), 30),
    (("web,,,1,2025-03-01 00:00,2025-03-01 10:00,L4",) * 3, 10),
    (("web,,,1,2025-03-01 00:00,2025-03-01 10:00,L4", "web,,,1,2025-03-01 00:00,2025-03-01 20:00,L4"), 30),
    (("web,,,7,2025-03-01 00:00,2025-03-01 10:00,A100-SXM4-40GB-MIG-1g.5gb",), 10),
    ((",,,1,2025-03-01 00:00,2025-03-01 10:00,L4",) * 3, 30),
])  # fmt: skip
def test_rows_of_one_name_that_differ_are_separate(read, rows, right):
    assert read("instances", INSTANCE + "\n".join(rows) + "\n").total("gpu_hours") == right


def test_replicas_of_one_name_on_different_nodes_are_separate(read):
    rows = "".join(f"web,1,2025-03-01 00:00,2025-03-01 10:00,n{node}\n" for node in (1, 2, 3))
    assert read("instances", "name,gpus,start,end,node\n" + rows).total("gpu_hours") == 30


def test_an_instance_keeps_its_identity_as_it_goes_on(normalised):
    head = "namespace,name,created,scheduled,deleted,gpus\n"
    views = [normalised("instances", f"{head}ml,a,2025-03-01 00:00,{each},1\n")
             for each in (",", "2025-03-01 01:00,", "2025-03-01 01:00,2025-03-01 09:00")]  # fmt: skip
    assert len({view.identity[0] for view in views}) == 1
    assert [view.progress[0] for view in views] == [0, 1, 2]
    assert len({view.born[0] for view in views}) == 1


def test_names_are_numbered_by_what_does_not_change():
    cells = pd.DataFrame({"gpus": ["1", "2", "1", "2", "1"], "age": list("abcde")})
    assert apart(pd.Series(["a", "a", "a", None, "b"]), cells, ["age"]).fillna("").tolist() == [
        "a",
        "a#2",
        "a",
        "",
        "b",
    ]
