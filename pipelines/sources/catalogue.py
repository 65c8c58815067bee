"""List every kind of file that can be loaded, by the name the command line knows it under."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Final

from shiftcast.features.input_error import InputError
from shiftcast.pipelines.sources.bills.azure import AZURE_COST
from shiftcast.pipelines.sources.bills.cur import CUR
from shiftcast.pipelines.sources.bills.focus import FOCUS
from shiftcast.pipelines.sources.bills.gcp import GCP
from shiftcast.pipelines.sources.bills.oracle import ORACLE
from shiftcast.pipelines.sources.clusters.capacity import CAPACITY
from shiftcast.pipelines.sources.clusters.instances import DLRM, INSTANCES, PODS
from shiftcast.pipelines.sources.clusters.kubectl import KUBECTL
from shiftcast.pipelines.sources.clusters.opencost import OPENCOST
from shiftcast.pipelines.sources.clusters.prometheus import PROMETHEUS
from shiftcast.pipelines.sources.clusters.smi import SMI
from shiftcast.pipelines.sources.mapped import TABLE
from shiftcast.pipelines.sources.normal import Source
from shiftcast.pipelines.sources.schedulers.jobs import JOBS
from shiftcast.pipelines.sources.schedulers.lsf import LSF
from shiftcast.pipelines.sources.schedulers.occupancy import OCCUPANCY
from shiftcast.pipelines.sources.schedulers.pbs import PBS
from shiftcast.pipelines.sources.schedulers.sacct import SACCT
from shiftcast.pipelines.sources.schedulers.sge import SGE
from shiftcast.pipelines.sources.schedulers.squeue import SQUEUE
from shiftcast.pipelines.sources.schedulers.swf import SWF
from shiftcast.pipelines.sources.serving_logs.requests import AZURE, MOONCAKE, RELATIVE, REQUESTS
from shiftcast.pipelines.sources.serving_logs.servegen import SERVEGEN

SOURCES: Final[Mapping[str, Source]] = {
    source.name: source
    for source in (SACCT, SQUEUE, PBS, LSF, SGE, SWF, JOBS, OCCUPANCY, FOCUS, CUR, AZURE_COST, GCP, ORACLE, OPENCOST,
                   KUBECTL, PROMETHEUS, SMI, CAPACITY, INSTANCES, PODS, DLRM, REQUESTS, RELATIVE, AZURE, MOONCAKE,
                   SERVEGEN, TABLE)
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
        near = [each.name for each in SOURCES.values() if name.lower() in each.about.lower()]
        near = near[:4] or get_close_matches(name.lower(), SOURCES, 3)
        hint = f"nearest: {', '.join(near)}; " if near else ""
        raise InputError(
            f"source {name!r} is not known; {hint}known are "
            f"{', '.join(SOURCES)}; `shiftcast ingest check FILE` says which one reads a file"
        )
    return SOURCES[name]
