"""`shiftcast volume`: histories of requests, tokens, jobs or hours in, means and quantiles of their future out."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

import numpy as np
import pandas as pd
import typer

from shiftcast.features.input_error import InputError
from shiftcast.features.volumes import Treatments
from shiftcast.forecast.beliefs import read_beliefs
from shiftcast.forecast.volume import Elasticity, own_priors
from shiftcast.pipelines.commands.series_engine import HERE, Engine, Master, path, spread_asked, wanted_places
from shiftcast.pipelines.commands.series_progress import errors, progress_bar
from shiftcast.pipelines.publish.fans import SHOWN
from shiftcast.pipelines.publish.volume_plot import Fan, fans, save_plot
from shiftcast.pipelines.records import RECORDS
from shiftcast.pipelines.series.files import read_series, series_writer
from shiftcast.pipelines.series.volumes import VolumeAnswer, VolumeQuestion, forecast_volumes
from shiftcast.pipelines.sources.beliefs import read_belief_rows
from shiftcast.pipelines.spread import Manifest
from shiftcast.pipelines.spread.volumes import spread_volumes

Write = Callable[[pd.DataFrame], None]

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
        What the fits have to say.
    fans
        The series to draw.
    """

    series: int
    treatments: Treatments
    weights: pd.DataFrame
    effects: pd.DataFrame
    won: dict[str, int]
    borrowed: dict[str, float]
    notes: tuple[str, ...]
    fans: dict[str, Fan]


def volume(
    file: Annotated[str, typer.Argument(help="CSV or Parquet: series,group,period_end,value and drivers.")],
    horizon: Annotated[int, typer.Option(min=1, help="Periods ahead, of each series' own frequency.")],
    frequency: Annotated[str | None, typer.Option(help="Such as h, D, W, ME or QE; found if left out.")] = None,
    output: Annotated[str | None, typer.Option(help="CSV or Parquet to write; standard output if left out.")] = None,
    weights: Annotated[str | None, typer.Option(help="CSV or Parquet of the member weights to write.")] = None,
    plot: Annotated[Path | None, typer.Option(help="Picture of history and fan to write.")] = None,
    drivers: Annotated[str, typer.Option(help="Columns that drive volume, separated by commas.")] = "",
    zone: Annotated[str | None, typer.Option(help="Zone of dates written without one; UTC if left out.")] = None,
    elasticity: Annotated[
        list[str] | None, typer.Option(help="Belief in a driver's effect, such as price=-0.5:0.3 (mean:sd).")
    ] = None,
    paths: Annotated[str | None, typer.Option(help="CSV or Parquet of joint draws to write.")] = None,
    draws: Annotated[int, typer.Option(min=1, help="Joint draws in --paths.")] = 200,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same bytes.")] = 0,
    record: Annotated[Path, typer.Option(help="Folder whose beliefs.csv the forecast starts from.")] = RECORDS,
    as_json: Annotated[bool, typer.Option("--json", help="Print the results as JSON.")] = False,
    engine: Engine = HERE,
    master: Master = None,
) -> None:
    """Forecast volumes: mean and quantiles by series, and which member won where."""
    named = tuple(name.strip() for name in drivers.split(",") if name.strip())
    beliefs = dict(as_elasticity(text) for text in elasticity or ())
    wanted = draws if paths is not None else 0
    priors = own_priors(read_beliefs(read_belief_rows(record)))
    question = VolumeQuestion(horizon, priors, frequency, named, zone, beliefs, wanted, seed)
    forecast: list[pd.DataFrame] = []
    if spread_asked(engine, master, {"--plot": plot}):
        outputs = wanted_places({"forecast": output, "weights": weights, "paths": paths})
        summary = summary_of(spread_volumes(file, question, outputs, master))
    else:
        with ExitStack() as opened:
            write = forecast.append if as_json and output is None else opened.enter_context(series_writer(path(output)))
            write_paths = opened.enter_context(series_writer(Path(paths))) if paths is not None else None
            try:
                summary = answer_file(Path(file), question, write, write_paths, drawn=SHOWN if plot is not None else 0)
            except InputError as problem:
                raise InputError(f"{file}: {problem}") from problem
        if weights is not None:
            with series_writer(Path(weights)) as write_weights:
                write_weights(summary.weights)
    if plot is not None:
        save_plot(summary.fans, plot, total=summary.series)
    if as_json:
        typer.echo(json.dumps(summary_json(summary, forecast), indent=1))
    else:
        tell(summary)


