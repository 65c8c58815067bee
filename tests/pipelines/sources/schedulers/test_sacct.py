"""Slurm accounting and its queue as sites export them: layouts, times that are missing or wrong, and resources."""

import json

import pandas as pd
import pytest

from shiftcast.features.instants import Clock
from shiftcast.pipelines.ingest.load import IngestRequest, ingest
from shiftcast.pipelines.sources.setting import Setting
from shiftcast.pipelines.sources.table import UnreadableFileError
from shiftcast.pipelines.store import Store

DAY = pd.Timestamp("2026-02-01", tz="UTC")
TRES = "cpu=8,gres/gpu=4,mem=10G,node=1"
WHOLE = {"JobID": "9", "State": "COMPLETED", "Submit": "2024-03-01T00:00:00", "Start": "2024-03-01T00:00:10",
         "End": "2024-03-01T10:00:10", "AllocTRES": TRES}  # fmt: skip


def table(*rows, between="|"):
    names = list(dict.fromkeys(name for row in rows for name in row))
    return "\n".join([between.join(names), *(between.join(row.get(name, "") for name in names) for row in rows)])


def job(**given):
    return {name: value for name, value in {**WHOLE, **given}.items() if value is not None}


@pytest.mark.parametrize("between", ["|", "\t", ";"])
def test_any_delimiter_is_found(read, between):
    assert read("sacct", table(job(), between=between)).total("gpu_hours") == 40


def test_quoted_commas_and_delimiters_of_one_s_own(read):
    assert read("sacct", table(job(AllocTRES=f'"{TRES}"'), between=",")).total("gpu_hours") == 40
    assert read("sacct", table(job(), between="~"), setting=Setting(delimiter="~")).total("gpu_hours") == 40


def test_a_header_in_any_order_and_case_with_the_bar_of_parsable(read):
    row = {"User": "u", "ACCOUNT": "nlp", "AdminComment": "", "Flags": "x", **WHOLE}
    text = "\n".join(f"{line}|" for line in table(row).splitlines())
    assert read("sacct", text).total("gpu_hours") == 40


def test_a_banner_above_the_header(read):
    banner = "Welcome to the cluster | be kind\n\n*****\n"
    got = read("sacct", banner + table(job(), job(JobID="10.batch")))
    assert (got.total("gpu_hours"), got.quarantined["line"].tolist()) == (40, [6])


def test_text_in_two_bytes_a_letter(read):
    assert read("sacct", table(job()).encode("utf-16")).total("gpu_hours") == 40


def test_the_header_again_and_columns_aligned_by_blanks(read):
    got = read("sacct", table(job()) + "\n" + table(job(JobID="10")))
    assert (got.total("gpu_hours"), got.quarantined["reason"].tolist()) == (80, ["is the header again; leave it out"])
    with pytest.raises(UnreadableFileError, match=r"aligned by blanks.*--parsable2"):
        read("sacct", "       JobID    JobName      State \n------ ----- ----\n 9 x COMPLETED\n")


@pytest.mark.parametrize("given", [
    {"End": None, "Elapsed": "1-10:00:00"}, {"End": "Unknown", "Elapsed": "1-10:00:00"},
    {"End": "2024-03-01T00:00:10", "ElapsedRaw": "122400"}, {"Start": "Unknown", "Elapsed": "1-10:00:00",
                                                            "End": "2024-03-02T10:00:10"},
    {"End": "None", "CPUTimeRAW": str(8 * 122_400), "NCPUS": "8"}, {"Submit": None, "End": None, "Elapsed": "34:00:00"},
    {"End": "2024-03-01T00:00:00", "State": "RUNNING", "Elapsed": "1-10:00:00"},
    {"End": "2024-03-01T00:00:10", "State": "RUNNING", "Elapsed": "1-10:00:00"},
])  # fmt: skip
def test_the_time_it_ran_stands_in_for_times_that_are_missing_or_wrong(read, given):
    assert read("sacct", table(job(**given))).total("gpu_hours") == 136


