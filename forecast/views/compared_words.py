"""Words of a scenario question: the figures in a sentence each, what they rest on, and what they do not know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pandas as pd
import xarray as xr

from shiftcast.features.frames import AssumptionRows, DataFrame
from shiftcast.forecast.scenarios.levers import Price, Software
from shiftcast.forecast.scenarios.reading import Scenario
from shiftcast.forecast.spoken import number, signed, within
from shiftcast.forecast.views.answer import ASSUMED, assumed_rows
from shiftcast.forecast.views.scenario import gallery_of, scenario_notes

MEASURES: Final = ("accelerators", "gpu_hours", "latent_hours", "power", "spending")
_WORDS: Final = {
    "accelerators": "accelerators", "gpu_hours": "GPU-hours", "latent_hours": "hours wanted and not served",
    "power": "power", "spending": "spending",
}  # fmt: skip
_RESPONSE: Final = ("demand.elasticity", "demand.pass_through")


def quantity(measure: str, value: float, *, sign: bool = False) -> str:
    """Return a figure of a measure with what it is counted in, where the measure does not say.

    Parameters
    ----------
    measure, value
        Measure, and its figure in the measure's unit.
    sign
        Whether a plus is shown.

    Returns
    -------
    str

    Examples
    --------
    >>> quantity("power", 39_100.0), quantity("spending", -1.6e11, sign=True), quantity("gpu_hours", 1.6e10)
    ('39.1 GW', '-160 billion US dollars', '16 billion')
    """
    told = signed if sign else number
    if measure == "power":
        size, unit = (1e3, "GW") if abs(value) >= 1e3 else (1.0, "MW")
        return f"{told(value / size)} {unit}"
    return f"{told(value)}{' US dollars' if measure == 'spending' else ''}"


def says(table: pd.DataFrame, by: str) -> str:
    """Return a sentence a scenario, which begins with the figure.

    Parameters
    ----------
    table
        Rows of :func:`forecast.views.compared.compared`.
    by
        The quarter they speak of.

    Returns
    -------
    str
    """
    at = table[table["quarter"] == by]
    return " ".join(
        _said(str(label), own.set_index("measure"), by) for label, own in at.groupby("scenario", sort=False)
    )


def _said(label: str, rows: pd.DataFrame, by: str) -> str:
    first, *others = (rows.loc[name] for name in MEASURES)
    low, high = number(first["level_low80"]), number(first["level_high80"])
    said = f"{number(first['level_median'])} accelerators ({within(low, high)}) at the end of {by} under {label}, "
    said += f"{_difference(first)} against {number(first['base_median'])} in the base"
    return f"{said}; {'; '.join(f'{_WORDS[str(row.name)]} {_difference(row)}' for row in others)}."


def _difference(row: pd.Series) -> str:
    measure = str(row.name)
    middle, low, high = (
        quantity(measure, row[f"difference_{name}"], sign=True) for name in ("median", "low80", "high80")
    )
    return f"{middle} ({within(low, high)})"


def notes_of(cube: xr.Dataset, read: Mapping[str, Scenario], weights: Mapping[str, float]) -> tuple[str, ...]:
    """Return what a reader has to know.

    Parameters
    ----------
    cube, read, weights
        The base, the scenarios by label, and the weights of a mixture, none for no mixture.

    Returns
    -------
    tuple of str
        What each scenario says of itself and its hash, and that no odds are meant.
    """
    gallery = gallery_of(cube)
    notes = ["Differences are of the same draw: scenarios share the random numbers of the base."]
    for label, each in read.items():
        told = str(gallery.get(label, {}).get("says", ""))
        notes.append(f"{label}: {told} (SHA-256 {each.hash[:12]})" if told else f"{label}: SHA-256 {each.hash[:12]}")
        notes += [f"{label}: {note}" for note in scenario_notes(cube, each)]
    if weights:
        notes.append("Weights are as given; nothing here says how likely a scenario is.")
    notes.append("A scenario is assumed, not forecast: its odds are not part of any interval.")
    return tuple(notes)


def assumed_of(
    cube: xr.Dataset, read: Mapping[str, Scenario], assumptions: DataFrame[AssumptionRows] | None
) -> pd.DataFrame:
    """Return the scenarios with who stands behind them, and the record's elasticities where a lever takes them.

    Parameters
    ----------
    cube, read
        The base, and the scenarios by label.
    assumptions
        Those of the record, if at hand.

    Returns
    -------
    DataFrame
        Columns :data:`forecast.views.answer.ASSUMED`.
    """
    gallery, nan = gallery_of(cube), float("nan")
    rows: list[dict[str, Any]] = []
    for label in read:
        told = gallery.get(label, {})
        about = {"evidence": str(told.get("evidence", "given")), "source": str(told.get("source", "asked for"))}
        rows.append({"name": label, "low": nan, "mid": nan, "high": nan, "unit": "1", **about})
    table = pd.DataFrame(rows, columns=list(ASSUMED))
    answered = any(
        lever.elasticity is None for each in read.values() for lever in (*each.of(Price), *each.of(Software))
    )
    if assumptions is None or not answered:
        return table
    return pd.concat([table, assumed_rows(assumptions, _RESPONSE, {})], ignore_index=True)
