"""Spread forecasts over a Spark cluster: read, made and written where the workers are; here comes a summary."""

from shiftcast.pipelines.spread.forecasts import Job, spread
from shiftcast.pipelines.spread.manifest import Manifest

__all__ = ["Job", "Manifest", "spread"]
