"""Provenance of a fleet's answers: what they are of, which usage and facts gave them, and how much is assumed."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import wraps
from typing import Any, Concatenate, Final, ParamSpec, Protocol, TypeVar

import pandas as pd

from shiftcast.forecast.economics.basis import Basis
from shiftcast.forecast.fleet.facts import Fleet
from shiftcast.forecast.views.answer import Answer
from shiftcast.forecast.views.provenance import INTERVAL, Assumed, Provenance, Registered, rows_assumed

DEFINITION: Final = "own"
_WORDS: Final = "the usage stored under the fleet's name, told apart by its own labels"
_NO_INTERVAL: Final = "none: the figures are counted, not drawn"
_MODE: Final = "none"  # of a fleet no share is claimed
_SCENARIO: Final = "base"
_COUNTED: Final = ("describe", "why")  # questions about what was used, in which nothing is drawn
_BASES: Final[Mapping[str, str]] = {
    "describe": "gpu_hours", "forecast": "gpu_hours, accelerators, power and cost", "full": "accelerators",
    "choices": "cost", "budget": "cost", "why": "cost and gpu_hours", "latent": "gpu_hours", "events": "gpu_hours",
}  # fmt: skip
_Asked = ParamSpec("_Asked")


class Answering(Protocol):
    """What provenance is told of: :class:`forecast.fleet.planner.Planner`."""

    @property
    def fleet(self) -> Fleet:
        """What is said of the fleet."""

    @property
    def basis(self) -> Basis:
        """The record on the day asked, with draws and seed."""

    @property
    def registered(self) -> Registered | None:
        """Digests of what answers depend on, and the version they are registered under."""


_Planner = TypeVar("_Planner", bound=Answering)


def sourced(
    method: Callable[Concatenate[_Planner, _Asked], Answer],
) -> Callable[Concatenate[_Planner, _Asked], Answer]:
    """Return a question's method whose answers say where they come from.

    Parameters
    ----------
    method
        Of a fleet, named as the question; its arguments are the fields.

    Returns
    -------
    callable
        Of the same arguments.
    """
    names = inspect.signature(method)

    @wraps(method)
    def told(self: _Planner, /, *args: _Asked.args, **fields: _Asked.kwargs) -> Answer:
        answer = method(self, *args, **fields)
        bound = names.bind(self, *args, **fields)
        bound.apply_defaults()
        asked = {name: value for name, value in list(bound.arguments.items())[1:] if value is not None}
        return replace(answer, provenance=provenance_of(self, method.__name__, asked, answer.assumed))

    return told


def provenance_of(planner: Answering, name: str, asked: Mapping[str, Any], assumed: pd.DataFrame) -> Provenance:
    """Return where a fleet's answer comes from.

    Parameters
    ----------
    planner
        The fleet.
    name, asked
        Question and its fields, defaults included.
    assumed
        Assumptions that the answer lists.

    Returns
    -------
    Provenance
        In the form of those of the world; the question names the fleet.
    """
    fields = {field: list(value) if isinstance(value, tuple) else value for field, value in asked.items()}
    told = Provenance(
        asked={"question": name, "fleet": planner.fleet.name, **fields}, base=str(asked.get("base", _BASES.get(name))),
        definition=DEFINITION, definition_words=_WORDS, mode=_MODE, as_of=f"{planner.basis.origin:%Y-%m-%d}",
        interval=INTERVAL, draws=planner.basis.draws, seed=planner.basis.seed, registered=planner.registered,
        scenario=_SCENARIO, scenario_hash=None, assumed=_part(name, assumed),
    )  # fmt: skip
    return _counted(told) if name in _COUNTED else told


def _counted(told: Provenance) -> Provenance:
    """Return the provenance of what was counted: it depends on usage and facts, and on no draw of any version."""
    made = told.registered
    only = None if made is None else replace(made, version=None, digest=made.data)
    return replace(told, interval=_NO_INTERVAL, draws=0, seed=None, registered=only)


def _part(name: str, rows: pd.DataFrame) -> Assumed:
    """Return the part of an answer that is assumed: how many of the rows it lists are, or none of what is counted."""
    if len(rows):
        told = rows_assumed(rows)
        return told if name in _COUNTED else replace(told, of=f"{told.of}; the notes say what growth rests on")
    if name in _COUNTED:
        return Assumed(0.0, "the figures, which are counted from stored usage")
    return Assumed(None, "no row of the record enters; the notes say what growth rests on")
