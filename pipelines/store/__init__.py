"""Keep usage in an append-only, bitemporal store of Parquet files under a log; forecasts are in `registry`."""

from shiftcast.pipelines.store.arrivals import Arrival
from shiftcast.pipelines.store.loading import Reckoning, load_items
from shiftcast.pipelines.store.log import Entry
from shiftcast.pipelines.store.store import Appended, Store

__all__ = ["Appended", "Arrival", "Entry", "Reckoning", "Store", "load_items"]
