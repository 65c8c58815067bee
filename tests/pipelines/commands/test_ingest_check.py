"""`shiftcast ingest check`: files are told by their columns, and their totals agree both ways or it says so."""

import gzip
import json
import re
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from shiftcast.features.instants import Clock
from shiftcast.pipelines.cli import app
from shiftcast.pipelines.commands.ingest_check import check_file
from shiftcast.pipelines.sources.catalogue import SOURCES
from shiftcast.pipelines.sources.formats.identify import rank_sources, signatures
from shiftcast.pipelines.sources.formats.mapping import read_map
from shiftcast.pipelines.sources.setting import Setting

SACCT = (
    "JobID|Submit|Start|End|Elapsed|State|NNodes|AllocTRES|JobName\n"
    '1|2026-01-01T00:00:00|2026-01-01T01:00:00|2026-01-01T03:00:00|02:00:00|COMPLETED|1|cpu=4,gres/gpu:a100=2|a "b\n'
    "2_[1-4]|2026-01-01T00:00:00|Unknown|Unknown|00:00:00|PENDING|1||c\n"
    "3|2026-01-01T00:00:00|2026-01-01T02:00:00|Unknown|01:00:00|RUNNING|1|cpu=4,gres/gpu=1|d\n"
)
JOBS = "job_id,start_time,end_time,num_gpus,state\n1,2026-01-01,2026-01-02,4,COMPLETED\n2,1767225600,1767312000,4,X\n"
BILL = (
    "BillingCurrency,ChargeDescription,ChargePeriodStart,ChargePeriodEnd,ConsumedQuantity,ConsumedUnit,EffectiveCost\n"
    'USD,"disk, fast",2026-01-01,2026-01-02,6,GB,0.5\nUSD,other,2026-01-01,2026-01-02,6,GB,-0.25\n'
)
REQUESTS = "".join(
    json.dumps({"created": 1767225600 + n, "prompt_tokens": n, "completion_tokens": 1, "model": "m", "id": f"r{n}"})
    + "\n"
    for n in range(5)
)
TABLE = "s,e,n,m,k\n2026-01-01,2026-01-02,2,4,gpu\n2026-01-01,,2,4,gpu\n2026-01-01,2026-01-02,2,4,cpu\n"
MAP = "role,column,constant\nstart,s,\nend,e,\namount,n*m,\nmeasure,,gpu_hours\nwhere,k,=GPU\n"


@pytest.fixture
def check(tmp_path):
    """Return a function that checks a text."""

    def checked(text, name="f.csv", **given):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return check_file(str(path), name, Setting(**given))

    return checked


@pytest.mark.parametrize(("text", "source", "form", "rows", "measure", "right"), [
    (SACCT, "sacct", "text divided by pipes", 3, "gpu_hours", 2 * 2 + 1),
    (gzip.compress(SACCT.encode(), mtime=0), "sacct", "text divided by pipes", 3, "core_hours", 4 * 2 + 4),
    (JOBS, "jobs", "text divided by commas", 2, "gpu_hours", 192),
    (JOBS.replace(",", "\t"), "jobs", "text divided by tabs", 2, "gpu_hours", 192),
    (BILL, "focus", "text divided by commas", 2, "cost", 0.25),
    (REQUESTS, "llm-requests", "JSON lines", 5, "input_tokens", 10),
])  # fmt: skip
def test_a_file_is_told_and_its_total_agrees_both_ways(check, text, source, form, rows, measure, right):
    found = check(text)
    assert (next(iter(found.sources)), found.form, found.rows) == (source, form, rows)
    assert found.totals[measure] == (pytest.approx(right), pytest.approx(right))
    assert found.agrees
    assert found.first.startswith("2026-01-01")


def test_a_zone_is_the_same_both_ways(check):
    found = check(JOBS.replace("2026-01-02", "2026-01-02T00:00:00Z"), clock=Clock("Europe/Berlin"))
    assert found.totals["gpu_hours"] == (pytest.approx(25 * 4 + 96), pytest.approx(25 * 4 + 96))


@pytest.mark.parametrize(("rows", "right"), [
    (MAP, 2 * 24 * 8), (MAP.replace("end,e,", "duration_h,n,"), 2 * 2 * 8),
    (MAP.replace("amount,n*m", "total,n"), 2),
    (MAP.replace("end,e,", "period,,day"), 2 * 24 * 8), (MAP.replace("=GPU", "~g*"), 2 * 24 * 8),
    (MAP.replace("where,k,=GPU", "where,k,not in gpu;tpu"), 24 * 8),
])  # fmt: skip
def test_a_table_is_recomputed_by_its_mapping(check, tmp_path, rows, right):
    path = tmp_path / "m.csv"
    path.write_text(rows)
    found = check(TABLE, mapping=read_map(path))
    assert list(found.sources) == ["table"]
    assert found.totals["gpu_hours"] == (pytest.approx(right), pytest.approx(right))
    assert found.agrees


