"""Places of tables and pictures: what their endings mean, and whether a file can be written before it is computed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from shiftcast.features.input_error import InputError
from shiftcast.pipelines.tables.letters import is_whole

PARQUET, WORKBOOK, JSON = ".parquet", ".xlsx", ".json"
PICTURES: Final = (".png", ".svg", ".pdf", ".html")
_TABLES: Final = ("", ".csv", PARQUET, WORKBOOK, JSON)


def check_place(file: Path) -> None:
    """Raise if no table can be written to a file, before anything is computed for it.

    Parameters
    ----------
    file
        Where to write.

    Raises
    ------
    InputError
        If its folder is not there, it may not be written, or no such kind is.
    """
    if file.suffix.lower() not in _TABLES:
        raise InputError(f"{str(file)!r} is of a kind that is not written; give .xlsx, .csv, .parquet or .json")
    _check_writable(file)


def check_picture(file: Path) -> None:
    """Raise if no picture can be written to a file, before anything is computed for it.

    Parameters
    ----------
    file
        Where to write.

    Raises
    ------
    InputError
        If its folder is not there, it may not be written, or no such kind is.
    """
    if file.suffix.lower() not in PICTURES:
        raise InputError(f"{str(file)!r} is no picture; name the picture such as answer.png, .svg, .pdf or .html")
    _check_writable(file)


def check_folder(folder: Path) -> None:
    """Raise if files cannot be written below a folder that may not be there yet, before anything is computed for them.

    Parameters
    ----------
    folder
        Where to write.

    Raises
    ------
    InputError
        If it is a file, or the nearest folder that is there may not be written.
    """
    there = next(each for each in (folder.absolute(), *folder.absolute().parents) if each.exists())
    if not there.is_dir():
        raise InputError(f"{str(there)!r} is a file; give a folder to write {folder.name!r} below")
    if not os.access(there, os.W_OK):
        raise InputError(f"folder {str(there)!r} may not be written to; give another")


def kind_of(file: Path) -> str:
    """Return the ending of a file that says what is written, in small letters; empty for CSV.

    Parameters
    ----------
    file
        A path.

    Returns
    -------
    str
        ``.parquet``, ``.xlsx``, ``.json`` or nothing.

    Examples
    --------
    >>> kind_of(Path("a.XLSX")), kind_of(Path("a.txt"))
    ('.xlsx', '')
    """
    ending = file.suffix.lower()
    return ending if ending in {PARQUET, WORKBOOK, JSON} else ""


def _check_writable(file: Path) -> None:
    if not is_whole(str(file)):
        raise InputError(f"{str(file)!a}: its name is not UTF-8; write somewhere else")
    if not file.parent.is_dir():
        raise InputError(f"folder {str(file.parent)!r} is not there; make it, or write somewhere else")
    if file.is_dir():
        raise InputError(f"{str(file)!r} is a folder; name a file in it")
    if not os.access(file if file.exists() else file.parent, os.W_OK):
        raise InputError(f"{str(file)!r} may not be written; write somewhere else")
