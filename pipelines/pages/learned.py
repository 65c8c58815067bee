"""View of what the forecast rests on: what history taught, what is measured and what is assumed."""

from __future__ import annotations

from math import exp, log
from typing import Any, Final

import numpy as np
import pandas as pd

from shiftcast.features.units import MEASURES
from shiftcast.forecast.identity.anchors import AT_LEAST
from shiftcast.forecast.spoken import number, percent
from shiftcast.forecast.views.part import unit_of
from shiftcast.pipelines.drawing.fan import fan
from shiftcast.pipelines.drawing.picture import Picture
from shiftcast.pipelines.pages.asked import Asked, quantiles
from shiftcast.pipelines.pages.cells import cell, plain, text
from shiftcast.pipelines.pages.course import meeting_rows
from shiftcast.pipelines.pages.glossary import worded
from shiftcast.pipelines.pages.view import Said, Table, View
from shiftcast.pipelines.registry.bundle import Bundle
from shiftcast.pipelines.registry.chain import Chain, EvidenceRow, LearnedRow
from shiftcast.pipelines.registry.summary import Summary

_MOST: Final = 15  # assumptions shown that history moved most
_EIGHTY: Final = 2.563  # standard deviations between the 10th and 90th percentile of a normal
_BY: Final = {"hours": "past quarters", "leaf": "hours by leaf"}
_KINDS: Final = ("measured", "independent", "vendor", "assumed")


def rests_on(asked: Asked, bundle: Bundle) -> View:
    """Return what the forecast rests on: every assumption, what history made of them, and what is measured.

    Parameters
    ----------
    asked, bundle
        The forecast, and its tables.

    Returns
    -------
    View
    """
    assumptions, chain = bundle.tables["assumptions"], bundle.summary.chain
    provenance = asked.answer(quantiles("accelerators")).provenance
    part = None if provenance is None else provenance.assumed.part
    evidence = _evidence(bundle.tables["observations"])
    says = [Said(
        f"{len(assumptions):,} figures are drawn once a draw between their 10 % and 90 % quantiles, "
        f"{int((assumptions['evidence'] == 'assumed').sum())} of them judgements marked assumed. The record behind "
        f"them has {len(bundle.tables['observations']):,} dated figures."
    )]  # fmt: skip
    tables = [evidence]
    if chain is not None and chain.evidence:
        says += [Said(_met(chain)), Said(_taught(chain))]
        tables += [_data(chain), _moved_most(chain, bundle)]
    elif chain is not None:
        says.append(Said("History taught nothing at this origin: no tokens were stated twice by one source by then, so "
                         "what is wanted is what sales extrapolate to, within the ceilings known then."))  # fmt: skip
    tables += [*_machines(bundle.summary), _all(assumptions)]
    title = (
        f"{len(assumptions):,} assumptions are drawn, not fixed" if part is None else
        f"{percent(part)} of what is uncertain about accelerators in {asked.horizon} goes with assumed figures"
    )  # fmt: skip
    return View(
        "assumptions",
        "What it rests on",
        title,
        tuple(says),
        pictures=(_views(asked),),
        tables=tuple(tables),
        notes=_notes(bundle.summary),
    )


def _views(asked: Asked) -> Picture:
    cube = asked.forecaster.cube
    title = "Busy GPU-hours as each of the two views had them before they met"
    return fan(meeting_rows(cube), title=title, unit=unit_of(cube, "gpu_hours"), moments=asked.moments)


def _met(chain: Chain) -> str:
    growth = {name: number(value) for name, value in chain.growth.items()}
    return (
        f"In the last quarter, over the last reported one: demand from below says {growth['demand']} times the hours, "
        f"sales extrapolated say {growth['sales']} times. Demand has {percent(chain.demand_weight)} of the say on "
        f"spending there; where they meet {growth['wanted']} times are wanted, and {growth['served']} times are served "
        "within what can be funded, packaged and powered."
    )


def _taught(chain: Chain) -> str:
    low, mid, high = (percent(each) for each in chain.unseen)
    return (
        f"Past quarters and measured fleets taught the assumptions, all at once. The view from below does not see "
        f"{mid} of hours (8 in 10: {low} to {high}). The data moved the assumptions in {chain.signal:.0f} independent "
        "directions."
    )


def _data(chain: Chain) -> Table:
    rows = [_fallen(row) for row in chain.evidence]
    note = (
        "Median and 8 in 10 interval of what the draws say of each figure before and after they learned from all. "
        "Hours and leaves: the view from below over the hours of the fleet; 1 where both agree."
    )
    return Table("What the draws say of past figures", pd.DataFrame(rows), ("observed", "before", "after"), note)


