"""Load the numbers that the share model learned on its reference histories, as shipped or from a file."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path

from shiftcast.features.input_error import InputError, error_of
from shiftcast.forecast.migration.learned import LearnedFamily, from_json
from shiftcast.pipelines.sources.table import UnreadableFileError
from shiftcast.pipelines.sources.unpacking import check_values
from shiftcast.pipelines.tables.whole_files import whole_text


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

    Raises
    ------
    UnreadableFileError
        If the file cannot be read, or holds no such numbers.
    """
    if file is not None:
        return _own(file)
    return from_json(
        json.loads(resources.files("shiftcast.pipelines.records").joinpath("migration_learned.json").read_text())
    )


def _own(file: Path) -> LearnedFamily:
    """Return the learned numbers of a user's file."""
    remedy = "`python -m shiftcast.pipelines.series.train_migration` writes such a file"
    try:
        text = whole_text(file, UnreadableFileError)
    except OSError as error:
        raise UnreadableFileError(f"{file}: cannot be read ({error.strerror}); {remedy}") from None
    except UnicodeDecodeError:
        raise UnreadableFileError(f"{file}: is no text; {remedy}") from None
    try:
        return from_json(json.loads(check_values(str(file), text)))
    except InputError as error:
        raise UnreadableFileError(str(error_of(file, error))) from None
    except (ValueError, RecursionError, AttributeError, KeyError, TypeError):
        raise UnreadableFileError(f"{file}: holds no learned numbers; {remedy}") from None
