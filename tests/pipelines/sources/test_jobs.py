"""Job tables, Slurm accounting and instance lifecycles: hours by hand and every quirk by name."""

import pandas as pd
import pytest

from shiftcast.features.instants import Clock
from shiftcast.pipelines.sources.schedulers.sacct import FIELDS
from shiftcast.pipelines.sources.schedulers.tres import read_tres
from shiftcast.pipelines.sources.setting import Setting
from shiftcast.pipelines.sources.table import UnreadableFileError

JOBS = """job_id,submit_time,start_time,end_time,num_gpus,cpu_num,state,gpu_type,partition
1,2026-01-01 00:00:00,2026-01-01 00:30:00,2026-01-01 02:30:00,4,8,COMPLETED,NVIDIA A100,big
2,2026-01-01 00:00:00,2026-01-01 00:00:10,2026-01-01 01:00:10,2,0,CANCELLED by 7,Quux,big
3,2026-01-01 00:00:00,,2026-01-01 01:00:00,1,0,PENDING,,big
4,2026-01-01 05:00:00,2026-01-01 05:00:00,2026-01-01 04:00:00,1,0,COMPLETED,,big
5,2026-01-01 00:00:00,2026-01-01 00:00:00,2026-01-01 01:00:00,1000000000,0,COMPLETED,,big
"""


def sacct_line(**given):
    usual = {
        "jobid": "7", "jobidraw": "7", "cluster": "c", "partition": "gpu", "qos": "q", "account": "a", "group": "g",
        "gid": "1", "user": "u", "uid": "1", "submit": "2026-01-01T00:00:00", "eligible": "2026-01-01T00:00:00",
        "start": "2026-01-01T00:00:00", "end": "2026-01-01T02:00:00", "elapsed": "02:00:00", "exitcode": "0:0",
        "state": "COMPLETED", "nnodes": "1", "ncpus": "4", "reqcpus": "4", "reqmem": "4000Mn", "reqtres": "cpu=4",
        "alloctres": "billing=4,cpu=4,gres/gpu=2,mem=48000M,node=1", "timelimit": "1-00:00:00", "nodelist": "n1",
        "jobname": "train",
    }  # fmt: skip
    return "|".join({**usual, **given}[name] for name in FIELDS)


def test_jobs_hold_what_they_were_given(read):
    got = read("jobs", JOBS)
    assert (got.rows, got.stored) == (5, 3)
    assert got.total("gpu_hours", "served") == 8
    assert got.total("gpu_hours", "cancelled") == 2
    assert got.total("core_hours", "served") == 16
    assert got.total("gpu_hours", "queued") == 4 * 0.5 + 1  # ten seconds are no queue
    assert got.spans.loc[got.spans["status"] == "served", "accelerator"].unique().tolist() == ["a100"]
    assert list(got.found["unresolved"]) == ["Quux"]
    reasons = got.quarantined.set_index("line")["reason"]
    assert "ends before it starts" in reasons[5]
    assert "0 to 200000" in reasons[6]


def test_a_duration_gives_the_end_and_equal_rows_without_id_stay(read):
    row = "2017-10-09 07:01:55,66.0,2,132.0,11cb48\n"
    got = read("jobs", "timestamp,duration,num_gpus,gpu_time,cluster\n" + row * 2)
    assert got.stored == 2
    assert got.total("gpu_hours") == pytest.approx(2 * 132 / 3600)


def test_a_job_that_is_there_twice_counts_once(read):
    lines = JOBS.splitlines()
    got = read("jobs", "\n".join([*lines[:2], lines[1]]))
    assert got.stored == 1
    assert got.total("gpu_hours", "served") == 8


def test_sacct_in_26_fields(read):
    pipe_in_name = sacct_line(jobid="8", jobidraw="8", jobname="a|b", state="CANCELLED by 380693")
    got = read("sacct", "\n".join([sacct_line(), pipe_in_name]))
    assert got.stored == 2
    assert got.total("gpu_hours", "served") == 4
    assert got.total("gpu_hours", "cancelled") == 4
    assert got.total("core_hours") == 16
    assert got.total("memory_hours") == pytest.approx(2 * 2 * 48000 / 1024)