def _fallen(row: EvidenceRow) -> dict[str, Any]:
    """Return a datum in its own unit, and where it falls in what the draws say of it."""
    measure, _, _ = row.name.partition(".")
    at_least = measure in AT_LEAST
    inside = (at_least or row.low <= row.observed) and row.observed <= row.high
    unit = MEASURES[measure].unit.replace("_", " ") if measure in MEASURES else ""
    off = f"median {number(exp(row.mid - row.observed))} times the figure, "
    off += f"{abs(row.mid - row.observed) / row.sd:.1f} of its errors"
    return {
        "figure": row.name, "observed": ("at least " if at_least else "") + number(exp(row.observed)),
        "before": cell(*(exp(each) for each in (row.prior_low, row.prior_mid, row.prior_high))),
        "after": cell(*(exp(each) for each in (row.low, row.mid, row.high))), "unit": unit,
        "falls": "inside" if inside else off,
    }  # fmt: skip


def _moved_most(chain: Chain, bundle: Bundle) -> Table:
    rows = bundle.tables["assumptions"]
    units = dict(zip(rows["name"], rows["unit"], strict=True))
    learned = sorted((row for row in chain.learned if row.by), key=moved, reverse=True)[:_MOST]
    shown = [
        {"assumption": row.name, "before": cell(row.prior_low, row.prior_mid, row.prior_high),
         "after": cell(row.low, row.mid, row.high), "unit": units.get(row.name, ""),
         "spread kept": percent(row.narrowed), "moved most by": _BY.get(row.by, row.by)}
        for row in learned
    ]  # fmt: skip
    title = f"The {len(shown)} assumptions that history moved most, of {len(chain.learned)}"
    return Table(title, pd.DataFrame(shown), ("before", "after", "spread kept"))


def moved(row: LearnedRow) -> float:
    """Return how far an assumption moved: the divergence of normals of its percentiles [nat], in logs where positive.

    Parameters
    ----------
    row
        The assumption before and after.

    Returns
    -------
    float

    Examples
    --------
    >>> round(moved(LearnedRow("a", 1.0, 2.0, 3.0, 2.0, 3.0, 4.0, 1.0, "hours")), 2)
    0.45
    """
    marks = np.array([row.prior_low, row.prior_mid, row.prior_high, row.mid])
    low, mid, high, after = np.log(marks) if marks.min() > 0 else marks
    shift = float((after - mid) / max((high - low) / _EIGHTY, 1e-9))
    return -log(max(row.narrowed, 1e-9)) + (row.narrowed**2 + shift**2 - 1) / 2


def _evidence(observations: pd.DataFrame) -> Table:
    counts = observations.pivot_table(index="measure", columns="evidence", values="unit", aggfunc="size", fill_value=0)
    rows = [
        {"measure": worded(str(measure)), **{kind: str(int(row.get(kind, 0))) for kind in _KINDS}}
        for measure, row in counts.iterrows()
    ]
    return Table("Figures of the record by measure and evidence", pd.DataFrame(rows), _KINDS)


def _machines(summary: Summary) -> list[Table]:
    rows = [
        {"generation": row.family, "stands for it": row.accelerator, "price after meeting the estimate":
         f"{number(row.price)} US dollars", "IT power": f"{number(row.it_kw)} kW"} for row in summary.generations
    ]  # fmt: skip
    filled = f"Not in the catalogue, carried from the generation before: {', '.join(summary.filled)}."
    prices = Table("Machines", pd.DataFrame(rows), ("price after meeting the estimate", "IT power"),
                   filled if summary.filled else "")  # fmt: skip
    families = [row.family for row in summary.generations]
    tasks = pd.DataFrame(
        [
            {"task": task, **dict(zip(families, each, strict=False))}
            for task, each in summary.throughput_evidence.items()
        ]
    )
    note = "A record's evidence; scaled from the nearest generation by the square root of its peak; or the roofline."
    steps = pd.DataFrame(
        [{"workload": worded(step.workload), "segment": worded(step.segment), "technique": worded(step.technique),
          "rests on": ", ".join(f"{count} {kind}" for kind, count in step.evidence.items()),
          "one figure would move it by": f"{100 * step.one_figure:+.1f} points"} for step in summary.techniques]
    )  # fmt: skip
    return [prices, Table("What throughput rests on", tasks, (), note),
            Table("Techniques before deep learning, and those of training: what they rest on", steps, (),
                  "How far today's share would move if one operator published a figure ten points above what is "
                  "expected of it.")]  # fmt: skip


def _all(assumptions: pd.DataFrame) -> Table:
    rows = [
        {"name": row["name"], "low": plain(row["low"]), "mid": plain(row["mid"]), "high": plain(row["high"]),
         "unit": row["unit"], "evidence": row["evidence"],
         "basis": "; ".join(filter(None, [text(row["source"]), text(row["note"])]))}
        for row in assumptions.to_dict("records")
    ]  # fmt: skip
    return Table("Every assumption, drawn once a draw between its 10 % and 90 % quantiles", pd.DataFrame(rows),
                 ("low", "mid", "high"))  # fmt: skip


def _notes(summary: Summary) -> tuple[str, ...]:
    if not summary.h100e_gap or round(summary.h100e_gap, 2) == 1:
        return ()
    gap = number(summary.h100e_gap)
    said = f"An independent estimate of H100-equivalents shipped was {gap} times what catalogue prices implied"
    return (f"{said}; prices have met it.",)
