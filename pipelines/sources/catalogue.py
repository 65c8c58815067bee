"""List every kind of file that can be loaded, by the name the command line knows it under."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from shiftcast.features.input_error import InputError
from shiftcast.pipelines.sources.clusters.capacity import CAPACITY
from shiftcast.pipelines.sources.clusters.instances import DLRM, INSTANCES, PODS
from shiftcast.pipelines.sources.clusters.kubectl import KUBECTL
from shiftcast.pipelines.sources.clusters.opencost import OPENCOST
from shiftcast.pipelines.sources.clusters.prometheus import PROMETHEUS
from shiftcast.pipelines.sources.clusters.smi import SMI
from shiftcast.pipelines.sources.focus import FOCUS
from shiftcast.pipelines.sources.jobs import JOBS
from shiftcast.pipelines.sources.mapped import TABLE
from shiftcast.pipelines.sources.normal import Source
from shiftcast.pipelines.sources.occupancy import OCCUPANCY
from shiftcast.pipelines.sources.sacct import SACCT
from shiftcast.pipelines.sources.serving_logs.requests import AZURE, MOONCAKE, RELATIVE, REQUESTS
from shiftcast.pipelines.sources.serving_logs.servegen import SERVEGEN

SOURCES: Final[Mapping[str, Source]] = {
    source.name: source
    for source in (SACCT, FOCUS, OPENCOST, PROMETHEUS, SMI, JOBS, OCCUPANCY, CAPACITY, INSTANCES, PODS, KUBECTL, DLRM,
                   REQUESTS, RELATIVE, AZURE, MOONCAKE, SERVEGEN, TABLE)
}  # fmt: skip


def find_source(name: str) -> Source:
    """Return a source by its name.

    Parameters
    ----------
    name
        Name of the source, such as ``sacct``.

    Returns
    -------
    Source
        Its readers and description.

    Raises
    ------
    ValueError
        Naming the sources there are.

    Examples
    --------
    >>> find_source("sacct").grain
    'job'
    """
    if name not in SOURCES:
        raise InputError(f"source {name!r} is not known; known are {', '.join(SOURCES)}")
    return SOURCES[name]
