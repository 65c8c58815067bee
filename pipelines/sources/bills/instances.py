"""Find the instance type that a text of a bill names, and accelerator types that the map does not know."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Final

from shiftcast.pipelines.records import RECORDS
from shiftcast.pipelines.sources.setting import instance_types
from shiftcast.pipelines.sources.table import read_table

_WORD: Final = re.compile(r"[a-z0-9](?:[a-z0-9.\-]*[a-z0-9])?")
_VERSION: Final = re.compile(r"v\d+")
_PREFIXES: Final = ("ml.", "standard_")  # a managed service's name of the same type, and a provider's long form
_LONGEST: Final = 5  # words of a name, such as gpu_8x_a100_80gb_sxm4


@dataclass(frozen=True)
class Instance:
    """An instance type named in a text.

    Attributes
    ----------
    name
        Name in lower case, words joined by ``_``.
    accelerator, count
        Accelerator and how many of it an instance holds; empty and 0 where the map does not know the type.
    own
        Whether the user's file names the type.
    """

    name: str
    accelerator: str = ""
    count: float = 0.0
    own: bool = False


@dataclass(frozen=True)
class InstanceMap:
    """Instance types by name.

    Attributes
    ----------
    known
        Accelerator and count by name in lower case.
    own
        Names that the user's file gives.
    """

    known: Mapping[str, tuple[str, float]]
    own: frozenset[str] = frozenset()

    @cached_property
    def _short(self) -> Mapping[str, Instance]:
        return {_short(name): Instance(_short(name), *found, name in self.own) for name, found in self.known.items()}

    def find(self, text: str) -> Instance | None:
        """Return the first instance type that a text names, else the first name that looks like an accelerator's.

        Parameters
        ----------
        text
            Description of a charge, a meter, a usage type, or details in JSON.

        Returns
        -------
        Instance or None
            The type, without accelerator where only its look says that it has some.

        Examples
        --------
        >>> types = InstanceMap({"g5.4xlarge": ("a10g", 1.0), "standard_nc6s_v3": ("v100", 1.0)})
        >>> types.find("USE1-Train:ml.g5.4xlarge").accelerator
        'a10g'
        >>> types.find("NC6s v3 Spot").count
        1.0
        >>> types.find("NC6s v9")
        Instance(name='nc6s_v9', accelerator='', count=0.0, own=False)
        """
        words = _WORD.findall(text.lower())
        spans = [
            ("_".join(words[first:last]), words[last : last + 1])
            for first in range(len(words)) for last in range(min(first + _LONGEST, len(words)), first, -1)
        ]  # fmt: skip
        for name, following in spans:
            found = self._short.get(_short(name))
            if found and not (following and _VERSION.fullmatch(following[0])):
                return found
        return next((Instance(_short(name)) for name, _ in spans if _looks_accelerated(_short(name))), None)


def _short(name: str) -> str:
    for prefix in _PREFIXES:
        name = name.removeprefix(prefix)
    return name


@cache
def _families() -> re.Pattern[str]:
    rows = read_table(RECORDS / "instance_families.csv").to_dict("records")
    return re.compile("|".join(str(row["pattern"]) for row in rows))


def _looks_accelerated(name: str) -> bool:
    return _families().search(name) is not None


@cache
def _shipped() -> InstanceMap:
    return InstanceMap(instance_types())


def instance_map(extra: Path | None = None) -> InstanceMap:
    """Return the map of instance types that ships, with the user's types before it.

    Parameters
    ----------
    extra
        CSV of ``instance, accelerator, count``.

    Returns
    -------
    InstanceMap
        Types by name.

    Raises
    ------
    UnreadableFileError
        If a row of it cannot be used, naming its line.

    Examples
    --------
    >>> instance_map().find("$0.27 per hour for EMR p4d.24xlarge").count
    8.0
    """
    if extra is None:
        return _shipped()
    known = instance_types(extra)
    own = frozenset(str(row.get("instance", "")).strip().lower() for row in read_table(extra).to_dict("records"))
    return InstanceMap(known, own)
