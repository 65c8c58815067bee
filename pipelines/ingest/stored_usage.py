"""Add usage that `shiftcast ingest` stored to the record: accelerator-hours of a leaf by calendar quarter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from shiftcast.features.frames import Quarantine, conform
from shiftcast.features.leaf_quarters import not_whole, whole_quarters
from shiftcast.pipelines.sources.public_record import Record

UseUsage = Annotated[bool, typer.Option("--usage", help="Add hours of leaves that `shiftcast ingest` stored.")]


def stored_usage(asked: bool, root: Path) -> Callable[[Record, pd.Timestamp], Record]:
    """Return the step that adds the usage stored below a folder, as known on a day, to a record; none if not asked.

    The step raises a ``StoreError`` if nothing is stored there, or a file of the store is missing or altered.

    Parameters
    ----------
    asked
        Whether to add it.
    root
        Folder of state; the store is below it.

    Returns
    -------
    callable
        From a record and the day of knowledge to the record with the observations added, and what fills no quarter
        among its rows set aside.
    """

    def add(record: Record, day: pd.Timestamp) -> Record:
        from shiftcast.pipelines.store import Store  # noqa: PLC0415  (its engine takes a while to import)

        usage = Store(root).as_of(day, measure="gpu_hours", unit="accelerator_hour")
        added = pd.concat([record.observations, whole_quarters(usage)], ignore_index=True)
        left = conform(pd.concat([record.quarantine, not_whole(usage)], ignore_index=True), Quarantine)
        return replace(record, observations=added, quarantine=left)

    return add if asked else lambda record, _: record
