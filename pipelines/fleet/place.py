"""Locate the state of each fleet: a folder of its own below that of all state, with its own store and facts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from shiftcast.features.input_error import InputError

FACTS: Final = "fleet.toml"
_FOLDER: Final = "fleets"
_PREFIX: Final = "shiftcast-fleet-"  # of registered models
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


def fleet_root(root: Path, name: str) -> Path:
    """Return the folder of one fleet's state, which need not be there yet.

    Parameters
    ----------
    root
        Folder of all state, such as ``mlruns``.
    name
        The planner's name of the fleet: 1 to 64 letters of ASCII, digits, ``-`` and ``_``.

    Returns
    -------
    Path
        ``<root>/fleets/NAME``.

    Raises
    ------
    ValueError
        If it is no such name, a path perhaps.

    Examples
    --------
    >>> fleet_root(Path("mlruns"), "mine").as_posix()
    'mlruns/fleets/mine'
    """
    return root / _FOLDER / _checked(name)


def model_of(name: str) -> str:
    """Return the name of a fleet's registered model.

    Parameters
    ----------
    name
        The planner's name of the fleet.

    Returns
    -------
    str

    Examples
    --------
    >>> model_of("mine")
    'shiftcast-fleet-mine'
    """
    return f"{_PREFIX}{_checked(name)}"


def fleet_of(model: str) -> str | None:
    """Return the fleet of a registered model, or ``None`` where it is not of a fleet.

    Parameters
    ----------
    model
        Name of the model.

    Returns
    -------
    str or None

    Examples
    --------
    >>> fleet_of("shiftcast-fleet-mine"), fleet_of("shiftcast")
    ('mine', None)
    """
    name = model.removeprefix(_PREFIX)
    return name if name != model and _NAME.fullmatch(name) else None


def fleet_names(root: Path) -> tuple[str, ...]:
    """Return the fleets that have state, in alphabetical order.

    Parameters
    ----------
    root
        Folder of all state.

    Returns
    -------
    tuple of str
        Names.
    """
    folder = root / _FOLDER
    found = folder.iterdir() if folder.is_dir() else ()
    return tuple(sorted(each.name for each in found if each.is_dir() and _NAME.fullmatch(each.name)))


def known_root(root: Path, name: str) -> Path:
    """Return the folder of a fleet that has state.

    Parameters
    ----------
    root, name
        As :func:`fleet_root` takes them.

    Returns
    -------
    Path
        ``<root>/fleets/NAME``.

    Raises
    ------
    ValueError
        If there is no such fleet, naming those there are and how one is made.
    """
    folder, names = fleet_root(root, name), fleet_names(root)
    if name not in names:
        there = f"there are {', '.join(names)}" if names else "there is none yet"
        raise InputError(
            f"fleet {name!r} is not below {root}: {there}; `shiftcast ingest SOURCE FILES --into {name}` makes it"
        )
    return folder


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise InputError(f"fleet {name!r} is no name: give letters, digits, - and _, such as mine or site-2")
    return name
