"""Read the cost report of Oracle Cloud: one line a resource, hour and SKU."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from shiftcast.pipelines.sources.bills.bill import Bill, numbered
from shiftcast.pipelines.sources.bills.charges import charge
from shiftcast.pipelines.sources.chunks import Chunk
from shiftcast.pipelines.sources.formats.rows import rows_of
from shiftcast.pipelines.sources.normal import Normalised, Source
from shiftcast.pipelines.sources.opening import Opened
from shiftcast.pipelines.sources.setting import Setting
from shiftcast.pipelines.sources.sieve import Sieve

BILL: Final = Bill(
    start=("lineItem/intervalUsageStart",), end=("lineItem/intervalUsageEnd",),
    cost=("cost/myCost",), currency=("cost/currencyCode",), kind=(), service=("product/service",),
    usage=("product/resource", "cost/productSku"), description=("product/Description",),
    quantities=(("usage/billedQuantity", "cost/billingUnitReadable"),
                ("usage/billedQuantity", "cost/skuUnitDescription"),
                ("usage/consumedQuantity", "usage/consumedQuantityUnits")),
    names=("product/Description", "product/resource"),
    regions=("product/region",), account=("lineItem/tenantId",), sub_account=("product/compartmentId",),
    key=("lineItem/tenantId", "product/compartmentId", "product/service", "product/resource", "product/resourceId",
         "product/Description", "product/availabilityDomain", "cost/productSku", "cost/subscriptionId",
         "lineItem/isCorrection", "lineItem/backreferenceNo", "cost/currencyCode"),
    operator="Oracle", once=("lineItem/referenceNo",),
    clues={"service": ("product/service",), "sku": ("cost/productSku",),
           "account": ("product/compartmentName", "product/compartmentId"), "name": ("product/resourceId",),
           "description": ("product/Description",), "tag": ("tags/free-form",)},
)  # fmt: skip


def _read(opened: Opened, setting: Setting) -> Iterator[Chunk]:
    yield from numbered(rows_of(opened, setting, flat=False), BILL, setting)


def _oracle(sieve: Sieve) -> Normalised:
    return charge(sieve, BILL)


ORACLE: Final = Source(
    "oci-cost", "Oracle Cloud cost reports (CSV)",
    _read, _oracle, "resource and hour", "absolute, UTC unless --zone",
    "gpu_hours [accelerator_hour]; cost [billing currency]",
    "operator, region, accelerator from the product; service, sku, account (compartment), resource and tags for rules",
    "use within an instance, the workload but by tags, idle reservations",
    clustered=False,
)  # fmt: skip
