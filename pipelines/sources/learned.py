"""Load the numbers that the share model learned on its reference histories, as shipped or from a file."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path

from shiftcast.forecast.migration.learned import LearnedFamily, from_json


def load_learned(file: Path | None = None) -> LearnedFamily:
    """Return the learned numbers of a file, or those that ship.

    Parameters
    ----------
    file
        JSON file of :mod:`pipelines.series.train_migration`; those that ship if ``None``.

    Returns
    -------
    LearnedFamily
        Learned weights, scale, newcomers and calibration.
    """
    if file is not None:
        return from_json(json.loads(file.read_text()))
    return from_json(
        json.loads(resources.files("shiftcast.pipelines.records").joinpath("migration_learned.json").read_text())
    )
