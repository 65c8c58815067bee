"""Job tables: units of durations, counts by instance, percent of a GPU, words for states, and what names a job."""

import pandas as pd
import pytest

from shiftcast.pipelines.sources.schedulers.occupancy import series_name
from shiftcast.pipelines.sources.table import UnreadableFileError

HOUR = "2025-03-01T00:00:00Z,2025-03-01T01:00:00Z"


def test_percent_of_a_gpu_times_instances(read):
    got = read(
        "jobs",
        """job_name,task_name,inst_num,status,start_time,end_time,plan_cpu,plan_mem,plan_gpu,gpu_type
j1,tensorflow,1,Terminated,1601510400,1601514000,600.0,29.3,25.0,MISC
j2,worker,10,Terminated,1601510400,1601514000,600.0,29.3,100.0,V100
j3,worker,4,Terminated,1601510400,1601514000,600.0,29.3,800.0,V100
""",
    )
    assert (got.total("gpu_hours", "served"), got.total("core_hours", "served")) == (42.25, 90)
    with pytest.raises(UnreadableFileError, match="num_gpus or gpu_percent"):
        read("jobs", f"id,start,end,plan_gpu\n1,{HOUR},8\n")


@pytest.mark.parametrize(("columns", "cells", "gpus"), [
    ("gpu_num,worker_num", "1,16", 16), ("gpus,replicas", "2,3", 6), ("gpus,replicas", "2,", 2),
    ("gpus_per_node,nodes", "4,4", 16), ("gpus_per_worker,num_workers", "2,8", 16), ("gpu_percent", "50", 0.5),
    ("num_gpus,nodes", "8,2", 8), ("num_gpus,gpu_type", "7,1g.5gb", 1), ("num_gpus,gpu_type", "2,H100 SXM", 2),
])  # fmt: skip
def test_gpus_of_one_instance_times_instances(read, columns, cells, gpus):
    assert read("jobs", f"id,start,end,{columns}\n1,{HOUR},{cells}\n").total("gpu_hours") == pytest.approx(gpus)


def test_counts_by_node_need_the_nodes(read):
    with pytest.raises(UnreadableFileError, match="nodes"):
        read("jobs", f"id,start,end,gpus_per_node\n1,{HOUR},4\n")


@pytest.mark.parametrize(("column", "value"), [
    ("duration_s", "5400"), ("duration_ms", "5400000"), ("Duration (ms)", "5400000"), ("duration_in_hours", "1.5"),
    ("hours", "1.5"), ("runtime_min", "90"), ("wallclock", "01:30:00"), ("elapsed", "5400"), ("run_hours", "1.5"),
])  # fmt: skip
def test_a_duration_in_the_unit_of_its_name(read, column, value):
    assert read("jobs", f"id,start,gpus,{column}\n1,2025-03-01T00:00:00Z,2,{value}\n").total("gpu_hours") == 3


@pytest.mark.parametrize(("value", "whole"), [("5400000", "3600000"), ("5400", "3600"), ("1.5", "1"), ("90", "60")])
def test_a_duration_in_the_unit_that_other_rows_show(read, value, whole):
    """One job lacks its end; those that have it show the unit."""
    rows = f"1,2025-03-01T00:00:00Z,,2,{value}\n" + f"2,{HOUR},2,{whole}\n" * 3
    assert read("jobs", "id,start,end,gpus,duration\n" + rows).spans["end"].max() == pd.Timestamp(
        "2025-03-01 01:30", tz="UTC"
    )


@pytest.mark.parametrize("value", ["5400000", "1.5", "24"])
def test_a_duration_in_no_known_unit_is_asked_for(read, value):
    with pytest.raises(UnreadableFileError, match=r"column 'duration': its unit is not told.*rename it to duration_s"):
        read("jobs", f"id,start,gpus,duration\n1,2025-03-01T00:00:00Z,2,{value}\n")


def test_words_for_states_in_either_case(read):
    words = ("Succeeded", "SUCCESS", "finished", "Terminated", "Completed", "crashed", "Running", "STOPPED",
             "succeeded", "Evicted", "OK", "1")  # fmt: skip
    got = read("jobs", "job_id,state,start_time,end_time,num_gpus\n"
               + "".join(f"{place},{word},{HOUR},1\n" for place, word in enumerate(words)))  # fmt: skip
    totals = {
        status: got.total("gpu_hours", status) for status in ("served", "failed", "cancelled", "running", "unknown")
    }
    assert totals == {"served": 7, "failed": 2, "cancelled": 1, "running": 1, "unknown": 1}
    assert list(got.found["unresolved"]) == ["state 1"]


def test_a_job_that_runs_and_then_is_over_is_one(normalised):
    got = normalised(
        "jobs",
        """job_id,state,submit_time,start_time,end_time,gpus
1,PENDING,2025-03-01T00:00:00Z,,,8
1,RUNNING,2025-03-01T00:00:00Z,2025-03-01T00:00:00Z,,8
1,COMPLETED,2025-03-01T00:00:00Z,2025-03-01T00:00:00Z,2025-03-01T10:00:00Z,8
""",
    )
    assert len(set(got.identity)) == 1
    assert got.attempt.tolist()[0] == ""
    assert len(set(got.attempt)) == 2
    assert got.progress.tolist() == [0, 1, 2]


def test_tasks_of_an_array_that_share_all_but_their_end_stay_apart(normalised):
    got = normalised("jobs", "job_id,submit_time,start_time,end_time,gpus\n" + "".join(
        f"5,2025-03-01T00:00:00Z,2025-03-01T00:0{start}:00Z,2025-03-01T01:0{end}:00Z,1\n"
        for start, end in ((0, 0), (0, 1), (0, 2), (1, 0), (1, 0))
    ))  # fmt: skip
    assert len(set(got.identity)) == 1
    assert len(set(got.attempt)) == 4
    named = normalised("jobs", f"job_id,task_id,submit_time,start_time,end_time,gpus\n5,1,,{HOUR},1\n5,2,,{HOUR},1\n")
    assert len(set(named.identity)) == 2


def test_a_job_that_is_over_without_an_end_is_set_aside_and_one_without_a_state_runs_on(read):
    got = read("jobs", f"job_id,state,start,end,gpus\n1,DONE,{HOUR},1\n2,DONE,2025-03-01T00:00:00Z,,8\n")
    assert (got.total("gpu_hours"), len(got.quarantined)) == (1, 1)
    open_ = read("jobs", f"job_id,start,end,gpus\n1,{HOUR},1\n2,2025-03-01T00:00:00Z,,8\n")
    assert open_.total("gpu_hours") == 9


def test_a_table_without_starts_counts_from_submission_and_says_so(read):
    got = read("jobs", "job_name,gpu_model,gpu_num,worker_num,submit_time,duration\n"
               "a,A10,0.5,16,2024-03-01T00:00:00Z,41063\nb,A10,1,1,2024-03-01T00:00:00Z,3600\n")  # fmt: skip
    assert got.total("gpu_hours") == pytest.approx(8 * 41063 / 3600 + 1)
    assert list(got.found["unresolved"]) == ["no start column: jobs count from their submission"]


@pytest.mark.parametrize(("first", "second", "same"), [
    ("pool-2024-01.csv", "pool-2024-02.csv", True), ("a/pool_20240101.csv", "b/pool_20240102.csv", True),
    ("east.csv", "west.csv", False), ("vc12.csv", "vc13.csv", False),
])  # fmt: skip
def test_a_series_goes_on_in_the_file_of_the_next_month(first, second, same):
    assert (series_name(first) == series_name(second)) is same
