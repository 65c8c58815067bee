"""Every source against spoiled files: a named error, or rows in = rows stored + rows set aside."""

import json
import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shiftcast.pipelines.commands.ingest_check import check_file
from shiftcast.pipelines.records import RECORDS
from shiftcast.pipelines.sources.catalogue import SOURCES
from shiftcast.pipelines.sources.formats.words import measures
from shiftcast.pipelines.sources.setting import Setting
from shiftcast.pipelines.sources.table import UnreadableFileError, read_table

SAMPLES = [
    (
        "azure-llm",
        ("TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:17:03.97,4808,10\n2023-11-16 18:18:03,3,8\n"),
    ),
    (
        "llm-requests",
        ("created,prompt_tokens,completion_tokens,model\n2026-01-01T00:00:00Z,5,1,m\n1767225600,7,2,m\n"),
    ),
    (
        "llm-requests-relative",
        ("arrived_at,num_prefill_tokens,num_decode_tokens\n0.5,5,1\n3.5,7,2\n"),
    ),
    (
        "mooncake",
        (
            '{"timestamp": 0, "input_length": 6, "output_length": 5}\n'
            '{"timestamp": 9, "input_length": 7, "output_length": 4}\n'
        ),
    ),
    (
        "servegen",
        ("0,1.5,8.6,Weibull,0.4,0.4\n600,0,,,0,0\n1200,2,1,Gamma,0,0\n"),
    ),
    (
        "dlrm",
        (
            "instance_sn,role,cpu_request,gpu_request,memory_request,creation_time,scheduled_time,deletion_time\n"
            "i0,HN,12,1,120.0,,,\n"
            "i1,CN,64,0,320.0,100,3600,7200\n"
        ),
    ),
    (
        "pods",
        (
            "name,cpu_milli,memory_mib,num_gpu,gpu_milli,creation_time,deletion_time,scheduled_time\n"
            "p,6000,1024,1,460,0,3600,0\n"
            "q,1000,1024,2,1000,0,3600,0\n"
        ),
    ),
    (
        "instances",
        ("name,gpus,start,end,gpu_type\na,8,2026-01-01,2026-01-02,H100 SXM\n"),
    ),
    (
        "kubectl",
        (
            '{"kind": "List", "items": [\n'
            '{"kind": "Pod", "metadata": {"name": "a", "uid": "u", "creationTimestamp": "2026-01-01T00:00:00Z"},\n'
            '"spec": {"containers": [{"resources": {"limits": {"nvidia.com/gpu": "2"}}}]},\n'
            '"status": {"phase": "Running", "startTime": "2026-01-01T00:00:05Z"}},\n'
            '{"kind": "Node", "metadata": {"name": "n"}, "status": {"capacity": {"nvidia.com/gpu": "8"}}}]}'
        ),
    ),
    (
        "nvidia-smi",
        (
            "timestamp, index, uuid, name, utilization.gpu [%], power.draw [W]\n"
            "2026/01/01 00:00:00.123, 0, GPU-1, NVIDIA H100 80GB HBM3, 50 %, 350.10 W\n"
            "2026/01/01 00:00:00.125, 1, GPU-2, NVIDIA H100 80GB HBM3, 0 %, [N/A]\n"
        ),
    ),
    (
        "jobs",
        (
            "job_id,submit_time,start_time,end_time,num_gpus,state\n"
            "1,2026-01-01,2026-01-01,2026-01-02,4,COMPLETED\n"
            "2,2026-01-01,2026-01-02,2026-01-03,4,FAILED\n"
        ),
    ),
    (
        "sacct",
        (
            "JobID|Submit|Start|End|State|AllocTRES|JobName\n"
            "1|2026-01-01T00:00:00|2026-01-01T01:00:00|2026-01-01T02:00:00|COMPLETED|cpu=2,gres/gpu:a100=2,mem=62.50G|a\n"
            "2|2026-01-01T00:00:00|2026-01-01T01:00:00|2026-01-01T02:00:00|CANCELLED by 7|cpu=2,mem=48000M|b\n"
        ),
    ),
    (
        "sacct",
        (
            '{"jobs": [{"job_id": 5, "state": {"current": ["COMPLETED"]}, "time": {"submission": 1709251200,\n'
            ' "start": 1709251210, "end": 1709287210, "elapsed": 36000},\n'
            ' "tres": {"allocated": [{"type": "gres", "name": "gpu", "id": 1001, "count": 4}]}}]}'
        ),
    ),
    (
        "squeue",
        (
            "JOBID|STATE|SUBMIT_TIME|START_TIME|TIME|NODES|CPUS|TRES_PER_NODE\n"
            "9|RUNNING|2024-03-01T00:00:00|2024-03-01T00:00:00|10:00:00|2|16|gres/gpu:2\n"
            "10_[1-4]|PENDING|2024-03-01T00:00:00|N/A|0:00|1|8|gres:gpu:a100:1\n"
        ),
    ),
    (
        "pbs",
        (
            "03/01/2024 00:00:00;Q;12.srv;queue=gpu\n"
            "03/01/2024 10:00:10;E;13.srv;user=u jobname=t queue=gpu qtime=1709251200 start=1709251210 "
            "exec_host=n1/0*8 Resource_List.ngpus=4 end=1709287210 Exit_status=0 resources_used.walltime=10:00:00\n"
        ),
    ),
    (
        "lsf",
        (
            "JOBID|STAT|QUEUE|SUBMIT_TIME|START_TIME|FINISH_TIME|SLOTS|GPU_NUM\n"
            "5|DONE|gpu|Fri Mar  1 00:00:00 2024|Fri Mar  1 00:00:10 2024|Fri Mar  1 10:00:10 2024 L|8|4\n"
        ),
    ),
    (
        "lsf",
        (
            '"JOB_FINISH" "10.1" 1709287210 123 500 33554435 4 1709251200 0 0 1709251210 "u" "gpu" "" "" "" "h" "/" "" '
            '"" "" "1" 0 2 "n1" "n1" 64 60.0 "t" "c" '
            + "1.0 " * 19
            + '"" "nlp" 0 4 "" "" 7 0 0 "" "rusage[ngpus_physical=2.00]"\n'
        ),
    ),
    (
        "sge",
        (
            "gpu.q:n1:g:u:train:42:sge:0:1709251200:1709251210:1709287210:0:0:36000:"
            + "0:" * 17
            + "nlp:d:smp:1:0:1.5:0:0:-l gpu=4:0:NONE:0:0:0\n"
        ),
    ),
    (
        "sge",
        (
            "====\njobnumber 42\nqsub_time Fri Mar  1 00:00:00 2024\nstart_time Fri Mar  1 00:00:10 2024\n"
            "end_time Fri Mar  1 10:00:10 2024\nslots 1\nfailed 0\ncategory -l gpu=4\n"
        ),
    ),
    (
        "swf",
        (
            "; UnixStartTime: 1400738481\n"
            "1 0 1014 3600 12 -1 -1 12 7200 -1 1 1 1 -1 1 -1 -1 -1\n"
            "2 100 10 1800 8 -1 -1 8 7200 -1 0 1 1 -1 1 -1 -1 -1\n"
        ),
    ),
    (
        "focus",
        (
            "BillingCurrency,ChargeDescription,ChargePeriodStart,ChargePeriodEnd,ConsumedQuantity,ConsumedUnit,EffectiveCost\n"
            "USD,g5.xlarge,2026-01-01,2026-01-02,6,Hours,1.5\n"
            "USD,disk,2026-01-01,2026-01-02,6,GB,0.5\n"
        ),
    ),
    (
        "cur",
        (
            "line_item_usage_start_date,line_item_usage_end_date,line_item_line_item_type,line_item_product_code,"
            "line_item_usage_type,line_item_usage_amount,pricing_unit,line_item_unblended_cost,line_item_currency_code\n"
            "2025-03-01T00:00:00Z,2025-03-01T01:00:00Z,Usage,AmazonEC2,BoxUsage:p4d.24xlarge,1.0,Hrs,32.77,USD\n"
            "2025-03-01T00:00:00Z,2025-03-01T01:00:00Z,Tax,AmazonEC2,BoxUsage:p4d.24xlarge,1.0,,3.3,USD\n"
        ),
    ),
    (
        "azure-cost",
        (
            "Date,MeterCategory,MeterName,Quantity,UnitOfMeasure,CostInBillingCurrency,BillingCurrency,ResourceId\n"
            "2025-03-01,Virtual Machines,NC6s v3,24,1 Hour,73,USD,/subscriptions/1/vm\n"
        ),
    ),
    (
        "gcp-billing",
        (
            '{"service": {"description": "Compute Engine"}, "sku": {"description": "Nvidia L4 GPU running in Iowa"}, '
            '"usage_start_time": "2025-03-01 00:00:00 UTC", "usage_end_time": "2025-03-01 01:00:00 UTC", '
            '"cost": 1, "currency": "USD", "usage": {"amount": 3600, "unit": "seconds"}, "credits": [{"amount": -0.5}]}'
        ),
    ),
    (
        "oci-cost",
        (
            "lineItem/intervalUsageStart,lineItem/intervalUsageEnd,product/service,product/Description,"
            "usage/billedQuantity,cost/billingUnitReadable,cost/myCost,cost/currencyCode\n"
            "2025-03-01T00:00Z,2025-03-01T01:00Z,COMPUTE,Compute - GPU - H100,8,GPU HOURS,80,USD\n"
        ),
    ),
    (
        "opencost",
        ("Date,Namespace,ControllerName,CPUCoreRequestAverage,GPUs,TotalCost\n2021-01-01,ns,ctl,0.5,2,4.6\n"),
    ),
    (
        "opencost",
        (
            '{"data": [{"a/b": {"start": "2026-01-01T00:00:00Z", "end": "2026-01-01T04:00:00Z",\n'
            ' "gpuHours": 8, "totalCost": 3}}]}'
        ),
    ),
    (
        "prometheus",
        ('DCGM_FI_DEV_GPU_UTIL{gpu="0",modelName="H100"} 50 1767225600000\nvllm:num_requests_running 2\n'),
    ),
    (
        "prometheus",
        (
            '{"status": "success", "data": {"result": [{"metric": {"__name__": "DCGM_FI_DEV_GPU_UTIL"},\n'
            '"values": [[1767225600, "50"], [1767225660, "60"]]}]}}'
        ),
    ),
    (
        "occupancy",
        (
            "time,total_gpu_num,running_gpu_num,pending_gpu_num,idle_gpu_num\n"
            "2020-05-01 00:00:00,64,59,0,5\n"
            "2020-05-01 00:01:00,64,60,8,4\n"
            "2020-05-01 00:02:00,64,64,0,0\n"
        ),
    ),
    (
        "capacity",
        ("Name,Chip type,count,date\nA,H100,1000,2024-05-01\nB,A100,5,2024-06-01\n"),
    ),
    (
        "capacity",
        ("date,a,b,total\n2020-04-01,1,2,3\n2020-04-02,1,3,4\n"),
    ),
    (
        "table",
        ("t,n,w\n2026-01-01,5,ads\n2026-01-02,6,ads\n"),
    ),
]
HOSTILE = ["=cmd|'/c calc'!A1", "../../etc/passwd", "1e9", "1000000000", "NULL", "", "-1", "nan", "inf", "9" * 400, '"',
           "\u202e\u0661", "0x10", "2026-13-45", "\x1b[31m", "{}", "99999999999999999999"]  # fmt: skip


