"""Digests of a fleet: of its usage and facts alone, and of all that its forecast depends on."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from shiftcast.forecast.fleet.planner import Planner
from shiftcast.forecast.views.provenance import Registered
from shiftcast.pipelines.fleet.place import model_of
from shiftcast.pipelines.registry.maker import Maker, code_digest, present_maker
from shiftcast.pipelines.state.root import StoreError


def digest_of(planner: Planner, *, past: bool, data: str | None = None) -> str:
    """Return the SHA-256 of all that a fleet's forecast depends on; today's date is not part of it.

    Parameters
    ----------
    planner
        The fleet as opened.
    past
        Whether the day was asked for; then it is.
    data
        That of usage and facts (:func:`data_digest`), where it is known already.

    Returns
    -------
    str
        SHA-256 in hexadecimal digits.
    """
    basis = planner.basis
    parts: dict[str, Any] = {
        "data": data or data_digest(planner), "draws": basis.draws, "seed": basis.seed, "code": code_digest(),
        "libraries": present_maker().libraries, "beliefs": dict(basis.beliefs), "year": basis.origin.year,
        "origin": f"{basis.origin:%Y-%m-%d}" if past else "today",
        "learned": repr(planner.learned),
    }  # fmt: skip
    frames = {"hardware": basis.hardware, "throughput": basis.throughput, "assumptions": basis.assumptions}
    for name, rows in frames.items():
        parts[name] = _rows_digest(rows)
    if planner.world is not None:
        from shiftcast.pipelines.fleet.bundle import world_arrays  # noqa: PLC0415  (brings the models)

        arrays = world_arrays(planner.world)
        parts["world"] = {name: hashlib.sha256(value.tobytes()).hexdigest() for name, value in arrays.items()}
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


def data_digest(planner: Planner) -> str:
    """Return the SHA-256 of a fleet's usage and facts.

    Parameters
    ----------
    planner
        The fleet.

    Returns
    -------
    str
        SHA-256 in hexadecimal digits.
    """
    return hashlib.sha256(f"{planner.fleet!r}{_rows_digest(planner.usage)}".encode()).hexdigest()


def registered_as(digest: str, data: str, *, version: str | None, made_by: Maker | None) -> Registered:
    """Return what answers say of the forecast that they are taken of.

    Parameters
    ----------
    digest, data
        Of all that the forecast depends on, and of usage and facts alone.
    version
        Number it is registered under, if it is.
    made_by
        Versions that made it; ``None`` where that was not kept.

    Returns
    -------
    Registered
    """
    code = "before 0.2.0" if made_by is None else made_by.shiftcast
    return Registered(version, digest, data, f"shiftcast {code}")


def known_version(root: Path, name: str, digest: str) -> str | None:
    """Return the number of the fleet's version that was made of the same usage, facts, record and code.

    Parameters
    ----------
    root, name
        Folder of all state, and name of the fleet.
    digest
        Of all that the forecast depends on.

    Returns
    -------
    str or None
        ``None`` where none is registered, or the model store cannot be used.
    """
    if not (root / "mlflow.db").is_file() and not os.environ.get("MLFLOW_TRACKING_URI"):
        return None
    from shiftcast.pipelines.registry.mlflow_store import find_version, open_store  # noqa: PLC0415  (MLflow is slow)

    try:
        found = find_version(open_store(root, make=False, model=model_of(name)), digest)
    except StoreError:  # that of the world says so in the notes
        return None
    return None if found is None else str(found.version)


def _rows_digest(rows: pd.DataFrame) -> str:
    """Return the SHA-256 of the cells column by column; writing a large usage down as text would take seconds."""
    digest = hashlib.sha256()
    for name, column in rows.items():
        digest.update(f"{name}:{len(column)}:".encode())
        for part in _cells(column):
            digest.update(part)
    return digest.hexdigest()


def _cells(column: pd.Series) -> tuple[bytes, ...]:
    """Return what tells the cells of a column apart, whatever type of its kind they have; no text is one left out."""
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        return (pd.DatetimeIndex(column).as_unit("us").asi8.tobytes(),)
    if column.dtype.kind in "biuf":
        return (column.to_numpy(dtype=np.float64).tobytes(),)
    texts = ["" if missing else str(cell) for cell, missing in zip(column.tolist(), column.isna(), strict=True)]
    return np.array([len(text) for text in texts], dtype=np.int64).tobytes(), "".join(texts).encode()
