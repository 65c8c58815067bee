"""My fleet: what it is, which rows of its exports were set aside, what it will want, when it is full, what it costs."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import pandas as pd

from shiftcast.features.calendars import as_midnight
from shiftcast.features.input_error import InputError
from shiftcast.forecast.fleet.asking import FIELDS, ask
from shiftcast.forecast.fleet.planner import Planner
from shiftcast.forecast.questions.kinds import unknown
from shiftcast.pipelines.desk.address import link
from shiftcast.pipelines.desk.answered import answer_view
from shiftcast.pipelines.desk.content import Content, Link, Links, fleet_doors
from shiftcast.pipelines.desk.forms import Field, Form
from shiftcast.pipelines.desk.opened import Opened
from shiftcast.pipelines.fleet.opening import open_fleet
from shiftcast.pipelines.fleet.place import fleet_names, known_root
from shiftcast.pipelines.pages.view import Said, Table, View
from shiftcast.pipelines.state.secrets import without_secrets
from shiftcast.pipelines.store import Store

PATH: Final = "/fleet"
_ASKED: Final = ("describe", "forecast", "full", "budget")  # in the order in which a planner asks
_TITLES: Final = {"describe": "what it is", "forecast": "what it will want", "full": "when it is full",
                  "budget": "what it costs"}  # fmt: skip
_OPTIONS: Final = ("name", "as_of", "through", "every", "risk", "amount", "year")
_TAKES: Final = {"forecast": ("through", "every"), "full": ("through", "risk"), "budget": ("amount", "year")}
_SHOWN: Final = 50  # rows that were set aside
_NONE: Final = (
    "No fleet is in this store yet. `shiftcast ingest SOURCE FILES --into mine` makes one of your exports, such as "
    "those of Slurm, Kubernetes or a bill; then load this page again. The desk itself takes no files."
)


class Fleets:
    """Fleets of a store, each opened once a day and state of its store."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[tuple[Any, ...], Planner] = {}

    def planner(self, name: str, opened: Opened, day: pd.Timestamp) -> Planner:
        """Return a fleet as known on a day.

        Parameters
        ----------
        name
            The planner's name of it.
        opened
            The forecast with its store.
        day
            Midnight UTC.

        Returns
        -------
        Planner
        """
        folder = known_root(opened.root, name)
        changed = tuple(sorted((each.name, each.stat().st_mtime_ns) for each in folder.glob("*.toml")))
        store = Store(folder)
        key = (name, day, changed, len(store.entries()) if store.folder.is_dir() else 0)
        with self._lock:
            if key not in self._open:
                self._open = {other: planner for other, planner in self._open.items() if other[0] != name}
                self._open[key] = open_fleet(name, opened.root, as_of=day)
            return self._open[key]


def fleet_page(opened: Opened, fleets: Fleets, fields: Mapping[str, str]) -> Content:
    """Return the page of a fleet, or the list of fleets where there are several and none is named.

    Parameters
    ----------
    opened, fleets
        The forecast with its store, and the fleets opened so far.
    fields
        ``name``, and what its questions take.

    Returns
    -------
    Content
    """
    strange = next((name for name in fields if name not in _OPTIONS), None)
    if strange is not None:
        raise InputError(unknown(strange, _OPTIONS))
    names = fleet_names(opened.root)
    name = fields.get("name") or opened.fleet or (names[0] if len(names) == 1 else "")
    if not name:
        links = tuple(Link(each, link(PATH, name=each)) for each in names)
        says = () if names else (_NONE,)
        return Content(
            "my fleet", "My fleet", says=says, links=(Links("Fleets of this store", links),) if links else ()
        )
    day = _day(fields.get("as_of"))
    planner = fleets.planner(name, opened, day)
    views = [_view(planner, question, fields) for question in _ASKED]
    views.insert(1, _aside(opened, name))
    doors = tuple(fleet_doors(name, question, _given(question, fields)) for question in _ASKED[1:])
    return Content("my fleet", forms=(_form(name, fields),), views=tuple(views), doors=doors,
                   facts=(("fleet", name), ("as of", f"{day:%Y-%m-%d}"), *((("note", each)) for each in planner.notes)),
                   links=(_others(names, name),) if len(names) > 1 else ())  # fmt: skip


def _day(text: str | None) -> pd.Timestamp:
    try:
        return pd.Timestamp.now(tz="UTC").normalize() if text is None else as_midnight(text)
    except InputError as error:
        raise InputError(f"field 'as_of': {error}") from None


def _given(question: str, fields: Mapping[str, str]) -> dict[str, Any]:
    """Return the fields that a question takes, in their kinds."""
    taken = _TAKES.get(question, ())
    return {name: _typed(question, name, fields[name]) for name in taken if name in fields}


def _typed(question: str, name: str, text: str) -> Any:
    if FIELDS[question][name].column != "double":
        return text
    try:
        return float(text)
    except ValueError:
        raise InputError(f"field {name!r} is {text[:40]!r}; it must be a number") from None


def _view(planner: Planner, question: str, fields: Mapping[str, str]) -> View:
    """Return the answer of a fleet as a view; what is refused says why, and the others stand."""
    label = _TITLES[question]
    try:
        answer = ask(planner, {"question": question, **_given(question, fields)})
        view = answer_view(answer, question, label)
        return replace(view, pictures=()) if question == "describe" else view  # its rows are of many kinds
    except InputError as error:
        return View(
            question, label, f"{label[:1].upper()}{label[1:]}: not answered yet", (Said(without_secrets(str(error))),)
        )


def _aside(opened: Opened, name: str) -> View:
    """Return the rows of the fleet's exports that were set aside, counted by reason."""
    store = Store(known_root(opened.root, name))
    rows = store.quarantine() if store.folder.is_dir() else pd.DataFrame(columns=["reason"])
    if rows.empty:
        return View("aside", "rows set aside", "No row of its exports was set aside", ())
    counts = rows["reason"].value_counts().rename_axis("why").reset_index(name="rows")
    counts["rows"] = counts["rows"].map("{:,}".format)
    shown = rows.head(_SHOWN).assign(line=rows["line"].head(_SHOWN).map("{:,.0f}".format))
    first = Table(f"The first {len(shown)} of them" if len(rows) > _SHOWN else "Each of them", shown, ("line",))
    return View("aside", "rows set aside", f"{len(rows):,} rows of its exports were set aside, and count nowhere", (),
                tables=(Table("By reason", counts, ("rows",)), first))  # fmt: skip


def _form(name: str, fields: Mapping[str, str]) -> Form:
    shown = (
        Field("name", "fleet", name, "hidden"),
        Field("through", "through", fields.get("through", ""), hint="last quarter or month; the end of next year"),
        Field("every", "every", fields.get("every", ""), "select", (("", "quarter"), ("month", "month"))),
        Field("risk", "risk of too few", fields.get("risk", ""), "number", hint="odds accepted in a month; 0.05"),
        Field("amount", "budget", fields.get("amount", ""), "number", hint="US dollars; that of fleet.toml"),
        Field("year", "of year", fields.get("year", ""), "number", hint="calendar year"),
    )
    more = (Field("as_of", "seen from", fields.get("as_of", ""), hint="day, such as 2026-10-31; today"),)
    return Form(PATH, shown, more)


def _others(names: tuple[str, ...], name: str) -> Links:
    return Links("Other fleets", tuple(Link(each, link(PATH, name=each)) for each in names if each != name))
