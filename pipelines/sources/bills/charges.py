"""Turn the lines of any bill into accelerator hours, idle hours, tokens and cost."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shiftcast.pipelines.sources.bills.bill import KEY, Bill, joined
from shiftcast.pipelines.sources.bills.instances import Instance, instance_map
from shiftcast.pipelines.sources.bills.lines import roles
from shiftcast.pipelines.sources.bills.tokens import token_points
from shiftcast.pipelines.sources.bills.units import read_unit
from shiftcast.pipelines.sources.normal import Normalised, Points, Spans
from shiftcast.pipelines.sources.setting import accelerator_names
from shiftcast.pipelines.sources.sieve import Sieve, first_text

_CURRENCY: Final = r"[A-Z]{3}"
_SPEAKS: Final = r"\b[gt]pus?\b|\baccelerated\b|\bnvidia\b"
_MODEL: Final = r"\b(?:[abhv]|gb)\d00\b|\bl40s\b|\bmi\d{3}x?\b"  # what else names an accelerator where time is sold
_SEVERAL: Final = re.compile(r"\b(?:[2-9]|\d\d+) ?x\b|\d[- ]cores?\b|\bv[23]-\d")
_RESERVATION: Final = r"(capacityreservation|capacity-reservation(?=/)|^cr-(?=[0-9a-f]+$))"
_SHOWN: Final = 60


@dataclass(frozen=True)
class _Lines:
    """Lines of a chunk: role, instance type, hours [h], whether of single accelerators, accelerators of each hour."""

    role: pd.Series
    names: pd.Series
    accelerator: pd.Series
    count: NDArray[np.float64]
    hours: pd.Series
    single: NDArray[np.bool_]
    column: str
    service: pd.Series
    description: pd.Series

    @property
    def size(self) -> NDArray[np.float64]:
        """Accelerator hours of each line, NaN where it states no time."""
        hours: NDArray[np.float64] = self.hours.to_numpy(dtype=float)
        return hours * self.count


def charge(sieve: Sieve, bill: Bill, cost: pd.Series | None = None) -> Normalised:
    """Return the hours, tokens and cost of a chunk of a bill.

    Parameters
    ----------
    sieve
        Rows of the chunk.
    bill
        Columns of the bill.
    cost
        Cost of each row [billing currency]; the bill's column if left out.

    Returns
    -------
    Normalised
        Spans of use and idle hours, below zero where corrections take back, and points of tokens and of cost.
    """
    start = sieve.instant(*bill.start)
    end = sieve.instant(*bill.end) if bill.end else start + pd.Timedelta(days=1)
    spent = sieve.number(*bill.cost, limit="cost") if cost is None else cost
    currency = sieve.text(*bill.currency)
    sieve.fail(~currency.str.fullmatch(_CURRENCY).to_numpy(dtype=bool), sieve.column(*bill.currency),
               "is not a currency such as USD")  # fmt: skip
    lines = _lines(sieve, bill)
    length = (end - start).dt.total_seconds() / 3600.0
    size = np.nan_to_num(lines.size)
    if bill.end:
        late = (length < 0) | ((length == 0) & (size != 0))
        sieve.fail(late.to_numpy(), sieve.column(*bill.end), f"does not end after {sieve.column(*bill.start)}")
    sieve.bound(pd.Series(np.abs(size)), "hours", lines.column)
    amount = pd.Series(size) / length.where(length > 0)
    idle = lines.role.isin(["unused", "commitment"]).to_numpy()
    held = [Spans(start, end, amount, measure, where=(size != 0) & of) for measure, of in _measures(idle)]
    tokens = token_points(sieve, bill, start, lines.role, lines.description)
    return Normalised(
        held=tuple(held), read=(*tokens.points, Points(start, spent, "cost", currency)),
        own={"operator": _operator(sieve, bill), "region": first_text(sieve, bill.regions),
             "accelerator": lines.accelerator, "vendor": lines.accelerator.map(_vendor)},
        clues={**{name: first_text(sieve, columns) for name, columns in bill.clues.items() if sieve.has(*columns)},
               **tokens.clues},
        identity=sieve.text(KEY) if sieve.has(KEY) else None, born=start,
        scope=None if sieve.has(*bill.once) else _day(sieve, bill, start),
        unresolved=(*_listed(lines, spent, currency), *tokens.unresolved),
    )  # fmt: skip


def _measures(idle: NDArray[np.bool_]) -> tuple[tuple[str, NDArray[np.bool_]], ...]:
    return ("gpu_hours", ~idle), ("idle_gpu_hours", idle)


def _day(sieve: Sieve, bill: Bill, start: pd.Series) -> pd.Series:
    """Return what a bill tells in whole: the day of an account and service."""
    day = start.dt.strftime("%Y-%m-%d").astype(object).fillna("")
    payer, account, service = (first_text(sieve, names) for names in (bill.account, bill.sub_account, bill.service))
    return payer + "|" + account + "|" + service + "|" + day


def _operator(sieve: Sieve, bill: Bill) -> pd.Series | str:
    return bill.operator or first_text(sieve, bill.operators)


def _lines(sieve: Sieve, bill: Bill) -> _Lines:
    kind = joined(sieve, bill.kind)
    usage = (joined(sieve, bill.usage) + " " + _reservations(sieve, bill)).str.strip()
    service, description = first_text(sieve, bill.service), first_text(sieve, bill.description)
    role = roles(kind, service, usage, description)
    found = _instances(sieve, bill)
    own = np.array([each is not None and each.own for each in found], dtype=bool)
    role = role.mask((role == "unclear").to_numpy() & own, "instance")  # the user vouches for the type
    hours, single, column = _hours(sieve, bill)
    sold = _sold(description + " " + usage, (role == "gpu_sku").to_numpy(), single)
    role = role.mask((role == "unclear").to_numpy() & single & (sold != ""), "gpu_sku")
    names = pd.Series([each.name if each else "" for each in found], dtype=object)
    of_type = pd.Series([each.accelerator if each else "" for each in found], dtype=object)
    count = np.array([each.count if each else 0.0 for each in found], dtype=float)
    count = np.where(single | (role == "gpu_sku"), ((sold != "") | (of_type != "")).astype(float), count)
    if bill.unused:
        of_commitment = (role == "commitment").to_numpy()
        hours = hours.mask(of_commitment, sieve.count(*bill.unused, limit="hours"))
    count = np.where(role.isin(["instance", "gpu_sku", "unused", "commitment"]), count, 0.0)
    return _Lines(role, names, sold.where(sold != "", of_type), count, hours, single, column, service,
                  description)  # fmt: skip


def _reservations(sieve: Sieve, bill: Bill) -> pd.Series:
    """Return what each row's resource says of a capacity reservation, in a word; empty where it is none."""
    resource = first_text(sieve, bill.resources).str.lower()
    word = resource.str.extract(_RESERVATION, expand=False).fillna("")
    return word.replace({"cr-": "capacity-reservation"})