def test_a_job_that_is_over_without_any_length_is_set_aside(read):
    got = read("sacct", table(job(), job(JobID="10", End="Unknown")))
    assert got.total("gpu_hours") == 40
    assert "export Elapsed" in got.quarantined["reason"].iloc[0]


def test_a_cancelled_job_runs_as_long_as_it_ran(read):
    lost = job(JobID="801", State="CANCELLED by 1000", End="Unknown", Elapsed="00:00:17", AllocTRES="cpu=8,gres/gpu=8")
    late = job(JobID="802", Start="2024-12-31T00:00:00", End="2024-12-31T01:00:00", Elapsed="01:00:00",
               AllocTRES="cpu=8,gres/gpu=1")  # fmt: skip
    got = read("sacct", table(lost, late))
    assert got.total("gpu_hours", "cancelled") + got.total("gpu_hours", "served") == pytest.approx(1.04, abs=0.005)


@pytest.mark.parametrize("given", [
    {"State": "RUNNING", "End": "Unknown", "Timelimit": "1-00:00:00", "Elapsed": "300-00:00:00"},
    {"State": "RUNNING", "End": "Unknown", "TimelimitRaw": "60", "Start": "2024-01-01T00:00:00"},
    {"State": "COMPLETED", "End": "2025-03-01T00:00:00", "Timelimit": "10:00:00"},
])  # fmt: skip
def test_a_job_far_past_its_limit_was_lost_by_the_database(read, given):
    got = read("sacct", table(job(Timelimit="", TimelimitRaw=""), job(JobID="10", **given)))
    assert got.total("gpu_hours") == 40
    assert "runawayjobs" in got.quarantined["reason"].iloc[0]


@pytest.mark.parametrize("limit", ["UNLIMITED", "Partition_Limit", "10:00:00", "5-00:00:00", ""])
def test_limits_that_are_none_or_kept_set_nothing_aside(read, limit):
    assert read("sacct", table(job(Timelimit=limit))).total("gpu_hours") == 40


def test_times_that_contradict_each_other_are_set_aside(read):
    longer, none = job(JobID="10", Elapsed="2-00:00:00"), job(JobID="11", Elapsed="00:00:00")
    got = read("sacct", table(job(Elapsed="10:00:00"), longer, none))
    assert got.total("gpu_hours") == 40
    assert got.quarantined["reason"].str.contains("contradicts").all()


@pytest.mark.parametrize("given", [{"Suspended": "04:00:00"}, {"Elapsed": "06:00:00"},
                                   {"Elapsed": "06:00:00", "Suspended": "04:00:00"}])  # fmt: skip
def test_suspended_time_holds_nothing(read, given):
    assert read("sacct", table(job(**given))).total("gpu_hours") == pytest.approx(24)


def test_an_hour_of_summer_time_is_no_contradiction(read):
    """Local times without --zone: the clock went on by two hours in the one that the job ran."""
    row = job(Start="2024-03-31T01:30:00", End="2024-03-31T03:30:00", Elapsed="01:00:00")
    assert read("sacct", table(row)).total("gpu_hours", "served") == pytest.approx(4)


@pytest.mark.parametrize(("given", "hours"), [
    ({"AllocTRES": None, "AllocGRES": "gpu:4", "ReqGRES": "gpu:4", "NNodes": "4"}, 160),
    ({"AllocTRES": "cpu=8,mem=10G,node=1", "AllocGRES": "gpu:4"}, 40),
    ({"AllocTRES": "cpu=16,node=2", "ReqGRES": "gpu:2"}, 40), ({"AllocTRES": "", "ReqTRES": TRES}, 40),
    ({"AllocTRES": None, "AllocGRES": "7696487:4"}, 40), ({"AllocTRES": None, "AllocGRES": "gpu"}, 10),
    ({"AllocTRES": None, "AllocGRES": "gpu:a100:4(S:0-1)"}, 40), ({"AllocTRES": "cpu=8,gres/gpu:1g.5gb=7"}, 10),
    ({"AllocTRES": "cpu=8,gres/mps=50"}, 5),
])  # fmt: skip
def test_gpus_wherever_the_site_writes_them(read, given, hours):
    assert read("sacct", table(job(**given))).total("gpu_hours") == pytest.approx(hours)