def truncated(text, chance):
    return text.encode()[: chance.randrange(1, len(text))]


def latin_1(text, chance):
    cut = chance.randrange(len(text))
    return text.encode()[:cut] + b"\xe9\xff" + text.encode()[cut:]


def other_encoding(text, chance):
    return text.encode(chance.choice(["utf-16", "utf-32", "utf-16-le"]))


def mixed_ends(text, chance):
    return "".join(line + chance.choice(["\n", "\r\n", "\r"]) for line in text.splitlines()).encode()


def swapped(text, chance):
    """Swap two cells of every row below the header."""
    first, *rest = text.splitlines()
    mark = max(",|", key=first.count)
    rows = [row.split(mark) for row in rest]
    width = len(rows[0]) if rows else 1
    one, two = chance.randrange(width), chance.randrange(width)
    for row in rows:
        if len(row) > max(one, two):
            row[one], row[two] = row[two], row[one]
    return "\n".join([first, *(mark.join(row) for row in rows)]).encode()


def hostile_cell(text, chance):
    lines = text.splitlines()
    place = chance.randrange(len(lines))
    mark = max(",|:", key=lines[place].count)
    cells = lines[place].split(mark)
    cells[chance.randrange(len(cells))] = chance.choice(HOSTILE)
    lines[place] = mark.join(cells)
    return "\n".join(lines).encode()


