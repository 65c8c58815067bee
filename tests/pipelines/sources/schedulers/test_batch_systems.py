"""PBS, Torque, LSF, Grid Engine and SWF: hours by hand from records of their real forms."""

import json

import pandas as pd
import pytest

from shiftcast.features.input_error import InputError
from shiftcast.features.instants import Clock
from shiftcast.pipelines.sources.setting import Setting
from shiftcast.pipelines.sources.table import UnreadableFileError

AT = 1_709_251_200  # 2024-03-01
TORQUE = (
    f"03/01/2024 01:00:10;E;13.srv;user=u group=g jobname=t queue=gpu ctime={AT} qtime={AT} etime={AT} start={AT + 10} "
    "exec_host=n1/0+n1/1+n2/0+n2/1 Resource_List.nodes=2:ppn=2:gpus=3 Resource_List.walltime=12:00:00 session=1 "
    f"end={AT + 3610} Exit_status=271 resources_used.walltime=01:00:00"
)
PBS = (
    "03/01/2024 10:00:10;{3};12.srv;user=u group=g project=nlp jobname=train queue=gpu ctime={0} qtime={0} etime={0} "
    "start={1} exec_host=n1/0*8+n2/0*8 exec_vnode=(n1:ncpus=8:ngpus=2:mem=33554432kb)+(n2:ncpus=8:ngpus=2) "
    "Resource_List.mem=64gb Resource_List.ncpus=16 Resource_List.ngpus=4 Resource_List.select=2:ncpus=8:ngpus=2"
    ":gpu_type=a100 Resource_List.walltime=12:00:00"
)
ENDED = " session=1 end={2} Exit_status=0 resources_used.cput=00:10:00 resources_used.walltime=10:00:00"


def pbs(kind="E"):
    return (PBS + (ENDED if kind == "E" else "")).format(AT, AT + 10, AT + 36_010, kind)


def test_pbs_by_vnodes_and_torque_by_nodes(read):
    got = read("pbs", f"{pbs()}\n{TORQUE}\n")
    assert (got.total("gpu_hours", "served"), got.total("gpu_hours", "cancelled")) == (40, 6)
    assert (got.total("core_hours", "served"), got.total("core_hours", "cancelled")) == (160, 4)
    assert got.total("memory_hours") == 640
    held = got.spans[got.spans["measure"] == "gpu_hours"]
    assert set(held.loc[held["status"] == "served", "accelerator"]) == {"a100"}


@pytest.mark.parametrize(("asked", "gpus"), [
    ("Resource_List.select=2:ncpus=4:ngpus=4+1:ncpus=1", 8), ("Resource_List.nodes=n1:ppn=2:gpus=2+n2:gpus=1", 3),
    ("Resource_List.ngpus=5", 5), ("exec_gpus=n1-gpu/0+n1-gpu/1", 2), ("Resource_List.ncpus=4", 0),
])  # fmt: skip
def test_gpus_of_pbs_by_what_was_asked_for(read, asked, gpus):
    line = f"03/01/2024 01:00:00;E;1.srv;queue=q qtime={AT} start={AT} {asked} end={AT + 3600} Exit_status=0"
    assert read("pbs", line).total("gpu_hours") == gpus


def test_queued_started_and_ended_are_views_of_one_job(normalised):
    queued = "03/01/2024 00:00:00;Q;12.srv;queue=gpu"
    got = normalised("pbs", "\n".join([queued, pbs("S"), pbs()]))
    assert set(got.identity) == {"12.srv"}
    assert got.progress.tolist() == [0, 1, 2]
    assert got.attempt.tolist() == ["", *[str((AT + 10) * 10**6)] * 2]
    assert set(got.born) == {pd.Timestamp("2024-03-01", tz="UTC")}


def test_records_of_pbs_that_hold_no_time_are_set_aside(read):
    lines = ["03/01/2024 00:00:00;L;license;floating license hour:3", "nonsense", pbs().replace("12.srv", "12[].srv"),
             "03/01/2024 00:00:00;D;14.srv;requestor=u@h"]  # fmt: skip
    got = read("pbs", "\n".join(lines))
    assert got.total("jobs", "cancelled") == 1
    assert [reason[:20] for reason in got.quarantined["reason"]] == [
        "is a record of type ", "is no record such as", "is the record of a w"
    ]  # fmt: skip


