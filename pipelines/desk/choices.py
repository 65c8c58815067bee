"""Values that a field of a question may have in a forecast: all of them, or such as are usual."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from shiftcast.forecast.sixty_forty.modes import MODES
from shiftcast.forecast.views.attribution import BY
from shiftcast.forecast.views.part import MEASURES
from shiftcast.forecast.views.scenario import gallery_of
from shiftcast.pipelines.desk.opened import Opened
from shiftcast.pipelines.pages.glossary import worded

_SEGMENTS: Final = ("all", "hyperscale", "rest", "vendor_internal")
_SIDES: Final = ("hyperscale", "rest")
_BASES: Final = ("revenue", "gpu_hours", "accelerators", "watts")
_TECHNIQUE_BASES: Final = ("requests", "work", "gpu_hours")
_PARTS: Final = ("segment", "leaf", "workload", "technique")


@dataclass(frozen=True)
class Choices:
    """Values of a field.

    Attributes
    ----------
    values
        In the order they are offered.
    closed
        Whether there are no others.
    words
        Words of a value, where its name is no word.
    """

    values: tuple[str, ...] = ()
    closed: bool = False
    words: Mapping[str, str] = field(default_factory=dict)


def choices_of(question: str, name: str, opened: Opened) -> Choices:
    """Return the values that a field may have.

    Parameters
    ----------
    question, name
        Question and its field.
    opened
        The forecast.

    Returns
    -------
    Choices
        Without values where any may be given.
    """
    found = _OF_QUESTION.get((question, name)) or _OF_FIELD.get(name)
    return Choices() if found is None else found(opened)


def _closed(*values: str) -> Callable[[Opened], Choices]:
    return lambda _: Choices(values, closed=True)


def _coordinate(name: str, *first: str) -> Callable[[Opened], Choices]:
    """Return a reader of the names along a dimension of the cube, without the part before a slash."""

    def read(opened: Opened) -> Choices:
        found = (str(each).rpartition("/")[2] for each in opened.forecaster.cube[name].values)
        return Choices(tuple(dict.fromkeys((*first, *found))), closed=True)

    return read


def _workloads(opened: Opened) -> Choices:
    found = dict.fromkeys(str(each).partition("/")[0] for each in opened.forecaster.cube["task"].values)
    return Choices(("all", *found), closed=True)


def _moving(*first: str) -> Callable[[Opened], Choices]:
    """Return a reader of the workloads whose techniques replace each other."""
    return lambda opened: Choices((*first, *map(str, opened.forecaster.cube["workload"].values)), closed=True)


def _techniques(opened: Opened) -> Choices:
    found = dict.fromkeys(str(each).rpartition("/")[2] for each in opened.forecaster.cube["technique"].values)
    return Choices(("deep learning and large language models", "deep or newer", "sequence+llm", *reversed(found)))


def _places(opened: Opened) -> Choices:
    return Choices((*_SIDES, "all", *map(str, opened.forecaster.cube["leaf"].values)), closed=True)


def _definitions(opened: Opened) -> Choices:
    names = tuple(map(str, opened.forecaster.cube["definition"].values))
    return Choices(names, closed=True, words={name: worded(name) for name in names})


def _generations(opened: Opened) -> Choices:
    return Choices(tuple(each.family for each in opened.bundle.summary.generations))


def _scenarios(opened: Opened) -> Choices:
    return Choices(("base", *gallery_of(opened.forecaster.cube)))


def _firms(opened: Opened) -> Choices:
    return Choices(tuple(sorted(set(opened.bundle.tables["memberships"]["firm"]))), closed=True)


def _claims(opened: Opened) -> Choices:
    return Choices(tuple(sorted(set(opened.bundle.tables["claims"]["claim"]))), closed=True)


def _ahead(opened: Opened) -> Choices:
    return Choices(opened.ahead[::-1], closed=True, words=dict(zip(opened.ahead, opened.ahead, strict=True)))


def _quarters(opened: Opened) -> Choices:
    return Choices(opened.quarters[::-1], closed=True, words=dict(zip(opened.quarters, opened.quarters, strict=True)))


_OF_FIELD: Final[Mapping[str, Callable[[Opened], Choices]]] = {
    "measure": _closed(*MEASURES), "segment": _closed(*_SEGMENTS), "leaf": _coordinate("leaf", "all"),
    "workload": _workloads, "technique": _coordinate("technique", "all"), "every": _closed("quarter", "year"),
    "definition": _definitions, "scenario": _scenarios, "scenarios": _scenarios, "by": _ahead, "period": _quarters,
    "bound": _closed("exactly", "at_most", "at_least"), "total": _closed("kept", "moves"), "firm": _firms,
    "to": _closed(*_SIDES), "claim": _claims, "generation": _generations, "start": _quarters, "end": _quarters,
    "sure": _closed("no", "yes"), "lift": lambda _: Choices(("packaging", "memory", "power")),
    "decision": _closed("plan", "budget"),
}  # fmt: skip
_OF_QUESTION: Final[Mapping[tuple[str, str], Callable[[Opened], Choices]]] = {
    **{(name, "by"): _closed(*_PARTS) for name in ("forecast", "quantiles")},
    **{(name, "base"): _closed(*_TECHNIQUE_BASES) for name in ("share", "when")},
    **{(name, "technique"): _techniques for name in ("share", "when")},
    **{(name, "of"): _moving() for name in ("share", "when")},
    **{(name, "segment"): _places for name in ("share", "when")},
    **{(name, "base"): _closed(*_BASES) for name in ("split", "impose")},
    ("techniques", "of"): _moving("all"), ("techniques", "segment"): _places, ("impose", "mode"): _closed(*MODES),
    ("attribute", "by"): _closed(*BY), ("attribute", "measure"): _closed(*MEASURES, "hyperscale_share"),
    ("audit", "measure"): _closed(*MEASURES, "share"), ("audit", "base"): _closed("none", "requests", "revenue"),
    ("newcomer", "leaf"): _coordinate("leaf"), ("retire", "generation"): _generations,
}  # fmt: skip
