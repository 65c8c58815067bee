"""Bundle of one forecast as files: cube, frames, share model, summary, answers; under a SHA-256 manifest, no pickle."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

import pandas as pd
import xarray as xr

from shiftcast.features.frames import FRAMES, MARKET, empty
from shiftcast.forecast.answers import Forecaster
from shiftcast.forecast.economics.basis import Basis, learned_of
from shiftcast.forecast.known import RULES, Frames, Known, Settings, basis_of, cut
from shiftcast.forecast.migration.learned import Learned, LearnedFamily, from_json, to_json
from shiftcast.forecast.views.provenance import Registered
from shiftcast.forecast.workloads import Registry, Task
from shiftcast.pipelines.registry.another_make import as_another_wrote_it
from shiftcast.pipelines.registry.former_learned import learned_before
from shiftcast.pipelines.registry.summary import Summary, read_summary, summary_text
from shiftcast.pipelines.sources.beliefs import with_shipped_beliefs
from shiftcast.pipelines.sources.market import with_shipped

MANIFEST: Final = "manifest.json"
BUNDLE: Final = "bundle"  # its folder among the artifacts of a model
_CUBE, _FLEET, _SUMMARY = "cube.nc", "fleet.nc", "summary.json"
_LEARNED, _ANSWERS = "learned.json", "answers.json"
KNOWN: Final = tuple(name for name in RULES if name != "capacity")  # joined with the others, beside the fleet
_TABLES: Final = ("forecasts", "scores", "quarantine", *KNOWN, "registry")
_EMPTY: Final = ("ceilings", "rollouts", "traffic")  # frames that an earlier forecast may lack, and did without
_ADDED: Final = (*MARKET, *_EMPTY, "belief_rows")  # and those it took from code, with the values that ship
_OF_TASKS: Final = frozenset(each.name for each in fields(Task))  # a later version may say more of them
_CAPACITY: Final = ("capacity_assumptions",)  # with the fleet


class AlteredBundleError(ValueError):
    """A bundle whose files differ from its manifest; nothing of it is used."""


@dataclass(frozen=True)
class Bundle:
    """One forecast and what stands behind it.

    Attributes
    ----------
    cube
        Joint draws.
    tables
        ``forecasts``, ``scores`` and ``quarantine``; every frame the forecast was drawn from, as known; the
        ``registry`` of tasks; and ``capacity_assumptions``, which questions of capacity and cost rest on.
    summary
        Settings, digests, and what the fitted terms say of themselves.
    learned
        What the share model had learned.
    shipped
        Purchases by generation (:mod:`forecast.capacity.cohorts`).
    answers
        A question of each kind and its rows, from the version that made the forecast
        (:mod:`pipelines.registry.answers`); none before it is sealed.
    version
        Number it is registered under, where it was opened by one.
    """

    cube: xr.Dataset
    tables: Mapping[str, pd.DataFrame]
    summary: Summary
    learned: Learned
    shipped: xr.DataArray | None = None
    answers: tuple[Mapping[str, Any], ...] = ()
    version: str | None = None

    @property
    def forecaster(self) -> Forecaster:
        """The object that answers questions."""
        known, settings = self.known, self.summary.settings
        return Forecaster(
            self.cube, self.tables["forecasts"], self.tables["claims"], known, settings, basis=self._basis(known),
            registered=self._registered,
        )  # fmt: skip

    @property
    def _registered(self) -> Registered:
        """What answers say of the forecast they are taken of."""
        data = hashlib.sha256(json.dumps(dict(self.summary.files), sort_keys=True).encode()).hexdigest()
        made_by = self.summary.made_by
        code = "before 0.2.0" if made_by is None else made_by.shiftcast
        return Registered(self.version, self.summary.digest, data, f"shiftcast {code}")

    @property
    def known(self) -> Known:
        """The record as it was known, and the share model of then."""
        rows = self.tables["registry"].to_dict("records")
        tasks = [Task(**{str(name): row[name] for name in row if name in _OF_TASKS}) for row in rows]
        frames = Frames(
            **{name: self.tables[name] for name in KNOWN}, **self._beside(), registry=Registry(tuple(tasks)),
            learned=self.learned,
        )  # fmt: skip
        return cut(frames, pd.Timestamp(self.summary.origin, tz="UTC"))

    def _beside(self) -> dict[str, pd.DataFrame]:
        """Return the assumptions that the cube does not use, where the bundle has them."""
        if self.shipped is None:
            return {}
        rows = self.tables["capacity_assumptions"]
        return {"capacity": rows[~rows["name"].isin(self.tables["assumptions"]["name"])].reset_index(drop=True)}

    def _basis(self, known: Known) -> Basis | None:
        if self.shipped is None:
            return None
        drawn = Settings(draws=self.cube.sizes["draw"], seed=self.summary.settings.seed)
        return basis_of(known, drawn, shipped=self.shipped, learned=learned_of(self.cube))


def write_bundle(bundle: Bundle, folder: Path) -> str:
    """Write a bundle into an empty folder.

    The same bundle gives the same bytes.

    Parameters
    ----------
    bundle
        The forecast.
    folder
        Empty folder, made if need be.

    Returns
    -------
    str
        SHA-256 of the manifest.
    """
    folder.mkdir(parents=True, exist_ok=True)
    bundle.cube.to_netcdf(folder / _CUBE, engine="scipy", format="NETCDF3_64BIT")
    for name in (*_TABLES, *(_CAPACITY if bundle.shipped is not None else ())):
        bundle.tables[name].to_parquet(folder / f"{name}.parquet", index=False)
    if bundle.shipped is not None:
        bundle.shipped.to_dataset().to_netcdf(folder / _FLEET, engine="scipy", format="NETCDF3_64BIT")
    (folder / _SUMMARY).write_text(summary_text(bundle.summary), encoding="utf-8")
    learned = to_json(LearnedFamily(bundle.learned, {}))
    (folder / _LEARNED).write_text(json.dumps(learned, indent=1, sort_keys=True), encoding="utf-8")
    if bundle.answers:
        (folder / _ANSWERS).write_text(json.dumps(bundle.answers, sort_keys=True), encoding="utf-8")
    return write_manifest(folder)


def write_manifest(folder: Path) -> str:
    """Write the SHA-256 of every file of a bundle beside them, and return that of the list.

    Parameters
    ----------
    folder
        Folder of the bundle.

    Returns
    -------
    str
        SHA-256 of the manifest.
    """
    manifest = {path.name: sha256_of(path) for path in sorted(folder.iterdir()) if path.name != MANIFEST}
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1, sort_keys=True), encoding="utf-8")
    return sha256_of(folder / MANIFEST)


def check_bundle(folder: Path, *, digest: str | None = None) -> None:
    """Check every file against the manifest, and the manifest against its own digest where one is given.

    Parameters
    ----------
    folder
        Folder of the bundle.
    digest
        SHA-256 of the manifest as registered.

    Raises
    ------
    AlteredBundleError
        Naming the file that is missing, altered or not in the manifest.
    """
    manifest_path = folder / MANIFEST
    if not manifest_path.is_file():
        raise AlteredBundleError(f"{folder}: {MANIFEST} is missing; register the model again with `shiftcast run`")
    if digest is not None and sha256_of(manifest_path) != digest:
        raise AlteredBundleError(f"{manifest_path}: differs from the digest registered; register the model again")
    manifest = _manifest(manifest_path)
    found = {path.name for path in folder.iterdir()} - {MANIFEST}
    for name in sorted(found | set(manifest)):
        what = _fault(folder / name, manifest.get(name))
        if what:
            raise AlteredBundleError(f"{folder / name}: {what}; register the model again with `shiftcast run`")


def _manifest(path: Path) -> dict[str, str]:
    try:
        manifest = json.loads(path.read_bytes())
    except ValueError:
        manifest = None
    if not isinstance(manifest, dict):
        raise AlteredBundleError(f"{path}: is not a manifest; register the model again with `shiftcast run`")
    return manifest


def _fault(path: Path, digest: str | None) -> str:
    """Return what is wrong with a file whose manifest gives ``digest``, or nothing."""
    if digest is None:
        return "is not in the manifest"
    if not path.is_file():
        return "is missing"
    return "" if sha256_of(path) == digest else "differs from the manifest"


def read_bundle(folder: Path, *, digest: str | None = None) -> Bundle:
    """Read a bundle after checking it.

    Parameters
    ----------
    folder
        Folder of the bundle.
    digest
        SHA-256 of the manifest as registered.

    Returns
    -------
    Bundle
        The forecast.

    Raises
    ------
    AlteredBundleError
        If a file differs from the manifest.
    StoreError
        If another version made it and wrote it in a way that this one does not read.
    """
    check_bundle(folder, digest=digest)
    with as_another_wrote_it(folder, "shiftcast run"):
        return _read(folder)


def _read(folder: Path) -> Bundle:
    """Read a bundle whose files are as registered."""
    with_fleet, answers = (folder / _FLEET).is_file(), folder / _ANSWERS
    names = (*_TABLES, *(_CAPACITY if with_fleet else ()))
    paths = {name: folder / f"{name}.parquet" for name in names if name not in _ADDED}
    paths |= {name: path for name in _ADDED if (path := folder / f"{name}.parquet").is_file()}
    tables = {name: empty(FRAMES[name]) for name in _EMPTY} | {
        name: pd.read_parquet(path) for name, path in paths.items()
    }
    return Bundle(
        xr.load_dataset(folder / _CUBE, engine="scipy"),
        with_shipped_beliefs(with_shipped(tables)),
        read_summary((folder / _SUMMARY).read_text(encoding="utf-8"), where=str(folder / _SUMMARY)),
        _learned(folder / _LEARNED),
        xr.load_dataset(folder / _FLEET, engine="scipy")["shipped"] if with_fleet else None,
        tuple(json.loads(answers.read_text(encoding="utf-8"))) if answers.is_file() else (),
    )


def _learned(path: Path) -> Learned:
    """Return the share model among the files, or for a forecast registered before 0.2.0 the one of those days."""
    return from_json(json.loads(path.read_text(encoding="utf-8"))).whole if path.is_file() else learned_before()


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file.

    Parameters
    ----------
    path
        File, read in blocks of 1 MiB.

    Returns
    -------
    str
        SHA-256 in hexadecimal digits.
    """
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
