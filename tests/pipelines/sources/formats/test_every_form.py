"""One table written in every form gives one total, whatever source reads it."""

import csv
import io
import json
import zipfile

import pandas as pd
import pytest

from shiftcast.features.instants import Clock
from shiftcast.pipelines.sources.setting import Setting

TABLES = {
    "jobs": (
        (
            "job_id,submit_time,start_time,end_time,num_gpus,state\n"
            "1,2026-01-01 00:00:00,2026-01-01 01:00:00,2026-01-01 11:00:00,4,COMPLETED\n"
            "2,2026-01-01 00:00:00,2026-01-01 02:00:00,2026-01-01 04:00:00,8,FAILED\n"
        ),
        {"gpu_hours": 40 + 16 + 4 + 16, "jobs": 2},
    ),
    "focus": (
        (
            "BillingCurrency,ChargeCategory,ChargeDescription,ChargePeriodStart,ChargePeriodEnd,ConsumedQuantity,"
            "ConsumedUnit,EffectiveCost,ServiceName,Tags\n"
            'USD,Usage,"On Demand p4d.24xlarge, Linux",2026-01-01T00:00:00Z,2026-01-01T06:00:00Z,6,Hours,'
            "196.5,Amazon Elastic Compute Cloud,"
            '"{""team"": ""ads""}"\n'
            "USD,Usage,disk,2026-01-01T00:00:00Z,2026-01-02T00:00:00Z,6,GB,0.5,Amazon Simple Storage Service,\n"
        ),
        {"gpu_hours": 48, "cost": 197},
    ),
    "llm-requests": (
        (
            "request_id,created_at,model,prompt_tokens,completion_tokens,status\n"
            "a,2026-01-01T00:00:00Z,m,100,10,200\nb,2026-01-01T00:00:01Z,m,50,5,500\n"
        ),
        {"requests": 2, "input_tokens": 150, "output_tokens": 15},
    ),
    "instances": (
        (
            "name,gpus,start,end,gpu_type\na,8,2026-01-01T00:00:00,2026-01-02T00:00:00,H100 SXM\n"
            "b,4,2026-01-01T12:00:00,2026-01-02T00:00:00,A100\n"
        ),
        {"gpu_hours": 192 + 48, "instances": 2},
    ),
    "occupancy": (
        "time,total_gpu_num,running_gpu_num,idle_gpu_num\n2026-01-01 00:00:00,64,59,5\n2026-01-01 01:00:00,64,60,4\n",
        {"gpu_hours": 119, "idle_gpu_hours": 9},
    ),
    "nvidia-smi": (
        (
            "timestamp,index,uuid,name,utilization.gpu [%]\n2026/01/01 00:00:00.000,0,GPU-1,NVIDIA H100,50 %\n"
            "2026/01/01 00:00:01.000,0,GPU-1,NVIDIA H100 80GB HBM3,70 %\n"
        ),
        {},
    ),
    "oci-cost": (
        (
            "lineItem/intervalUsageStart,lineItem/intervalUsageEnd,product/service,product/Description,"
            "usage/billedQuantity,cost/billingUnitReadable,cost/myCost,cost/currencyCode\n"
            "2025-03-01T00:00Z,2025-03-01T01:00Z,COMPUTE,Compute - GPU - H100,8,GPU HOURS,80,USD\n"
        ),
        {"gpu_hours": 8, "cost": 80},
    ),
    "opencost": (
        "Date,Namespace,ControllerName,CPUCoreRequestAverage,GPUs,TotalCost\n2021-01-01,ns,ctl,0.5,2,4.5\n",
        {"gpu_hours": 48, "core_hours": 12, "cost": 4.5},
    ),
    "sacct": (
        (
            "JobID|State|Submit|Start|End|NNodes|AllocTRES|JobName\n"
            "7|COMPLETED|2026-01-01T00:00:00|2026-01-01T00:00:00|2026-01-01T10:00:00|1|cpu=8,gres/gpu=4|train\n"
        ),
        {"gpu_hours": 40, "core_hours": 80, "jobs": 1},
    ),
    "squeue": (
        (
            "JOBID|STATE|SUBMIT_TIME|START_TIME|TIME|NODES|CPUS|TRES_PER_NODE\n"
            "9|RUNNING|2026-01-01T00:00:00|2026-01-01T00:00:00|10:00:00|2|16|gres/gpu:2\n"
        ),
        {"gpu_hours": 40, "core_hours": 160},
    ),
}


