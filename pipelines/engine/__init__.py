"""Usage of any number of rows by one plan, on one machine or on Spark, and fits fanned out; it knows no file format."""

from shiftcast.pipelines.engine.aggregate import aggregate
from shiftcast.pipelines.engine.fan_out import fan_out
from shiftcast.pipelines.engine.stream import collect, stream

__all__ = ["aggregate", "collect", "fan_out", "stream"]
