"""The store of usage: append-only, bitemporal, in Parquet, with a log that decides what is there."""

from pipelines.store.log import Entry
from pipelines.store.store import Appended, Store

__all__ = ["Appended", "Entry", "Store"]
