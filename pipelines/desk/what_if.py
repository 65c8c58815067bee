"""Levers of a scenario as sliders, and what they change draw by draw beside the base."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from shiftcast.features.input_error import InputError
from shiftcast.forecast.questions.kinds import unknown
from shiftcast.forecast.scenarios.paths import since
from shiftcast.forecast.scenarios.reading import read_scenario, scenario_text
from shiftcast.forecast.telling.words import named, plain_words
from shiftcast.forecast.views.answer import Answer
from shiftcast.forecast.views.places import place_ahead
from shiftcast.forecast.views.scenario import gallery_of
from shiftcast.pipelines.desk.address import link
from shiftcast.pipelines.desk.answered import divided, table_of
from shiftcast.pipelines.desk.asked import told_of
from shiftcast.pipelines.desk.content import Content, Link, Links, doors_of
from shiftcast.pipelines.desk.forms import Field, Form
from shiftcast.pipelines.desk.opened import Opened
from shiftcast.pipelines.drawing.fan import Look, fan
from shiftcast.pipelines.drawing.picture import Picture
from shiftcast.pipelines.pages.view import View

PATH: Final = "/what-if"
NAME: Final = "yours"  # of the scenario that the sliders make
_LABEL: Final = "what if"
_MARKS: Final = ("median", "low80", "high80")


@dataclass(frozen=True)
class Slider:
    """A lever as a slider.

    Attributes
    ----------
    name, label
        As the address has it, and as people read it.
    kind
        Kind of lever (:data:`forecast.scenarios.levers.KINDS`).
    turns
        Field of the lever that it turns.
    fixed
        Its other fields.
    low, high, step
        Bounds and step; it rests where the lever changes nothing.
    rests
        Value at which it rests.
    unit
        After its value.
    ramped
        Whether the lever may come step by step.
    """

    name: str
    label: str
    kind: str
    turns: str
    fixed: Mapping[str, Any]
    low: float
    high: float
    step: float = 0.05
    rests: float = 1.0
    unit: str = "x"
    ramped: bool = True


def _demand(part: str) -> Slider:
    return Slider(f"demand_{part}", f"work wanted: {named(part)}", "demand", "factor", {"part": part}, 0.25, 4.0)


def _late(of: str) -> Slider:
    fixed = {"of": of, "technique": "llm"}
    return Slider(f"late_{of}", f"language models in {named(of)} come later by", "technique", "late", fixed,
                  -8, 8, 1, 0, " quarters", ramped=False)  # fmt: skip


def _ceiling(name: str) -> Slider:
    return Slider(f"ceiling_{name}", f"{name} that can be had", "limit", "factor", {"ceiling": name}, 0.25, 2.0,
                  ramped=False)  # fmt: skip


SLIDERS: Final = (
    *(_demand(part) for part in ("all", "generative", "training", "recsys", "search", "ads")),
    Slider("price_work", "price of work, such as tokens", "price", "factor", {"of": "work"}, 0.25, 2.0),
    Slider("price_accelerators", "price of accelerators", "price", "factor", {"of": "accelerators"}, 0.5, 2.0),
    Slider("software", "throughput gained by software", "software", "gain", {}, 0.5, 4.0),
    *(_late(of) for of in ("recsys", "search", "ads")),
    *(_ceiling(name) for name in ("power", "packaging", "memory")),
)
_FIRST: Final = (
    "demand_all",
    "demand_generative",
    "demand_training",
    "price_work",
    "software",
    "late_recsys",
    "ceiling_power",
)  # sliders that are not behind a fold
_OTHERS: Final = ("use", "from", "ramp", "by")


def what_if_page(opened: Opened, fields: Mapping[str, str]) -> Content:
    """Return the page of sliders, and where one is turned what it changes.

    Parameters
    ----------
    opened
        The forecast.
    fields
        Sliders by name, ``use`` (a scenario of the gallery), ``from`` and ``ramp`` (when it comes), and ``by`` (the
        quarter that the words speak of).

    Returns
    -------
    Content
    """
    names = [*_OTHERS, *(slider.name for slider in SLIDERS)]
    strange = next((name for name in fields if name not in names), None)
    if strange is not None:
        raise InputError(unknown(strange, names))
    forms, gallery = (_form(opened, fields),), (_gallery(opened),)
    try:
        _check_when(opened, fields)
        table = scenario_of(fields)
        if len(table) == 1:
            return Content(_LABEL, "What if it comes otherwise?", forms, says=(_PROMPT,), links=gallery)
        question = {"question": "scenario", "scenarios": [scenario_text(table)]}
        question |= {"by": fields["by"]} if "by" in fields else {}
        answer = opened.answer(question)
    except InputError as error:
        return Content(_LABEL, "What if it comes otherwise?", forms, links=gallery, fault=str(error), status=400)
    return Content(
        _LABEL, forms=forms, views=(_view(answer),), facts=told_of(answer), doors=(doors_of(question),), links=gallery
    )


_PROMPT: Final = (
    "Move a slider, or take a scenario of the gallery. What changes is drawn with the random numbers of the base, so "
    "each draw is compared with itself: the difference is what the levers do, not chance."
)


def scenario_of(fields: Mapping[str, str]) -> dict[str, Any]:
    """Return the table of the scenario that sliders make; only its name where none is turned.

    Parameters
    ----------
    fields
        As :func:`what_if_page` takes them.

    Returns
    -------
    dict
        Fields of a scenario file.

    Raises
    ------
    ValueError
        If a slider is no number.

    Examples
    --------
    >>> scenario_of({"demand_generative": "1.5", "software": "1", "from": "2027Q1"})["demand"]
    [{'part': 'generative', 'factor': 1.5, 'from': '2027Q1'}]
    """
    table: dict[str, Any] = {"name": NAME}
    if fields.get("use", "base") != "base":
        table["use"] = [fields["use"]]
    for slider in SLIDERS:
        value = _number(slider.name, fields.get(slider.name, str(slider.rests)))
        if value == slider.rests:
            continue
        turned = int(value) if slider.rests == 0 and value == int(value) else value
        lever = {**slider.fixed, slider.turns: turned, **_when(fields, ramped=slider.ramped)}
        table.setdefault(slider.kind, []).append(lever)
    return table


def _when(fields: Mapping[str, str], *, ramped: bool = True) -> dict[str, Any]:
    """Return when a lever comes."""
    ramp = _number("ramp", fields.get("ramp", "0"))
    found: dict[str, Any] = {"from": fields["from"]} if "from" in fields else {}
    return found | ({"ramp": int(ramp) if ramp == int(ramp) else ramp} if ramped and ramp else {})


def _check_when(opened: Opened, fields: Mapping[str, str]) -> None:
    """Raise where a quarter or the ramp is wrong, be a slider turned or not."""
    resting = {"part": "all", "factor": 1.0, **_when(fields)}
    read_scenario(scenario_text({"name": NAME, "demand": [resting]}))
    since(list(opened.ahead), fields.get("from"))
    place_ahead(opened.forecaster.cube, fields.get("by"))


def _number(name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not abs(value) < float("inf"):
        raise InputError(f"field {name!r} is {text[:40]!r}; it must be a number")
    return value


def _form(opened: Opened, fields: Mapping[str, str]) -> Form:
    quarters = tuple((each, each) for each in opened.ahead)
    gallery = tuple((name, name.replace("-", " ")) for name in gallery_of(opened.forecaster.cube))
    sliders = {each.name: _slider(each, fields) for each in SLIDERS}
    shown = (
        Field("use", "scenario to begin with", fields.get("use", ""), "select", (("", "the base"), *gallery)),
        *(field for name, field in sliders.items() if name in _FIRST),
        Field("from", "from", fields.get("from", ""), "select", (("", "the first quarter ahead"), *quarters)),
        Field("by", "quarter of the words", fields.get("by", ""), "select", (("", "2027Q4"), *quarters)),
    )  # fmt: skip
    more = (
        *(field for name, field in sliders.items() if name not in _FIRST),
        Field("ramp", "quarters until it counts in full", fields.get("ramp", "0"), "range", low=0, high=12, step=1,
              says=fields.get("ramp", "0"), rests="0"),
    )  # fmt: skip
    return Form(PATH, shown, more, button="Compare with the base", title="Levers")


def _slider(slider: Slider, fields: Mapping[str, str]) -> Field:
    value = fields.get(slider.name, f"{slider.rests:g}")
    return Field(slider.name, slider.label, value, "range", low=slider.low, high=slider.high, step=slider.step,
                 says=f"{value}{slider.unit}", hint=slider.unit, rests=f"{slider.rests:g}")  # fmt: skip


def _gallery(opened: Opened) -> Links:
    found = gallery_of(opened.forecaster.cube).items()
    return Links("Scenarios of the record", tuple(
        Link(name.replace("-", " "), link(PATH, use=name), str(table.get("says", ""))) for name, table in found
    ))  # fmt: skip


def _view(answer: Answer) -> View:
    """Return the answer with pictures of both: levels beside the base, and paired differences."""
    title, rest = divided(plain_words(answer.says))
    tables = [table_of(answer.table, answer.units, "Beside the base, by measure and quarter")]
    tables += [table_of(rows, answer.units, name) for name, rows in answer.more.items()]
    return View("what-if", _LABEL, title, tuple(rest), pictures=tuple(_pictures(answer.table)), tables=tuple(tables),
                notes=answer.notes)  # fmt: skip


def _pictures(table: pd.DataFrame) -> Iterator[Picture]:
    label = str(table["scenario"].iloc[0])
    common = {"when": table["quarter"], "panel": table["measure"], "unit": table["unit"]}
    yours = pd.DataFrame({**common, "line": label, **{mark: table[f"level_{mark}"] for mark in _MARKS}})
    base = pd.DataFrame({**common, "line": "base", "median": table["base_median"]})
    unit = str(table["unit"].iloc[0])
    yield fan(
        pd.concat([base, yours], ignore_index=True), title="Levels beside the base", unit=unit, look=Look(columns=2)
    )
    moved = pd.DataFrame({**common, **{mark: table[f"difference_{mark}"] for mark in _MARKS}})
    yield fan(moved, title="Differences to the base, draw by draw", unit=unit, look=Look(columns=2, log=False))
