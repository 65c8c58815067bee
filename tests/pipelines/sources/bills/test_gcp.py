"""Google Cloud's billing export: GPUs as SKUs of their own, nested or flat, cost after credits."""

import json

import pandas as pd
import pytest

from shiftcast.pipelines.sources.table import UnreadableFileError

HOUR = 3600.0


def row(description, amount=HOUR, unit="seconds", service="Compute Engine", **other):
    return {"billing_account_id": "b", "service": {"id": "1", "description": service},
            "sku": {"id": "2", "description": description}, "usage_start_time": "2025-03-01 00:00:00 UTC",
            "usage_end_time": "2025-03-01 01:00:00 UTC", "project": {"id": "p", "name": "P"}, "labels": [],
            "location": {"region": "us-central1"}, "cost": 3.0, "currency": "USD", "cost_type": "regular",
            "usage": {"amount": amount, "unit": unit, "amount_in_pricing_units": amount / HOUR, "pricing_unit": "hour"},
            "credits": [{"name": "committed use", "amount": -1.0}], **other}  # fmt: skip


ROWS = [
    row("Nvidia Tesla A100 GPU running in Iowa"),
    row("A2 Instance Core running in Iowa", 12 * HOUR, system_labels=[{"key": "m", "value": "a2-highgpu-1g"}]),
    row("Nvidia H100 80GB Mega GPU attached to Spot Preemptible VMs running in Iowa", 8 * HOUR),
    row("TpuV5e running in Iowa", 8 * HOUR),
    row("Online/Batch Prediction Nvidia Tesla T4 in Iowa", 8 * HOUR, service="Vertex AI"),
    row("Commitment v1: Nvidia H100 80GB GPU running in Iowa for 1 Year", 8 * HOUR),
    row("Tax", 0.0, cost_type="tax", usage_end_time="2025-03-01 00:00:00 UTC"),
]


def lines(rows):
    return "\n".join(json.dumps(each) for each in rows)


def flat(rows):
    return pd.json_normalize(rows, sep="_").assign(credits=0).to_csv(index=False)


@pytest.mark.parametrize("write", [lines, json.dumps])
def test_gpus_tpus_and_cost_after_credits(read, write):
    got = read("gcp-billing", write(ROWS), file="bill.json")
    hours = got.spans.assign(hours=got.spans["amount"]).groupby("accelerator")["hours"].sum().to_dict()
    assert hours == {"a100": 1, "h100": 8, "t4": 8, "tpu_v5e": 8}
    assert (got.total("gpu_hours"), got.total("cost"), got.stored) == (25, 7 * 2, 7)
    assert set(got.spans["region"]) == {"us-central1"}


def test_flattened_and_parquet_tables_say_the_same(read, parquet_bytes):
    assert read("gcp-billing", flat(ROWS)).total("gpu_hours") == 25
    nested = pd.DataFrame(ROWS).assign(labels=[[{"key": "team", "value": "x"}]] * len(ROWS))
    got = read("gcp-billing", parquet_bytes(nested), file="bill.parquet")
    assert (got.total("gpu_hours"), got.total("cost")) == (25, 14)


def test_a_correction_of_a_past_hour_takes_back(read):
    got = read("gcp-billing", lines([ROWS[2], row("Nvidia H100 80GB GPU running in Iowa", -2 * HOUR)]))
    assert got.total("gpu_hours") == 6


def test_credits_that_are_none_set_their_row_aside(read):
    bad = [{**ROWS[0], "credits": [{"name": "x"}]}, {**ROWS[0], "credits": "?"}, {**ROWS[0], "credits": None}]
    got = read("gcp-billing", lines([*bad, *ROWS]))
    assert got.quarantined["column"].tolist() == ["credits", "credits"]


def test_fields_that_are_none_are_left(read):
    text = lines([{**ROWS[0], "usage": "{broken", "service": "Compute Engine"}, {**ROWS[0], "usage": {}}])
    got = read("gcp-billing", text)
    assert (got.stored, got.total("gpu_hours"), got.total("cost")) == (2, 0, 4)
    numbers = pd.DataFrame([{"usage_start_time": "2025-03-01", "usage_end_time": "2025-03-02", "cost": 3,
                             "currency": "USD", "credits.amount": each} for each in (-1, "")])  # fmt: skip
    assert read("gcp-billing", numbers.to_csv(index=False)).total("cost") == 5


def test_an_array_of_no_objects_is_refused(read):
    with pytest.raises(UnreadableFileError, match="no column 'cost'"):
        read("gcp-billing", "[1, 2]")


def test_an_unknown_accelerator_is_listed(read):
    got = read("gcp-billing", lines([row("Nvidia X900 GPU running in Iowa", 2 * HOUR)]))
    assert list(got.found["unresolved"]) == ["Compute Engine: Nvidia X900 GPU running in Iowa: 2 h, 2 USD, not counted"]