def _instances(sieve: Sieve, bill: Bill) -> list[Instance | None]:
    """Return the instance type of each row, by the first column that names one."""
    types = instance_map(sieve.setting.instances)
    found: list[Instance | None] = [None] * sieve.rows
    for name in bill.names:
        if sieve.has(name):
            codes, texts = pd.factorize(sieve.text(name))
            named = [types.find(str(text)) for text in texts]
            found = [_better(before, named[code]) for before, code in zip(found, codes, strict=True)]
    return found


def _better(before: Instance | None, after: Instance | None) -> Instance | None:
    """Return the first of two types, but a known one before one that only looks like an accelerator's."""
    if before is None or (after is not None and after.count and not before.count):
        return after
    return before


def _hours(sieve: Sieve, bill: Bill) -> tuple[pd.Series, NDArray[np.bool_], str]:
    """Return the hours each row states [h], whether they are of single accelerators, and the column they stand in."""
    hours, single, column = pd.Series(np.nan, index=range(sieve.rows)), np.zeros(sieve.rows, dtype=bool), ""
    for quantity, unit in bill.quantities:
        if not (sieve.has(quantity) and sieve.has(unit)):
            continue
        column = column or sieve.column(quantity)
        codes, known = pd.factorize(sieve.text(unit))
        units = [read_unit(str(each) if bill.block else re.sub(r"^\d+ ", "", str(each))) for each in known]
        factor = np.array([each.hours for each in units])[codes] if units else np.full(sieve.rows, np.nan)
        written = sieve.text(quantity)
        values = pd.to_numeric(written, errors="coerce").astype(float) * factor
        unreadable = (written != "").to_numpy() & ~np.isnan(factor) & ~np.isfinite(values.to_numpy())
        sieve.fail(unreadable, sieve.column(quantity), "is not a number; correct it or check for swapped columns")
        fresh = (hours.isna() & values.notna()).to_numpy()
        hours = hours.where(~fresh, values)
        single |= fresh & (np.array([each.single for each in units], dtype=bool)[codes] if units else False)
    return hours, single, column


def _sold(texts: pd.Series, articles: NDArray[np.bool_], single: NDArray[np.bool_]) -> pd.Series:
    """Return the accelerator that a line sells as an article of its own; empty where none, or it is no single one."""
    codes, known = pd.factorize(texts.where(articles | single, ""))
    names = np.array([(accelerator_names().find(str(text)) or ("",))[0] for text in known], dtype=object)
    several = np.array([bool(_SEVERAL.search(str(text).lower())) for text in known], dtype=bool)
    if not len(known):
        return texts
    return pd.Series(np.where(several[codes] & ~single, "", names[codes]), dtype=object)


@cache
def _vendor(accelerator: str) -> str:
    pair = accelerator_names().find(accelerator)
    return pair[1] if pair else ""


def _listed(lines: _Lines, cost: pd.Series, currency: pd.Series) -> tuple[str, ...]:
    """Return the lines that name an accelerator and are not counted, by what they name, with hours and cost."""
    said = lines.description.str.lower()
    named = said.str.contains(_MODEL, regex=True) & lines.hours.notna()
    speaks = lines.single | (said.str.contains(_SPEAKS, regex=True) | named).to_numpy(dtype=bool)
    counted = (lines.count > 0) & lines.hours.notna().to_numpy()
    meant = ~lines.role.isin(["fee", "money", "reservation"]).to_numpy() & ~counted
    some = meant & ((lines.names != "").to_numpy() | speaks) & ~((cost == 0) & lines.hours.fillna(0.0).eq(0)).to_numpy()
    if not some.any():
        return ()
    table = pd.DataFrame({
        "service": lines.service, "name": lines.names.where(lines.names != "", lines.description.str[:_SHOWN]),
        "currency": currency, "hours": lines.hours.fillna(0.0), "cost": cost.fillna(0.0),
    })[some]  # fmt: skip
    sums = table.groupby(["service", "name", "currency"], sort=True)[["hours", "cost"]].sum()
    return tuple(
        f"{f'{service}: ' if service else ''}{name}: {each.hours:g} h, {each.cost:g} {money}, not counted"
        for (service, name, money), each in zip(sums.index, sums.itertuples(), strict=True)
    )