def test_the_worked_sheet_of_the_page_agrees_both_ways(check, tmp_path):
    page = (Path(__file__).resolve().parents[3] / "docs/ingest/tables.md").read_text(encoding="utf-8")
    sheet, mapping, *_ = re.findall(r"^```\w*\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    path = tmp_path / "m.csv"
    path.write_text(mapping)
    found = check(sheet, mapping=read_map(path))
    assert found.totals == {"gpu_hours": (17_280.0, 17_280.0), "cost": (pytest.approx(168_393.02),) * 2}
    assert found.agrees


@pytest.mark.parametrize(("decimal", "cells"), [("comma", ("1.234,5", "(2,5)")), ("point", ("$1,234.5", "(2.5)"))])
def test_figures_of_sheets_agree_both_ways(check, tmp_path, decimal, cells):
    path = tmp_path / "m.csv"
    path.write_text(f"role,column,constant\nat,t,\nvalue,v,\nmeasure,,cost\nunit,,EUR\ndecimal,,{decimal}\n")
    found = check("t\tv\n" + "".join(f"2026-01-01\t{cell}\n" for cell in cells), mapping=read_map(path))
    assert found.totals == {"cost": (1232.0, 1232.0)}


def test_a_query_has_no_second_way(check, tmp_path):
    path = tmp_path / "m.sql"
    path.write_text(
        "SELECT s AS start, e AS \"end\", n AS amount, 'gpu_hours' AS measure FROM file WHERE e IS NOT NULL"
    )
    found = check(TABLE, mapping=read_map(path))
    assert found.totals["gpu_hours"] == (96.0, None)


@pytest.mark.parametrize("row", ["3,2026-01-01,2026-01-02,4e5,X", "3,2026-01-01,2026-01-02", "3,x,2026-01-02,4,X"])
def test_rows_set_aside_are_left_out_both_ways_and_told(check, row):
    first, rest = JOBS.split("\n", 2)[0], JOBS.split("\n", 2)[1:]
    found = check("\n".join([first, rest[0], row, rest[1]]))
    assert found.totals["gpu_hours"] == (192.0, 192.0)
    assert found.agrees
    assert found.note.startswith("1 rows set aside; ")


def test_what_nobody_reads_says_so(check):
    found = check("a,b\n1,2\n")
    assert (found.sources, found.agrees) == ({}, False)
    assert "--map" in found.note


def test_documents_are_told_by_their_fields(check):
    series = {"metric": {"__name__": "DCGM_FI_DEV_GPU_UTIL"}, "values": [[1767225600, "5"]]}
    page = {"status": "success", "data": {"resultType": "matrix", "result": [series]}}
    assert next(iter(check(json.dumps(page), "a.json").sources)) == "prometheus"
    item = {
        "start": "2026-01-01T00:00:00Z",
        "end": "2026-01-01T04:00:00Z",
        "cpuCoreHours": 1,
        "gpuHours": 8,
        "totalCost": 3,
    }
    assert next(iter(check(json.dumps({"data": [{"a/b": item}]}), "b.json").sources)) == "opencost"
    assert next(iter(check('DCGM_FI_DEV_GPU_UTIL{gpu="0"} 50 1767225600000\n', "c.txt").sources)) == "prometheus"


def test_every_source_but_the_plain_table_has_a_signature_and_none_is_invented():
    told = {each.source for each in signatures()}
    assert told <= {*SOURCES, "throughput"}
    assert set(SOURCES) - told == {"table"}  # which a mapping tells


def test_the_source_whose_columns_are_all_there_comes_first():
    ranked = rank_sources(pd.read_csv(pd.io.common.StringIO(JOBS)).columns)
    assert [each.source for each in ranked] == ["jobs"]


def test_the_command_prints_both_totals_and_exits_with_its_verdict(tmp_path):
    path = tmp_path / "jobs.csv"
    path.write_text(JOBS)
    done = CliRunner().invoke(app, ["ingest", "check", str(path)])
    assert done.exit_code == 0
    assert "read by jobs: job_id, start_time, num_gpus, end_time, state" in done.stdout
    assert "gpu_hours: 192.00 as ingest reads it, 192.00 by DuckDB over the raw file: they agree" in done.stdout
    path.write_text(JOBS.replace(",4,", ",4e5,"))
    done = CliRunner().invoke(app, ["ingest", "check", str(path), "--json"])
    assert done.exit_code == 1
    assert json.loads(done.stdout)[0]["agrees"] is False


S = "JobID|State|Submit|Start|End|Elapsed|NNodes|NCPUS|AllocTRES|AllocGRES|JobName\n"
T = "2026-01-01T00:00:00|2026-01-01T00:00:00|2026-01-01T10:00:00|"
BUCKETS = (
    "start_time,end_time,model,num_model_requests,input_tokens,output_tokens,input_cached_tokens\n"
    "1767225600,1767229200,m,500,70000,900,20000\n1767229200,1767232800,m,7,10,20,0\n"
)
CUR = (
    "line_item_usage_start_date,line_item_usage_end_date,line_item_line_item_type,line_item_product_code,"
    "line_item_usage_type,line_item_usage_amount,pricing_unit,line_item_unblended_cost,line_item_currency_code\n"
)
HOUR = "2025-03-01T00:00:00Z,2025-03-01T01:00:00Z,"
GCP = [
    {"service": {"description": "Compute Engine"}, "sku": {"description": f"Nvidia L4 GPU {how}"},
     "usage_start_time": "2025-03-01 00:00:00 UTC", "usage_end_time": "2025-03-01 01:00:00 UTC", "cost": 2,
     "currency": "USD", "usage": {"amount": 7200, "unit": "seconds"}, "credits": [{"amount": -0.5}]}
    for how in ("running in Iowa", "attached to Spot Preemptible VMs running in Iowa")
]  # fmt: skip


@pytest.mark.parametrize(("text", "source", "right"), [
    (S + f"1|COMPLETED|{T}05:00:00|1|8|cpu=8,gres/gpu=4||a\n", "sacct", {"gpu_hours": 20, "core_hours": 40}),
    (S + f"1|COMPLETED|{T}10:00:00|3|8||gpu:a100:2(IDX:0-1)|a\n", "sacct", {"gpu_hours": 60}),
    (S + f"1|COMPLETED|{T}10:00:00|1|8|gres/gpu=7,gres/gpu:a100_1g.5gb=7||a\n", "sacct", {"gpu_hours": 10}),
    (S + f"1|COMPLETED|{T}10:00:00|1|8||7696487:4|a\n", "sacct", {"gpu_hours": 40}),
    ("job_id,start_time,end_time,plan_gpu,inst_num\n1,2026-01-01,2026-01-02,50,4\n2,2026-01-01,2026-01-02,200,1\n",
     "jobs", {"gpu_hours": 96}),
    ("job_id,start_time,end_time,gpus_per_node,nodes\n1,2026-01-01,2026-01-02,8,4\n", "jobs", {"gpu_hours": 768}),
    (BUCKETS, "llm-requests", {"requests": 507, "input_tokens": 70010, "output_tokens": 920}),
    (('{"startTime": "2026-01-01T00:00:00Z", "prompt_tokens": 9, "completion_tokens": 1, "cache_hit": "True"}\n'
     '{"startTime": "2026-01-01T00:00:00Z", "prompt_tokens": 5, "completion_tokens": 2, "status": "failure"}\n'),
     "llm-requests", {"requests": 2, "input_tokens": 5, "output_tokens": 2}),
    (CUR + HOUR + "Usage,AmazonEC2,BoxUsage:p4d.24xlarge,1,Hrs,32.77,USD\n" + HOUR
     + "Usage,AmazonS3,TimedStorage,5,GB,1,USD\n", "cur", {"gpu_hours": 8, "cost": 33.77}),
    ("\n".join(map(json.dumps, GCP)), "gcp-billing", {"gpu_hours": 4, "cost": 3}),
    (("Date,Namespace,ControllerName,CPUCoreRequestAverage,CPUCoreUsageAverage,GPUs,TotalCost\n"
     "2021-01-01,ns,ctl,0.5,7,2,4.6\n"), "opencost", {"core_hours": 168, "gpu_hours": 48, "cost": 4.6}),
])  # fmt: skip
def test_both_ways_mean_the_same(check, text, source, right):
    found = check(text)
    assert next(iter(found.sources)) == source
    assert {name: found.totals[name] for name in right} == {
        name: (pytest.approx(value), pytest.approx(value)) for name, value in right.items()
    }
    assert found.agrees


@pytest.mark.parametrize(("service", "about"), [
    ("Amazon Elastic MapReduce", "$0.27 per hour for EMR p4d.24xlarge"),
    ("Amazon Elastic Compute Cloud", "$0.00 per Reservation Linux p4d.24xlarge Instance Hour"),
])  # fmt: skip
def test_hours_of_a_bill_that_are_not_plain_have_no_second_way(check, service, about):
    head = "BillingCurrency,ChargePeriodStart,ChargePeriodEnd,EffectiveCost,ConsumedUnit,ConsumedQuantity,ServiceName,"
    rows = [f"USD,{HOUR}1,Hours,1,{each}" for each in (
        "Amazon Elastic Compute Cloud,On Demand Linux p4d.24xlarge Instance Hour", f"{service},{about}")]  # fmt: skip
    found = check("\n".join([head + "ChargeDescription", *rows]))
    assert found.totals == {"cost": (2.0, 2.0), "gpu_hours": (8.0, None)}


def test_a_label_that_no_table_knows_is_told_with_the_nearest_before_the_load(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "jobs.csv").write_text("job_id,start,end,gpus\n1,2026-01-01,2026-01-02,1\n")
    done = CliRunner().invoke(app, ["ingest", "check", "jobs.csv", "--set", "workload=recssys", "--set", "leaf=edge"])
    assert done.stderr == "workload 'recssys' is not known; nearest: recsys; it makes one of its own\n"
    assert done.exit_code == 0
