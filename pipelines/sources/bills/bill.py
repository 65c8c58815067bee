"""Name the columns of a kind of bill, and number its lines while it is read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
import pandas as pd

from shiftcast.pipelines.sources.bills.order import Order
from shiftcast.pipelines.sources.chunks import Chunk
from shiftcast.pipelines.sources.setting import Setting
from shiftcast.pipelines.sources.sieve import Sieve

KEY: Final = "(identity of the charge)"  # a column beside the file's own
_BETWEEN: Final = re.compile(r"(?<=\d)T(?=\d)")
_TRAIL: Final = re.compile(r"(?: 00:00(?::00)?|(?<= \d\d:\d\d):00)?(?:\.0+)?(?:z|[+-]00:?00| utc)?$", re.IGNORECASE)
_PRICE: Final = re.compile(r"[$€£¥]\s?\d[\d.,]*")


@dataclass(frozen=True)
class Bill:
    """Columns of a kind of bill; each may have several names, the first that is there counts.

    Attributes
    ----------
    start, end
        First moment of the charge period and its end; without an end it is a day.
    cost, currency
        Cost stored, and the currency it is in.
    kind, usage
        Columns that tell what a line is, all of them read: type of line and status; usage type, operation, meter.
    service, description
        Service, and description of the charge: of several columns the first that is not empty.
    quantities
        Pairs of a quantity and its unit; the first that is a time, or counts tokens, is taken.
    names
        Columns that may name an instance type, the first that does counts.
    operator, operators
        Who runs the machines: a name, or columns.
    regions, account, sub_account
        Columns of place and payer.
    key
        Columns that name a charge beside its period; never amounts or costs.
    once
        Columns that only lines have that are written once and never again, such as the time of their export; a later
        file adds to them and withdraws none.
    resources
        Columns that name the resource; a capacity reservation as one is no instance.
    unused
        Columns of hours that a commitment paid for and nothing used.
    models
        Columns that may name a language model.
    clues
        Columns for the labelling rules by field.
    block
        Whether a unit such as ``10 Hours`` multiplies the quantity.
    """

    start: tuple[str, ...]
    end: tuple[str, ...]
    cost: tuple[str, ...]
    currency: tuple[str, ...]
    kind: tuple[str, ...]
    service: tuple[str, ...]
    usage: tuple[str, ...]
    description: tuple[str, ...]
    quantities: tuple[tuple[str, str], ...]
    names: tuple[str, ...]
    regions: tuple[str, ...]
    account: tuple[str, ...]
    sub_account: tuple[str, ...]
    key: tuple[str, ...]
    operator: str = ""
    operators: tuple[str, ...] = ()
    once: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    clues: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    block: bool = True


def joined(sieve: Sieve, columns: Iterable[str], between: str = " ") -> pd.Series:
    """Return the text of several columns in one; a column the file lacks is empty.

    Parameters
    ----------
    sieve
        Rows of a chunk.
    columns
        Names of columns.
    between
        What stands between two.

    Returns
    -------
    Series of str, shape (rows,)
        Text of each row.
    """
    texts = [sieve.text(name) for name in columns]
    if not texts:
        return pd.Series("", index=range(sieve.rows), dtype=object)
    whole = texts[0]
    for text in texts[1:]:
        whole = whole + between + text
    return whole


def numbered(chunks: Iterable[Chunk], bill: Bill, setting: Setting) -> Iterator[Chunk]:
    """Give each line of a file its identity: what names the charge, its period, and its place among equal ones.

    Parameters
    ----------
    chunks
        Rows of one file, in order.
    bill
        Columns of the file.
    setting
        Options of the load.

    Yields
    ------
    Chunk
        The same rows with the column ``KEY``.
    """
    order = Order()
    for chunk in chunks:
        sieve = Sieve(chunk, setting)
        keys = joined(sieve, bill.key, "|").str.replace(_PRICE, "", regex=True)
        for names in (bill.start, bill.end, bill.once):
            keys = keys + "|" + _moments(sieve.text(*names)) if names and sieve.has(*names) else keys
        numbers = pd.Series(order.number(keys), dtype=object).astype(str)
        yield replace(chunk, cells=chunk.cells.assign(**{KEY: np.asarray(keys + "|" + numbers, dtype=object)}))


def _moments(texts: pd.Series) -> pd.Series:
    """Return moments written alike, whatever file they stand in."""
    codes, known = pd.factorize(texts)
    alike = np.array([_TRAIL.sub("", _BETWEEN.sub(" ", str(text))) for text in known], dtype=object)
    return pd.Series(alike[codes] if len(known) else texts, dtype=object)
