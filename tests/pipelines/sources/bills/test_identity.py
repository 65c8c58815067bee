"""Charges have an identity that an export again gives them, and a scope that a restated bill tells in whole."""

import io

import pandas as pd
import pytest

from shiftcast.pipelines.sources import chunks
from shiftcast.pipelines.sources.bills.bill import KEY
from shiftcast.pipelines.sources.bills.order import Order
from shiftcast.pipelines.sources.catalogue import SOURCES
from shiftcast.pipelines.sources.opening import Opened
from shiftcast.pipelines.sources.setting import Setting
from shiftcast.pipelines.sources.sieve import Sieve

HEAD = ("BillingAccountId,SubAccountId,ServiceName,ResourceId,ChargeDescription,ChargeCategory,ChargePeriodStart,"
        "ChargePeriodEnd,ConsumedQuantity,ConsumedUnit,EffectiveCost,BillingCurrency\n")  # fmt: skip
ROW = "b,s,Amazon Elastic Compute Cloud,{},On Demand p4d.24xlarge Instance Hour,Usage,{},{},1,Hours,{},USD\n"
HOUR = ("2025-03-01T23:00:00Z", "2025-03-02T00:00:00Z")


def row(resource="i-1", cost="1", hour=HOUR):
    return ROW.format(resource, *hour, cost)


def identities(*rows):
    """Return what the reader names the charges of a file."""
    file = Opened("s", io.BufferedReader(io.BytesIO((HEAD + "".join(rows)).encode())))
    return [name for chunk in SOURCES["focus"].read(file, Setting()) for name in chunk.cells[KEY]]


def test_a_restated_cost_is_the_same_charge_however_its_times_are_written():
    other = row(cost="7", hour=("2025-03-01 23:00:00", "2025-03-02 00:00:00.000+00:00"))
    assert identities(row()) == identities(other)
    assert identities(row()) != identities(row("i-2"))


def test_moments_to_the_minute_or_the_day_name_the_same_charge():
    midnight = [row(hour=(f"2025-03-01{form}", f"2025-03-02{form}")) for form in ("T00:00:00Z", "T00:00Z", "")]
    assert identities(midnight[0]) == identities(midnight[1]) == identities(midnight[2])
    late = [row(hour=(f"2025-03-01T23:00{form}", f"2025-03-02T00:00{form}")) for form in (":00Z", "Z", ":00.000Z")]
    assert identities(late[0]) == identities(late[1]) == identities(late[2]) != identities(midnight[0])


def test_a_price_in_the_description_does_not_name_the_charge():
    dear, cheap = (row().replace("On Demand", f"${price} per On Demand") for price in ("32.77", "30"))
    assert identities(dear) == identities(cheap) != identities(row("i-2").replace("On Demand", "$30 per On Demand"))


def test_equal_charges_are_counted_on_through_the_chunks_of_a_file(batches, monkeypatch):
    rows = [row(), row("i-2"), row(), row(), row("i-2")]
    whole = identities(*rows)
    assert [name[-1] for name in whole] == ["0", "0", "1", "2", "1"]
    monkeypatch.setattr(chunks, "ROWS", 2)
    assert len(batches("focus", (HEAD + "".join(rows)).encode(), Setting())) == 3
    assert identities(*rows) == whole


def test_equal_charges_all_count(read):
    got = read("focus", HEAD + row() * 3)
    assert (got.stored, got.total("gpu_hours")) == (3, 24)


def test_scope_is_the_day_of_an_account_and_service_and_birth_the_start_of_the_period():
    cells = pd.DataFrame([dict(zip(HEAD.strip().split(","), row().strip().split(","), strict=True))], dtype=object)
    parsed = SOURCES["focus"].normalise(Sieve(chunks.Chunk(cells, pd.Series([2]).to_numpy(), "f"), Setting()))
    assert parsed.scope.tolist() == ["b|s|Amazon Elastic Compute Cloud|2025-03-01"]
    assert parsed.born.tolist() == [pd.Timestamp(HOUR[0])]
    assert parsed.identity is None  # the reader gives it, which sees the whole file


@pytest.mark.parametrize(("source", "mark"), [("focus", "x_ExportTime"), ("gcp-billing", "export_time"),
                                              ("oci-cost", "lineItem/referenceNo")])  # fmt: skip
def test_lines_that_are_written_once_withdraw_none(source, mark):
    columns = {
        "focus": dict(zip(HEAD.strip().split(","), row().strip().split(","), strict=True)),
        "gcp-billing": {"usage_start_time": HOUR[0], "usage_end_time": HOUR[1], "cost": "1", "currency": "USD"},
        "oci-cost": {"lineItem/intervalUsageStart": HOUR[0], "lineItem/intervalUsageEnd": HOUR[1], "cost/myCost": "1",
                     "cost/currencyCode": "USD"},
    }[source]  # fmt: skip
    names = []
    for value in ("2025-03-02 05:00:00 UTC", "2025-03-02 06:00:00 UTC", "2025-03-02T05:00:00Z"):
        text = pd.DataFrame([{**columns, mark: value}]).to_csv(index=False)
        (chunk,) = SOURCES[source].read(Opened("s", io.BufferedReader(io.BytesIO(text.encode()))), Setting())
        assert SOURCES[source].normalise(Sieve(chunk, Setting())).scope is None
        names.append(chunk.cells[KEY].iloc[0])
    assert names[0] == names[2] != names[1]


def test_numbers_go_on_through_many_runs():
    order = Order()
    keys = [str(number % 7) for number in range(200)]
    numbers = [int(each) for first in range(0, 200, 3) for each in order.number(pd.Series(keys[first : first + 3]))]
    assert numbers == [number // 7 for number in range(200)]
