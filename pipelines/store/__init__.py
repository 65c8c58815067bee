"""The store of usage: append-only, bitemporal, in Parquet, with a log that decides what is there."""

from shiftcast.pipelines.store.log import Entry
from shiftcast.pipelines.store.store import Appended, Store

__all__ = ["Appended", "Entry", "Store"]
