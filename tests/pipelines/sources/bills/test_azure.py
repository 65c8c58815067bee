"""Azure cost details: meters by the hour, whatever block they are priced in."""

import pandas as pd
import pytest

from shiftcast.features.instants import Clock
from shiftcast.pipelines.sources import sieve as sieve_module
from shiftcast.pipelines.sources.setting import Setting

USUAL = {"SubscriptionId": "s", "Date": "2025-03-01", "MeterCategory": "Virtual Machines", "MeterName": "NC6s v3",
         "Quantity": "24", "UnitOfMeasure": "1 Hour", "CostInBillingCurrency": "73", "BillingCurrency": "USD",
         "ChargeType": "Usage", "ResourceId": "/subscriptions/s/vm", "ResourceLocation": "EastUS"}  # fmt: skip


def details(*rows):
    return pd.DataFrame([{**USUAL, **row} for row in rows]).fillna("").to_csv(index=False)


def test_a_row_is_a_day_of_a_meter(read):
    got = read("azure-cost", details({}))
    assert (got.total("gpu_hours"), got.total("cost")) == (24, 73)
    assert got.spans[["operator", "region", "accelerator", "amount"]].to_numpy().tolist() == [
        ["Microsoft", "EastUS", "v100", 1.0]
    ]


LINES = [
    ({"MeterName": "ND96asr A100 v4", "UnitOfMeasure": "10 Hours"}, 192, 0),  # priced by ten, counted by one
    ({"MeterName": "NC24ads A100 v4 Low Priority", "UnitOfMeasure": "1 Hour"}, 24, 0),
    ({"MeterName": "x", "AdditionalInfo": '{"UsageType":"ComputeHR","ServiceType":"Standard_NV12ads_A10_v5"}'}, 8, 0),
    ({"MeterCategory": "Virtual Machines Licenses", "AdditionalInfo": '{"ServiceType":"Standard_NC6s_v3"}'}, 0, 0),
    ({"MeterCategory": "Azure Machine Learning", "MeterName": "NC6s v3"}, 24, 0),
    ({"MeterCategory": "Azure Machine Learning", "MeterName": "NC6s v3", "ProductName": "ML surcharge"}, 0, 0),
    ({"MeterCategory": "Azure Databricks", "MeterName": "NC6s v3 DBU"}, 0, 0),
    ({"MeterCategory": "Some Image", "PublisherType": "Marketplace"}, 0, 0),
    ({"ChargeType": "UnusedReservation"}, 0, 24), ({"ChargeType": "Purchase"}, 0, 0),
    ({"ChargeType": "Refund", "Quantity": "-24"}, 0, 0), ({"ChargeType": "RoundingAdjustment"}, 0, 0),
    ({"ResourceId": "/x/capacityReservationGroups/g/capacityReservations/c"}, 0, 24),
    ({"MeterCategory": "Container Instances", "MeterName": "K80 vCPU", "ProductName": "V100 GPU Duration",
      "UnitOfMeasure": "1 GPU Hour"}, 24, 0),
    ({"MeterName": "D4s v3"}, 0, 0), ({"MeterName": "NC6s v3", "UnitOfMeasure": "1 GB"}, 0, 0),
]  # fmt: skip


@pytest.mark.parametrize(("line", "used", "idle"), LINES)
def test_meters(read, line, used, idle):
    got = read("azure-cost", details(line))
    assert (got.total("gpu_hours"), got.total("idle_gpu_hours")) == (pytest.approx(used), pytest.approx(idle))
    assert got.total("cost") == 73


def test_older_exports_name_their_columns_otherwise(read):
    text = details({"Consumed Quantity": "2"})
    for name, older in {"CostInBillingCurrency": "PreTaxCost", "ResourceId": "Instance ID",
                        "UnitOfMeasure": "Unit of Measure", ",Quantity,": ",Other,"}.items():  # fmt: skip
        text = text.replace(name, older)
    assert read("azure-cost", text).total("gpu_hours") == 2


@pytest.mark.parametrize(("given", "order"), [("", "month-first"), ("day-first", "day-first")])
def test_days_are_month_first_unless_said_otherwise(batches, monkeypatch, given, order):
    seen = []
    plain = sieve_module.read_instants
    monkeypatch.setattr(
        sieve_module, "read_instants", lambda cells, clock: seen.append(clock.order) or plain(cells, clock)
    )
    batches("azure-cost", details({}).encode(), Setting(Clock(order=given)))
    assert seen == [order]


def test_an_unknown_meter_is_listed(read):
    got = read("azure-cost", details({"MeterName": "ND200 X900 v9"}))
    assert list(got.found["unresolved"]) == ["Virtual Machines: nd200_x900_v9: 24 h, 73 USD, not counted"]
