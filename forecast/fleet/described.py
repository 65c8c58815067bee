"""Describe a fleet from its usage and facts: how much by month, type, work and owner, and what is missing for what."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from shiftcast.features.frames import ALL, DataFrame, Usage
from shiftcast.features.labels import UNLABELLED
from shiftcast.features.usage import period_ends
from shiftcast.forecast.fleet.facts import Fleet
from shiftcast.forecast.views.answer import ASSUMED, Answer

HOURS: Final = "gpu_hours"
_BY: Final = ("accelerator", "workload", "technique", "operator", "user", "region")
_LABELS: Final = ("workload", "technique")
_HOUR: Final = pd.Timedelta(hours=1)
_NAMED: Final = 3  # names that the sentence lists


def describe(usage: DataFrame[Usage], fleet: Fleet) -> Answer:
    """Return what a fleet is: hours by month, accelerator, workload, technique and owner, and what is not known.

    Parameters
    ----------
    usage
        All that the fleet's store holds, as known on a day.
    fleet
        What the planner says of it.

    Returns
    -------
    Answer
        A row a month, accelerator, workload, technique, operator, user and region: ``by, name``, ``gpu_hours``
        [accelerator_hour], ``share`` of all hours [1], ``most_at_once``, the highest number in use in one period
        [accelerator], and ``cost`` and ``requests`` where they are stored.
    """
    hours = hours_of(usage)
    question = f"what fleet {fleet.name} is"
    if hours.empty:
        return Answer(question, pd.DataFrame(columns=["by", "name", HOURS]), pd.DataFrame(columns=list(ASSUMED)),
                      _missing(usage, fleet), says=_unused(usage, fleet))  # fmt: skip
    months = _months(usage)
    parts = [_part(usage, name, usage[name].replace({ALL: UNLABELLED, "": UNLABELLED})) for name in _BY]
    kept = [part for part in parts if set(part["name"]) != {UNLABELLED}]
    table = pd.concat([months, *kept], ignore_index=True).dropna(axis=1, how="all")
    unlabelled = {name: _unlabelled(hours, name) for name in _LABELS}
    says = _sentence(hours, fleet, months, unlabelled)
    notes = (*_edges(hours), *_label_notes(hours, fleet, unlabelled), *_missing(usage, fleet))
    return Answer(question, table, pd.DataFrame(columns=list(ASSUMED)), notes, says=says)


def hours_of(usage: DataFrame[Usage]) -> DataFrame[Usage]:
    """Return the rows of accelerator-hours.

    Parameters
    ----------
    usage
        Frame ``Usage``.

    Returns
    -------
    DataFrame
        Frame ``Usage``.
    """
    hours: DataFrame[Usage] = usage[(usage["measure"] == HOURS) & (usage["how"] == "sum")]
    return hours


def _unused(usage: DataFrame[Usage], fleet: Fleet) -> str:
    there = ", ".join(sorted(set(usage["measure"]))) or "no usage"
    return (
        f"Fleet {fleet.name} holds {there} and no {HOURS} yet: load some with `shiftcast ingest SOURCE FILES --into "
        f"{fleet.name}`; `shiftcast ingest list` shows the sources."
    )


def most_at_once(hours: DataFrame[Usage]) -> pd.Series:
    """Return the highest number of accelerators in use at once, by accelerator, as far as the periods tell.

    Parameters
    ----------
    hours
        Accelerator-hours, frame ``Usage``.

    Returns
    -------
    Series
        Accelerators [accelerator] by name of the accelerator: the highest sum of hours of a period over its length.

    Examples
    --------
    >>> rows = pd.DataFrame({"accelerator": ["a100", "a100", "h100"], "value": [8.0, 4.0, 48.0],
    ...     "grain": ["hour", "hour", "day"], "period_start": pd.to_datetime(["2026-01-01"] * 3, utc=True)})
    >>> most_at_once(rows).to_dict()
    {'a100': 12.0, 'h100': 2.0}
    """
    length = (period_ends(hours) - hours["period_start"]) / _HOUR
    held = hours.assign(held=hours["value"] / length)
    each = held.groupby(["accelerator", "grain", "period_start"], sort=True)["held"].sum()
    highest: pd.Series = each.groupby(["accelerator", "grain"]).max().groupby("accelerator").sum()
    return highest


def unlabelled_line(source: str, fleet: str) -> str:
    """Return the commands that label what has no label.

    Parameters
    ----------
    source
        Source the rows are of, such as ``sacct/alps``.
    fleet
        Name of the fleet.

    Returns
    -------
    str
        Two commands of a shell.

    Examples
    --------
    >>> unlabelled_line("sacct/alps", "mine").splitlines()[0]
    'shiftcast label sacct FILES --into mine --output rules.csv'
    """
    kind = source.partition("/")[0]
    return (
        f"shiftcast label {kind} FILES --into {fleet} --output rules.csv\n"
        f"shiftcast ingest {kind} FILES --labels rules.csv --into {fleet}"
    )


def _part(usage: DataFrame[Usage], by: str, names: pd.Series) -> pd.DataFrame:
    """Return a row a name: hours, share, most at once, and cost and requests where they are stored."""
    named = usage.assign(name=names)
    hours = hours_of(named)
    total = hours.groupby("name", sort=True)["value"].sum()
    columns = {"gpu_hours": total, "share": total / max(total.sum(), np.finfo(float).tiny)}
    if by == "accelerator":
        columns["most_at_once"] = most_at_once(hours.assign(accelerator=hours["name"]))
    for measure in ("cost", "requests"):
        rows = named[(named["measure"] == measure) & (named["how"] == "sum")]
        columns[measure] = rows.groupby("name")["value"].sum() if len(rows) else pd.Series(dtype=float)
    found = pd.DataFrame(columns).fillna({"gpu_hours": 0.0, "share": 0.0}).rename_axis("name").reset_index()
    ordered = found if by == "month" else found.sort_values(["gpu_hours", "name"], ascending=[False, True])
    return ordered.assign(by=by)[["by", "name", *columns]]


def _months(usage: DataFrame[Usage]) -> pd.DataFrame:
    return _part(usage, "month", usage["period_start"].dt.strftime("%Y-%m"))


def _unlabelled(hours: DataFrame[Usage], name: str) -> float:
    bare = hours[name].isin([UNLABELLED, ALL, ""])
    return float(hours.loc[bare, "value"].sum() / max(hours["value"].sum(), np.finfo(float).tiny))


def _sentence(hours: DataFrame[Usage], fleet: Fleet, months: pd.DataFrame, unlabelled: dict[str, float]) -> str:
    used = hours.groupby("accelerator")["value"].sum().sort_values(ascending=False)
    names = [str(name) for name in used.index if name not in {UNLABELLED, ALL, ""}]
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    on = f" on {', '.join(names[:_NAMED])}{more}" if names else ", on accelerators that no row names"
    first, last = months["name"].iloc[[0, -1]]
    lacking = [f"{share:.0%} has no {name}" for name, share in unlabelled.items() if share > 0]
    tail = f"; {' and '.join(lacking)}" if lacking else "; all of it has workload and technique"
    return f"Fleet {fleet.name} used {hours['value'].sum():,.0f} GPU-hours from {first} to {last}{on}{tail}."


def _edges(hours: DataFrame[Usage]) -> tuple[str, ...]:
    """Return which months usage covers in part, and whether some figures are lower bounds."""
    first, last = hours["period_start"].min(), period_ends(hours).max()
    window = f"{first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC"
    notes = [
        f"usage runs from {window}; months it covers in part are shown as they are, and no forecast takes them whole"
    ]
    low = float(hours.loc[hours["bound"] == ">=", "value"].sum() / max(hours["value"].sum(), np.finfo(float).tiny))
    if low:
        notes.append(f"{low:.0%} of the hours are lower bounds: work waited then or was refused")
    return tuple(notes)


def _label_notes(hours: DataFrame[Usage], fleet: Fleet, unlabelled: dict[str, float]) -> tuple[str, ...]:
    lacking = [name for name, share in unlabelled.items() if share > 0]
    if not lacking:
        return ()
    bare = hours[hours[lacking].isin([UNLABELLED, ALL, ""]).any(axis=1)]
    source = bare.groupby("source")["value"].sum().idxmax()
    lines = unlabelled_line(str(source), fleet.name).replace("\n", "`, then `")
    return (f"to label what has no {' or '.join(lacking)}: `{lines}`",)


def _missing(usage: DataFrame[Usage], fleet: Fleet) -> tuple[str, ...]:
    """Return what is not known, and which question waits for it."""
    measures = set(usage["measure"])
    priced = "cost" in measures or any(each.usd_per_hour is not None for each in fleet.holdings)
    wanted = {
        "`full`, `choices`: no [[holding]] says what is held": not fleet.holdings,
        "`choices`: no [[offer]] says what can be added": not fleet.offers,
        "`budget`: no usd_per_hour in [[holding]], and no cost is stored": not priced,
        "`budget` without an amount: no [budget] of a year": not fleet.budgets,
        "`why`: no requests are stored, so volume and hours a request are one factor": "requests" not in measures,
        "growth is borrowed from the world as a whole: no leaf in [fleet]": not fleet.leaf and not fleet.like,
    }
    said = [each for each, missing in wanted.items() if missing]
    guessed = [f"the {each.count:g} {each.accelerator} held are guessed from use; more may be held"
               for each in fleet.holdings if each.guessed]  # fmt: skip
    where = f"its fleet.toml says these; `shiftcast fleet {fleet.name} init` writes one where there is none"
    return (*said, *guessed, *([where] if said else []))
