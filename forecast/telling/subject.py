"""The figure that a question is mainly about: its draws in one quarter, from which its uncertainty is judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import xarray as xr

from shiftcast.features.arrays import Array
from shiftcast.features.calendars import quarter_label
from shiftcast.features.frames import ALL
from shiftcast.forecast.telling.words import named, part_words
from shiftcast.forecast.views.part import MEASURES, Part, draws_of, hyperscale_share, periods
from shiftcast.forecast.views.rows import part_of
from shiftcast.forecast.views.technique_share import technique_share


@dataclass(frozen=True)
class Subject:
    """A figure with its draws.

    Attributes
    ----------
    name
        What it is, with its quarter.
    draws
        Shape (draws,), in its own unit.
    """

    name: str
    draws: Array


def subject_of(name: str, asked: Mapping[str, Any], cube: xr.Dataset) -> Subject | None:
    """Return the figure that a question is mainly about.

    Parameters
    ----------
    name
        Name of the question.
    asked
        Its fields, defaults included.
    cube
        The draw cube.

    Returns
    -------
    Subject or None
        None where the question is about no single figure of the cube.
    """
    if asked.get("measure") in MEASURES:
        return _of_measure(str(asked["measure"]), asked, cube)
    return _SUBJECTS[name](asked, cube) if name in _SUBJECTS else None


def _of_measure(measure: str, asked: Mapping[str, Any], cube: xr.Dataset) -> Subject:
    at = _place(cube, next((str(asked[name]) for name in ("period", "end", "by") if asked.get(name)), ""))
    draws = draws_of(cube, measure, Part(**_part(asked)))
    return Subject(f"{named(measure)} of {part_words(asked)} in {_label(cube, at)}", draws[:, at])


def _of_share(asked: Mapping[str, Any], cube: xr.Dataset) -> Subject:
    subject = {name: str(asked[name]) for name in ("of", "base", "segment")}
    found = technique_share(cube, str(asked["technique"]), scenario="base", **subject)
    at = (found.first_ahead + len(found.ends)) // 2
    return Subject(f"the share in {quarter_label(found.ends[at])}, the middle of the window", found.share[:, at])


def _of_split(asked: Mapping[str, Any], cube: xr.Dataset) -> Subject:
    share = hyperscale_share(cube, base=str(asked["base"]), definition=str(asked["definition"]))
    return Subject(f"the hyperscale share in {_label(cube, -1)}", share[:, -1])


def _of_hours(asked: Mapping[str, Any], cube: xr.Dataset) -> Subject:
    return _of_measure("gpu_hours", {"segment": asked.get("segment", ALL)}, cube)


def _of_latent(asked: Mapping[str, Any], cube: xr.Dataset) -> Subject:
    return _of_measure("latent_hours", asked, cube)


def _of_spending(asked: Mapping[str, Any], cube: xr.Dataset) -> Subject:
    return _of_measure("spending", {}, cube)


def _of_revenue(asked: Mapping[str, Any], cube: xr.Dataset) -> Subject:
    return _of_split({"base": "revenue", "definition": cube.attrs["definition"]}, cube)


def _of_plan(asked: Mapping[str, Any], cube: xr.Dataset) -> Subject:
    segment, _, leaf = str(asked.get("segment", ALL)).partition("/")
    return _of_measure("accelerators", {**asked, "segment": segment, "leaf": leaf or asked.get("leaf", ALL)}, cube)


_SUBJECTS: Final[Mapping[str, Callable[[Mapping[str, Any], xr.Dataset], Subject]]] = {
    "share": _of_share, "when": _of_share, "split": _of_split, "impose": _of_split, "placement": _of_hours,
    "latent": _of_latent, "plan": _of_plan, "claims": _of_spending, "check": _of_spending,
    "concentration": _of_spending, "relabel": _of_revenue,
}  # fmt: skip


def _part(asked: Mapping[str, Any]) -> dict[str, str]:
    return part_of(**{name: str(asked.get(name, ALL)) for name in ("segment", "leaf", "workload", "technique")})


def _place(cube: xr.Dataset, quarter: str) -> int:
    """Return where a quarter stands, or the last of a year; the last of all where none is named or it is not there."""
    labels = [quarter_label(end) for end in periods(cube)]
    return max((at for at, label in enumerate(labels) if label.startswith(quarter)), default=len(labels) - 1)


def _label(cube: xr.Dataset, at: int) -> str:
    return quarter_label(periods(cube)[at])