def delimited(header, rows, mark):
    text = io.StringIO()
    csv.writer(text, delimiter=mark, lineterminator="\n").writerows([header, *rows])
    return text.getvalue().encode()


def zipped(header, rows):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("export.csv", delimited(header, rows, ","))
    return data.getvalue()


def objects(header, rows):
    return [dict(zip(header, map(typed, row), strict=True)) for row in rows]


def typed(cell):
    """Return a cell as JSON and sheets hold it."""
    try:
        return int(cell) if cell.isdigit() else float(cell)
    except ValueError:
        return cell


def frame(header, rows):
    data = io.BytesIO()
    pd.DataFrame(rows, columns=header).to_parquet(data, index=False)
    return data.getvalue()


FORMS = {
    "comma": lambda header, rows: delimited(header, rows, ","),
    "tab": lambda header, rows: delimited(header, rows, "\t"),
    "semicolon": lambda header, rows: delimited(header, rows, ";"),
    "caret": lambda header, rows: delimited(header, rows, "^"),
    "array": lambda header, rows: json.dumps(objects(header, rows), indent=1).encode(),
    "nested": lambda header, rows: json.dumps({"page": {"items": objects(header, rows)}, "other": [{"a": 1}]}).encode(),
    "lines": lambda header, rows: "".join(json.dumps(each) + "\n" for each in objects(header, rows)).encode(),
    "parquet": frame,
    "zip": zipped,
}
GIVEN = {"caret": {"delimiter": "^"}, "nested": {"path": "page.items"}, "xlsx": {"sheet": "export"}}


@pytest.mark.parametrize("form", [*FORMS, "xlsx"])
@pytest.mark.parametrize("source", TABLES)
def test_one_table_gives_one_total_in_every_form(read, xlsx, source, form):
    text, right = TABLES[source]
    header, *rows = csv.reader(io.StringIO(text), delimiter="|" if "|" in text else ",")
    setting = Setting(Clock("UTC"), **GIVEN.get(form, {}))
    sheets = {"export": [header, *(map(typed, row) for row in rows)], "notes": [["not this one"]]}
    content = xlsx(**sheets) if form == "xlsx" else FORMS[form](header, rows)
    got = read(source, content, file="f", setting=setting)
    assert got.rows == got.stored == len(rows)
    assert {measure: got.total(measure) for measure in right} == pytest.approx(right)


def test_objects_within_a_bill_stay_readable(read, normalised):
    row = {"BillingCurrency": "USD", "ChargePeriodStart": "2026-01-01T00:00:00Z", "EffectiveCost": 1,
           "ChargePeriodEnd": "2026-01-01T01:00:00Z", "ConsumedQuantity": 1, "ConsumedUnit": "Hours",
           "ServiceName": "Amazon Elastic Compute Cloud", "SkuPriceDetails": {"InstanceType": "p4d.24xlarge"},
           "Tags": {"team": "ads"}}  # fmt: skip
    got = read("focus", json.dumps([row]), file="f.json")
    assert got.total("gpu_hours") == 8
    assert "ads" in normalised("focus", json.dumps([row])).clues["tag"][0]


def test_a_report_at_a_path_keeps_its_buckets(read):
    page = {"data": {"buckets": [{"start_time": 1767225600, "end_time": 1767229200, "results": [
        {"num_model_requests": 7, "input_tokens": 70, "output_tokens": 7, "model": "m"}]}]}}  # fmt: skip
    got = read("llm-requests", json.dumps(page), file="f", setting=Setting(path="data.buckets.results"))
    assert (got.total("requests"), got.total("input_tokens")) == (7, 70)
