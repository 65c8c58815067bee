"""Bundle of a fleet's forecast as files: facts, usage, what it rests on, demand drawn; under a manifest, no pickle."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from shiftcast.forecast.beliefs import Beliefs
from shiftcast.forecast.economics.basis import Basis
from shiftcast.forecast.fleet.facts import Fleet
from shiftcast.forecast.fleet.planner import Planner
from shiftcast.forecast.fleet.world import World
from shiftcast.forecast.migration.learned import LearnedFamily, from_json, to_json
from shiftcast.pipelines.fleet.facts_file import facts_of
from shiftcast.pipelines.registry.another_make import as_another_wrote_it
from shiftcast.pipelines.registry.bundle import check_bundle, sha256_of, write_manifest
from shiftcast.pipelines.registry.maker import Maker

TOTAL, TRIAL = "total", "trial"  # tables of a bundle
_FRAMES: Final = ("usage", "hardware", "throughput", "assumptions")
_LEARNED, _ANSWERS = "learned.json", "answers.json"
_WORLD, _SUMMARY, _FACTS, _BELIEFS = "world.npz", "summary.json", "facts.json", "beliefs.json"
_SECTIONS: Final = {
    "holdings": "holding",
    "offers": "offer",
    "events": "event",
    "moves": "move",
    "currencies": "currency",
}


@dataclass(frozen=True)
class FleetBundle:
    """One registered forecast of a fleet.

    Attributes
    ----------
    planner
        The fleet as it was known; it answers questions.
    total
        Hours wanted of all parts, a row a draw and a column a month, such as ``2027-03`` [accelerator_hour].
    trial
        Rolling origin on its own history (:func:`forecast.fleet.trial.try_out`).
    digest
        Of all that the forecast depends on.
    made_by, answers
        Versions that made it, and their answers to a question of each kind (:mod:`pipelines.fleet.sealing`).
    """

    planner: Planner
    total: pd.DataFrame
    trial: pd.DataFrame
    digest: str
    made_by: Maker | None = None
    answers: tuple[dict[str, Any], ...] = ()


def write_fleet(bundle: FleetBundle, folder: Path) -> str:
    """Write a bundle into an empty folder; the same bundle gives the same bytes.

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
    planner, basis = bundle.planner, bundle.planner.basis
    tables = {"usage": planner.usage, "hardware": basis.hardware, "throughput": basis.throughput,
              "assumptions": basis.assumptions, TOTAL: bundle.total, TRIAL: bundle.trial}  # fmt: skip
    for name, rows in tables.items():
        rows.to_parquet(folder / f"{name}.parquet", index=False)
    _write_json(folder / _FACTS, facts_json(planner.fleet))
    _write_json(folder / _BELIEFS, dict(basis.beliefs))
    if planner.learned is not None:
        _write_json(folder / _LEARNED, to_json(LearnedFamily(planner.learned, {})))
    if planner.world is not None:
        np.savez_compressed(folder / _WORLD, **dict[str, Any](world_arrays(planner.world)))
    if bundle.answers:
        _write_json(folder / _ANSWERS, list(bundle.answers))
    summary = {
        "made_by": None if bundle.made_by is None else asdict(bundle.made_by),
        "fleet": planner.fleet.name, "origin": f"{basis.origin:%Y-%m-%d}", "draws": basis.draws, "seed": basis.seed,
        "digest": bundle.digest,
        "notes": list(planner.notes), "backtest": [bundle.trial.mean(numeric_only=True).to_dict()],
        "files": {path.name: sha256_of(path) for path in sorted(folder.iterdir())},
    }  # fmt: skip
    _write_json(folder / _SUMMARY, summary)
    return write_manifest(folder)


def read_fleet(folder: Path, *, digest: str | None = None) -> FleetBundle:
    """Read a bundle after checking it.

    Parameters
    ----------
    folder
        Folder of the bundle.
    digest
        SHA-256 of the manifest as registered.

    Returns
    -------
    FleetBundle

    Raises
    ------
    AlteredBundleError
        If a file differs from the manifest.
    StoreError
        If another version made it and wrote it in a way that this one does not read.
    """
    check_bundle(folder, digest=digest)
    with as_another_wrote_it(folder, "shiftcast fleet NAME retrain"):
        return _read(folder)


