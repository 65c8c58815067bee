"""Options of the series commands that say where they are worked on: on this machine, or by the workers of Spark."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final

import typer

from shiftcast.features.input_error import InputError
from shiftcast.pipelines.tables.places import JSON, WORKBOOK

HERE, SPARK = "here", "spark"
_ENGINES: Final = (HERE, SPARK)
Engine = Annotated[str, typer.Option(help="here, this machine, or spark: its workers read and write the files.")]
Master = Annotated[str | None, typer.Option(help="Spark master, such as spark://host:7077; this machine if left out.")]


def spread_asked(engine: str, master: str | None, undone: Mapping[str, object]) -> bool:
    """Return whether Spark is to do the work.

    Parameters
    ----------
    engine, master
        As the command was given them.
    undone
        Options that Spark does not do, and their values.

    Returns
    -------
    bool
        False for this machine.

    Raises
    ------
    ValueError
        If the engine is unknown, a master is named without it, or an option is given that it does not do.

    Examples
    --------
    >>> spread_asked("here", None, {"--plot": "a.png"}), spread_asked("spark", "local[2]", {"--plot": None})
    (False, True)
    """
    if engine not in _ENGINES:
        raise InputError(f"--engine {engine!r} is not one of {', '.join(_ENGINES)}")
    if engine == HERE:
        if master is not None:
            raise InputError(f"--master {master} is for --engine spark; name both")
        return False
    for option, value in undone.items():
        if value:
            raise InputError(f"{option} is for one machine; leave it out, or use --engine here")
    return True


def wanted_places(outputs: Mapping[str, str | None]) -> dict[str, str]:
    """Return where the rows go that are wanted.

    Parameters
    ----------
    outputs
        Places by kind of rows, ``forecast`` among them.

    Returns
    -------
    dict
        Without those that are not wanted.

    Raises
    ------
    ValueError
        If there is none for the forecast, which does not come to this process, or workers do not write such a file.
    """
    if outputs["forecast"] is None:
        raise InputError("--engine spark writes where its workers are: name --output, a file, folder or URI")
    places = {kind: place for kind, place in outputs.items() if place is not None}
    for place in places.values():
        if place.endswith((WORKBOOK, JSON)):
            raise InputError(f"{place}: --engine spark writes CSV and Parquet; name .parquet, or use --engine here")
    return places


def path(place: str | None) -> Path | None:
    """Return a place on this machine as a path, if there is one.

    Parameters
    ----------
    place
        As an option was given it.

    Returns
    -------
    Path or None
        None where the option was left out.
    """
    return None if place is None else Path(place)
