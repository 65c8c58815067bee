"""Changes in kind between two cuts of the record: new definitions, units and entities, figures in another unit."""

from __future__ import annotations

from typing import Final

import numpy as np

from shiftcast.features.asof import JUDGEMENT, last_published, latest_vintage
from shiftcast.features.frames import DataFrame, Observations
from shiftcast.forecast.monitoring.findings import ALARM, OK, WATCH, Finding
from shiftcast.forecast.monitoring.population import SERIES

ENTITIES: Final = ("segment", "leaf", "operator", "user", "workload", "technique", "accelerator", "vendor", "region")
MOST_AT_ONCE: Final = 2.0  # powers of ten between two figures of a series: more is rather another unit than growth
_ABOUT: Final = [name for name in SERIES if name != "definition"]


def check_changes(reference: DataFrame[Observations], current: DataFrame[Observations]) -> list[Finding]:
    """Find definitions, units and entities in the rows known now that the forecast's own rows lacked.

    Parameters
    ----------
    reference
        Observation rows the forecast was made from (:data:`features.frames.Observations`).
    current
        Observation rows known now.

    Returns
    -------
    list of Finding
        ``definition`` (an alarm: a series goes on under another one), ``unit`` (an alarm: a measure in another unit,
        or a figure a hundred times its neighbour), ``entity`` (a watch: nobody modelled it).
    """
    return [*_definitions(reference, current), *_units(reference, current), *_entities(reference, current)]


def _definitions(reference: DataFrame[Observations], current: DataFrame[Observations]) -> list[Finding]:
    known = set(reference[SERIES].itertuples(index=False, name=None))
    about = set(reference[_ABOUT].itertuples(index=False, name=None))
    fresh = current[SERIES].drop_duplicates()
    changed = [
        row
        for row in fresh.to_dict("records")
        if tuple(row[name] for name in SERIES) not in known and tuple(row[name] for name in _ABOUT) in about
    ]
    if not changed:
        return [_fine("definition")]
    return [
        Finding("definition", _named(row), ALARM, float("nan"), float("nan"),
                f"figures now come under definition {row['definition']!r}, which the forecast did not know")
        for row in changed
    ]  # fmt: skip


def _units(reference: DataFrame[Observations], current: DataFrame[Observations]) -> list[Finding]:
    pairs = set(reference[["measure", "unit"]].itertuples(index=False, name=None))
    measures = set(reference["measure"])
    found = [
        Finding("unit", str(measure), ALARM, float("nan"), float("nan"), f"figures now come in {unit!r}")
        for measure, unit in current[["measure", "unit"]].drop_duplicates().itertuples(index=False, name=None)
        if measure in measures and (measure, unit) not in pairs
    ]
    figures = latest_vintage(current[current["definition"] != JUDGEMENT]).sort_values(
        [*SERIES, "period_end"], kind="stable"
    )
    power = np.log10(figures["value"].where(figures["value"] > 0))
    jump = power.groupby([figures[name] for name in SERIES], dropna=False).diff().abs()
    far = figures[(jump > MOST_AT_ONCE) & (figures["known_at"] > last_published(reference))]
    for place, row in zip(far.index, far.to_dict("records"), strict=True):
        figure = f"{row['value']:.4g} {row['unit']} to {row['period_end']:%Y-%m-%d}"
        note = f"{figure} is a hundred times its neighbour or a hundredth of it: another unit?"
        found.append(Finding("unit", _named(row), ALARM, float(jump[place]), MOST_AT_ONCE, note))
    return found or [_fine("unit")]


def _entities(reference: DataFrame[Observations], current: DataFrame[Observations]) -> list[Finding]:
    found = [
        Finding("entity", column, WATCH, float(len(new)), 0.0, f"new: {', '.join(new[:8])}")
        for column in ENTITIES
        if (new := sorted(set(current[column]) - set(reference[column])))
    ]
    return found or [_fine("entity")]


def _fine(check: str) -> Finding:
    return Finding(check, "observations", OK, 0.0, 0.0, "")


def _named(row: dict[str, object]) -> str:
    parts = [str(row[name]) for name in ("measure", "operator", "segment", "leaf", "workload", "base")]
    return " ".join(part for part in parts if part not in {"all", "none"})
