"""Lines of FOCUS bills: the instance counts once, what stands beside it costs only, and nothing is silent."""

import re

import pandas as pd
import pytest

from shiftcast.features.instants import Clock
from shiftcast.pipelines.ingest.load import IngestRequest, ingest
from shiftcast.pipelines.sources.setting import Setting
from shiftcast.pipelines.store import Store

DAY = pd.Timestamp("2026-02-01", tz="UTC")
USUAL = {"BillingCurrency": "USD", "ChargeCategory": "Usage", "ChargePeriodStart": "2025-03-01T00:00:00Z",
         "ChargePeriodEnd": "2025-03-01T01:00:00Z", "ConsumedQuantity": "1", "ConsumedUnit": "Hours",
         "EffectiveCost": "1", "ServiceName": "Amazon Elastic Compute Cloud", "ProviderName": "AWS"}  # fmt: skip
ON_DEMAND = {"ChargeDescription": "$32.77 per On Demand Linux p4d.24xlarge Instance Hour", "ResourceId": "i-0a"}


def bill(*rows):
    rows = [{**USUAL, **row} for row in rows]
    names = list(dict.fromkeys(name for row in rows for name in row))
    return pd.DataFrame(rows, columns=names).to_csv(index=False)


def hours(got):
    return got.total("gpu_hours"), got.total("idle_gpu_hours")


FEES = [
    {"ServiceName": "Amazon Elastic MapReduce", "ChargeDescription": "$0.27 per hour for EMR p4d.24xlarge"},
    {"ServiceName": "Amazon Elastic Kubernetes Service", "x_UsageType": "USE1-EKS-Auto:p4d.24xlarge",
     "ChargeDescription": "$1.9 per p4d.24xlarge instance hour with EKS Auto Mode"},
    {"ServiceName": "Some Image", "ChargeDescription": "AWS Marketplace software usage|us-east-1|p4d.24xlarge"},
    {"ServiceName": "AWS Marketplace", "ChargeDescription": "$0.50 per hour on p4d.24xlarge"},
    {"ChargeDescription": "$0.00 for 4750 Mbps per g4dn.xlarge instance-hour (or partial hour)"},
    {"ChargeDescription": "USD 9.6 hourly fee per Linux/UNIX (Amazon VPC), p4d.24xlarge instance"},
    {"ServiceName": "Virtual Machines Licenses", "SkuMeter": "ND96isr H100 v5"},
    {"ServiceName": "Azure Databricks", "SkuMeter": "NC24ads A100 v4"},
    {"ServiceName": "Compute Engine", "ChargeDescription": "A2 Instance Core running in Iowa",
     "SkuPriceDetails": '{"MachineType": "a2-highgpu-8g"}'},
    {"ServiceName": "Kubernetes Engine", "ChargeDescription": "Autopilot NVIDIA L4 Pod mCPU Requests (us-central1)"},
    {"ServiceName": "Compute Engine", "ChargeDescription": "Commitment v1: Nvidia H100 80GB GPU in Iowa for 1 Year"},
    {"ServiceName": "Compute Engine", "ChargeDescription": "Licensing Fee for Nvidia RTX Virtual Workstation (T4)"},
    {"ChargeCategory": "Tax", "ChargeDescription": "Tax on p4d.24xlarge"},
    {"ChargeCategory": "Purchase", "ChargeDescription": "p4d.24xlarge reserved, all upfront"},
    {"ChargeCategory": "Credit", "ChargeDescription": "Credit for p4d.24xlarge", "EffectiveCost": "1"},
    {"ChargeDescription": "Refund of On Demand Linux p4d.24xlarge Instance Hour", "ConsumedQuantity": "-1"},
]  # fmt: skip


@pytest.mark.parametrize("fee", FEES)
def test_what_stands_beside_an_instance_costs_only(read, fee):
    got = read("focus", bill(ON_DEMAND, fee))
    assert (hours(got), got.total("cost"), got.stored) == ((8, 0), 2, 2)
    assert not got.found["unresolved"]


