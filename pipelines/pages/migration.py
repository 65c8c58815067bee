"""Views of the migration: who serves requests and takes GPU-hours, and when deep learning and LLMs pass half."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any, Final

import pandas as pd

from shiftcast.forecast.spoken import percent
from shiftcast.forecast.views.passage import Passage
from shiftcast.forecast.views.techniques import half_questions, workloads_entered
from shiftcast.pipelines.drawing.crossings import crossings as draw_crossings
from shiftcast.pipelines.drawing.picture import Picture
from shiftcast.pipelines.drawing.stream import stream
from shiftcast.pipelines.pages.asked import BASES, NEWEST, TOGETHER, Asked, when
from shiftcast.pipelines.pages.cells import cell, passes
from shiftcast.pipelines.pages.course import technique_rows
from shiftcast.pipelines.pages.glossary import worded
from shiftcast.pipelines.pages.view import Said, Table, View, sentence

OF_BASE: Final = {"requests": "requests", "gpu_hours": "GPU-hours"}
_COLUMNS: Final = {
    "adoption": "used by operators of",
    "requests": "ranks of requests",
    "gpu_hours": "takes of GPU-hours",
}
_HALF: Final = 1 / 2
_SURE: Final = 0.95  # odds from which a sentence sums up
_SHOWN: Final = (0, 2, -1)  # of the quarters of a technique: now, in two years, the last


def crossings(asked: Asked, *, segment: str = "all") -> View:
    """Return when deep learning and LLMs pass half of each workload, on requests and on GPU-hours.

    Parameters
    ----------
    asked
        The forecast.
    segment
        ``hyperscale``, ``rest``, ``all`` or a leaf.

    Returns
    -------
    View
    """
    rows = passing(asked, segment)
    return View(
        "crossings", "When they pass half", _title(rows), says=tuple(in_short(rows)),
        pictures=(dates_drawn(asked, rows),),
        tables=(_odds(rows), _why(asked, rows), *((_by_side(asked),) if segment == "all" else ())),
        notes=(
            ("Already: the share is above one half in the last quarter before those ahead. Not by: it is not above one "
            "half in any quarter looked at."),
            ("A request by a newer technique may take more or fewer GPU-hours than one by another, so the two bases "
             "can be years apart; techniques before deep learning run on CPUs and take no GPU-hours."),
        ),
    )  # fmt: skip


def passing(asked: Asked, segment: str) -> pd.DataFrame:
    """Return when each technique passes half of each workload on both bases.

    Parameters
    ----------
    asked, segment
        The forecast, and whose requests and hours.

    Returns
    -------
    DataFrame
        The row of ``when`` of each, with ``workload, technique, base`` and the ``asked`` question.
    """
    rows = []
    for of in workloads_entered(asked.forecaster.cube, NEWEST):
        for technique in (TOGETHER, NEWEST):
            for base in BASES:
                question = when(technique, of, base, segment)
                row = asked.table(question).iloc[0].to_dict()
                rows.append({"workload": of, "technique": technique, "base": base, "asked": question, **row})
    return pd.DataFrame(rows)


def dates_drawn(asked: Asked, rows: pd.DataFrame) -> Picture:
    """Return the picture of when each technique passes half of each workload, on both bases.

    Parameters
    ----------
    asked, rows
        The forecast, and rows of :func:`passing`.

    Returns
    -------
    Picture
    """
    shown = [
        (f"{worded(str(workload))}, {OF_BASE[str(base)]}", worded(row["technique"]), _passage(row))
        for (workload, base), own in rows.groupby(["workload", "base"], sort=False)
        for row in own.to_dict("records")
    ]
    return draw_crossings(shown, title="When the share passes one half", today=asked.today)


def _passage(row: Mapping[Any, Any]) -> Passage:
    """Return the passage that a row of ``when`` tells of."""
    own: dict[str, Any] = {each.name: row.get(each.name) for each in fields(Passage)}
    years = {str(name)[3:]: row[name] for name in row if str(name).startswith("by_")}
    return Passage(**{**own, "by": years})


def in_short(rows: pd.DataFrame) -> Iterator[Said]:
    """Yield a sentence a technique: when it passes half of each workload, requests first.

    Parameters
    ----------
    rows
        From :func:`passing`.

    Yields
    ------
    Said
        With the first of the questions that it tells of.
    """
    for technique, own in rows.groupby("technique", sort=False):
        name = worded(str(technique))
        if (own["already"] > _SURE).all():
            where = _listed([worded(str(each)) for each in dict.fromkeys(own["workload"])])
            least = float(own["already"].min())
            odds = "in every draw" if least == 1 else f"odds of {percent(least)} or more"
            subject = name[:1].upper() + name[1:]
            text = f"{subject} have passed half of {where} already, on requests and on GPU-hours ({odds})."
        else:
            parts = (
                f"{worded(row['workload'])} {OF_BASE[row['base']]} {passes(row)}" for row in own.to_dict("records")
            )
            text = f"When {name} pass half: {'; '.join(parts)}."
        yield Said(text, question=own["asked"].iloc[0])


def _title(rows: pd.DataFrame) -> str:
    newest = rows[rows["technique"] == NEWEST]
    passed = newest[newest["already"] > _HALF].to_dict("records")
    late = newest[newest["never"] > _HALF].to_dict("records")
    soon, never = ([f"{worded(row['workload'])} {OF_BASE[row['base']]}" for row in rows] for rows in (passed, late))
    said = f"LLMs have passed half of {_listed(soon)}" if soon else "LLMs have passed half of nothing yet"
    if not late:
        return said
    return f"{said}; of {_listed(never)} they more likely than not do not by {late[0]['horizon']}"


def _why(asked: Asked, rows: pd.DataFrame) -> Table:
    """Return what the answers say of LLMs: the odds, what makes them, and which figure would settle most."""
    shown = [
        {"workload": worded(row["workload"]), "of": OF_BASE[row["base"]],
         "in words": sentence(asked.answer(row["asked"]).says)}
        for row in rows[rows["technique"] == NEWEST].to_dict("records")
    ]  # fmt: skip
    return Table("Why, for LLMs: what the odds are made of, and which figure would settle most", pd.DataFrame(shown))


def _odds(rows: pd.DataFrame) -> Table:
    years = [name for name in rows if str(name).startswith("by_")]
    horizon = str(rows["horizon"].iloc[0])
    shown = [
        {
            "workload": worded(row["workload"]), "technique": worded(row["technique"]), "of": OF_BASE[row["base"]],
            "passes half": passes(row), "already": percent(row["already"]),
            **{f"by {str(name)[3:]}": percent(row[name]) for name in years}, f"not by {horizon}": percent(row["never"]),
        }
        for row in rows.to_dict("records")
    ]  # fmt: skip
    table = pd.DataFrame(shown)
    return Table("Odds that the share has passed one half by the end of each year", table, tuple(table.columns[4:]))


def _by_side(asked: Asked) -> Table:
    rows = []
    for question in half_questions(asked.forecaster.cube):
        row = asked.table({"question": "when", **question}).iloc[0].to_dict()
        rows.append(
            {"workload": worded(question["of"]), "technique": worded(question["technique"]),
             "segment": worded(question["segment"]), "of": OF_BASE[question["base"]], "passes half": passes(row),
             "already": percent(row["already"]), f"not by {row['horizon']}": percent(row["never"])}
        )  # fmt: skip
    table = pd.DataFrame(rows)
    return Table("The same by segment", table, tuple(table.columns[5:]))


def techniques(asked: Asked, *, segment: str = "all") -> View:
    """Return which techniques serve requests and take GPU-hours, by workload.

    Parameters
    ----------
    asked, segment
        The forecast, and whose requests and hours.

    Returns
    -------
    View
    """
    question = {"question": "techniques", **({} if segment == "all" else {"segment": segment})}
    table = asked.table(question)
    return View(
        "techniques", "Which technique", _moved_title(table), says=(asked.says(question),),
        pictures=_streams(asked, segment),
        tables=(_three_figures(table),),
        notes=(
            ("Adoption, share of requests and share of GPU-hours are three figures: an operator may use a technique at "
            "one stage only, and a request takes more hours by one technique than by another."),
            *asked.answer(question).notes,
        ),
    )  # fmt: skip


def _streams(asked: Asked, segment: str) -> tuple[Picture, ...]:
    """Return a picture a workload: who serves its requests, beside who takes its GPU-hours."""
    cube, pictures = asked.forecaster.cube, []
    for workload in workloads_entered(cube, NEWEST):
        panels = [
            technique_rows(cube, workload, base, segment).assign(panel=f"share of {words}")
            for base, words in OF_BASE.items()
        ]
        name = worded(workload)
        title = f"{name[:1].upper()}{name[1:]}: techniques by {' and by '.join(OF_BASE.values())}, means"
        pictures.append(stream(pd.concat(panels, ignore_index=True), title=title, moments=asked.moments))
    return tuple(pictures)


def _moved_title(table: pd.DataFrame) -> str:
    """Return the rise of LLMs in the workload where their part of requests rises most."""
    rows = table[table["technique"] == NEWEST]
    ends = rows.groupby(["workload", "segment"], sort=False)["requests_q500"].agg(["first", "last"])
    workload, segment = (ends["last"] - ends["first"]).idxmax()
    own = rows[(rows["workload"] == workload) & (rows["segment"] == segment)]
    first, last = own.iloc[0], own.iloc[-1]
    return (
        f"LLMs go from {percent(first['requests_q500'])} of {worded(str(workload))} requests in {first['quarter']} to "
        f"{percent(last['requests_q500'])} in {last['quarter']}, {worded(str(segment))}"
    )


def _three_figures(table: pd.DataFrame) -> Table:
    rows = []
    for (workload, segment, technique), own in table.groupby(["workload", "segment", "technique"], sort=False):
        for at in [each for each in _SHOWN if each < len(own)]:
            row = own.iloc[at]
            cells = {
                words: cell(*(row[f"{name}_q{level}"] for level in (100, 500, 900)), unit="share")
                for name, words in _COLUMNS.items()
            }
            rows.append({"workload": worded(str(workload)), "segment": worded(str(segment)),
                         "technique": worded(str(technique)), "quarter": row["quarter"], **cells})  # fmt: skip
    shown = pd.DataFrame(rows)
    return Table("Adoption, requests and GPU-hours by technique, medians and 8 in 10 intervals", shown,
                 tuple(_COLUMNS.values()))  # fmt: skip


def _listed(names: list[str]) -> str:
    """Return names as a list in a sentence.

    Examples
    --------
    >>> _listed(["a", "b", "c"]), _listed(["a"])
    ('a, b and c', 'a')
    """
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))