def _read(folder: Path) -> FleetBundle:
    """Read a bundle whose files are as registered."""
    summary = json.loads((folder / _SUMMARY).read_text(encoding="utf-8"))
    frames = {name: pd.read_parquet(folder / f"{name}.parquet") for name in (*_FRAMES, TOTAL, TRIAL)}
    facts = json.loads((folder / _FACTS).read_text(encoding="utf-8"))
    beliefs = Beliefs(json.loads((folder / _BELIEFS).read_text(encoding="utf-8")))
    basis = Basis(
        pd.Timestamp(summary["origin"], tz="UTC"), frames["hardware"], frames["throughput"], frames["assumptions"],
        beliefs, summary["draws"], summary["seed"],
    )  # fmt: skip
    world = _read_world(folder / _WORLD) if (folder / _WORLD).is_file() else None
    taught = folder / _LEARNED
    learned = from_json(json.loads(taught.read_text(encoding="utf-8"))).whole if taught.is_file() else None
    fleet = facts_of(facts, summary["fleet"], _FACTS)
    planner = Planner(fleet, frames["usage"], basis, world, learned, tuple(summary["notes"]))
    made_by = Maker(**summary["made_by"]) if summary.get("made_by") else None
    kept = folder / _ANSWERS
    answers = tuple(json.loads(kept.read_text(encoding="utf-8"))) if kept.is_file() else ()
    return FleetBundle(planner, frames[TOTAL], frames[TRIAL], summary["digest"], made_by, answers)


def facts_json(fleet: Fleet) -> dict[str, Any]:
    """Return facts in the sections of a facts file, days as text and what is not said left out.

    Parameters
    ----------
    fleet
        Facts.

    Returns
    -------
    dict
        As :func:`pipelines.fleet.facts_file.facts_of` reads them.

    Examples
    --------
    >>> facts_json(Fleet("mine", leaf="enterprise", budgets={2027: 5.0}))
    {'fleet': {'leaf': 'enterprise'}, 'budget': {'2027': 5.0}}
    """
    plain = {name: value for name, value in asdict(fleet).items() if name not in {"name", *_SECTIONS, "budgets"}}
    said: dict[str, Any] = {"fleet": _told(plain)}
    for field, section in _SECTIONS.items():
        rows = [_told(asdict(each)) for each in getattr(fleet, field)]
        said |= {section: rows} if rows else {}
    budgets = {str(year): usd for year, usd in fleet.budgets.items()}
    return said | ({"budget": budgets} if budgets else {})


def _told(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was said of fields: no empty ones, and days as text."""
    kept = {name: value for name, value in fields.items() if value is not None and value not in ("", ())}
    return {name: f"{value:%Y-%m-%d}" if isinstance(value, pd.Timestamp) else list(value) if isinstance(value, tuple)
            else value for name, value in kept.items()}  # fmt: skip


def _write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=1, sort_keys=True), encoding="utf-8")


def world_arrays(world: World) -> dict[str, np.ndarray]:
    """Return all that is borrowed from the world as named arrays, none of objects.

    Parameters
    ----------
    world
        Draws of the world where a fleet belongs.

    Returns
    -------
    dict
        As a bundle stores them.
    """
    arrays: dict[str, np.ndarray] = {
        "place": np.array(world.place), "quarters": _days(world.quarters), "hours": world.hours,
        "migration": _days(world.migration),
    }  # fmt: skip
    arrays |= {f"workload {name}": values for name, values in world.workloads.items()}
    arrays |= {f"techniques {name}": np.array(names) for name, names in world.techniques.items()}
    arrays |= {f"shares {name}": values for name, values in world.shares.items()}
    return arrays


def _read_world(path: Path) -> World:
    with np.load(path, allow_pickle=False) as stored:
        arrays = {name: stored[name] for name in stored.files}

    def named(kind: str) -> dict[str, Any]:
        return {name.partition(" ")[2]: values for name, values in arrays.items() if name.startswith(f"{kind} ")}

    techniques = {name: tuple(str(each) for each in values) for name, values in named("techniques").items()}
    return World(str(arrays["place"]), _moments(arrays["quarters"]), arrays["hours"], named("workload"),
                 _moments(arrays["migration"]), techniques, named("shares"))  # fmt: skip


def _days(moments: pd.DatetimeIndex) -> np.ndarray:
    return np.asarray(moments.tz_convert(None).as_unit("us").asi8)


def _moments(stamps: np.ndarray) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(stamps.astype("datetime64[us]")).tz_localize("UTC")
