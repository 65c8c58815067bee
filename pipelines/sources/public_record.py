"""The public record that ships with the product, or a folder of the same shape."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import pandas as pd

from shiftcast.features.asof import known_by
from shiftcast.features.frames import (
    ASSUMPTIONS,
    CLAIMS,
    HARDWARE,
    OBSERVATIONS,
    QUARANTINE,
    THROUGHPUT,
    WORKLOADS,
    Frame,
    check,
    conform,
    empty,
)
from shiftcast.features.membership import MEMBERSHIPS
from shiftcast.features.quality import Screened, screen
from shiftcast.forecast.economics.basis import Basis, basis_of
from shiftcast.forecast.known import Known, Settings, cut
from shiftcast.forecast.migration import Learned
from shiftcast.forecast.workloads import Registry, read_registry
from shiftcast.pipelines.records import RECORDS
from shiftcast.pipelines.sources.learned import load_learned
from shiftcast.pipelines.sources.table import UnreadableFileError, read_table

MEMBERSHIPS_FILE: Final = "memberships.csv"
_SINGLE: Final[Mapping[str, Frame]] = {
    "claims.csv": CLAIMS, "hardware.csv": HARDWARE, "throughput.csv": THROUGHPUT, "assumptions.csv": ASSUMPTIONS,
    "fleet.csv": ASSUMPTIONS, "economics.csv": ASSUMPTIONS,
}  # fmt: skip


@dataclass(frozen=True)
class Record:
    """The frames of one folder of records.

    Attributes
    ----------
    observations, claims, hardware, throughput, assumptions
        Checked frames.
    fleet, economics
        Assumptions that the cube does not use: purchases and ageing, and money.
    registry
        Workloads and techniques.
    learned
        What the share model learned on reference histories.
    quarantine
        Rows set aside, with the reason.
    digests
        File name to the SHA-256 of its bytes.
    memberships
        Checked frame; empty where the folder has no file of that name.
    """

    observations: pd.DataFrame
    claims: pd.DataFrame
    hardware: pd.DataFrame
    throughput: pd.DataFrame
    assumptions: pd.DataFrame
    fleet: pd.DataFrame
    economics: pd.DataFrame
    registry: Registry
    learned: Learned
    quarantine: pd.DataFrame
    digests: Mapping[str, str]
    memberships: pd.DataFrame

    def as_of(self, origin: pd.Timestamp) -> Known:
        """Return the record as it was known on a day, midnight UTC."""
        known = cut(
            origin, self.observations, self.claims, self.hardware, self.throughput, self.assumptions, self.registry,
            self.learned,
        )  # fmt: skip
        return replace(known, memberships=known_by(self.memberships, origin))

    def basis(self, origin: pd.Timestamp, settings: Settings) -> Basis:
        """Return what questions of capacity and cost rest on, as known on a day, midnight UTC."""
        return basis_of(
            origin, hardware=self.hardware, throughput=self.throughput,
            assumptions=(self.assumptions, self.fleet, self.economics), draws=settings.draws, seed=settings.seed,
        )  # fmt: skip


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
    parts = {path.name: _screened(path, OBSERVATIONS) for path in files}
    single = {name: _screened(folder / name, frame) for name, frame in _SINGLE.items()}
    observations, repeated = _merge(parts)
    saved = (folder / MEMBERSHIPS_FILE).exists()
    nobody = Screened(empty(MEMBERSHIPS), empty(QUARANTINE), ())
    members = _screened(folder / MEMBERSHIPS_FILE, MEMBERSHIPS) if saved else nobody
    quarantined = [each.quarantine for each in [*parts.values(), *single.values(), members]]
    quarantine = conform(pd.concat([*quarantined, repeated], ignore_index=True), QUARANTINE)
    names = [path.name for path in files] + [*_SINGLE, "workloads.csv", *([MEMBERSHIPS_FILE] if saved else [])]
    return Record(
        check(observations, OBSERVATIONS),
        **{name.removesuffix(".csv"): check(single[name].rows, frame) for name, frame in _SINGLE.items()},
        registry=read_registry(_registry_table(folder / "workloads.csv")),
        learned=load_learned(None).whole,
        quarantine=check(quarantine, QUARANTINE),
        digests={name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in sorted(names)},
        memberships=check(members.rows, MEMBERSHIPS),
    )


def _screened(path: Path, frame: Frame) -> Screened:
    return screen(read_table(path), frame, source=path.name)


def _merge(parts: Mapping[str, Screened]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Join the files' rows; a row whose key stands in an earlier file is set aside."""
    tagged = [each.rows.assign(file=name, line=each.lines) for name, each in parts.items()]
    rows = pd.concat(tagged, ignore_index=True)
    repeated = rows.duplicated(list(OBSERVATIONS.key), keep="first")
    again = rows[repeated]
    quarantined = pd.DataFrame(
        {"source": again["file"], "line": again["line"], "column": "source", "value": again["source"],
         "reason": "another file holds a row with the same key; remove one of them"}
    )  # fmt: skip
    return conform(rows[~repeated], OBSERVATIONS), conform(quarantined, QUARANTINE)


def _registry_table(path: Path) -> pd.DataFrame:
    """Read the registry in its file's order; no forecast can do without a row of it, so a bad one ends the run."""
    screened = _screened(path, WORKLOADS)
    for fault in screened.quarantine.itertuples():
        raise UnreadableFileError(
            f"{path}: line {fault.line:.0f}: column {fault.column!r} holds {fault.value!r}: {fault.reason}"
        )
    if screened.rows.empty:
        raise UnreadableFileError(f"{path}: holds no row; put back the registry of workloads")
    return screened.rows.assign(line=screened.lines).sort_values("line", ignore_index=True)