def summary_of(manifest: Manifest) -> VolumeSummary:
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
        notes=manifest.notes,
        fans={},
    )


def as_elasticity(text: str) -> tuple[str, Elasticity]:
    """Return a driver and the belief in its elasticity from text such as ``price=-0.5:0.3``.

    Parameters
    ----------
    text
        ``driver=mean:sd``.

    Returns
    -------
    tuple
        Name of the driver, and mean and standard deviation of its elasticity [1].

    Raises
    ------
    ValueError
        If it is not of that form.

    Examples
    --------
    >>> as_elasticity("price=-0.5:0.3")
    ('price', Elasticity(mean=-0.5, sd=0.3))
    """
    name, _, belief = text.partition("=")
    mean, _, sd = belief.partition(":")
    try:
        return name.strip(), Elasticity(float(mean), float(sd))
    except ValueError:
        raise InputError(f"--elasticity {text!r} is not of the form price=-0.5:0.3, driver=mean:sd") from None


def answer_file(
    file: Path, question: VolumeQuestion, write: Write, write_paths: Write | None = None, *, drawn: int = 0
) -> VolumeSummary:
    """Write the forecast of a file part by part, and return its summary.

    Parameters
    ----------
    file, question
        CSV or Parquet file, and the horizon and options asked for.
    write, write_paths
        Take the forecast's rows, and those of the joint draws that the question asks for.
    drawn
        Series to keep for a picture.

    Returns
    -------
    VolumeSummary
        Treatments, weights and notes of all parts.

    Raises
    ------
    ValueError
        If the file is missing or its rows are refused.
    """
    history = read_series(file, question.columns)
    total = history["series"].nunique() if "series" in history.columns else 0
    treatments, kept, shown, done = Treatments(), [], dict[str, Fan](), 0
    with progress_bar(total) as advance:
        for answers, treated in forecast_volumes(history, question):
            treatments += treated
            for answer in answers:
                write(answer.forecast)
                if write_paths is not None:
                    write_paths(answer.paths)
                done += len(answer.panel.series)
            shown |= fans(answers, drawn - len(shown))
            kept += [_beside(answer) for answer in answers]
            advance(done)
    return _joined(kept, done, treatments, shown)


def _beside(answer: VolumeAnswer) -> VolumeSummary:
    """Return what one panel has to say, without its rows."""
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
        notes=answer.notes,
        fans={},
    )


def _joined(kept: list[VolumeSummary], series: int, treatments: Treatments, shown: dict[str, Fan]) -> VolumeSummary:
    """Return the summaries of all panels as one."""
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
        notes=tuple(dict.fromkeys(note for each in kept for note in each.notes)),
        fans=shown,
    )


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
        "notes": list(summary.notes),
        "borrowed": summary.borrowed,
        "drivers": json.loads(summary.effects.to_json(orient="records")),
        "weights": json.loads(summary.weights.to_json(orient="records")),
    }
    if forecast:
        rows = pd.concat([frame.astype({"series": str, "statistic": str}) for frame in forecast], ignore_index=True)
        out["forecast"] = json.loads(rows.to_json(orient="records", date_format="iso", date_unit="s"))
    return out


def tell(summary: VolumeSummary) -> None:
    """Print treatments, the member that won where, and notes of the fit, to standard error.

    Parameters
    ----------
    summary
        The summary.
    """
    for line in summary.treatments.lines():
        errors.print(f"treated: {line}", highlight=False, markup=False)
    won = ", ".join(f"{name} for {count}" for name, count in summary.won.items())
    errors.print(f"what ships, of {summary.series} series: {won}", highlight=False, markup=False)
    for row in summary.effects.itertuples():
        errors.print(
            f"driver {row.driver} ({row.frequency}, part {row.part}): elasticity {row.mean:.2f} +- {row.sd:.2f}, "
            f"believed {row.prior_mean:.2f} +- {row.prior_sd:.2f} before the data; {AHEAD[row.known]}",
            highlight=False, markup=False,
        )  # fmt: skip
    for note in summary.notes:
        errors.print(f"note: {note}", highlight=False, markup=False)