INSTANCES = [
    ({"ServiceName": "Amazon SageMaker", "ChargeDescription": "$37.688 per Training ml.p4d.24xlarge hour"}, 8),
    ({"ServiceName": "Amazon SageMaker", "SkuId": "USE1-Host:ml.g5.12xlarge", "ChargeDescription": "ml."}, 4),
    ({"ChargeDescription": "p5.48xlarge Linux/UNIX Spot Instance-hour in US East (N. Virginia)"}, 8),
    ({"ChargeDescription": "Linux/UNIX (Amazon VPC), p3.16xlarge reserved instance applied"}, 8),
    ({"ChargeDescription": "$4 per On Demand Windows with SQL License g6f.large Instance Hour"}, 0.125),
    ({"ServiceName": "Virtual Machines", "SkuMeter": "ND96asr A100 v4 Spot"}, 8),
    ({"ServiceName": "Virtual Machines", "SkuMeter": "NV6ads A10 v5"}, 1 / 6),
    ({"ServiceName": "Virtual Machines", "SkuMeter": "NC64as T4 v3/NC64as T4 v3 Low Priority"}, 4),
    ({"ServiceName": "Azure Machine Learning", "SkuMeter": "NC24ads A100 v4"}, 1),
    ({"ServiceName": "Compute Engine", "ChargeDescription": "A4 Nvidia B200 (1 gpu slice) running in Iowa"}, 1),
    ({"ServiceName": "Compute Engine", "ChargeDescription": "H200 141GB GPU running in Iowa"}, 1),
    ({"ServiceName": "Cloud TPU", "ChargeDescription": "TpuV5e running in Iowa"}, 1),
    ({"ServiceName": "Vertex AI", "ChargeDescription": "Online/Batch Prediction Nvidia Tesla T4 in Iowa",
      "ConsumedQuantity": "7200", "ConsumedUnit": "seconds"}, 2),
    ({"ServiceName": "Kubernetes Engine", "ChargeDescription": "Autopilot NVIDIA L4 Pod GPU Requests"}, 1),
    ({"ServiceName": "COMPUTE", "ChargeDescription": "Compute - GPU - H100", "ConsumedUnit": "GPU Hours"}, 1),
    ({"ServiceName": "Compute", "ChargeDescription": "8x H100 GPU pods"}, 0),
    ({"ServiceName": "Some Cloud", "ChargeDescription": "NVIDIA H100 SXM", "ConsumedUnit": "GPU-Hours"}, 1),
    ({"ServiceName": "Lambda Cloud", "ChargeDescription": "gpu_8x_h100_sxm5 in us-east-1"}, 8),
    ({"ServiceName": "", "SkuMeter": "gd-8xh100ib-i128"}, 8),
]  # fmt: skip


@pytest.mark.parametrize(("row", "count"), INSTANCES)
def test_an_instance_hour_is_as_many_hours_as_it_has_accelerators(read, row, count):
    got = read("focus", bill(row))
    assert hours(got) == (pytest.approx(count), 0)
    assert bool(got.found["unresolved"]) == (count == 0)


def test_a_reservation_in_use_is_no_second_instance_and_an_unused_one_is_idle(read):
    used = {"ChargeDescription": "$0.00 per Reservation Linux p4d.24xlarge Instance Hour", "ResourceId": "cr-1",
            "CapacityReservationStatus": "Used"}  # fmt: skip
    unused = {
        "ChargeDescription": "$32.77 per Unused Reservation Linux p4d.24xlarge Instance Hour",
        "ResourceId": "cr-1",
    }
    assert hours(read("focus", bill(used, ON_DEMAND, unused))) == (8, 8)
    assert hours(read("focus", bill(unused))) == (0, 8)  # FOCUS 1.0 has no column of status
    bare = {
        "SkuPriceDetails": '{"InstanceType": "p4d.24xlarge"}',
        "ResourceId": "cr-1",
        "CapacityReservationStatus": "Used",
    }
    assert hours(read("focus", bill(bare, ON_DEMAND, {**bare, "CapacityReservationStatus": "Unused"}))) == (8, 8)
    in_use = {"ServiceName": "Virtual Machines", "SkuMeter": "NC6s v3", "CapacityReservationStatus": "Used"}
    assert hours(read("focus", bill(in_use, {**in_use, "CapacityReservationStatus": "Unused"}))) == (1, 1)


