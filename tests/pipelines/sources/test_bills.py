"""FOCUS and OpenCost: hours by instance type, idle reservations, cost."""

import json

import pandas as pd
import pytest

from shiftcast.pipelines.sources.setting import Setting, instance_types
from shiftcast.pipelines.sources.table import UnreadableFileError

HEAD = ("BillingCurrency,ChargeCategory,ChargeDescription,ChargePeriodStart,ChargePeriodEnd,ConsumedQuantity,"
        "ConsumedUnit,EffectiveCost,PricingQuantity,PricingUnit,ProviderName,RegionId,ServiceName,"
        "CommitmentDiscountStatus,Tags")  # fmt: skip


def bill(*rows):
    usual = {"BillingCurrency": "USD", "ChargeCategory": "Usage", "ChargePeriodStart": "2026-01-01 00:00:00",
             "ChargePeriodEnd": "2026-01-02 00:00:00", "EffectiveCost": "1", "ProviderName": "AWS", "RegionId": "eu",
             "ChargeDescription": "On Demand Linux g5.12xlarge Instance Hour", "ConsumedQuantity": "6",
             "ConsumedUnit": "Hours"}  # fmt: skip
    lines = [",".join({**usual, **row}.get(name, "NULL") for name in HEAD.split(",")) for row in rows]
    return "\n".join([HEAD, *lines]) + "\n"


def test_instance_hours_become_accelerator_hours(read):
    got = read("focus", bill({}))
    assert got.total("gpu_hours") == 24  # six hours of four GPUs
    assert got.spans["amount"].tolist() == [1.0]  # spread over the day it was charged for
    assert got.spans[["accelerator", "vendor", "operator", "region"]].to_numpy().tolist() == [
        ["a10g", "nvidia", "AWS", "eu"]
    ]
    assert got.total("cost") == 1


def test_an_unused_reservation_is_idle(read):
    got = read("focus", bill({"CommitmentDiscountStatus": "Unused", "ConsumedQuantity": "NULL", "ConsumedUnit": "NULL",
                              "PricingQuantity": "2", "PricingUnit": "Hrs"}))  # fmt: skip
    assert got.total("idle_gpu_hours") == 8
    assert got.total("gpu_hours") == 0


@pytest.mark.parametrize("row", [
    {"ChargeCategory": "Purchase"}, {"ConsumedUnit": "GB"}, {"ChargeDescription": "per t2.micro Instance Hour"},
])  # fmt: skip
def test_what_is_no_use_of_a_gpu_keeps_its_cost(read, row):
    got = read("focus", bill(row))
    assert (got.stored, got.total("cost"), got.total("gpu_hours")) == (1, 1, 0)


@pytest.mark.parametrize(("row", "column", "reason"), [
    ({"ConsumedQuantity": "six"}, "ConsumedQuantity", "is not a number"),
    ({"ConsumedQuantity": "1e9"}, "ConsumedQuantity", "lies outside"),
    ({"BillingCurrency": "$"}, "BillingCurrency", "not a currency"),
    ({"ChargePeriodEnd": "2025-01-01"}, "ChargePeriodEnd", "does not end after"),
    ({"EffectiveCost": "dear"}, "EffectiveCost", "not a number"),
    ({"EffectiveCost": ""}, "EffectiveCost", "is empty"),
])  # fmt: skip
def test_a_row_that_cannot_be_used_is_set_aside(read, row, column, reason):
    got = read("focus", bill({}, row))
    assert (got.rows, got.stored) == (2, 1)
    assert got.quarantined["column"].tolist() == [column]
    assert reason in got.quarantined["reason"].iloc[0]


def test_minutes_and_seconds_and_packs_of_hours(read):
    got = read("focus", bill({"ConsumedQuantity": "7200", "ConsumedUnit": "Seconds"},
                             {"ConsumedQuantity": "0.5", "ConsumedUnit": "100 Hours"}))  # fmt: skip
    assert got.total("gpu_hours") == 4 * (2 + 50)


def test_users_extend_the_map(read, tmp_path):
    extra = tmp_path / "mine.csv"
    extra.write_text("instance,accelerator,count\nmy.giant,h200,16\n")
    got = read("focus", bill({"ChargeDescription": "my.giant"}), setting=Setting(instances=extra))
    assert got.total("gpu_hours") == 96
    extra.write_text("instance,accelerator,count\nmy.giant,h200,none\n")
    with pytest.raises(UnreadableFileError, match="line 2"):
        instance_types(extra)


def test_gpus_the_map_does_not_know_are_listed(read):
    got = read("focus", bill({"ChargeDescription": "GPU flex pod hour"}))
    assert list(got.found["unresolved"]) == ["GPU flex pod hour: 6 h, 1 USD, not counted"]


def test_focus_in_parquet(read, parquet_bytes):
    table = pd.DataFrame({"BillingCurrency": ["EUR"], "ChargeCategory": ["Usage"], "EffectiveCost": [2.5],
                          "ChargePeriodStart": pd.to_datetime(["2026-01-01"], utc=True),
                          "ChargePeriodEnd": pd.to_datetime(["2026-01-01 01:00"], utc=True), "ConsumedQuantity": [1.0],
                          "ConsumedUnit": ["Hours"], "SkuMeter": ["ND96isr H100 v5"]})  # fmt: skip
    got = read("focus", parquet_bytes(table), file="bill.parquet")
    assert got.total("gpu_hours") == 8
    assert got.points["unit"].tolist() == ["EUR"]


EXPORT = """Date,Namespace,ControllerName,Pod,Container,CPUCoreUsageAverage,CPUCoreRequestAverage,GPUs,TotalCost
2021-01-01,ns,ctl,pod,main,0.1,0.5,2,4.6
2021-01-01,__idle__,,,,0,1,1,2
"""


def test_opencost_export_is_a_day(read):
    got = read("opencost", EXPORT)
    assert got.total("gpu_hours") == 48
    assert got.total("idle_gpu_hours") == 24
    assert got.total("core_hours") == 12
    assert got.total("cost") == pytest.approx(6.6)


def test_opencost_answer_holds_hours_of_its_window(read):
    one = {"properties": {"namespace": "ns", "controller": "ctl"}, "start": "2026-01-01T00:00:00Z",
           "end": "2026-01-01T04:00:00Z", "gpuHours": 8, "cpuCoreHours": 2, "totalCost": 3}  # fmt: skip
    data = [
        {"c/ns/pod": one, "__idle__": {**one, "gpuHours": 4, "cpuCoreHours": 0}, "zero": {**one, "end": one["start"]}},
        None,
    ]
    got = read("opencost", json.dumps({"code": 200, "data": data}))
    assert (got.rows, got.stored) == (3, 2)
    assert (got.total("gpu_hours"), got.total("idle_gpu_hours")) == (8, 4)


@pytest.mark.parametrize("text", ['{"data": 7}', "{broken", "[" * 100_000])
def test_opencost_that_is_no_answer(read, text):
    with pytest.raises(UnreadableFileError):
        read("opencost", text)
