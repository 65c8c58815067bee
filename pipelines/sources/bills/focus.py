"""Read FOCUS bills, versions 1.0 to 1.4: the columns that providers share."""

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

_USAGE: Final = ("SkuMeter", "x_SkuMeterName", "x_UsageType", "x_SkuMeterCategory", "x_Operation", "ResourceType",
                 "x_PublisherCategory")  # fmt: skip
BILL: Final = Bill(
    start=("ChargePeriodStart",), end=("ChargePeriodEnd",), cost=("EffectiveCost", "BilledCost"),
    currency=("BillingCurrency",),
    kind=("ChargeCategory", "CommitmentDiscountStatus", "CapacityReservationStatus"),
    service=("ServiceName", "x_ServiceCode"), usage=_USAGE, description=("ChargeDescription", "x_SkuDescription"),
    quantities=(("ConsumedQuantity", "ConsumedUnit"), ("PricingQuantity", "PricingUnit"),
                ("CommitmentDiscountQuantity", "CommitmentDiscountUnit"),
                ("UsageQuantity", "UsageUnit")),
    names=("SkuPriceDetails", "SkuMeter", "x_SkuMeterName", "x_SkuDescription", "x_SkuDetails", "ChargeDescription",
           "SkuId", "x_UsageType", "x_InstanceType", "x_SkuInstanceType"),
    regions=("RegionId", "RegionName", "Region"),
    account=("BillingAccountId",), sub_account=("SubAccountId",),
    key=("BillingAccountId", "SubAccountId", "ServiceName", "ResourceId", "SkuId", "SkuPriceId", "SkuMeter",
         "ChargeCategory", "ChargeClass", "ChargeDescription", "ChargeFrequency", "PricingCategory",
         "CommitmentDiscountId", "CommitmentDiscountStatus", "CapacityReservationId", "CapacityReservationStatus",
         "RegionId", "AvailabilityZone", "x_Operation", "x_UsageType", "BillingPeriodStart",
         "AllocatedResourceId", "AllocatedMethodId", "BillingCurrency", "ConsumedUnit"),
    operators=("HostProviderName", "ProviderName", "ServiceProviderName", "PublisherName"),
    resources=("ResourceId",), once=("oci_ReferenceNumber", "x_ExportTime"),
    models=("x_AIModel", "x_ModelName", "x_Model", "x_ModelId", "SkuMeter"),
    clues={"service": ("ServiceName",), "category": ("ServiceCategory",), "sku": ("SkuId",),
           "account": ("SubAccountName", "SubAccountId"), "name": ("ResourceName", "ResourceId"),
           "description": ("ChargeDescription",), "tag": ("Tags",),
           "invoice": ("InvoiceId", "x_InvoiceId")},
)  # fmt: skip


def _read(opened: Opened, setting: Setting) -> Iterator[Chunk]:
    yield from numbered(rows_of(opened, setting, flat=False), BILL, setting)


def _focus(sieve: Sieve) -> Normalised:
    return charge(sieve, BILL)


FOCUS: Final = Source(
    "focus", "FOCUS bills, versions 1.0 to 1.4",
    _read, _focus, "charge period: hour, day or month", "absolute, UTC unless --zone",
    "gpu_hours, idle_gpu_hours [accelerator_hour]; input_tokens, output_tokens; cost: EffectiveCost, amortised, "
    "else BilledCost [billing currency]",
    "operator from the host or provider, region, accelerator and count from the instance type (--instances adds "
    "types); service, account, sku, description, resource, tags and model for rules",
    "use within an instance, the workload but by tags, hours inside a charge period, and instance types not in the map",
    clustered=False,
)  # fmt: skip
