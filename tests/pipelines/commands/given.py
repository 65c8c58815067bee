"""The files that the pages of the docs name, small, so that their blocks run as they stand."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pandas as pd

AT = 1_740_787_200  # 2025-03-01
SACCT = "JobID|JobName|Partition|Account|State|Submit|Start|End|NNodes|AllocTRES\n"
RULES = """field,pattern,segment,leaf,workload,phase,technique,confirmed,why
jobname,rank-*,rest,enterprise,recsys,inference,deep,yes,
jobname,llm-*,rest,enterprise,generative,inference,llm,yes,
jobname,new-*,rest,enterprise,recsys,inference,llm,yes,
"""
TEXTS = {
    "lsb.acct": f'"JOB_FINISH" "10.1" {AT + 36_010} 123 500 33554435 4 {AT} 0 0 {AT + 10} "u" "gpu" "select[any]" '
    f'"" "" "login" "/home/u" "" "out" "err" "170.123" 0 2 "n1" "n2" 64 60.0 "train" "python t.py" {"1.0 " * 19}'
    '"" "nlp" 0 4 "" "" 7 1024 2048 "" "" "" "" 0 0 "" 0 "" -1 "" "" "" "" 0\n',
    "jobs.json": json.dumps({"COMMAND": "bjobs", "JOBS": 1, "RECORDS": [
        {"JOBID": "5", "STAT": "RUN", "QUEUE": "gpu", "USER": "u", "JOB_NAME": "x", "PROJ_NAME": "nlp",
         "SUBMIT_TIME": "Fri Mar  1 00:00:00 2024", "START_TIME": "Fri Mar  1 00:00:10 2024",
         "FINISH_TIME": "Sat Mar  9 00:00:10 2024 L", "RUN_TIME": "36000 second(s)", "SLOTS": "8", "GPU_NUM": "4"}]}),
    "20260131": "03/01/2024 01:00:00;E;1.srv;queue=q qtime=1709251200 start=1709251200 Resource_List.ngpus=5 "
    "end=1709254800 Exit_status=0\n",
    "accounting": "gpu.q:n1:grp:u:train:7:sge:0:1740787200:1740787210:1740823210:0:0:36000:10:2:0.0:0:0:0:0:0:0:0:0:"
    "0:0:0:0:proj:defaultdepartment:NONE:8:0:10.0:0.0:0.0:-q gpu.q -l gpu=4:0.0:NONE:0.0:0:0\n",
    "trace.swf": "; UnixStartTime: 1740787200\n1 0 10 3600 8 -1 -1 8 7200 -1 1 1 1 1 1 1 -1 -1\n",
    "jobs.csv": "job_id,submit_time,start_time,end_time,num_gpus,state\n"
    "1,2026-01-01 00:00:00,2026-01-01 01:00:00,2026-01-01 11:00:00,4,COMPLETED\n",
    "pool-a.csv": "time,total_gpu_num,running_gpu_num,idle_gpu_num\n2026-01-01 00:00:00,64,59,5\n"
    "2026-01-01 01:00:00,64,60,4\n",
    "queue.txt": "JOBID|STATE|SUBMIT_TIME|START_TIME|TIME|NODES|CPUS|TRES_PER_NODE\n"
    "9|RUNNING|2026-01-01T00:00:00|2026-01-01T00:00:00|10:00:00|2|16|gres/gpu:2\n",
    "clusters.csv": "name,gpu_type,gpus,available_from\nalpha,h100,512,2026-01-01\n",
    "nodes.csv": "name,gpu_type,gpus\nn1,h100,8\nn2,h100,8\n",
    "instances.csv": "name,gpus,start,end,gpu_type\na,8,2026-01-01T00:00:00,2026-01-02T00:00:00,H100 SXM\n",
    "smi/n1.csv": "timestamp,uuid,name,utilization.gpu [%]\n2026/01/01 00:00:00.000,GPU-1,NVIDIA H100,50 %\n"
    "2026/01/01 00:01:00.000,GPU-1,NVIDIA H100,70 %\n",
    "exports/jobs.csv": "job_id,submit_time,start_time,end_time,num_gpus,state\n"
    "1,2026-01-01 00:00:00,2026-01-01 01:00:00,2026-01-01 11:00:00,4,COMPLETED\n",
    "completions_usage_2026-03.csv": "start_time,end_time,project_id,num_model_requests,model,input_tokens,"
    f"output_tokens\n{AT},{AT + 86400},p1,120,m,60000,9000\n",
    "usage_pages.json": json.dumps({"object": "page", "has_more": False, "next_page": None, "data": [
        {"object": "bucket", "start_time": AT, "end_time": AT + 86400, "results": [
            {"object": "organization.usage.completions.result", "input_tokens": 1000, "output_tokens": 500,
             "num_model_requests": 5, "project_id": None, "model": "m", "batch": None}]}]}),
    "spend.json": json.dumps([{"request_id": "r1", "call_type": "acompletion", "spend": 0.01, "prompt_tokens": 100,
                               "completion_tokens": 50, "model": "m", "startTime": "2025-03-01T00:00:00Z",
                               "status": "success", "cache_hit": "False"}]),
    "now.json": json.dumps({"apiVersion": "v1", "kind": "List", "items": [
        {"kind": "Node", "metadata": {"name": "n1", "uid": "n1", "labels": {}},
         "status": {"capacity": {"cpu": "96", "nvidia.com/gpu": "8"}}},
        {"kind": "Pod", "metadata": {"namespace": "ml", "name": "a", "uid": "a",
                                     "creationTimestamp": "2026-03-15T23:00:00Z", "labels": {"app": "llm"}},
         "spec": {"containers": [{"image": "train:1", "resources": {"limits": {"nvidia.com/gpu": "2"}}}]},
         "status": {"phase": "Running", "startTime": "2026-03-16T00:00:00Z", "conditions": [
             {"type": "PodScheduled", "status": "True", "lastTransitionTime": "2026-03-16T00:00:00Z"}],
             "containerStatuses": [{"restartCount": 0, "state": {"running": {}}}]}}]}),
    "march.json": json.dumps({"code": 200, "data": [{"p": {"name": "p", "properties": {
        "cluster": "c1", "namespace": "ml", "pod": "p", "container": "x", "controller": "d",
        "controllerKind": "deployment"}, "window": {"start": "2026-03-01T00:00:00Z", "end": "2026-03-02T00:00:00Z"},
        "start": "2026-03-01T00:00:00Z", "end": "2026-03-02T00:00:00Z", "minutes": 1440, "cpuCoreHours": 24,
        "gpuHours": 24, "totalCost": 50}}]}),
    "mine.toml": 'says = "Half as much generative work."\nevidence = "assumed"\nsource = "our plan"\n\n'
    '[[demand]]\npart = "generative"\nfactor = 0.5\n',
    "wide.csv": "Team,2026-01,2026-02\nranking,100,110\nassistant,50,90\nTotal,150,200\n",
    "edges.csv": "parent,child\nall,north\nall,south\n",
    "rules.csv": RULES,
    "mymodel.py": "import numpy as np\n\n\ndef forecast(histories, horizon):\n"
    "    return np.array([[each[-1]] * horizon for each in histories])\n\n\ndef load(path):\n    return forecast\n",
}  # fmt: skip


def stage(folder: Path) -> None:
    """Write every file that a page names below a folder."""
    (folder / "mlruns" / "fleets" / "mine" / "fleet.toml").unlink(missing_ok=True)
    for name, text in TEXTS.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(text, encoding="utf-8")
    (folder / "gateway").mkdir(exist_ok=True)
    line = json.dumps({"request_id": "a", "created_at": "2026-03-01T00:00:00Z", "model": "m", "prompt_tokens": 100,
                       "completion_tokens": 10, "status": 200})  # fmt: skip
    (folder / "gateway" / "2026-03-01.jsonl.gz").write_bytes(gzip.compress(line.encode(), mtime=0))
    for name, values in (("energy.json", [0, 6e6, 12e6]), ("util.json", [50, 60, 70])):
        (folder / name).write_text(json.dumps(_range(name, values)), encoding="utf-8")
    (folder / "util.jsonl").write_text(json.dumps({
        "metric": {"__name__": "DCGM_FI_DEV_GPU_UTIL", "UUID": "GPU-1", "modelName": "NVIDIA H100"},
        "values": [50, 60, 70], "timestamps": [AT * 1000, (AT + 60) * 1000, (AT + 120) * 1000]}) + "\n",
        encoding="utf-8")  # fmt: skip
    _jobs(folder)
    _series(folder)


def priced(folder: Path) -> None:
    """Fill in what the file of facts of fleet ``mine`` leaves to its planner."""
    path = folder / "mlruns" / "fleets" / "mine" / "fleet.toml"
    text = path.read_text(encoding="utf-8").replace("# usd_per_hour = 1.9", "usd_per_hour = 1.9")
    offer = '\n[[offer]]\nname = "cloud"\naccelerator = "a100"\nterms = "rent"\nusd = 2.9\n'
    path.write_text(text + offer, encoding="utf-8")


def _range(name: str, values: list[float]) -> dict[str, object]:
    metric = {"__name__": "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION", "UUID": "GPU-1", "modelName": "NVIDIA H100"}
    rows = [[AT + 60 * at, str(value)] for at, value in enumerate(values)]
    return {"status": "success", "data": {"resultType": "matrix", "result": [{"metric": metric, "values": rows}]}}


def _jobs(folder: Path) -> None:
    """Write fourteen months of a scheduler: a ranker, a growing chat, and a ranker that takes the first one's place."""
    lines = []
    for number, day in enumerate(pd.date_range("2025-09-01", "2026-11-15", freq="D")):
        for name, gpus in (("rank-7", 8 - number // 80), ("llm-8", 1 + number // 60), ("new-1", number // 80)):
            if gpus:
                end = day + pd.Timedelta(hours=12)
                lines.append(f"{name}{number}|{name}|gpu|team|COMPLETED|{day:%Y-%m-%dT%H:%M:%S}|{day:%Y-%m-%dT%H:%M:%S}|"
                             f"{end:%Y-%m-%dT%H:%M:%S}|1|cpu=4,gres/gpu:a100={gpus}\n")  # fmt: skip
    for name in ("acct/2026.txt", "jobs.txt", "2026-01.txt"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(SACCT + "".join(lines), encoding="utf-8")


def _series(folder: Path) -> None:
    """Write histories to forecast: of months, of days, and of two columns that add up."""
    months = pd.date_range("2023-01-31", periods=40, freq="ME").strftime("%Y-%m-%d")
    rise = 100 * 1.02 ** np.arange(40) + 3 * np.sin(np.arange(40))
    table = pd.DataFrame({"series": "web", "group": "all", "period_end": months, "value": rise})
    for name in ("requests.csv", "hours.csv", "history.csv"):
        table.to_csv(folder / name, index=False)
    with pd.ExcelWriter(folder / "history.xlsx", engine="xlsxwriter") as book:
        table.to_excel(book, sheet_name="Sites 2026", index=False)
    both = [table.assign(series=name, value=rise * scale) for name, scale in (("north", 1.0), ("south", 0.5))]
    pd.concat(both).drop(columns="group").to_csv(folder / "sales.csv", index=False)
    parts = [("recsys", "deep", 1.0), ("recsys", "llm", 0.3), ("search", "llm", 0.2)]
    usage = [table.assign(workload=one, technique=two, value=rise * scale).drop(columns=["series", "group"])
             for one, two, scale in parts]  # fmt: skip
    pd.concat(usage).to_csv(folder / "usage.csv", index=False)
