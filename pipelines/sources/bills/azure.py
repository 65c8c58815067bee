"""Read the cost details of Azure: actual and amortised exports of enterprise and customer agreements."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from shiftcast.pipelines.sources.bills.bill import Bill, numbered
from shiftcast.pipelines.sources.bills.charges import charge
from shiftcast.pipelines.sources.chunks import Chunk
from shiftcast.pipelines.sources.formats.rows import rows_of
from shiftcast.pipelines.sources.normal import Normalised, Source
from shiftcast.pipelines.sources.opening import Opened
from shiftcast.pipelines.sources.setting import Setting
from shiftcast.pipelines.sources.sieve import Sieve

_MONTH_FIRST: Final = "month-first"  # 03/04/2026 is 4 March in every one of these exports
BILL: Final = Bill(
    start=("Date", "UsageDate", "UsageDateTime"), end=(),
    cost=("CostInBillingCurrency", "PreTaxCost", "Cost", "ExtendedCost"),
    currency=("BillingCurrency", "BillingCurrencyCode", "Currency"),
    kind=("ChargeType",), service=("MeterCategory", "ConsumedService"),
    usage=("MeterName", "MeterSubCategory", "PublisherType"), description=("ProductName", "Product"),
    quantities=(("Quantity", "UnitOfMeasure"), ("UsageQuantity", "UnitOfMeasure"),
                ("ConsumedQuantity", "UnitOfMeasure")),
    names=("MeterName", "AdditionalInfo", "ProductName", "Product"),
    regions=("ResourceLocation", "ResourceLocationNormalized", "MeterRegion"),
    account=("BillingAccountId", "BillingAccountName"), sub_account=("SubscriptionId", "SubscriptionGuid"),
    key=("BillingAccountId", "SubscriptionId", "SubscriptionGuid", "ResourceId", "InstanceId", "MeterId",
         "MeterCategory", "MeterSubCategory", "MeterName", "ChargeType", "Frequency", "PricingModel", "ReservationId",
         "BenefitId", "PublisherType", "PartNumber", "ResourceLocation", "AdditionalInfo", "ServiceInfo2",
         "BillingPeriodStartDate", "BillingCurrency"),
    operator="Microsoft", resources=("ResourceId", "InstanceId"), models=("MeterName",), block=False,
    clues={"service": ("MeterCategory",), "sku": ("MeterName",), "account": ("SubscriptionName", "SubscriptionId"),
           "name": ("ResourceName", "ResourceId", "InstanceId"), "namespace": ("ResourceGroup", "ResourceGroupName"),
           "description": ("ProductName", "Product"), "tag": ("Tags",), "invoice": ("InvoiceId",)},
)  # fmt: skip


def _read(opened: Opened, setting: Setting) -> Iterator[Chunk]:
    yield from numbered(rows_of(opened, setting, flat=False), BILL, setting)


def _azure(sieve: Sieve) -> Normalised:
    clock = sieve.setting.clock
    sieve.setting = replace(sieve.setting, clock=replace(clock, order=clock.order or _MONTH_FIRST))
    return charge(sieve, BILL)


AZURE_COST: Final = Source(
    "azure-cost", "Azure cost details: actual or amortised usage exports",
    _read, _azure, "meter and day", "days in UTC; 03/04/2026 is month first unless --dates says otherwise",
    "gpu_hours, idle_gpu_hours [accelerator_hour]; cost in the billing currency",
    "operator, region, accelerator and count from the meter or ServiceType (--instances adds types); service, account, "
    "sku, resource, namespace (resource group) and tags for rules",
    "hours within a day, use within an instance, the workload but by tags, and tokens of meters that count thousands",
    clustered=False,
)  # fmt: skip
