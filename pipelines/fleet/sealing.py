"""Answers kept with a fleet's forecast, to a question of each kind, so that an upgrade cannot change them unnoticed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from shiftcast.features.labels import UNLABELLED
from shiftcast.forecast.fleet.asking import ask
from shiftcast.forecast.fleet.planner import Planner
from shiftcast.forecast.fleet.trial import whole_months
from shiftcast.forecast.telling.form import plain_answer
from shiftcast.pipelines.fleet.bundle import FleetBundle
from shiftcast.pipelines.registry.answers import ChangedAnswerError, alike, changed
from shiftcast.pipelines.registry.maker import present_maker


def sealed_fleet(bundle: FleetBundle) -> FleetBundle:
    """Return a bundle that names the versions that make it, and keeps their answer to a question of each kind.

    Parameters
    ----------
    bundle
        A forecast that has been drawn.

    Returns
    -------
    FleetBundle
        A new bundle with ``made_by`` and answers.
    """
    answers = tuple({"question": each, "rows": _rows(bundle.planner, each)} for each in questions(bundle.planner))
    return replace(bundle, made_by=present_maker(), answers=answers)


def unchanged_fleet(bundle: FleetBundle) -> FleetBundle:
    """Return a bundle whose answers are still those of the version that made it.

    Forecasts registered before answers were kept pass, and the versions that made one ask nothing.

    Parameters
    ----------
    bundle
        A forecast as read.

    Returns
    -------
    FleetBundle
        The same object.

    Raises
    ------
    ChangedAnswerError
        Naming the question, the version that made the forecast, and the `pip install` that brings it back.
    """
    made_by = bundle.made_by
    if made_by is None or made_by == present_maker():
        return bundle
    for kept in bundle.answers:
        if not alike(_rows(bundle.planner, kept["question"]), kept["rows"]):
            anew = f"shiftcast fleet {bundle.planner.fleet.name} retrain"
            raise ChangedAnswerError(changed(kept["question"]["question"], made_by, anew))
    return bundle


def questions(planner: Planner) -> list[dict[str, Any]]:
    """Return a question of each kind, of the demand that is drawn anyway.

    Parameters
    ----------
    planner
        The fleet.

    Returns
    -------
    list of dict
        Question and its fields.
    """
    asked: dict[str, dict[str, Any]] = {
        "describe": {}, "forecast": {}, "full": {}, "choices": {}, "latent": {}, "events": {},
        "budget": {"amount": 1e6, "year": planner.basis.origin.year + 1},
    }  # fmt: skip
    months = [f"{month:%Y-%m}" for month in whole_months(planner.usage).index]
    if len(months) > 1:
        asked["why"] = {"before": months[-2], "after": months[-1]}
    known = planner.usage[~planner.usage["technique"].isin(["all", UNLABELLED])]
    if len(known):
        asked["when"] = {"technique": str(known["technique"].iloc[0]), "of": str(known["workload"].iloc[0])}
    return [{"question": name, **fields} for name, fields in asked.items()]


def _rows(planner: Planner, question: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """Return an answer's rows as they come back from JSON, or nothing where the question is refused."""
    try:
        rows: list[dict[str, Any]] = json.loads(json.dumps(plain_answer(ask(planner, question))["rows"]))
    except ValueError:
        return None
    return rows