def finished(wants, *, hosts=("n1", "n1", "n2", "n2"), status=64, started=AT + 10, asked=()):
    figures = " ".join(["1.0"] * 19)
    named = " ".join(f'"{host}"' for host in hosts)
    return (
        f'"JOB_FINISH" "10.1" {AT + 36_010} 123 500 33554435 4 {AT} 0 0 {started} "u" "gpu" "select[type==any]" "" "" '
        f'"login" "/home/u" "" "out" "err" "170.123" {len(asked)} {"".join(chr(34) + a + chr(34) + " " for a in asked)}'
        f'{len(hosts)} {named} {status} 60.0 "train ""big""" "python t.py" {figures} "" "nlp" 0 4 "" "" 7 1024 2048 '
        f'"" "" "" "" 0 "" 0 "" -1 "" "" "" "" -1 "" "" 1040 "" 0 "" "" 0 0 0 720 0 "{wants}" "" -1\n'
    )


def test_finished_jobs_of_lsf(read, normalised):
    text = finished("select[ngpus>0] rusage[ngpus_physical=2.00:gmodel=NVIDIAA100_SXM4_80GB]")
    got = read("lsf", text)
    assert (got.total("gpu_hours", "served"), got.total("core_hours")) == (40, 40)
    assert set(got.spans.loc[got.spans["measure"] == "gpu_hours", "accelerator"]) == {"a100"}
    assert normalised("lsf", text).identity.iloc[0].startswith("123[7]|")
    assert read("lsf", finished("x", asked=("n1",), status=32)).total("core_hours", "failed") == 40
    assert read("lsf", finished("x", hosts=("8*n1", "4*n2"))).total("core_hours") == 120
    other = '"JOB_RESIZE" "10.1" 1\n'
    assert "no JOB_FINISH" in read("lsf", finished("x") + other).quarantined["reason"].iloc[0]


LISTED = {"JOBID": "5", "STAT": "RUN", "QUEUE": "gpu", "USER": "u", "JOB_NAME": "x", "PROJ_NAME": "nlp",
          "SUBMIT_TIME": "Fri Mar  1 00:00:00 2024", "START_TIME": "Fri Mar  1 00:00:10 2024",
          "FINISH_TIME": "Sat Mar  9 00:00:10 2024 L", "RUN_TIME": "36000 second(s)", "SLOTS": "8",
          "GPU_NUM": "4"}  # fmt: skip


def test_listed_jobs_of_lsf_as_json_and_text(read):
    waits = {**LISTED, "JOBID": "6", "STAT": "PEND", "START_TIME": "-", "FINISH_TIME": "-", "RUN_TIME": "0 second(s)"}
    whole = json.dumps({"COMMAND": "bjobs", "JOBS": 2, "RECORDS": [LISTED, waits]})
    until = pd.Timestamp("2024-03-01 12:00", tz="UTC")
    text = "|".join(LISTED) + "\n" + "\n".join("|".join(each.values()) for each in (LISTED, waits))
    for content in (whole, text):
        got = read("lsf", content, until=until)
        assert (got.total("gpu_hours", "running"), got.total("gpu_hours", "queued")) == (40, 48)
        assert got.total("core_hours", "running") == 80


def test_times_without_a_year_and_missing_columns_are_refused(read):
    with pytest.raises(UnreadableFileError, match=r"names no year.*LSB_DISPLAY_YEAR=Y"):
        read("lsf", json.dumps({"RECORDS": [{**LISTED, "SUBMIT_TIME": "Mar  1 00:00"}]}))
    with pytest.raises(UnreadableFileError, match="no column SUBMIT_TIME, START_TIME; export with"):
        read("lsf", "JOBID|STAT\n5|RUN\n")
    with pytest.raises(UnreadableFileError, match="RECORDS"):
        read("lsf", '{"JOBS": 0}')


