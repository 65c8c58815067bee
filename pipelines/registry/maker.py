"""Versions that made a forecast: shiftcast and each library that its numbers come from."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Final

LIBRARIES: Final = ("numpy", "pandas", "scipy", "scikit-learn", "statsmodels", "xarray", "xgboost-cpu")
_PACKAGES: Final = ("features", "forecast", "pipelines")
UNKNOWN: Final = "0+unknown"  # as `shiftcast.__version__` says it


@dataclass(frozen=True)
class Maker:
    """The versions a forecast was made with.

    Attributes
    ----------
    shiftcast
        Version of this package.
    libraries
        Version of each of :data:`LIBRARIES`.
    """

    shiftcast: str
    libraries: Mapping[str, str]

    @property
    def requirements(self) -> list[str]:
        """What a `pip install` of the same libraries asks for; a version that is not known is left out.

        Shiftcast itself is not among them: it comes from its checkout or a wheel built from it, and what an index
        holds under its name would be somebody else's code.

        Examples
        --------
        >>> Maker("0.2.0", {"numpy": "2.4.0"}).requirements
        ['numpy==2.4.0']
        """
        return [f"{name}=={which}" for name, which in self.libraries.items() if which != UNKNOWN]


def present_maker() -> Maker:
    """Return the versions that are installed; of what is not installed as a package it is :data:`UNKNOWN`.

    Returns
    -------
    Maker
        Version of shiftcast, and of each of :data:`LIBRARIES`.
    """
    return Maker(_installed("shiftcast"), {name: _installed(name) for name in LIBRARIES})


def _installed(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:  # such as `xgboost`, which brings the same module under another name
        return UNKNOWN


def code_digest() -> str:
    """Return the SHA-256 of the packages' source files.

    Returns
    -------
    str
        SHA-256 in hexadecimal digits.
    """
    root = Path(__file__).resolve().parents[2]
    digest = hashlib.sha256()
    for path in sorted(file for package in _PACKAGES for file in (root / package).rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
