"""`shiftcast contract`: the forecast reconciled with a figure that is contracted and may not move."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from shiftcast.features.bounds import DRAWS
from shiftcast.features.frames import ALL, Forecasts, empty
from shiftcast.forecast.answers import Forecaster
from shiftcast.forecast.identity.world import build_world
from shiftcast.forecast.known import Settings
from shiftcast.forecast.views.contracted import BOUNDS, TOTALS
from shiftcast.forecast.views.part import MEASURES
from shiftcast.pipelines.commands.giving import AsJson, Places, Plot, check_places, give
from shiftcast.pipelines.commands.noted import Output
from shiftcast.pipelines.commands.split import known_at
from shiftcast.pipelines.records import RECORDS


def contract(
    measure: Annotated[str, typer.Argument(help=f"One of {', '.join(MEASURES)}.")],
    period: Annotated[str, typer.Option(help="Quarter such as 2027Q4; a year where quarters add up.")],
    value: Annotated[float, typer.Option(help="The contracted figure, in the unit of the measure.")],
    segment: Annotated[str, typer.Option(help="hyperscale, rest, or all.")] = ALL,
    leaf: Annotated[str, typer.Option(help="Such as sovereign.")] = ALL,
    workload: Annotated[str, typer.Option(help="Such as search.")] = ALL,
    technique: Annotated[str, typer.Option(help="Such as llm.")] = ALL,
    bound: Annotated[str, typer.Option(help=f"Whether it holds {', '.join(BOUNDS)}.")] = "exactly",
    total: Annotated[str, typer.Option(help=f"Whether the total of the period {' or is '.join(TOTALS)}.")] = "moves",
    as_of: Annotated[str | None, typer.Option(help="Day the record is seen from; today if left out.")] = None,
    draws: Annotated[int, typer.Option(min=100, max=DRAWS, help="Joint draws.")] = 2000,
    seed: Annotated[int, typer.Option(min=0, help="Seed of every random number.")] = 20260826,
    record: Annotated[Path, typer.Option(help="Folder of records.")] = RECORDS,
    sure: Annotated[bool, typer.Option(help="Insist on a figure far beyond the forecast.")] = False,
    output: Output = None,
    plot: Plot = None,
    as_json: AsJson = False,
) -> None:
    """Hold one figure of the forecast, such as capacity under contract, and move the rest to add up, draw by draw."""
    check_places(places := Places(output, plot, as_json=as_json))
    known, settings = known_at(as_of, record), Settings(draws=draws, seed=seed)
    cube = build_world(known, settings).cube
    forecaster = Forecaster(cube, empty(Forecasts), known.claims, known, settings)
    answer = forecaster.answer({
        "question": "contract", "measure": measure, "period": period, "value": value, "segment": segment, "leaf": leaf,
        "workload": workload, "technique": technique, "bound": bound, "total": total, "sure": sure,
    })  # fmt: skip
    give(answer, known.origin, places)
