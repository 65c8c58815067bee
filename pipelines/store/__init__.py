"""The store of usage: append-only, bitemporal, Parquet under a log that decides; forecasts are in `registry`."""

from shiftcast.pipelines.store.log import Entry
from shiftcast.pipelines.store.store import Appended, Store

__all__ = ["Appended", "Entry", "Store"]
