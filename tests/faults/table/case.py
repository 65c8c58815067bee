"""What a case of the table is: what may go wrong, what is promised all the same, and how it is looked at."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import pytest

CHEAP, STORE, PROCESS = "cheap", "store", "process"
AREAS: Final = (
    "paths", "kill-ingest", "kill-rollback", "kill-retrain", "secrets", "damaged-state", "disk-full", "environment",
    "permissions", "publish", "syscall-faults", "serve-protocol", "serve-dos", "rows-by-name", "untrusted-files",
    "clock", "two-versions", "concurrency", "champion", "schedule-files", "signals-limits",
)  # fmt: skip


class NoSuchStep(Exception):  # noqa: N818  (no error: the case is none)
    """The act has fewer steps than the case was made for; test_table.py tells how many to write down."""


@dataclass
class Bench:
    """What a case works with.

    Attributes
    ----------
    tmp
        Empty folder of its own.
    patch
        Stands something in for a function or a variable, and takes it away afterwards.
    fixture
        Returns a fixture of pytest by its name, made when first asked for.
    """

    tmp: Path
    patch: pytest.MonkeyPatch
    fixture: Callable[[str], Any]

    def state(self) -> Path:
        """Return a folder of state with two loads, a fence, a ledger, an override and a publication, to be spoilt."""
        shutil.copytree(self.fixture("filled"), self.tmp, dirs_exist_ok=True, symlinks=True)
        return self.tmp / "mlruns"


@dataclass(frozen=True)
class Case:
    """One row of the table.

    Attributes
    ----------
    area
        One of :data:`AREAS`.
    name
        What goes wrong; unique within its area.
    promise
        What holds all the same.
    checked
        What is looked at to know.
    held
        Tries it on a bench, and raises where the promise is not held.
    cost
        ``cheap`` for milliseconds of this process, ``store`` for up to a second and a folder of state, ``process``
        for more.
    seen
        What was seen instead, where the promise is known not to hold; such a case stays in the table as not held.
    """

    area: str
    name: str
    promise: str
    checked: str
    held: Callable[[Bench], None]
    cost: str = STORE
    seen: str = ""

    def __post_init__(self) -> None:
        """Refuse a row that a reader could not place."""
        if self.area not in AREAS or self.cost not in {CHEAP, STORE, PROCESS}:
            raise ValueError(f"{self.area!r}, {self.cost!r}: no area, or no cost")

    @property
    def id(self) -> str:
        """Area and name, as pytest shows them."""
        return f"{self.area}: {self.name}"


@dataclass(frozen=True)
class Kind:
    """What the cases of one kind share.

    Attributes
    ----------
    area, promise, checked, cost
        As in :class:`Case`.
    """

    area: str
    promise: str
    checked: str
    cost: str = STORE

    def __call__(self, name: str, held: Callable[[Bench], None], **changes: str) -> Case:
        """Return the case of this kind that a name and a function make."""
        return replace(Case(self.area, name, self.promise, self.checked, held, self.cost), **changes)


def shown(text: str | bytes, most: int = 40) -> str:
    """Return a hostile text as the table shows it: printable, and not too long."""
    plain = ascii(text)[1:-1] if isinstance(text, str) else ascii(text)[2:-1]
    return (plain if len(plain) <= most else f"{plain[: most // 2]}...{len(plain)} letters") or "(nothing)"
