"""Usage that `shiftcast ingest` stored, beside the record: accelerator-hours of a leaf by calendar quarter."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from features.usage import whole_quarters
from pipelines.sources.public_record import Record
from pipelines.store import Store

UseUsage = Annotated[bool, typer.Option("--usage", help="Add hours of leaves that `shiftcast ingest` stored.")]


def with_usage(record: Record, root: Path, day: pd.Timestamp) -> Record:
    """Return a record with the usage stored below a folder, as known on a day.

    Raises
    ------
    StoreError
        If nothing is stored there, or a file of the store is missing or altered.
    """
    found = whole_quarters(Store(root).as_of(day, measure="gpu_hours", unit="accelerator_hour"))
    return replace(record, observations=pd.concat([record.observations, found], ignore_index=True))