def test_gpus_tpus_and_chips_are_told_apart_by_label(read):
    types = ("p2.8xlarge", "g4ad.xlarge", "g3.4xlarge", "trn1.32xlarge", "inf2.xlarge", "p6e-gb200.36xlarge",
             "g6f.large", "p4de.24xlarge")  # fmt: skip
    got = read(
        "focus", bill(*({"ChargeDescription": f"$1 per On Demand Linux {each} Instance Hour"} for each in types))
    )
    by_vendor = got.spans.groupby("vendor")["amount"].sum()
    assert by_vendor[["nvidia", "amd"]].sum() == 22.125
    assert by_vendor["amazon"] == 17


def test_a_correction_takes_back_hours_and_cost(tmp_path):
    path = tmp_path / "bill.csv"
    back = {**ON_DEMAND, "ChargeClass": "Correction", "ConsumedQuantity": "-4", "EffectiveCost": "-131.08"}
    path.write_text(bill({**ON_DEMAND, "ConsumedQuantity": "10", "EffectiveCost": "327.7"}, back))
    done = ingest(IngestRequest("focus", (str(path),), Setting(), DAY, tmp_path))
    assert {each["measure"]: each["total"] for each in done.report["totals"]} == {
        "gpu_hours": 48, "cost": pytest.approx(196.62),
    }  # fmt: skip
    stored = Store(tmp_path).as_of(DAY + pd.Timedelta(days=400), measure="gpu_hours")
    assert stored["value"].tolist() == [48]


UNKNOWN = [
    ({"ServiceName": "HDInsight", "SkuMeter": "NC24"}, "HDInsight: nc24: 3 h, 9 USD"),
    ({"ServiceName": "Pods", "ChargeDescription": "H100 SXM slot"}, "Pods: H100 SXM slot: 3 h, 9 USD"),
    ({"ServiceName": "ECS", "SkuMeter": "ecs.gn7i-c8g1.2xlarge"}, "ECS: ecs.gn7i-c8g1.2xlarge: 3 h, 9 USD"),
    ({"ChargeDescription": "$9 per On Demand Linux p9.96xlarge Instance Hour"}, "p9.96xlarge: 3 h, 9 USD"),
    ({"ServiceName": "Virtual Machines", "SkuMeter": "ND128isr X900 v9"}, "nd128isr_x900_v9: 3 h, 9 USD"),
    ({"ServiceName": "Amazon AppStream", "ChargeDescription": "stream.graphics.g4dn.xlarge hour"},
     "Amazon AppStream: stream.graphics.g4dn.xlarge: 3 h, 9 USD"),
    ({"ServiceName": "Bare", "ChargeDescription": "p4d.24xlarge hour"}, "Bare: p4d.24xlarge: 3 h, 9 USD"),
    ({"ServiceName": "Cloud TPU", "ChargeDescription": "Tpu-v3 32 core Pod"}, "Pod: 3 h, 9 USD"),
    ({"ServiceName": "Pods", "ChargeDescription": "GPU pod"}, "Pods: GPU pod: 3 h, 9 USD"),
]  # fmt: skip


@pytest.mark.parametrize(("row", "told"), UNKNOWN)
def test_an_unknown_accelerator_is_listed_with_hours_and_cost(read, row, told):
    got = read("focus", bill({**row, "ConsumedQuantity": "1", "EffectiveCost": "4"},
                             {**row, "ConsumedQuantity": "2", "EffectiveCost": "5"}))  # fmt: skip
    assert (got.total("gpu_hours"), got.total("cost")) == (0, 9)
    (listed,) = got.found["unresolved"]
    assert listed.endswith(f"{told}, not counted")


def test_an_instance_without_a_time_is_listed(read):
    got = read("focus", bill({**ON_DEMAND, "ConsumedUnit": "Units"}))
    assert list(got.found["unresolved"]) == ["Amazon Elastic Compute Cloud: p4d.24xlarge: 0 h, 1 USD, not counted"]