def accounting(**given):
    usual = {0: "gpu.q", 1: "n1", 2: "g", 3: "u", 4: "train", 5: "42", 6: "sge", 7: "0", 8: AT, 9: AT + 10,
             10: AT + 36_010, 11: 0, 12: 0, 13: 36_000, 31: "nlp", 32: "d", 33: "smp", 34: 1, 35: 0, 36: 1.5, 37: 0,
             38: 0, 39: "-U x -l gpu=4,h_rt=86400", 40: 0, 41: "NONE", 42: 0, 43: 0, 44: 0}  # fmt: skip
    cells = {**usual, **{int(place[1:]): value for place, value in given.items()}}
    return ":".join(str(cells.get(place, 0)) for place in range(45))


def test_grid_engine_by_its_accounting_file(read):
    text = "# Version: 8.1.9\n" + accounting() + "\n" + accounting(_5="43", _34=8, _12=137)
    got = read("sge", text)
    assert (got.total("gpu_hours", "served"), got.total("gpu_hours", "failed")) == (40, 40)
    assert (got.total("core_hours", "served"), got.total("core_hours", "failed")) == (10, 80)
    assert "counted by slot" in next(iter(got.found["unresolved"]))
    milliseconds = accounting(_8=AT * 1000, _9=(AT + 10) * 1000, _10=(AT + 36_010) * 1000)
    assert read("sge", milliseconds).total("gpu_hours") == 40


def test_grid_engine_s_tasks_and_jobs_that_never_began(read):
    got = read("sge", "\n".join([accounting(), accounting(_41="1.n2"), accounting(_5="44", _9=0, _10=0, _11=1), "a:b"]))
    assert (got.total("gpu_hours", "served"), got.total("jobs", "failed")) == (40, 1)
    assert len(got.quarantined) == 2


QACCT = """==============================================================
qname        gpu.q
hostname     n1
group        g
owner        u
project      nlp
jobname      train
jobnumber    42
taskid       {task}
qsub_time    Fri Mar  1 00:00:00 2024
start_time   Fri Mar  1 00:00:10 2024
end_time     Fri Mar  1 10:00:10 2024
granted_pe   NONE
slots        1
failed       0
exit_status  0
ru_wallclock 36000s
category     -u u -l gpu=4
"""


def test_what_qacct_prints(read, normalised):
    text = QACCT.format(task="undefined") + QACCT.format(task=7)
    assert read("sge", text).total("gpu_hours", "served") == 80
    assert normalised("sge", text).identity.nunique() == 2


LOG = """; Version: 2.2
; UnixStartTime: 1400738481
; MaxProcs: 2004
    1        0   1014   3600   12  -1 -1   12  7200 -1 1  1  1 -1 1 -1 -1 -1
    2      100     10   1800    8  -1 -1    8  7200 1048576 0  1  1 -1 1 -1 -1 -1
    3      200     -1     -1   -1  -1 -1    4  7200 -1 5  1  1 -1 1 -1 -1 -1
    4      200     10     60    4  -1 -1    4  7200 -1 2  1  1 -1 1 -1 -1 -1
"""


def test_the_standard_workload_format(read):
    got = read("swf", LOG)
    assert (got.total("core_hours", "served"), got.total("core_hours", "failed")) == (12, 4)
    assert (got.total("jobs"), got.total("memory_hours")) == (3, 4)
    assert got.quarantined["line"].tolist() == [7]
    assert got.spans["start"].min() == pd.Timestamp(1400738481 + 110, unit="s", tz="UTC")


def test_a_log_that_does_not_say_when_it_started_needs_an_anchor(read):
    text = LOG.replace("UnixStartTime: 1400738481", "UnixStartTime: 0")
    with pytest.raises(InputError, match="--anchor"):
        read("swf", text, setting=Setting())
    anchored = Setting(Clock(anchor=pd.Timestamp("2024-01-01", tz="UTC")))
    assert read("swf", text, setting=anchored).spans["start"].min() == pd.Timestamp("2024-01-01 00:01:50", tz="UTC")
