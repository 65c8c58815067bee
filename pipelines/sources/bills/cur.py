"""Read the Cost and Usage Report of AWS: CUR 2.0, and the older names with a slash."""

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

_UNIT: Final = "(unit of the usage type)"  # a column beside the file's own, for exports without pricing_unit
_IN_HOURS: Final = r"(?:boxusage|spotusage|dedicatedusage|unusedbox|unusedded|reservation|hostusage):|:ml\."
BILL: Final = Bill(
    start=("line_item_usage_start_date",), end=("line_item_usage_end_date",),
    cost=("line_item_unblended_cost",), currency=("line_item_currency_code",),
    kind=("line_item_line_item_type", "capacity_reservation_capacity_reservation_status"),
    service=("line_item_product_code", "product_product_name", "product_servicename"),
    usage=("line_item_usage_type", "line_item_operation"),
    description=("line_item_line_item_description",),
    quantities=(("line_item_usage_amount", "pricing_unit"), ("line_item_usage_amount", _UNIT)),
    names=("product_instance_type", "line_item_usage_type", "line_item_line_item_description"),
    regions=("product_region_code", "product_region", "product_from_region_code"),
    account=("bill_payer_account_id",), sub_account=("line_item_usage_account_id",),
    key=("bill_payer_account_id", "line_item_usage_account_id", "line_item_product_code", "line_item_resource_id",
         "line_item_usage_type", "line_item_operation", "line_item_line_item_type", "line_item_line_item_description",
         "line_item_availability_zone", "pricing_rate_code", "pricing_rate_id", "pricing_term",
         "reservation_reservation_a_r_n", "savings_plan_savings_plan_a_r_n",
         "capacity_reservation_capacity_reservation_arn", "capacity_reservation_capacity_reservation_status",
         "bill_billing_period_start_date", "bill_bill_type", "line_item_currency_code"),
    operator="AWS", resources=("line_item_resource_id",), unused=("reservation_unused_quantity",),
    models=("product_model", "product_model_name", "line_item_usage_type"),
    clues={"service": ("line_item_product_code",), "sku": ("line_item_usage_type",),
           "account": ("line_item_usage_account_name", "line_item_usage_account_id"),
           "name": ("line_item_resource_id",), "description": ("line_item_line_item_description",),
           "tag": ("resource_tags",), "invoice": ("bill_invoice_id",)},
)  # fmt: skip


def _read(opened: Opened, setting: Setting) -> Iterator[Chunk]:
    for chunk in numbered(rows_of(opened, setting, flat=False), BILL, setting):
        types = Sieve(chunk, setting).text("line_item_usage_type")
        units = types.str.contains(_IN_HOURS, case=False, regex=True).map({True: "Hrs", False: ""})
        yield replace(chunk, cells=chunk.cells.assign(**{_UNIT: units.to_numpy(dtype=object)}))


def _cur(sieve: Sieve) -> Normalised:
    return charge(sieve, BILL)


CUR: Final = Source(
    "cur", "AWS Cost and Usage Reports, CUR 2.0 and the legacy names",
    _read, _cur, "line item: hour, day or month", "absolute, UTC unless --zone",
    "gpu_hours, idle_gpu_hours [accelerator_hour]; input_tokens, output_tokens; cost: unblended, as invoiced "
    "[billing currency]",
    "operator, region, accelerator and count from the instance type (--instances adds types); service, account, sku, "
    "description, resource and tags for rules",
    "use within an instance, the workload but by tags, hours inside a charge period, and instance types not in the map",
    clustered=False,
)  # fmt: skip
