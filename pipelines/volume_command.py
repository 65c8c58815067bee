"""`shiftcast volume`: histories of requests, tokens, jobs or hours in, means and quantiles of their future out."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer

from features.volumes import Treatments
from pipelines.fans import SHOWN
from pipelines.series_files import read_series, series_writer
from pipelines.series_progress import errors, progress_bar
from pipelines.volume_job import VolumeQuestion, forecast_volumes
from pipelines.volume_plot import Fan, fans, save_plot


@dataclass(frozen=True)
class VolumeSummary:
    """What is said beside a forecast: counts of series and treatments, weights, notes, and what is drawn."""

    series: int
    treatments: Treatments
    weights: pd.DataFrame
    notes: tuple[str, ...]
    fans: dict[str, Fan]

    @property
    def won(self) -> dict[str, int]:
        """How many groups (series, where weights are theirs) each member has the largest weight in."""
        place = [name for name in ("part", "frequency", "group", "series") if name in self.weights]
        best = self.weights.sort_values("weight", kind="stable").drop_duplicates(place, keep="last")
        return {str(name): int(count) for name, count in best.member.value_counts(sort=True).items()}


def volume(
    file: Annotated[Path, typer.Argument(help="CSV or Parquet: series,group,period_end,value and drivers.")],
    horizon: Annotated[int, typer.Option(min=1, help="Periods ahead, of each series' own frequency.")],
    frequency: Annotated[str | None, typer.Option(help="Such as h, D, W, ME or QE; found if left out.")] = None,
    output: Annotated[Path | None, typer.Option(help="CSV or Parquet to write; standard output if left out.")] = None,
    weights: Annotated[Path | None, typer.Option(help="CSV or Parquet of the member weights to write.")] = None,
    plot: Annotated[Path | None, typer.Option(help="Picture of history and fan to write.")] = None,
    drivers: Annotated[str, typer.Option(help="Columns that drive volume, separated by commas.")] = "",
    zone: Annotated[str | None, typer.Option(help="Zone of dates written without one; UTC if left out.")] = None,
    draws: Annotated[int, typer.Option(min=1, help="Joint draws.")] = 1000,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same bytes.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the results as JSON.")] = False,
) -> None:
    """Forecast volumes: mean and quantiles by series, and which member won where."""
    named = tuple(name.strip() for name in drivers.split(",") if name.strip())
    question = VolumeQuestion(horizon, frequency, named, zone, draws, seed)
    held: list[pd.DataFrame] = []
    with ExitStack() as opened:
        write = held.append if as_json and output is None else opened.enter_context(series_writer(output))
        try:
            summary = answer_file(file, question, write, drawn=SHOWN if plot is not None else 0)
        except ValueError as problem:
            raise ValueError(f"{file}: {problem}") from problem
    if weights is not None:
        with series_writer(weights) as write_weights:
            write_weights(summary.weights)
    if plot is not None:
        save_plot(summary.fans, plot, total=summary.series)
    if as_json:
        typer.echo(json.dumps(summary_json(summary, held), indent=1))
    else:
        tell(summary)


def answer_file(
    file: Path, question: VolumeQuestion, write: Callable[[pd.DataFrame], None], *, drawn: int = 0
) -> VolumeSummary:
    """Write the forecast of a file part by part, and return what is said beside it.

    Parameters
    ----------
    drawn
        Series to keep for a picture.

    Raises
    ------
    ValueError
        If the file is missing or its rows are refused.
    """
    history = read_series(file, question.columns)
    total = history["series"].nunique() if "series" in history.columns else 0
    said, weights, shown, done = Treatments(), [], dict[str, Fan](), 0
    notes: dict[str, None] = {}
    with progress_bar(total) as advance:
        for answers, treated in forecast_volumes(history, question):
            said += treated
            for answer in answers:
                write(answer.forecast)
                done += len(answer.panel.series)
            shown |= fans(answers, drawn - len(shown))
            weights += [answer.weights for answer in answers]
            notes |= dict.fromkeys(note for answer in answers for note in answer.notes)
            advance(done)
    return VolumeSummary(done, said, pd.concat(weights, ignore_index=True), tuple(notes), shown)


def summary_json(summary: VolumeSummary, forecast: list[pd.DataFrame]) -> dict[str, Any]:
    """Return the summary, and the forecast where it was not written to a file, as JSON takes them."""
    out = {
        "series": summary.series,
        "treatments": dict(summary.treatments.counts),
        "won": summary.won,
        "notes": list(summary.notes),
        "weights": json.loads(summary.weights.to_json(orient="records")),
    }
    if forecast:
        rows = pd.concat([frame.astype({"series": str, "statistic": str}) for frame in forecast], ignore_index=True)
        out["forecast"] = json.loads(rows.to_json(orient="records", date_format="iso", date_unit="s"))
    return out


def tell(summary: VolumeSummary) -> None:
    """Print what was treated, which member won where, and what the fit notes, to standard error."""
    for line in summary.treatments.lines():
        errors.print(f"treated: {line}", highlight=False, markup=False)
    won = summary.won
    places = "groups" if "group" in summary.weights else "series"
    told = ", ".join(f"{name} in {count}" for name, count in won.items())
    errors.print(f"largest weight, of {sum(won.values())} {places}: {told}", highlight=False, markup=False)
    for note in summary.notes:
        errors.print(f"note: {note}", highlight=False, markup=False)
