"""Scenario files in TOML: the gallery that ships, and a planner's own beside which it may be used."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from shiftcast.features.input_error import InputError
from shiftcast.forecast.scenarios.reading import read_scenario, scenario_text
from shiftcast.pipelines.records import RECORDS
from shiftcast.pipelines.sources.table import UnreadableFileError
from shiftcast.pipelines.tables.whole_files import read_toml

SUFFIX: Final = ".toml"
GALLERY: Final = RECORDS / "scenarios"


def shipped_scenarios(folder: Path = GALLERY) -> dict[str, Mapping[str, Any]]:
    """Return the scenarios of a folder by the name of their file.

    Parameters
    ----------
    folder
        Folder of TOML files; the gallery that ships if left out.

    Returns
    -------
    dict
        Name to table, in the order of names.

    Raises
    ------
    UnreadableFileError
        If a file is not TOML.
    ValueError
        If one cannot be read as a scenario, or uses one that is not there.
    """
    found: dict[str, Mapping[str, Any]] = {
        path.stem: _table(path) for path in sorted(folder.glob(f"*{SUFFIX}"), key=lambda path: path.stem)
    }
    for name in found:
        read_scenario(name, found)
    return found


def scenario_argument(text: str) -> str:
    """Return a scenario as questions take it: the table of a file as JSON, all else as it is.

    Parameters
    ----------
    text
        Path of a TOML file, or a scenario's text.

    Returns
    -------
    str
        As :func:`forecast.scenarios.reading.read_scenario` reads it; a file that uses others by path has them within.

    Raises
    ------
    UnreadableFileError
        If the file is not there or not TOML.
    ValueError
        If files use each other in a circle.
    """
    return scenario_text(_whole(Path(text), ())) if text.endswith(SUFFIX) else text


def scenario_field(field: str, text: str) -> str | list[str]:
    """Return what was typed for a field of a question, with files of scenarios read where the field takes scenarios.

    Parameters
    ----------
    field
        Field of a question; ``scenario`` takes one, ``scenarios`` several with commas between.
    text
        As typed.

    Returns
    -------
    str or list of str
        Text as it is for every other field.

    Raises
    ------
    ValueError
        As :func:`scenario_argument` does.

    Examples
    --------
    >>> scenario_field("measure", "power"), scenario_field("scenarios", "power-40-gw, base")
    ('power', ['power-40-gw', 'base'])
    """
    if field == "scenarios" and not text.lstrip().startswith("{"):
        return [scenario_argument(piece.strip()) for piece in text.split(",") if piece.strip()]
    return scenario_argument(text) if field == "scenario" else text


def _whole(path: Path, within: tuple[Path, ...]) -> dict[str, Any]:
    """Return a file's table with the levers of the files that it uses before its own."""
    place = path.resolve()
    if place in within:
        raise InputError(f"{path}: uses itself by {', '.join(each.name for each in within)}; take one of them out")
    table = {"name": path.stem, **_table(path)}
    use = table.get("use", [])
    if not isinstance(use, list):
        return table
    files = [name for name in use if isinstance(name, str) and name.endswith(SUFFIX)]
    for name in reversed(files):
        inner = _whole(path.parent / name, (*within, place))
        for kind, rows in inner.items():
            if isinstance(rows, list) and kind != "use":
                table[kind] = [*rows, *table.get(kind, [])]
        use = [*inner.get("use", []), *use]
    return {**table, **({"use": [name for name in use if name not in files]} if use else {})}


def _table(path: Path) -> dict[str, Any]:
    return read_toml(path, UnreadableFileError, "see docs/scenarios.md for the form")
