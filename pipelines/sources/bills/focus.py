"""Read FOCUS billing exports 1.0 to 1.2: accelerator hours by instance type, idle reservations, and cost."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np
import pandas as pd

from shiftcast.pipelines.sources.chunks import Chunk, delimited
from shiftcast.pipelines.sources.normal import Normalised, Points, Source, Spans
from shiftcast.pipelines.sources.opening import Opened
from shiftcast.pipelines.sources.setting import Setting, accelerator_names, instance_types
from shiftcast.pipelines.sources.sieve import Sieve

_NAMES: Final = ("SkuPriceDetails", "SkuMeter", "x_SkuMeterName", "x_SkuDescription", "ChargeDescription", "SkuId",
                 "ResourceName", "x_InstanceType", "x_SkuInstanceType")  # fmt: skip
_QUANTITIES: Final = (("ConsumedQuantity", "ConsumedUnit"), ("PricingQuantity", "PricingUnit"),
                      ("CommitmentDiscountQuantity", "CommitmentDiscountUnit"))  # fmt: skip
_HOURS: Final = re.compile(r"(\d+(?:\.\d+)?)?\s*(?:instance[ -]?)?(?:hours?|hrs?)", re.IGNORECASE)
_SECONDS: Final = re.compile(r"(\d+(?:\.\d+)?)?\s*(?:seconds?|secs?)", re.IGNORECASE)
_TOKEN: Final = re.compile(r"[a-z0-9][a-z0-9._\-]*[a-z0-9]")
_CURRENCY: Final = r"[A-Z]{3}"
_CLUES: Final = {"service": ("ServiceName",), "category": ("ServiceCategory",), "sku": ("SkuId",),
                 "account": ("SubAccountName", "SubAccountId"), "name": ("ResourceName", "ResourceId"),
                 "description": ("ChargeDescription",), "tag": ("Tags",)}  # fmt: skip


def _read(opened: Opened, setting: Setting) -> Iterator[Chunk]:
    del setting
    yield from delimited(opened)


def find_instance(text: str, known: Mapping[str, tuple[str, float]]) -> tuple[str, float] | None:
    """Return accelerator and count of the first instance type a description names.

    Parameters
    ----------
    text
        Description, such as that of a charge.
    known
        Accelerator and count by instance type in lower case.

    Returns
    -------
    tuple or None
        Accelerator and its count an instance [accelerator]; ``None`` where no type is named.

    Examples
    --------
    >>> find_instance("On Demand Linux g5.4xlarge Instance Hour", {"g5.4xlarge": ("a10g", 1.0)})
    ('a10g', 1.0)
    >>> find_instance("ND96isr H100 v5", {"standard_nd96isr_h100_v5": ("h100", 8.0)})
    ('h100', 8.0)
    """
    lower = text.lower()
    for token in _TOKEN.findall(lower):
        if token in known:
            return known[token]
        if f"standard_{token}" in known:
            return known[f"standard_{token}"]
    joined = re.sub(r"[\s_]+", "_", lower)
    return next(
        (found for name, found in known.items() if "_" in name and name.removeprefix("standard_") in joined), None
    )


def _hours(sieve: Sieve) -> tuple[pd.Series, str]:
    """Return the hours each row is about [h], NaN where it counts something else, and the column they stand in."""
    hours, column = pd.Series(np.nan, index=range(sieve.rows)), ""
    for quantity, unit in _QUANTITIES:
        if not (sieve.has(quantity) and sieve.has(unit)):
            continue
        column = column or sieve.column(quantity)
        factor = sieve.text(unit).map(_factor).astype(float)
        values = pd.to_numeric(sieve.text(quantity), errors="coerce").astype(float)
        hours = hours.where(hours.notna(), values * factor)
    return hours, column


def _factor(unit: str) -> float:
    """Return the hours of one unit; NaN where it is no time."""
    for pattern, hours in ((_HOURS, 1.0), (_SECONDS, 1.0 / 3600.0)):
        found = pattern.fullmatch(unit)
        if found:
            return hours * float(found[1] or 1.0)
    return float("nan")


def _focus(sieve: Sieve) -> Normalised:
    start, end = sieve.instant("ChargePeriodStart"), sieve.instant("ChargePeriodEnd")
    length = (end - start).dt.total_seconds() / 3600.0
    sieve.fail((length <= 0).to_numpy(), sieve.column("ChargePeriodEnd"), "does not end after ChargePeriodStart")
    cost = sieve.number("EffectiveCost", "BilledCost", limit="cost")
    currency = sieve.text("BillingCurrency")
    sieve.fail(~currency.str.fullmatch(_CURRENCY).to_numpy(dtype=bool), sieve.column("BillingCurrency"),
               "is not a currency such as USD")  # fmt: skip
    instances, (hours, column) = _instances(sieve), _hours(sieve)
    count = pd.Series([each[1] if each else 0.0 for each in instances], dtype=float)
    usage = (sieve.text("ChargeCategory").str.lower().isin({"usage", ""}) & hours.notna() & (count > 0)).to_numpy()
    sieve.fail(usage & (hours < 0).to_numpy(), column,
               "takes back hours of an earlier bill; load the corrected bill with a later --known-at")  # fmt: skip
    sieve.bound((hours * count).where(usage, 0.0), "hours", column)
    unused = (sieve.text("CommitmentDiscountStatus") + sieve.text("CapacityReservationStatus")).str.lower()
    idle = unused.str.contains("unused").to_numpy(dtype=bool)
    amount = hours * count / length
    names = pd.Series([each[0] if each else "" for each in instances], dtype=object)
    return Normalised(
        held=(Spans(start, end, amount, where=usage & ~idle),
              Spans(start, end, amount, "idle_gpu_hours", where=usage & idle)),
        read=(Points(start, cost, "cost", currency),),
        own={"operator": sieve.text("ProviderName"), "region": sieve.text("RegionId", "RegionName"),
             "accelerator": names, "vendor": names.map(_vendor)},
        clues={name: sieve.text(*columns) for name, columns in _CLUES.items() if sieve.has(*columns)},
        unresolved=_unresolved(sieve, instances),
    )  # fmt: skip


def _instances(sieve: Sieve) -> list[tuple[str, float] | None]:
    """Return accelerator and count of each row's instance type, by the first column that names one."""
    known = instance_types(sieve.setting.instances)
    found: list[tuple[str, float] | None] = [None] * sieve.rows
    for name in _NAMES:
        if sieve.has(name):
            codes, texts = pd.factorize(sieve.text(name))
            types = [find_instance(str(text), known) for text in texts]
            found = [before or types[code] for before, code in zip(found, codes, strict=True)]
    return found


def _vendor(accelerator: str) -> str:
    pair = accelerator_names().find(accelerator)
    return pair[1] if pair else ""


def _unresolved(sieve: Sieve, instances: list[tuple[str, float] | None]) -> tuple[str, ...]:
    """Return descriptions that speak of GPUs but name no instance type the map knows."""
    text = sieve.text("ChargeDescription")
    speaks = text.str.contains(r"\bgpu\b|accelerated", case=False, regex=True).to_numpy(dtype=bool)
    missing = np.array([each is None for each in instances], dtype=bool)
    return tuple(dict.fromkeys(str(each)[:80] for each in text[speaks & missing]))


FOCUS: Final = Source(
    "focus", "FOCUS billing exports 1.0, 1.1 and 1.2 (CSV, Parquet)",
    _read, _focus, "charge period: hour, day or month", "absolute, UTC unless --zone",
    "gpu_hours, idle_gpu_hours [accelerator_hour]; cost [billing currency]",
    "operator from the provider, region, accelerator and count from the instance type (--instances adds types); "
    "service, account, sku, description, resource and tags for rules",
    "use within an instance, the workload but by tags, hours inside a charge period, and instance types not in the map",
)  # fmt: skip