def test_a_user_vouches_for_a_type_where_the_service_is_not_known(read, tmp_path):
    mine = tmp_path / "mine.csv"
    mine.write_text("instance,accelerator,count\np4d.24xlarge,a100,8\nhalf.one,a100,1/2\n")
    rows = (
        {"ServiceName": "Some Service", "ChargeDescription": f"{each} hour"} for each in ("p4d.24xlarge", "half.one")
    )
    assert read("focus", bill(*rows), setting=Setting(Clock(), instances=mine)).total("gpu_hours") == 8.5


def test_a_month_is_spread_over_its_hours(read):
    got = read("focus", bill({**ON_DEMAND, "ChargePeriodEnd": "2025-04-01T00:00:00Z", "ConsumedQuantity": "744"}))
    assert got.spans["amount"].tolist() == [8]
    assert got.total("gpu_hours") == 8 * 744


def test_a_line_of_money_may_be_a_moment(read):
    tax = {"ChargeCategory": "Tax", "ChargePeriodEnd": "2025-03-01T00:00:00Z"}
    assert read("focus", bill(tax)).total("cost") == 1


def test_providers_by_their_names_of_later_versions(read):
    row = {**ON_DEMAND, "ProviderName": "", "ServiceProviderName": "Seller"}
    got = read("focus", bill({**row, "HostProviderName": "Host"}, row))
    assert got.spans["operator"].tolist() == ["Host", "Seller"]


def test_the_cost_is_the_effective_one_and_else_the_billed_one(read):
    assert read("focus", bill({"BilledCost": "5"})).total("cost") == 1
    assert read("focus", bill({"BilledCost": "5"}).replace("EffectiveCost", "x_Other")).total("cost") == 5


TOKENS = [
    ({"ConsumedUnit": "Tokens", "ChargeDescription": "input tokens", "x_ModelName": "claude-9"}, 5, 0, "claude-9"),
    ({"ConsumedUnit": "1K tokens", "SkuMeter": "Output", "SkuPriceDetails": '{"ModelName": "g"}'}, 0, 5000, "g"),
    ({"ConsumedUnit": "1M Tokens", "SkuMeter": "m-cached-input"}, 5e6, 0, "m-cached-input"),
    ({"ConsumedUnit": "Units", "SkuMeter": "s",
      "ChargeDescription": "AWS Marketplace software usage|us-east-1|Million Output Tokens"}, 0, 5e6, "s"),
]  # fmt: skip


@pytest.mark.parametrize(("row", "into", "out", "model"), TOKENS)
def test_tokens_by_model(read, batches, row, into, out, model):
    text = bill({"ServiceName": "Models", "ConsumedQuantity": "5", **row})
    got = read("focus", text)
    assert (got.total("input_tokens"), got.total("output_tokens"), got.total("cost")) == (into, out, 1)
    (batch,) = batches("focus", text.encode(), Setting())
    assert re.sub(r"\d", "#", f"model={model}") in batch.parts["clue"].to_pylist()[0]
    assert got.points["technique"].iloc[0] == "llm"


def test_tokens_that_are_no_number_are_set_aside(read):
    got = read("focus", bill(ON_DEMAND, {"ConsumedUnit": "Tokens", "ConsumedQuantity": "many"}))
    assert got.quarantined["column"].tolist() == ["ConsumedQuantity"]


def test_tokens_that_say_no_direction_are_listed(read):
    got = read("focus", bill({"ConsumedUnit": "Tokens", "ChargeDescription": "Model tokens"}))
    assert list(got.found["unresolved"]) == ["tokens neither in nor out: Model tokens, not counted"]


def test_the_invoice_number_is_kept_as_a_label_where_asked_and_shown_nowhere(read):
    setting = Setting(Clock(), constants={"leaf": "@invoice"})
    rows = ({**ON_DEMAND, "InvoiceId": "INV-1"}, {**ON_DEMAND, "InvoiceId": "INV-2", "ResourceId": "b"})
    got = read("focus", bill(*rows), setting=setting)
    assert sorted(set(got.points["leaf"]) | set(got.spans["leaf"])) == ["INV-1", "INV-2"]
    assert "invoice" not in str(got.found)
