"""Digest of all that a forecast depends on, as one SHA-256: data known, rows quarantined, code, libraries, settings."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from importlib import metadata
from typing import Any, Final

from shiftcast.features.frames import DataFrame, Quarantine
from shiftcast.forecast.known import RULES, Known, Settings
from shiftcast.pipelines.registry.maker import code_digest
from shiftcast.pipelines.sources.scenario_files import shipped_scenarios

_LIBRARIES: Final = ("numpy", "pandas", "scipy", "statsmodels")  # those that make the numbers


def run_digest(
    known: Known,
    quarantine: DataFrame[Quarantine],
    settings: Settings,
    *,
    past: bool,
) -> str:
    """Return the SHA-256 of what a forecast and its report depend on: data known, rows set aside, code, settings.

    Today's date is not part of it unless the origin was asked for, so a new day without new data is no new forecast.

    Parameters
    ----------
    known
        The record cut to the origin.
    quarantine
        Rows that were set aside.
    settings
        Draws, seed and horizon.
    past
        True where the origin was asked for, rather than today.

    Returns
    -------
    str
        SHA-256 in hexadecimal digits.
    """
    parts: dict[str, Any] = {"settings": asdict(settings), "code": code_digest()}
    parts["libraries"] = {name: metadata.version(name) for name in _LIBRARIES}
    for name in RULES:
        rows = getattr(known.history, name).to_csv(index=False).encode()
        parts[name] = hashlib.sha256(rows).hexdigest()
    parts["quarantine"] = hashlib.sha256(quarantine.to_csv(index=False).encode()).hexdigest()
    parts["registry"], parts["learned"] = repr(known.registry), repr(known.learned)
    parts["scenarios"] = shipped_scenarios()
    parts["origin"] = f"{known.origin:%Y-%m-%d}" if past else "today"
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
