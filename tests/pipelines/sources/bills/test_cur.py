"""AWS Cost and Usage Reports: use, reservations, commitments and their fees."""

import pandas as pd
import pytest

from shiftcast.pipelines.sources.setting import Setting

USUAL = {"bill_payer_account_id": "1", "line_item_usage_account_id": "2", "line_item_line_item_type": "Usage",
         "line_item_product_code": "AmazonEC2", "line_item_usage_start_date": "2025-03-01T00:00:00.000Z",
         "line_item_usage_end_date": "2025-03-01T01:00:00.000Z", "line_item_usage_amount": "1.0", "pricing_unit": "Hrs",
         "line_item_usage_type": "USE1-BoxUsage:p4d.24xlarge", "product_instance_type": "p4d.24xlarge",
         "line_item_unblended_cost": "1", "line_item_currency_code": "USD"}  # fmt: skip


def cur(*rows, legacy=False):
    table = pd.DataFrame([{**USUAL, **row} for row in rows]).fillna("")
    if legacy:
        table.columns = [old(name) for name in table.columns]
    return table.to_csv(index=False)


def old(name):
    """Return a name as reports before CUR 2.0 write it: lineItem/UsageAmount."""
    section = next(each for each in ("line_item", "bill", "pricing", "product", "reservation") if name.startswith(each))
    words = name.removeprefix(f"{section}_").split("_")
    first = section.split("_")[0] + "".join(word.title() for word in section.split("_")[1:])
    return f"{first}/{''.join(word.title() for word in words)}"


@pytest.mark.parametrize("legacy", [False, True])
def test_what_is_covered_counts_and_its_negation_does_not(read, legacy):
    got = read("cur", cur(
        {},
        {"line_item_usage_type": "USE1-DataTransfer-Out-Bytes", "line_item_usage_amount": "500",
         "pricing_unit": "GB", "product_instance_type": ""},
        {"line_item_line_item_type": "SavingsPlanCoveredUsage", "product_instance_type": "p5.48xlarge",
         "line_item_usage_type": "USE1-BoxUsage:p5.48xlarge", "line_item_unblended_cost": "98"},
        {"line_item_line_item_type": "SavingsPlanNegation", "product_instance_type": "p5.48xlarge",
         "line_item_usage_type": "USE1-BoxUsage:p5.48xlarge", "line_item_unblended_cost": "-98"},
        {"line_item_line_item_type": "SavingsPlanRecurringFee", "line_item_usage_type": "ComputeSP:1yrNoUpfront",
         "product_instance_type": "", "line_item_unblended_cost": "60"}, legacy=legacy))  # fmt: skip
    assert (got.total("gpu_hours"), got.total("cost"), got.stored) == (16, 62, 5)
    assert set(got.spans["operator"]) == {"AWS"}


LINES = [
    ({"line_item_line_item_type": "DiscountedUsage"}, 8, 0),
    ({"line_item_usage_type": "SpotUsage:p4d.24xlarge"}, 8, 0),
    ({"line_item_usage_type": "USE1-Reservation:p4d.24xlarge"}, 0, 0),
    ({"line_item_usage_type": "USE1-UnusedBox:p4d.24xlarge"}, 0, 8),
    ({"line_item_usage_type": "USE1-UnusedDed:p4d.24xlarge"}, 0, 8),
    ({"line_item_usage_type": "HostUsage:p3", "product_instance_type": "p3.16xlarge"}, 0, 0),
    ({"line_item_usage_type": "HostBoxUsage:p3.16xlarge", "product_instance_type": "p3.16xlarge"}, 8, 0),
    ({"line_item_usage_type": "EBSOptimized:p2.xlarge", "product_instance_type": "p2.xlarge"}, 0, 0),
    ({"line_item_product_code": "ElasticMapReduce", "line_item_usage_type": "USE1-BoxUsage:p4d.24xlarge"}, 0, 0),
    ({"line_item_product_code": "AmazonEKS", "line_item_usage_type": "USE1-EKS-Auto:p4d.24xlarge"}, 0, 0),
    ({"line_item_product_code": "8x1y", "line_item_usage_type": "USE1-SoftwareUsage:p4d.24xlarge"}, 0, 0),
    ({"line_item_product_code": "AmazonSageMaker", "line_item_usage_type": "USE1-Host:ml.p4d.24xlarge",
      "product_instance_type": "ml.p4d.24xlarge"}, 8, 0),
    ({"line_item_line_item_type": "Tax"}, 0, 0), ({"line_item_line_item_type": "Credit"}, 0, 0),
    ({"line_item_line_item_type": "Refund", "line_item_usage_amount": "-1"}, 0, 0),
    ({"line_item_line_item_type": "EdpDiscount"}, 0, 0), ({"line_item_line_item_type": "Fee"}, 0, 0),
    ({"line_item_usage_amount": "-0.5"}, -4, 0), ({"pricing_unit": ""}, 8, 0),
    ({"line_item_line_item_type": "RIFee", "line_item_usage_type": "HeavyUsage:p4d.24xlarge",
      "line_item_usage_amount": "744", "reservation_unused_quantity": "10",
      "line_item_usage_end_date": "2025-04-01T00:00:00Z"}, 0, 80),
]  # fmt: skip


@pytest.mark.parametrize(("line", "used", "idle"), LINES)
def test_lines_of_one_instance(read, line, used, idle):
    got = read("cur", cur(line))
    assert (got.total("gpu_hours"), got.total("idle_gpu_hours"), got.total("cost")) == (pytest.approx(used), idle, 1)


def test_an_unknown_type_is_listed(read):
    got = read("cur", cur({"line_item_usage_type": "BoxUsage:p9.48xlarge", "product_instance_type": "p9.48xlarge"}))
    assert list(got.found["unresolved"]) == ["AmazonEC2: p9.48xlarge: 1 h, 1 USD, not counted"]


def test_tokens_of_models(read):
    line = {"line_item_product_code": "AmazonBedrock", "line_item_usage_type": "USE1-Claude9-output-tokens",
            "product_instance_type": "", "pricing_unit": "1K tokens", "line_item_usage_amount": "2"}  # fmt: skip
    assert read("cur", cur(line)).total("output_tokens") == 2000


def test_a_charge_is_named_by_what_it_is_for_and_not_by_what_it_costs(batches):
    def ids(*rows):
        (batch,) = batches("cur", cur(*rows).encode(), Setting())
        return batch.parts["id"].to_pylist()

    first = ids({}, {"line_item_unblended_cost": "7"}, {"line_item_resource_id": "i-2"})
    assert len(set(first)) == 3  # equal lines are charges of their own
    assert set(ids({"line_item_unblended_cost": "9", "line_item_usage_amount": "3"})) < set(first)
