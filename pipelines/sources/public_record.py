"""Read the public record that ships with the product, or a folder of the same shape."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pandas as pd

from shiftcast.features.frames import (
    MARKET,
    AnyFrame,
    AssumptionRows,
    Ceilings,
    Claims,
    DataFrame,
    FrameModel,
    Hardware,
    Memberships,
    Observations,
    Quarantine,
    Throughput,
    Workloads,
    check,
    conform,
    empty,
)
from shiftcast.features.quality import Screened, screen
from shiftcast.forecast.known import Frames
from shiftcast.forecast.workloads import read_registry
from shiftcast.pipelines.records import RECORDS
from shiftcast.pipelines.sources.beliefs import BELIEFS_FILE, beliefs_files, read_belief_rows
from shiftcast.pipelines.sources.learned import load_learned
from shiftcast.pipelines.sources.market import check_catalogue, market_files, read_market_frames
from shiftcast.pipelines.sources.rollouts import LEDGER, joined, own_and_shipped
from shiftcast.pipelines.sources.table import UnreadableFileError, read_table

MEMBERSHIPS_FILE: Final = "memberships.csv"
CEILINGS_FILE: Final = "ceilings.csv"
_ASSUMPTIONS: Final = "assumptions.csv"
_SINGLE: Final[Mapping[str, type[FrameModel]]] = {
    "claims.csv": Claims, "hardware.csv": Hardware, "throughput.csv": Throughput, _ASSUMPTIONS: AssumptionRows,
    "fleet.csv": AssumptionRows, "economics.csv": AssumptionRows,
}  # fmt: skip
_OPTIONAL: Final[Mapping[str, type[FrameModel]]] = {
    MEMBERSHIPS_FILE: Memberships, CEILINGS_FILE: Ceilings,
}  # fmt: skip
_CAPACITY: Final = ("fleet", "economics")  # what the cube does not use, kept in files of their own


@dataclass(frozen=True, kw_only=True)
class Record(Frames):
    """Every vintage of the frames of one folder of records, checked.

    Attributes
    ----------
    quarantine
        Rows set aside, with the reason.
    digests
        File name to the SHA-256 of its bytes.
    """

    quarantine: DataFrame[Quarantine]
    digests: Mapping[str, str]


def read_record(folder: Path = RECORDS) -> Record:
    """Read every file of the record, converting units and setting bad rows aside.

    Parameters
    ----------
    folder
        Folder of CSV files. Its rows of the ledger and its beliefs join those that ship; where it holds nothing but
        rows that may be left out, all else is what ships, but for assumptions that it has a row of.

    Returns
    -------
    Record
        Checked frames, quarantined rows with the reason, and a SHA-256 of each file.

    Raises
    ------
    UnreadableFileError
        If a file cannot be read at all, the folder holds a part of what it needs, but no observations, or stands beside
        what ships and has an assumption that no model asks for.
    """
    base = _base(folder)
    files = sorted(base.glob("observations_*.csv"))
    if not files:
        raise UnreadableFileError(f"{folder}: no observations_*.csv file; give a folder of records")
    parts = {path.name: _screened(path, Observations) for path in files}
    single = {name: _screened(base / name, frame) for name, frame in _SINGLE.items()}
    single[_ASSUMPTIONS] = _with_own(single[_ASSUMPTIONS], base, folder)
    observations, repeated = _merge(parts)
    there = {name: path for name in _OPTIONAL for path in (base / name, folder / name) if path.exists()}
    optional = {name: _screened_if_there(there.get(name), frame) for name, frame in _OPTIONAL.items()}
    ledger = {name: _ledger(folder, name, frame) for name, frame in LEDGER.items()}
    quarantined = [each.quarantine for group in (parts, single, optional, ledger) for each in group.values()]
    quarantine = conform(pd.concat([*quarantined, repeated], ignore_index=True), Quarantine)
    rows = {name.removesuffix(".csv"): check(single[name].rows, frame) for name, frame in _SINGLE.items()}
    check_catalogue(base / "hardware.csv", rows["hardware"])
    beside = [*market_files(folder).values(), beliefs_files(folder)[-1], *there.values()]
    beside += [own_and_shipped(folder, name)[0] for name in LEDGER]
    beside += [path for path in (folder / _ASSUMPTIONS,) if path.exists()]
    return Record(
        observations=check(observations, Observations),
        capacity=pd.concat([rows.pop(name) for name in _CAPACITY], ignore_index=True),
        **rows,
        registry=read_registry(_registry_table(base / "workloads.csv")),
        learned=load_learned(None).whole,
        quarantine=check(quarantine, Quarantine),
        digests=_digests([*files, *(base / name for name in (*_SINGLE, "workloads.csv")), *beside]),
        belief_rows=read_belief_rows(folder),
        **{name.removesuffix(".csv"): check(optional[name].rows, frame) for name, frame in _OPTIONAL.items()},
        **{name.removesuffix(".csv"): check(ledger[name].rows, frame) for name, frame in LEDGER.items()},
        **read_market_frames(folder, observations),
    )


def _screened(path: Path, frame: type[AnyFrame]) -> Screened[AnyFrame]:
    return screen(read_table(path), frame, source=path.name)


def _base(folder: Path) -> Path:
    """Return the folder whose files a record cannot do without: the one that ships, beside a folder of own rows."""
    single = [name for name in (*_SINGLE, "workloads.csv") if name != _ASSUMPTIONS]
    needed = [*folder.glob("observations_*.csv"), *(folder / name for name in single)]
    own = [*_OPTIONAL, *LEDGER, BELIEFS_FILE, _ASSUMPTIONS, *(f"{name}.csv" for name in MARKET)]
    partial = any((folder / name).exists() for name in own) and not any(path.exists() for path in needed)
    return RECORDS if partial else folder


def _with_own(shipped: Screened[FrameModel], base: Path, folder: Path) -> Screened[FrameModel]:
    """Return assumptions with the rows of a folder that stands beside what ships, each in place of the shipped one."""
    path = folder / _ASSUMPTIONS
    if base == folder or not path.exists():
        return shipped
    own = _screened(path, AssumptionRows)
    unknown = sorted(set(own.rows["name"]) - set(shipped.rows["name"]))
    if unknown:
        raise UnreadableFileError(f"{path}: no model asks for name {unknown[0]!r}; correct it as in the shipped file")
    rest = shipped.rows[~shipped.rows["name"].isin(own.rows["name"])]
    quarantine = conform(pd.concat([shipped.quarantine, own.quarantine], ignore_index=True), Quarantine)
    return Screened(conform(pd.concat([own.rows, rest], ignore_index=True), AssumptionRows), quarantine, ())


def _digests(files: list[Path]) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(files, key=lambda p: p.name)}


def _screened_if_there(path: Path | None, frame: type[AnyFrame]) -> Screened[AnyFrame]:
    return _screened(path, frame) if path is not None else Screened(empty(frame), empty(Quarantine), ())


def _ledger(folder: Path, name: str, frame: type[AnyFrame]) -> Screened[AnyFrame]:
    return joined([_screened(path, frame) for path in own_and_shipped(folder, name)], frame)


def _merge(parts: Mapping[str, Screened[Observations]]) -> tuple[DataFrame[Observations], DataFrame[Quarantine]]:
    """Join the files' rows; a row whose key stands in an earlier file is set aside."""
    tagged = [each.rows.assign(file=name, line=each.lines) for name, each in parts.items()]
    rows = pd.concat(tagged, ignore_index=True)
    repeated = rows.duplicated(list(Observations.key), keep="first")
    again = rows[repeated]
    quarantined = pd.DataFrame(
        {"source": again["file"], "line": again["line"], "column": "source", "value": again["source"],
         "reason": "another file holds a row with the same key; remove one of them"}
    )  # fmt: skip
    return conform(rows[~repeated], Observations), conform(quarantined, Quarantine)


def _registry_table(path: Path) -> pd.DataFrame:
    """Read the registry in its file's order; no forecast can do without a row of it, so a bad one ends the run."""
    screened = _screened(path, Workloads)
    for fault in screened.quarantine.itertuples():
        raise UnreadableFileError(
            f"{path}: line {fault.line:.0f}: column {fault.column!r} holds {fault.value!r}: {fault.reason}"
        )
    if screened.rows.empty:
        raise UnreadableFileError(f"{path}: holds no row; put back the registry of workloads")
    return screened.rows.assign(line=screened.lines).sort_values("line", ignore_index=True)
