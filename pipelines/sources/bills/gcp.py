"""Read the billing export of Google Cloud: nested JSON lines, Parquet, or a table of flattened names."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

import numpy as np
import pandas as pd

from shiftcast.features.instants import MISSING
from shiftcast.pipelines.sources.bills.bill import Bill, numbered
from shiftcast.pipelines.sources.bills.charges import charge
from shiftcast.pipelines.sources.chunks import Chunk, json_lines
from shiftcast.pipelines.sources.formats.rows import rows_of
from shiftcast.pipelines.sources.normal import Normalised, Source
from shiftcast.pipelines.sources.opening import Opened
from shiftcast.pipelines.sources.setting import Setting
from shiftcast.pipelines.sources.sieve import Sieve

_NESTED: Final = ("service", "sku", "project", "usage", "location", "resource", "invoice", "price", "adjustment_info")
_CREDITS: Final = "credits"
BILL: Final = Bill(
    start=("usage_start_time",), end=("usage_end_time",), cost=("cost",), currency=("currency",),
    kind=("cost_type",), service=("service.description", "service"), usage=("sku.id",),
    description=("sku.description", "sku"),
    quantities=(("usage.amount", "usage.unit"), ("usage.amount_in_pricing_units", "usage.pricing_unit")),
    names=("sku.description",),
    regions=("location.region", "location.location"), account=("billing_account_id",),
    sub_account=("project.id", "project.number"),
    key=("billing_account_id", "project.id", "service.id", "service.description", "sku.id", "sku.description",
         "resource.global_name", "resource.name", "cost_type", "location.location", "location.region", "location.zone",
         "invoice.month", "adjustment_info.id", "subscription.instance_id", "transaction_type", "seller_name",
         "labels", "system_labels", "currency", "usage.unit"),
    operator="Google Cloud", once=("export_time",), models=("sku.description",),
    clues={"service": ("service.description",), "sku": ("sku.id",), "account": ("project.name", "project.id"),
           "name": ("resource.name", "resource.global_name"), "description": ("sku.description",), "tag": ("labels",),
           "invoice": ("invoice.month",)},
)  # fmt: skip


def _read(opened: Opened, setting: Setting) -> Iterator[Chunk]:
    by_line = opened.first_line().startswith("{") and not setting.path
    chunks = json_lines(opened) if by_line else rows_of(opened, setting, flat=False)
    yield from numbered(map(_flat, chunks), BILL, setting)


def _flat(chunk: Chunk) -> Chunk:
    """Return a chunk with the fields of its nested columns as columns, such as ``sku.description``."""
    columns: dict[str, pd.Series] = {}
    for name in chunk.cells.columns:
        if name not in _NESTED:
            columns[name] = chunk.cells[name]
            continue
        cells = [_object(cell) for cell in chunk.cells[name]]
        for field in dict.fromkeys(key for cell in cells for key in cell):
            values = [cell.get(field) for cell in cells]
            columns[f"{name}.{field}"] = pd.Series(["" if each is None else str(each) for each in values], dtype=object)
        if not any(cells):
            columns[name] = chunk.cells[name]
    return replace(chunk, cells=pd.DataFrame({name: np.asarray(each, dtype=object) for name, each in columns.items()}))


def _object(cell: object) -> Mapping[str, Any]:
    """Return an object of the export, which JSON holds as text and Parquet as itself."""
    if isinstance(cell, str) and cell.startswith("{"):
        try:
            cell = json.loads(cell)
        except (ValueError, RecursionError):
            return {}
    return cell if isinstance(cell, dict) else {}


def _gcp(sieve: Sieve) -> Normalised:
    cost = sieve.number(*BILL.cost, limit="cost") + _credits(sieve)
    return charge(sieve, BILL, cost)


def _credits(sieve: Sieve) -> pd.Series:
    """Return the credits of each row [billing currency], which are negative and not in its cost."""
    if sieve.has("credits.amount"):
        return sieve.number("credits.amount", limit="cost", missing=0.0)
    if not sieve.has(_CREDITS):
        return pd.Series(0.0, index=range(sieve.rows))
    cells = list(sieve.chunk.cells[sieve.column(_CREDITS)])
    sums = [_sum(cell) for cell in cells]
    sieve.fail(np.array([each is None for each in sums], dtype=bool), sieve.column(_CREDITS),
               "is no list of credits with an amount each; export the nested table as JSON lines")  # fmt: skip
    return pd.Series([each or 0.0 for each in sums], dtype=float)


def _sum(cell: object) -> float | None:
    """Return the sum of a list of credits, None where it is no such list."""
    if cell is None or (isinstance(cell, str) and cell.strip() in MISSING):
        return 0.0
    try:
        given: Any = json.loads(cell) if isinstance(cell, str) else cell
        amounts = [given] if isinstance(given, int | float) else [each["amount"] for each in given]
        total = sum(float(each) for each in amounts)
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return total if math.isfinite(total) else None


GCP: Final = Source(
    "gcp-billing", "Google Cloud billing exports, standard or detailed (JSON lines, Parquet, flattened CSV)",
    _read, _gcp, "SKU and hour, or part of a day", "absolute, UTC unless --zone",
    "gpu_hours [accelerator_hour] of GPUs and TPUs sold as SKUs of their own; input_tokens, output_tokens; cost after "
    "credits [billing currency]",
    "operator, region, accelerator from the SKU; service, sku, account (project), resource, description and labels for "
    "rules",
    "idle reservations, which have the SKU of use; use within a machine, and the workload but by labels",
    clustered=False,
)  # fmt: skip