def test_a_slice_is_labelled_with_the_accelerator_it_is_of(read):
    spans = read("sacct", table(job(AllocTRES="cpu=8,gres/gpu:a100_1g.5gb=2"))).spans
    held = spans[spans["measure"] == "gpu_hours"]
    assert (held["accelerator"].tolist(), held["amount"].tolist()) == (["a100"], [pytest.approx(2 / 7)])


def test_what_cannot_be_counted_is_told(read):
    got = read("sacct", table(job(AllocTRES="cpu=8,gres/shard=4"), job(JobID="10", AllocTRES="1=8,1001=2")))
    assert list(got.found["unresolved"]) == ["gres/shard (not counted: name the GPUs of such jobs)"]
    assert "sacctmgr show tres" in got.quarantined["reason"].iloc[0]
    bare = read("sacct", table(job(AllocTRES=None, AllocCPUS="8")))
    assert (bare.total("core_hours"), bare.total("gpu_hours")) == (80, 0)
    assert "GPUs are not counted" in next(iter(bare.found["unresolved"]))


def test_identity_is_the_job_and_its_submission_whatever_its_state(normalised):
    waits = job(JobIDRaw="77", Cluster="c", State="PENDING", Start="Unknown", End="Unknown", AllocTRES="")
    runs = job(JobIDRaw="77", Cluster="c", State="RUNNING", End="Unknown", Elapsed="01:00:00")
    over = job(JobIDRaw="77", Cluster="c", Elapsed="10:00:00")
    got = normalised("sacct", table(waits, runs, over))
    assert set(got.identity) == {f"77|{1709251200 * 10**6}"}
    assert got.attempt.tolist() == ["", *[str(1709251210 * 10**6)] * 2]
    assert got.progress.tolist() == [0, 1, 2]
    assert got.born.unique().tolist() == [pd.Timestamp("2024-03-01", tz="UTC")]
    assert got.cluster.unique().tolist() == ["c"]


def test_a_run_that_was_requeued_held_its_hours(read):
    again = job(Submit="2024-03-01T10:00:10", Start="2024-03-01T11:00:00", End="2024-03-01T12:00:00")
    got = read("sacct", table(job(State="REQUEUED"), again))
    assert (got.total("gpu_hours", "failed"), got.total("gpu_hours", "served")) == (40, 4)


def test_windows_of_sacct_are_parts_of_a_job(normalised):
    """Start and end are cut at the window, and a job that runs ends with it."""
    first = job(State="RUNNING", End="2024-03-02T00:00:00", Elapsed="23:59:50")
    second = job(Start="2024-03-02T00:00:00", End="2024-03-02T10:00:00", Elapsed="10:00:00")
    got = normalised("sacct", table(first, second))
    assert len(set(got.identity)) == 1
    assert got.attempt.nunique() == 2
    held = got.held[0]
    assert (held.end - held.start).dt.total_seconds().sum() == pytest.approx(34 * 3600 - 10)


def accounted(**given):
    return {
        "job_id": 5, "cluster": "c", "account": "nlp", "partition": "gpu", "state": {"current": ["COMPLETED"]},
        "time": {"submission": 1709251200, "start": 1709251210, "end": 1709287210, "elapsed": 36000, "suspended": 0},
        "tres": {"allocated": [{"type": "cpu", "name": "", "id": 1, "count": 8},
                               {"type": "mem", "name": "", "id": 2, "count": 10240},
                               {"type": "gres", "name": "gpu", "id": 1001, "count": 4}]},
        "array": {"job_id": 0, "task_id": {"set": False, "infinite": False, "number": 0}}, **given,
    }  # fmt: skip


@pytest.mark.parametrize("shape", [
    {}, {"state": {"current": "COMPLETED"}}, {"state": "COMPLETED", "array": {"job_id": 4, "task_id": 1}},
    {"time": {"submission": {"set": True, "infinite": False, "number": 1709251200}, "start": 1709251210, "end": 0,
              "elapsed": {"set": True, "number": 36000}, "limit": {"set": True, "infinite": True, "number": 0}}},
])  # fmt: skip
def test_json_of_any_version(read, shape):
    got = read("sacct", json.dumps({"jobs": [accounted(**shape)], "errors": []}))
    assert got.total("gpu_hours", "served") == 40
    assert got.total("core_hours") == 80
    assert got.total("memory_hours") == 100


