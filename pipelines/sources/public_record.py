"""The public record that ships with the product, or a folder of the same shape."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pandas as pd

from features.frames import (
    ASSUMPTIONS,
    CLAIMS,
    HARDWARE,
    OBSERVATIONS,
    QUARANTINE,
    THROUGHPUT,
    Frame,
    check,
    conform,
    empty,
)
from features.quality import screen
from forecast.workloads import Registry, read_registry
from pipelines.sources.table import UnreadableFileError, read_table

RECORDS: Final = Path(__file__).resolve().parent.parent / "records"
_SINGLE: Final[Mapping[str, Frame]] = {
    "claims.csv": CLAIMS, "hardware.csv": HARDWARE, "throughput.csv": THROUGHPUT, "assumptions.csv": ASSUMPTIONS,
}  # fmt: skip


@dataclass(frozen=True)
class Record:
    """The frames of one folder of records.

    Attributes
    ----------
    observations, claims, hardware, throughput, assumptions
        Checked frames.
    registry
        Workloads and techniques.
    quarantine
        Rows set aside, with the reason.
    digests
        File name to the SHA-256 of its bytes.
    """

    observations: pd.DataFrame
    claims: pd.DataFrame
    hardware: pd.DataFrame
    throughput: pd.DataFrame
    assumptions: pd.DataFrame
    registry: Registry
    quarantine: pd.DataFrame
    digests: Mapping[str, str]


def read_record(folder: Path = RECORDS) -> Record:
    """Read every file of the record, converting units and setting bad rows aside.

    Raises
    ------
    UnreadableFileError
        If a file cannot be read at all, or the folder holds no observations.
    """
    files = sorted(folder.glob("observations_*.csv"))
    if not files:
        raise UnreadableFileError(f"{folder}: no observations_*.csv file; give a folder of records")
    parts = [_screened(path, OBSERVATIONS) for path in files]
    single = {name: _screened(folder / name, frame) for name, frame in _SINGLE.items()}
    observations, repeated = _merge([rows for rows, _ in parts])
    aside = [each for _, each in [*parts, *single.values()]]
    quarantine = conform(pd.concat([*aside, repeated], ignore_index=True), QUARANTINE)
    names = [path.name for path in files] + [*_SINGLE, "workloads.csv"]
    return Record(
        check(observations, OBSERVATIONS),
        **{name.removesuffix(".csv"): check(single[name][0], frame) for name, frame in _SINGLE.items()},
        registry=read_registry(_registry_table(folder / "workloads.csv")),
        quarantine=check(quarantine, QUARANTINE),
        digests={name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in sorted(names)},
    )


def _screened(path: Path, frame: Frame) -> tuple[pd.DataFrame, pd.DataFrame]:
    screened = screen(read_table(path), frame, source=path.name)
    return screened.rows, screened.quarantine


def _merge(parts: list[pd.DataFrame]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Join the files' rows; a row whose key stands in an earlier file is set aside."""
    rows = conform(pd.concat(parts, ignore_index=True), OBSERVATIONS)
    repeated = rows.duplicated(list(OBSERVATIONS.key), keep="first")
    aside = [
        {"source": "observations", "line": 1.0, "column": "source", "value": source,
         "reason": "another file holds a row with the same key; remove one of them"}
        for source in rows.loc[repeated, "source"].unique()
    ]  # fmt: skip
    quarantine = conform(pd.DataFrame(aside), QUARANTINE) if aside else empty(QUARANTINE)
    return rows[~repeated].reset_index(drop=True), quarantine


def _registry_table(path: Path) -> pd.DataFrame:
    table = read_table(path)
    numbers = {name: pd.to_numeric(table[name].replace("", None)) for name in ("order", "flop_per_unit", "efficiency")}
    return table.assign(**numbers)
