"""Two invoices of any bill that tells their number, or month, from the files through the store to the question."""

import json

import pandas as pd
import pytest

from shiftcast.features.input_error import InputError
from shiftcast.forecast.fleet.why import side_of, why
from shiftcast.pipelines.fleet.opening import stored_usage
from shiftcast.pipelines.ingest.load import IngestRequest, ingest
from shiftcast.pipelines.sources.setting import Setting

KNOWN = pd.Timestamp("2025-05-10", tz="UTC")
DAYS = [*pd.date_range("2025-03-29", "2025-03-31"), *pd.date_range("2025-04-01", "2025-04-03")]


def number(day):
    return "INV-3" if day.month == 3 else "INV-4"


def azure(day, cost):
    return {"SubscriptionId": "s", "Date": f"{day:%Y-%m-%d}", "MeterCategory": "Virtual Machines",
            "MeterName": "NC6s v3", "Quantity": "24", "UnitOfMeasure": "1 Hour", "CostInBillingCurrency": cost,
            "BillingCurrency": "USD", "ChargeType": "Usage", "ResourceId": "/vm", "InvoiceId": number(day)}  # fmt: skip


def google(day, cost):
    return {"billing_account_id": "b", "service": {"id": "1", "description": "Compute Engine"},
            "sku": {"id": "2", "description": "Nvidia Tesla V100 GPU running in Iowa"}, "project": {"id": "p"},
            "usage_start_time": f"{day:%Y-%m-%d} 00:00:00 UTC", "cost": cost, "currency": "USD",
            "usage_end_time": f"{day + pd.Timedelta(days=1):%Y-%m-%d} 00:00:00 UTC", "cost_type": "regular",
            "usage": {"amount": 86400.0, "unit": "seconds", "amount_in_pricing_units": 24.0, "pricing_unit": "hour"},
            "invoice": {"month": f"{day:%Y%m}"}}  # fmt: skip


def focus(day, cost):
    return {"BillingAccountId": "b", "ChargePeriodStart": f"{day:%Y-%m-%dT%H:%M:%SZ}",
            "ChargePeriodEnd": f"{day + pd.Timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}", "EffectiveCost": cost,
            "BillingCurrency": "USD", "ChargeCategory": "Usage", "ServiceName": "Amazon EC2", "ConsumedQuantity": "24",
            "ConsumedUnit": "Hours", "x_InstanceType": "p3.2xlarge", "ResourceId": "i-1", "InvoiceId": number(day),
            "ProviderName": "AWS"}  # fmt: skip


BILLS = {
    "azure-cost": (azure, "csv", ("INV-3", "INV-4")),
    "gcp-billing": (google, "json", ("202503", "202504")),
    "focus": (focus, "csv", ("INV-3", "INV-4")),
}


def stored(source, path):
    """Return what the store of a fleet holds of three days of each invoice, the second at half as much again."""
    make, kind, _ = BILLS[source]
    rows = [make(day, 72.0 if day.month == 3 else 108.0) for day in DAYS]
    text = "\n".join(map(json.dumps, rows)) if kind == "json" else pd.DataFrame(rows).to_csv(index=False)
    file = path / f"bill.{kind}"
    file.write_text(text)
    setting = Setting(constants={"leaf": "@invoice"})
    ingest(IngestRequest(source, (str(file),), setting, KNOWN, path / "fleet", grain="day"))
    return stored_usage(path / "fleet", KNOWN)


@pytest.mark.parametrize("source", BILLS)
def test_two_invoices_are_set_beside_one_another_from_the_stored_rows(source, tmp_path):
    usage, (first, second) = stored(source, tmp_path), BILLS[source][2]
    told = why(side_of(usage, first), side_of(usage, second), by=("operator",))
    assert told.says == f"Cost rose 50 % (USD 108) from {first} to {second}: +108 by cost of an hour."
    with pytest.raises(InputError, match="no invoice of that number is stored"):
        side_of(usage, "INV-9")
