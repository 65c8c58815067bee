"""The engine: usage of rows of any number, on one machine or on Spark, by one plan; and fits fanned out likewise."""

from shiftcast.pipelines.engine.aggregate import aggregate
from shiftcast.pipelines.engine.fan_out import fan_out
from shiftcast.pipelines.engine.stream import collect, stream

__all__ = ["aggregate", "collect", "fan_out", "stream"]
