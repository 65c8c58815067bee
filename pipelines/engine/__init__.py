"""Aggregate usage of any number of rows by one plan, here or on Spark, and fan fits out; it knows no file format."""

from shiftcast.pipelines.engine.aggregate import aggregate
from shiftcast.pipelines.engine.fan_out import fan_out
from shiftcast.pipelines.engine.stream import collect, stream

__all__ = ["aggregate", "collect", "fan_out", "stream"]
