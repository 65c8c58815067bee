"""Assemble the stored bundle from a drawn world: published quantiles, tables, and a summary of the fits.

The bundle is made in two steps, so that a run which dies in its backtest need not draw again.
"""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import pandas as pd

from shiftcast.features.frames import DataFrame, Scores, empty
from shiftcast.forecast.capacity.cohorts import shipped_by_generation
from shiftcast.forecast.economics.basis import join_assumptions
from shiftcast.forecast.identity.world import World
from shiftcast.forecast.known import Known, Settings, hindsight
from shiftcast.forecast.migration.steps import effect_of_one_figure
from shiftcast.forecast.scoring.backtest import summarise
from shiftcast.forecast.views.part import forecast_frame
from shiftcast.forecast.views.scenario import with_gallery
from shiftcast.pipelines.job.chain import chain_of
from shiftcast.pipelines.registry.bundle import KNOWN, Bundle
from shiftcast.pipelines.registry.summary import (
    BacktestRow,
    GenerationFit,
    RevenueFit,
    SkillRow,
    SplitFit,
    Summary,
    TechniqueFit,
)
from shiftcast.pipelines.sources.public_record import Record
from shiftcast.pipelines.sources.scenario_files import shipped_scenarios

LEARNED_AT = pd.Timestamp("2026-11-29", tz="UTC")  # day of migration_learned.json


def assemble(world: World, known: Known, record: Record, *, digest: str, settings: Settings) -> Bundle:
    """Return the bundle of one forecast, not yet scored.

    Parameters
    ----------
    world
        The cube and the fitted terms.
    known, record
        The record as it was known, and as it was read.
    digest
        What the forecast depends on, as one SHA-256.
    settings
        Draws, seed and horizon.

    Returns
    -------
    Bundle
        Cube, tables, summary, share model and fleet; its table of scores is empty.
    """
    tables = {
        "forecasts": forecast_frame(world.cube, model="shiftcast"),
        "scores": empty(Scores),
        "quarantine": record.quarantine,
        **{name: getattr(known.history, name) for name in KNOWN},
        "registry": pd.DataFrame([asdict(task) for task in known.registry.tasks]),
        "capacity_assumptions": join_assumptions(known.assumptions, known.capacity),
    }
    summary = _summary(world, known, record, digest, settings)
    cube = with_gallery(world.cube, shipped_scenarios())
    return Bundle(cube, tables, summary, known.learned, shipped=shipped_by_generation(world))


def with_scores(bundle: Bundle, scores: DataFrame[Scores]) -> Bundle:
    """Return a bundle with its backtest: a scores frame, and its summary by horizon.

    Parameters
    ----------
    bundle
        As :func:`assemble` makes it.
    scores
        A scores frame.

    Returns
    -------
    Bundle
        A new bundle.
    """
    table = tuple(BacktestRow(**row) for row in json.loads(summarise(scores).to_json(orient="records")))
    return replace(bundle, tables={**bundle.tables, "scores": scores}, summary=replace(bundle.summary, backtest=table))


def _summary(world: World, known: Known, record: Record, digest: str, settings: Settings) -> Summary:
    """Return what the fitted terms say of themselves, for the report."""
    top, bottom, generations = world.top_down, world.bottom_up, world.generations
    fit = top.revenue.fit
    return Summary(
        digest=digest,
        origin=f"{known.origin:%Y-%m-%d}",
        settings=settings,
        files=dict(record.digests),
        quarantined=len(record.quarantine),
        revenue=RevenueFit(fit.member, dict(fit.weights), dict(fit.scores), tuple(fit.deviation.tolist())),
        split=SplitFit(top.sold.split.state.volatility, top.sold.split.state.statements),
        generations=_generations(world),
        filled=tuple(generations.filled),
        h100e_gap=None if pd.isna(top.machines.h100e_gap) else top.machines.h100e_gap,
        missing=dict(bottom.missing),
        throughput_evidence={task: tuple(each) for task, each in bottom.evidence.items()},
        techniques=_techniques(world, known),
        skill=tuple(SkillRow(**row) for row in json.loads(bottom.skill.to_json(orient="records"))),
        hindsight_assumptions=int((known.assumptions["known_at"] > known.origin).sum()),
        hindsight={**hindsight(known), "learned parameters": _learned(known)},
        chain=chain_of(world),
    )


def _generations(world: World) -> tuple[GenerationFit, ...]:
    each, prices = world.generations, world.top_down.machines.price.mean(axis=0)
    return tuple(
        GenerationFit(family, accelerator, float(price), float(kw))
        for family, accelerator, price, kw in zip(each.names, each.accelerators, prices, each.it_kw, strict=True)
    )


def _techniques(world: World, known: Known) -> tuple[TechniqueFit, ...]:
    return tuple(
        TechniqueFit(
            step.workload, step.segment, step.technique, dict(step.evidence), step.state.volatility,
            effect_of_one_figure(
                known.observations, step, known.registry.techniques(step.workload), known.origin, market=known.market,
                beliefs=known.beliefs,
            ),
        )
        for step in world.bottom_up.steps
    )  # fmt: skip


def _learned(known: Known) -> int:
    """Return how many numbers of the share model were learned after the origin."""
    learned = known.learned
    newcomers = sum(len(part.hazard) + sum(map(len, part.held)) for part in learned.newcomers.values())
    numbers = len(learned.weights) + len(learned.scale) + newcomers + 6
    return numbers if known.origin < LEARNED_AT else 0
