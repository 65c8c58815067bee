"""Describe the metrics of exporters, and name the series that readings belong to by what is read, not by who asked."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from shiftcast.pipelines.records import RECORDS
from shiftcast.pipelines.sources.setting import Setting
from shiftcast.pipelines.sources.table import read_table

_REPLICAS: Final = ("prometheus_replica", "__replica__", "thanos_replica", "receive_replica", "rule_replica",
                    "replica")  # fmt: skip
_TARGET: Final = "instance"  # with it, `replica` can only be who scraped
_DEVICES: Final = ("UUID", "uuid", "gpu_uuid", "serial_number")
_HOSTS: Final = ("Hostname", "hostname", "node", "instance")
_PLACES: Final = ("gpu", "gpu_id", "device", "minor_number")
_SLICE: Final = "GPU_I_ID"


@cache
def metrics() -> Mapping[str, Mapping[str, str]]:
    """Return the description of each known metric.

    Returns
    -------
    dict
        By metric: ``measure, unit, how, factor, limit, device``, ... as text.

    Examples
    --------
    >>> metrics()["DCGM_FI_DEV_POWER_USAGE"]["measure"]
    'gpu_power'
    """
    rows = read_table(RECORDS / "prometheus_metrics.csv").to_dict("records")
    return {str(row["metric"]): {str(key): str(value) for key, value in row.items()} for row in rows}


def known_metrics(setting: Setting) -> Mapping[str, Mapping[str, str]]:
    """Return the description of each metric, the user's before those that ship.

    Parameters
    ----------
    setting
        Options of the load; a mapping with a column ``metric`` adds metrics, an empty name being that of an
        expression's result.

    Returns
    -------
    dict
        As of :func:`metrics`.
    """
    if setting.mapping is None:
        return metrics()
    extra = {str(row["metric"]): {str(key): str(value) for key, value in row.items()}
             for row in setting.mapping.to_dict("records") if "metric" in row}  # fmt: skip
    return {**metrics(), **extra}


def replica_of(labels: Mapping[str, Any]) -> str:
    """Return which of several scrapers of one target a series comes from.

    Parameters
    ----------
    labels
        Labels of the series.

    Returns
    -------
    str
        Name of the replica; empty where the labels name none.

    Examples
    --------
    >>> replica_of({"prometheus_replica": "a"}), replica_of({"replica": "b", "instance": "i"})
    ('a', 'b')
    """
    return next((str(labels[name]) for name in _scrapers(labels)), "")


def _scrapers(labels: Mapping[str, Any]) -> list[str]:
    return [name for name in _REPLICAS if name in labels and (name != "replica" or _TARGET in labels)]


def series_of(labels: Mapping[str, Any], device: str) -> str:
    """Return the name of a series: of a device's reading the device, of others every label but who scraped.

    Parameters
    ----------
    labels
        Labels of the series.
    device
        Whether the metric is of a whole ``gpu``, of a ``slice`` of it where it is cut, or of neither.

    Returns
    -------
    str
        The same for two series of one counter, such as before and after another pod was given the GPU.

    Examples
    --------
    >>> series_of({"UUID": "GPU-1", "pod": "a", "GPU_I_ID": "3"}, "gpu"), series_of({"pod": "a", "replica": "x"}, "")
    ('GPU-1', 'pod=a,replica=x')
    """
    own = next((str(labels[name]) for name in _DEVICES if labels.get(name)), "")
    place = next((str(labels[name]) for name in _PLACES if labels.get(name) not in (None, "")), "")
    host = next((str(labels[name]) for name in _HOSTS if labels.get(name)), "")
    if device and (own or (place and host)):
        cut = [f"{_SLICE}={labels[_SLICE]}"] if device == "slice" and labels.get(_SLICE) else []
        return ",".join([own or f"{host}/{place}", *cut])
    left_out = {"__name__", *_scrapers(labels)}
    return ",".join(f"{key}={labels[key]}" for key in sorted(labels) if key not in left_out)