def test_sacct_with_its_header_reads_types_and_both_times(read):
    text = """JobID|Submit|Start|End|State|AllocTRES|ReqTRES
1|2026-01-01T00:00:00|2026-01-01T01:00:00|2026-01-01T02:00:00|COMPLETED|cpu=2,gres/gpu=3,gres/gpu:a100=2,mem=62.50G|
1.batch|2026-01-01T00:00:00|2026-01-01T01:00:00|2026-01-01T02:00:00|COMPLETED|cpu=2|
2_[1-3%2]|2026-01-01T00:00:00|Unknown|Unknown|PENDING||gres/gpu:h100=1
3|2026-01-01T00:00:00|2026-01-01T03:00:00|Unknown|RUNNING|gres/gpu=1|
"""
    got = read("sacct", text, until=pd.Timestamp("2026-01-01 04:00", tz="UTC"))
    held = got.spans[(got.spans["measure"] == "gpu_hours") & (got.spans["status"] == "served")]
    assert held[held["accelerator"] == "a100"]["amount"].tolist() == [2]
    assert got.total("gpu_hours", "served") == 3
    assert got.total("gpu_hours", "running") == 1
    assert got.total("gpu_hours", "queued") == 3 * 1 + 3 * 4 + 3  # an hour's wait, three tasks of an array, a wait
    assert got.total("jobs", "queued") == 3
    assert got.found["open_spans"] == 2
    assert "step of a job" in got.quarantined["reason"].iloc[0]


def test_sacct_without_end_runs_to_the_last_moment_seen(read):
    got = read("sacct", "\n".join([sacct_line(), sacct_line(jobidraw="9", end="Unknown", state="RUNNING")]))
    assert got.total("gpu_hours", "running") == 4


def test_sacct_of_another_width_is_told_how_to_export(read):
    with pytest.raises(UnreadableFileError, match="26 fields"):
        read("sacct", "1|2|3\n")


@pytest.mark.parametrize(("text", "gpus", "memory"), [
    ("cpu=8,mem=48000M", 0, 46.875), ("mem=62.50G,gres/gpu:tesla:2=2", 2, 62.5), ("gpu:2", 2, 0), ("gpu:k80:4", 4, 0),
    ("gres/gpu=8,license/x=1", 8, 0), ("mem=4000Mc", 0, 3.90625), ("mem=1T", 0, 1024), ("", 0, 0),
])  # fmt: skip
def test_resources(text, gpus, memory):
    tres = read_tres(text)
    assert (tres.gpus, tres.memory, tres.fault) == (gpus, memory, "")


def test_a_zone_is_converted_and_an_hour_that_is_not_there_set_aside(read):
    setting = Setting(Clock("Europe/Berlin"))
    rows = [sacct_line(), sacct_line(jobidraw="9", start="2026-03-29T02:30:00", end="2026-03-29T04:30:00")]
    got = read("sacct", "\n".join(rows), setting=setting)
    assert got.spans["start"].min() == pd.Timestamp("2025-12-31 23:00", tz="UTC")
    assert "skips or repeats" in got.quarantined["reason"].iloc[0]


DLRM = """instance_sn,role,app_name,cpu_request,gpu_request,memory_request,creation_time,scheduled_time,deletion_time
i0,HN,app_0,12,1,120.0,,,
i1,CN,app_0,64,0,320.0,100,3600,7200
i2,CN,app_1,64,0,320.0,100,,7300
"""


def test_instances_alive_before_and_after_the_trace(read):
    got = read("dlrm", DLRM)
    assert got.total("gpu_hours") == pytest.approx(7300 / 3600)
    assert got.total("core_hours", "served") == pytest.approx(12 * 7300 / 3600 + 64)
    assert got.total("core_hours", "queued") == pytest.approx(64 * 7200 / 3600)
    assert set(got.points["workload"]) == {"recsys"}


def test_a_pod_may_hold_a_part_of_a_gpu(read):
    got = read("pods", "name,cpu_milli,memory_mib,num_gpu,gpu_milli,qos,creation_time,deletion_time,scheduled_time\n"
               "p,6000,1024,1,460,LS,0,3600,0\nq,1000,1024,2,1000,BE,0,3600,0\n")  # fmt: skip
    assert got.total("gpu_hours") == pytest.approx(2.46)
    assert got.total("core_hours") == 7
    assert got.total("memory_hours") == 2


def test_instances_with_dates(read):
    got = read("instances", "name,gpus,start,end,gpu_type\na,8,2026-01-01,2026-01-02,H100 SXM\n")
    assert got.total("gpu_hours") == 192
    assert got.spans["accelerator"].tolist() == ["h100"]
