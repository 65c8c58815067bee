"""Oracle's cost report: GPU hours are those of single GPUs, and corrections are lines of their own."""

import pytest

HEAD = ("lineItem/intervalUsageStart,lineItem/intervalUsageEnd,lineItem/tenantId,product/service,product/Description,"
        "product/region,usage/billedQuantity,cost/billingUnitReadable,cost/skuUnitDescription,cost/myCost,"
        "cost/currencyCode,lineItem/isCorrection\n")  # fmt: skip


def line(
    description="Oracle Cloud Infrastructure - Compute - GPU - H100", quantity="8", unit="GPU_HOURS", correction=""
):
    return (f"2025-03-01T00:00Z,2025-03-01T01:00Z,t,COMPUTE,{description},us-ashburn-1,{quantity},{unit},"
            f"GPU Per Hour,80,USD,{correction}\n")  # fmt: skip


@pytest.mark.parametrize(("rows", "hours"), [
    ([line()], 8), ([line(unit="ONE")], 8), ([line(), line(quantity="-3", correction="true")], 5),
    ([line("Compute - GPU - A100 - v2"), line("Compute - Standard - E4", unit="OCPU HOURS")], 8),
])  # fmt: skip
def test_gpu_hours(read, rows, hours):
    got = read("oci-cost", HEAD + "".join(rows))
    assert (got.total("gpu_hours"), got.total("cost")) == (hours, 80 * len(rows))
    assert got.spans["operator"].tolist()[0] == "Oracle"
