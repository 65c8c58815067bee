"""Keep usage in an append-only, bitemporal store of Parquet files under a log; forecasts are in `registry`."""

from shiftcast.pipelines.store.log import Entry
from shiftcast.pipelines.store.store import Appended, Store

__all__ = ["Appended", "Entry", "Store"]