def bytes_lost(text, chance):
    data = bytearray(text.encode())
    for _ in range(5):
        data[chance.randrange(len(data))] = chance.randrange(256)
    return bytes(data)


SPOILS: list[Callable[[str, random.Random], bytes]] = [
    truncated, latin_1, other_encoding, mixed_ends, swapped, hostile_cell, hostile_cell, bytes_lost,
]  # fmt: skip


def setting_for(name, tmp_path, anchored):
    if name != "table":
        return anchored
    path = tmp_path / "map.csv"
    path.write_text("role,column,constant\nat,t,\nvalue,n,\nmeasure,,requests\nunit,,request\nworkload,w,\n")
    return Setting(anchored.clock, mapping=read_table(path))


def test_there_is_a_sample_of_every_source():
    assert {name for name, _ in SAMPLES} == set(SOURCES)


@pytest.mark.parametrize(("name", "text"), SAMPLES, ids=[name for name, _ in SAMPLES])
def test_a_sample_is_stored_whole(read, anchored, tmp_path, name, text):
    got = read(name, text, file="s", setting=setting_for(name, tmp_path, anchored))
    assert got.rows == got.stored > 0


def account(parts):
    """Return rows in, lines kept and lines set aside of batches."""
    kept = [line for part in parts for line in part.parts["line"].to_pylist()]
    quarantined = [line for part in parts for line in part.quarantined["line"]]
    return sum(part.rows for part in parts), set(kept), quarantined


