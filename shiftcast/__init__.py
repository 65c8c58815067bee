"""Forecasts the GPU compute that workloads will need as they move to deep learning and LLMs: the public door.

What is named here is what notebooks and pipelines import; each name is imported only when it is asked for, so that
``import shiftcast`` costs nothing.
"""

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from shiftcast.features.input_error import InputError
    from shiftcast.features.panel import panels
    from shiftcast.features.share_grid import share_panels
    from shiftcast.forecast.answers import Forecaster
    from shiftcast.forecast.known import Settings
    from shiftcast.forecast.migration import draw_shares, fit_shares
    from shiftcast.pipelines.drawing.of_answer import draw
    from shiftcast.pipelines.fleet.opening import open_fleet
    from shiftcast.pipelines.ingest.load import IngestRequest, ingest
    from shiftcast.pipelines.job.run import RunRequest, run
    from shiftcast.pipelines.publish.sql import open_sql
    from shiftcast.pipelines.registry.champion import open_forecaster
    from shiftcast.pipelines.series.volumes import VolumeQuestion, forecast_volumes
    from shiftcast.pipelines.store import Store

try:
    __version__ = version("shiftcast")
except PackageNotFoundError:  # a copy of the folders that was never installed
    __version__ = "0+unknown"

_PLACES: Final = {
    "Forecaster": "forecast.answers",
    "IngestRequest": "pipelines.ingest.load",
    "InputError": "features.input_error",
    "RunRequest": "pipelines.job.run",
    "Settings": "forecast.known",
    "Store": "pipelines.store",
    "VolumeQuestion": "pipelines.series.volumes",
    "draw": "pipelines.drawing.of_answer",
    "draw_shares": "forecast.migration",
    "fit_shares": "forecast.migration",
    "forecast_volumes": "pipelines.series.volumes",
    "ingest": "pipelines.ingest.load",
    "open_fleet": "pipelines.fleet.opening",
    "open_forecaster": "pipelines.registry.champion",
    "open_sql": "pipelines.publish.sql",
    "panels": "features.panel",
    "run": "pipelines.job.run",
    "share_panels": "features.share_grid",
}
__all__ = [
    "Forecaster",
    "IngestRequest",
    "InputError",
    "RunRequest",
    "Settings",
    "Store",
    "VolumeQuestion",
    "__version__",
    "draw",
    "draw_shares",
    "fit_shares",
    "forecast_volumes",
    "ingest",
    "open_fleet",
    "open_forecaster",
    "open_sql",
    "panels",
    "run",
    "share_panels",
]


def __getattr__(name: str) -> Any:
    """Import what is asked for only then."""
    if name in _PLACES:
        return getattr(import_module(f"shiftcast.{_PLACES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
