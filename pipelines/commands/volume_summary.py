"""Summarise a forecast of volumes beside its rows, on screen and as JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd
import typer

from shiftcast.features.volumes import Treatments
from shiftcast.pipelines.commands.series_progress import errors
from shiftcast.pipelines.publish.volume_plot import Fan
from shiftcast.pipelines.series.volumes import VolumeAnswer
from shiftcast.pipelines.spread import Manifest

AHEAD: Final = {True: "known ahead, it moves the forecast", False: "not known ahead, it moves nothing"}


@dataclass(frozen=True)
class VolumeSummary:
    """Summary of a forecast of volumes.

    Attributes
    ----------
    series
        How many there are.
    treatments
        What was treated in their rows.
    weights, effects
        Of members and drivers, as :class:`pipelines.series.volumes.VolumeAnswer` has them.
    won
        For how many series each member, or their combination, ships.
    borrowed
        Effective weight of the own data of series that borrow from neighbours, by name.
    notes
        What the fits have to say, and the series that each is about.
    fans
        The series to draw.
    edges
        ``parent, child`` of the series, where rows were added up; no rows otherwise.
    noted
        How many series a note is about, where ``notes`` names the first alone.
    """

    series: int
    treatments: Treatments
    weights: pd.DataFrame
    effects: pd.DataFrame
    won: dict[str, int]
    borrowed: dict[str, float]
    notes: dict[str, tuple[str, ...]]
    fans: dict[str, Fan]
    edges: pd.DataFrame = field(default_factory=pd.DataFrame)
    noted: Mapping[str, int] = field(default_factory=dict)


def summary_of(answer: VolumeAnswer) -> VolumeSummary:
    """Return what the forecast of one panel has to say, without its rows.

    Parameters
    ----------
    answer
        The forecast.

    Returns
    -------
    VolumeSummary
        Nothing to draw, and no treatments, which are of a file.
    """
    borrowed = answer.data_weight < 1.0
    own = zip(answer.panel.series[borrowed], answer.data_weight[borrowed], strict=True)
    names, counts = np.unique(answer.shipped.astype(str), return_counts=True)
    return VolumeSummary(
        series=len(answer.panel.series),
        treatments=Treatments(),
        weights=answer.weights,
        effects=answer.effects,
        won=dict(zip(names.tolist(), counts.tolist(), strict=True)),
        borrowed={str(name): float(weight) for name, weight in own},
        notes=dict(answer.notes),
        fans={},
    )


def of_manifest(manifest: Manifest) -> VolumeSummary:
    """Return the summary of a forecast that workers made.

    Parameters
    ----------
    manifest
        What came of it.

    Returns
    -------
    VolumeSummary
        Weights averaged over groups, and nothing to draw.
    """
    return VolumeSummary(
        series=manifest.series,
        treatments=manifest.treatments,
        weights=manifest.tables.get("weights", pd.DataFrame()),
        effects=manifest.tables.get("effects", pd.DataFrame()),
        won=dict(manifest.won),
        borrowed=dict(manifest.borrowed),
        notes={text: (first,) for text, (_, first) in manifest.notes.items()},
        fans={},
        noted={text: count for text, (count, _) in manifest.notes.items()},
    )


def joined(kept: list[VolumeSummary], series: int, treatments: Treatments, shown: dict[str, Fan]) -> VolumeSummary:
    """Return the summaries of all panels as one.

    Parameters
    ----------
    kept
        Summaries in their order, one at least.
    series
        How many series there are.
    treatments
        What was treated in the rows of the file.
    shown
        The series to draw.

    Returns
    -------
    VolumeSummary
    """
    won = Counter[str]()
    for each in kept:
        won.update(each.won)
    return VolumeSummary(
        series=series,
        treatments=treatments,
        weights=pd.concat([each.weights for each in kept], ignore_index=True),
        effects=pd.concat([each.effects for each in kept], ignore_index=True),
        won=dict(won.most_common()),
        borrowed={name: weight for each in kept for name, weight in each.borrowed.items()},
        notes=_gathered(each.notes for each in kept),
        fans=shown,
    )


def _gathered(notes: Iterable[dict[str, tuple[str, ...]]]) -> dict[str, tuple[str, ...]]:
    """Return the series that each note is about, over all panels."""
    out: dict[str, list[str]] = {}
    for each in notes:
        for text, series in each.items():
            out.setdefault(text, []).extend(series)
    return {text: tuple(series) for text, series in out.items()}


def summary_json(summary: VolumeSummary, forecast: list[pd.DataFrame]) -> dict[str, Any]:
    """Return the summary, and the forecast where it was not written to a file, as JSON takes them.

    Parameters
    ----------
    summary
        The summary.
    forecast
        Parts of the forecast; empty where it was written to a file.

    Returns
    -------
    dict
        Values that JSON takes.
    """
    out = {
        "series": summary.series,
        "treatments": dict(summary.treatments.counts),
        "won": summary.won,
        "notes": summary.notes,
        "borrowed": summary.borrowed,
        "drivers": json.loads(summary.effects.to_json(orient="records")),
        "weights": json.loads(summary.weights.to_json(orient="records")),
    }
    if forecast:
        rows = pd.concat([frame.astype({"series": str, "statistic": str}) for frame in forecast], ignore_index=True)
        out["forecast"] = json.loads(rows.to_json(orient="records", date_format="iso", date_unit="s"))
    return out


def show(summary: VolumeSummary, forecast: list[pd.DataFrame] | None) -> None:
    """Print a summary: as JSON with the parts of the forecast, or in words where none are given.

    Parameters
    ----------
    summary
        The summary.
    forecast
        Parts of the forecast for JSON; empty where it was written to a file.
    """
    if forecast is None:
        tell(summary)
    else:
        typer.echo(json.dumps(summary_json(summary, forecast), indent=1))


def tell(summary: VolumeSummary) -> None:
    """Print treatments, the member that won where, and notes of the fit, to standard error.

    Parameters
    ----------
    summary
        The summary.
    """
    for line in lines_of(summary):
        errors.print(line, highlight=False, markup=False)


def lines_of(summary: VolumeSummary) -> list[str]:
    """Return treatments, the member that won where, and notes of the fit, a line each.

    Parameters
    ----------
    summary
        The summary.

    Returns
    -------
    list of str
        As they are printed, and written beside a table.
    """
    won = ", ".join(f"{name} for {count}" for name, count in summary.won.items())
    lines = [*(f"treated: {line}" for line in summary.treatments.lines()),
             f"what ships, of {summary.series} series: {won}"]  # fmt: skip
    lines += [
        f"driver {row.driver} ({row.frequency}, group {row.group}): elasticity {row.mean:.2f} +- {row.sd:.2f}, "
        f"believed {row.prior_mean:.2f} +- {row.prior_sd:.2f} before the data; {AHEAD[row.known]}"
        for row in summary.effects.itertuples()
    ]
    if summary.borrowed:
        lines += [f"own weight of the series that borrow: {min(summary.borrowed.values()):.2f} and up"]
    for note, series in summary.notes.items():
        count = summary.noted.get(note, len(series))
        about = f"{series[0]!r}" if count == 1 else f"{count} series, {series[0]!r} the first"
        lines += [f"note: {note} ({about})"]
    return lines