@pytest.mark.parametrize(("name", "text"), SAMPLES, ids=[name for name, _ in SAMPLES])
def test_a_spoiled_file_loses_no_row(batches, anchored, tmp_path, name, text):
    chance = random.Random(name)  # noqa: S311  (seeded, so that a failure can be repeated)
    setting = setting_for(name, tmp_path, anchored)
    for spoil in SPOILS * 2:
        try:
            rows, kept, quarantined = account(batches(name, spoil(text, chance), setting))
        except UnreadableFileError:  # the named error; its words are tested source by source
            continue
        assert not kept & set(quarantined), spoil.__name__
        assert len(kept) + len(quarantined) == rows, spoil.__name__


@settings(max_examples=40)
@given(cell=st.text(max_size=30))
def test_any_text_in_a_cell_is_kept_or_named(batches, anchored, cell):
    line = json.dumps({"timestamp": 5, "input_length": cell, "output_length": 1})
    rows, kept, quarantined = account(batches("mooncake", line.encode(), anchored))
    assert rows == 1 == len(kept) + len(quarantined)


@pytest.mark.parametrize("end", [b"\n", b"a", b"\x00\xd8", b"\x00\xd8,\x00"])
def test_utf_16_that_breaks_off_costs_its_line_alone(batches, anchored, end):
    text = dict(SAMPLES)["azure-llm"].encode("utf-16-le")
    rows, kept, quarantined = account(batches("azure-llm", b"\xff\xfe" + text + end, anchored))
    assert (rows, len(kept), len(quarantined)) == (3, 2, 1)


def test_rows_and_rows_set_aside_agree_to_the_end(read, anchored):
    text = dict(SAMPLES)["jobs"] + "2,2026-01-01,2026-01-02,2026-01-03,4,FAILED\n3,x,y,z,4,?\n"
    got = read("jobs", text, setting=anchored)
    assert (got.rows, got.stored, got.found["repeated"], len(got.quarantined)) == (4, 2, 1, 1)


@pytest.mark.parametrize(("name", "text"), [each for each in SAMPLES if each[0] != "table"])
def test_check_names_the_source_of_a_sample_first_and_agrees(tmp_path, anchored, name, text):
    path = tmp_path / "s"
    path.write_text(text)
    found = check_file(str(path), "s", anchored)
    assert next(iter(found.sources)) == name
    assert found.agrees, found.totals


@pytest.mark.parametrize(("name", "text"), [each for each in SAMPLES if each[0] != "table"])
def test_every_measure_of_a_source_is_known_with_its_unit(batches, anchored, name, text):
    for part in batches(name, text.encode(), anchored):
        for row in part.parts.select(["measure", "unit"]).to_pylist():
            unit = measures()[row["measure"]].unit
            assert row["unit"] == unit or (unit == "currency" and len(row["unit"]) == 3)


def test_every_measure_of_a_metric_is_known_with_its_unit():
    for row in read_table(RECORDS / "prometheus_metrics.csv").to_dict("records"):
        assert row["unit"] == measures()[row["measure"]].unit