def test_json_waits_with_its_tasks_and_a_document_without_jobs_is_refused(read):
    waits = accounted(job_id=7, state={"current": ["PENDING"]}, array={"job_id": 7, "task_id": None, "task": "1-4"},
                      time={"submission": 1709251200, "start": 0, "end": 0, "elapsed": 0})  # fmt: skip
    assert read("sacct", json.dumps({"jobs": [waits]})).total("jobs", "queued") == 4
    with pytest.raises(UnreadableFileError, match="no list of jobs"):
        read("sacct", '{"meta": {}}')


DUMP = """id_job,state,time_submit,time_start,time_end,timelimit,nodes_alloc,cpus_req,tres_alloc,gres_used
5,3,1709251200,1709251210,1709287210,1440,2,8,"1=16,2=10240,4=2",gpu:volta:2
6,1,1709251200,1709251210,0,4294967295,1,8,"1=8",gpu:volta:1
7,4,1709251200,0,1709254800,60,0,8,,
8,3,1709251200,1709251210,1709287210,1440,1,8,"1=8,1002=2",
"""


def test_a_dump_of_the_accounting_database(read):
    got = read("sacct", DUMP, until=pd.Timestamp("2024-03-01 06:00:10", tz="UTC"))
    assert (got.total("gpu_hours", "served"), got.total("gpu_hours", "running")) == (40, 6)
    assert (got.total("jobs", "cancelled"), got.total("core_hours", "served")) == (1, 160)
    assert "sacctmgr show tres" in got.quarantined["reason"].iloc[0]


QUEUE = """JOBID|NAME|PARTITION|STATE|SUBMIT_TIME|START_TIME|END_TIME|TIME|TIME_LIMIT|NODES|CPUS|TRES_PER_NODE
9|x|g|RUNNING|2024-03-01T00:00:00|2024-03-01T00:00:00|2024-03-08T00:00:00|10:00:00|7-00:00:00|2|16|gres/gpu:2
10_[1-4]|y|g|PENDING|2024-03-01T00:00:00|2024-03-05T00:00:00|2024-03-06T00:00:00|0:00|1-00:00:00|1|8|gres:gpu:a100:1
"""


def test_the_queue_forecasts_neither_ends_nor_starts(read):
    got = read("squeue", QUEUE, until=pd.Timestamp("2024-03-01 12:00", tz="UTC"))
    assert got.total("gpu_hours", "running") == 40
    assert got.total("gpu_hours", "queued") == 4 * 12
    assert got.total("core_hours") == 160
    with pytest.raises(UnreadableFileError, match="squeue -a -o"):
        read("squeue", "JOBID|NAME\n9|x\n")


def test_the_queue_as_json(read):
    listed = {"set": True, "infinite": False, "number": 1709287210}
    runs = {"job_id": 9, "job_state": ["RUNNING"], "submit_time": {"set": True, "number": 1709251200},
            "start_time": {"set": True, "number": 1709251210}, "end_time": {"set": True, "number": 1809251210},
            "time_limit": {"set": True, "number": 2880},
            "tres_alloc_str": TRES, "node_count": 1}  # fmt: skip
    got = read("squeue", json.dumps({"jobs": [runs], "last_update": listed}))
    assert got.total("gpu_hours", "running") == 40


def test_a_file_comes_to_its_total_in_the_store(tmp_path):
    path = tmp_path / "day.txt"
    path.write_text(table(job(Elapsed="10:00:00"), job(JobID="10", AllocTRES="cpu=8", AllocGRES="gpu:2", NNodes="3")))
    done = ingest(IngestRequest("sacct", (str(path),), Setting(Clock()), DAY, tmp_path, grain="day"))
    assert done.report["stored"] == 2
    assert Store(tmp_path).as_of(DAY, measure="gpu_hours")["value"].sum() == 40 + 60
