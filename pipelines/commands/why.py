"""`shiftcast why`: what makes two quarters of a forecast differ, or two forecasts of one quarter, news by news."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from shiftcast.features.calendars import quarter_label
from shiftcast.features.frames import ALL
from shiftcast.features.input_error import InputError
from shiftcast.forecast.effects.bridge import Version, bridge_answer
from shiftcast.forecast.effects.changes import Attributed, Side, attribute_answer, level_of
from shiftcast.forecast.views.answer import Answer
from shiftcast.forecast.views.attribution import BY
from shiftcast.forecast.views.part import forecast_periods, periods
from shiftcast.pipelines.commands.giving import AsJson, Places, Plot, check_places, give
from shiftcast.pipelines.commands.noted import Output
from shiftcast.pipelines.commands.options import Root
from shiftcast.pipelines.commands.run_progress import Progress
from shiftcast.pipelines.registry.bundle import Bundle
from shiftcast.pipelines.registry.mlflow_store import CHAMPION
from shiftcast.pipelines.registry.versions import changed_inputs, open_version


def why(
    start: Annotated[str | None, typer.Option(help="Quarter before, such as 2025Q2.")] = None,
    end: Annotated[str | None, typer.Option(help="Quarter after; the last forecast one if left out.")] = None,
    before: Annotated[str | None, typer.Option("--from", help="Alias or number of the forecast before.")] = None,
    after: Annotated[str, typer.Option("--to", help="Alias or number of the forecast after.")] = CHAMPION,
    measure: Annotated[
        str, typer.Option(help="Measure, such as gpu_hours or power, or hyperscale_share with --by leaf.")
    ] = "gpu_hours",
    segment: Annotated[str, typer.Option(help="hyperscale, rest, or all.")] = ALL,
    by: Annotated[str, typer.Option(help=f"One of {', '.join(BY)}.")] = "factor",
    news: Annotated[
        bool, typer.Option(help="Between two forecasts: draw the records in between, for what each piece of news does.")
    ] = True,
    output: Output = None,
    plot: Plot = None,
    as_json: AsJson = False,
    root: Root = None,
) -> None:
    """Say why a figure differs between two quarters of a forecast, or between two forecasts of one quarter."""
    if (start is None) == (before is None):
        raise InputError("give --start, to compare two quarters, or --from, to compare two forecasts, and not both")
    check_places(places := Places(output, plot, as_json=as_json))
    new = open_version(after, root=root)
    until = end or quarter_label(periods(new.cube)[forecast_periods(new.cube)][-1])
    asked = Attributed(start or until, until, measure=measure, segment=segment, by=by)
    if before is None:
        answer = attribute_answer(_side(new), _side(new), asked)
    else:
        answer = _between(open_version(before, root=root), new, asked, (f"{before}", f"{after}"), news=news)
    give(answer, str(new.cube.attrs["origin"]), places)


def _between(old: Bundle, new: Bundle, asked: Attributed, names: tuple[str, str], *, news: bool) -> Answer:
    """Return the difference of two forecasts by factor, and news by news where that is wanted."""
    called = (f"{asked.end} of forecast {names[0]}", f"{asked.end} of forecast {names[1]}")
    found = attribute_answer(_side(old), _side(new), asked, called)
    changed = tuple(changed_inputs(old, new))
    if not news:
        return replace(found, notes=(*found.notes, *changed))
    of, unit = f"{asked.measure} in {asked.end}", found.units["mean"]
    with Progress(shown=True) as progress:
        bridged = bridge_answer(
            _version(old), _version(new), lambda cube: level_of(cube, asked.end, asked), of=of, unit=unit,
            progress=progress.step,
        )  # fmt: skip
    return replace(
        found, says=f"{found.says} By news, {bridged.says}", notes=(*found.notes, *bridged.notes, *changed),
        more={"news by news, in the order in which they became known": bridged.table},
    )  # fmt: skip


def _side(bundle: Bundle) -> Side:
    forecaster = bundle.forecaster
    return forecaster.cube, forecaster.basis, forecaster.known


def _version(bundle: Bundle) -> Version:
    return Version(bundle.cube, bundle.known, bundle.summary.settings)
