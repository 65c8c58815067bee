"""Read capacity lists: an item and its date a row, or a row a day and a column for each part of a fleet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import pandas as pd

from shiftcast.pipelines.sources.accelerators import label_accelerators
from shiftcast.pipelines.sources.chunks import Chunk
from shiftcast.pipelines.sources.formats.rows import rows_of
from shiftcast.pipelines.sources.normal import Normalised, Points, Source
from shiftcast.pipelines.sources.opening import Opened
from shiftcast.pipelines.sources.setting import Setting
from shiftcast.pipelines.sources.sieve import Sieve
from shiftcast.pipelines.sources.table import UnreadableFileError
from shiftcast.pipelines.sources.views import told

_DATE: Final = ("First Operational Date", "date", "operational_date", "available_from", "day", "time")
_COUNT: Final = ("Chip quantity (primary)", "quantity", "count", "gpus", "gpu", "num_gpus", "accelerators")
_TYPE: Final = ("Chip type (primary)", "model", "accelerator", "gpu_type", "gpu_model", "chip_type")
_NAME: Final = ("Name", "sn", "site", "cluster", "node")
_DOUBTS: Final = {
    "Superseded by": "is superseded by another row, which counts it",
    "Possible duplicate": "is marked as a possible duplicate",
    "Exclude": "is marked to be left out",
}
_PLANNED: Final = {"planned", "announced", "cancelled", "decommissioned"}
_NO: Final = ("", "no", "false", "0", "n")


def _read(opened: Opened, setting: Setting) -> Iterator[Chunk]:
    yield from rows_of(opened, setting)


def _capacity(sieve: Sieve) -> Normalised:
    return _list(sieve) if sieve.has(*_COUNT) else _wide(sieve)


def _list(sieve: Sieve) -> Normalised:
    """Read one item a row; dated, it is an addition on its day, undated a stock at the anchor."""
    anchor = sieve.setting.clock.anchor
    dated = sieve.has(*_DATE)
    if not dated and anchor is None:
        raise UnreadableFileError(
            f"{sieve.chunk.file}: the list has no date; say when it was taken with --anchor 2026-01-01"
        )
    for column, reason in _DOUBTS.items():
        if sieve.has(column):
            marked = ~sieve.text(column).str.lower().isin(_NO)
            sieve.fail(marked.to_numpy(), sieve.column(column), f"{reason}; it is set aside so as not to count twice")
    status = sieve.text("status").str.lower()
    sieve.fail(status.isin(_PLANNED).to_numpy(), "Status" if sieve.has("status") else "",
               "is no capacity in use; a plan belongs in claims.csv")  # fmt: skip
    at = sieve.instant(*_DATE) if dated else pd.Series(anchor, index=range(sieve.rows)).astype("datetime64[us, UTC]")
    count = sieve.number(*_COUNT, limit="fleet")
    names = label_accelerators(sieve, *_TYPE)
    measure = "accelerators_added" if dated else "accelerators"
    return Normalised(
        read=(Points(at, count, measure, "accelerator"),),
        own={**names.labels, "operator": sieve.text("Owner", "operator"), "region": sieve.text("Country", "region")},
        clues={"name": sieve.text(*_NAME), "account": sieve.text("Owner", "operator"),
               "tag": sieve.text("Sector", "tags")},
        identity=sieve.text(*_NAME) + "|" + told(at) + "|" + sieve.text(*_TYPE) + "|" + count.astype(str),
        unresolved=names.unresolved,
    )  # fmt: skip


def _wide(sieve: Sieve) -> Normalised:
    """Read a row a day and a column a part; each part is a user of the fleet, and a total must be their sum."""
    at = sieve.instant(*_DATE)
    date = sieve.column(*_DATE)
    parts = [str(name) for name in sieve.chunk.cells.columns if str(name) not in {date, "total"}]
    counts = {part: sieve.number(part, limit="fleet") for part in parts}
    if not counts:
        raise UnreadableFileError(f"{sieve.chunk.file}: no column of counts beside {date!r}; check the source")
    if sieve.has("total"):
        total = sieve.number("total", limit="fleet")
        off = np.abs(sum(each.to_numpy() for each in counts.values()) - total.to_numpy()) > 1e-6
        sieve.fail(off, "total", "is not the sum of the columns; correct the row")
    return Normalised(
        read=tuple(Points(at, count, "accelerators", "accelerator", "last", series=part, labels={"user": part})
                   for part, count in counts.items()),
        identity=told(at), track=pd.Series(sieve.chunk.file, index=range(sieve.rows), dtype=object),
    )  # fmt: skip


CAPACITY: Final = Source(
    "capacity", "capacity lists: an item, its accelerator, count and first day a row; or a day a row and a column a "
    "part of the fleet", _read, _capacity, "item, or day", "dates; --anchor for a list without any",
    "accelerators_added [accelerator] on a date, accelerators [accelerator] as a stock",
    "owner as operator, country as region, accelerator from its name; name, owner and sector for rules",
    "use, what was taken out of service, and plans, which are set aside",
)  # fmt: skip
