"""Answers kept with a forecast, to a question of each kind, so that an upgrade cannot change them unnoticed.

When another version of shiftcast or of the libraries behind its numbers opens the forecast, the same questions are
asked again. The versions that made it ask nothing.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from shiftcast.forecast.answers import Forecaster
from shiftcast.pipelines.registry.bundle import Bundle
from shiftcast.pipelines.registry.maker import Maker, present_maker
from shiftcast.pipelines.state.root import StoreError

_DRAWS: Final = 100  # of questions that draw the whole forecast again
_RELATIVE, _ABSOLUTE = 1e-9, 1e-12  # another processor differs in the last bits, which is no change of an answer


class ChangedAnswerError(StoreError):
    """A forecast that this version answers otherwise than the one that made it; it says which to install."""


def sealed(bundle: Bundle) -> Bundle:
    """Return a bundle that names the versions that make it, and keeps their answer to a question of each kind.

    Parameters
    ----------
    bundle
        A scored forecast.

    Returns
    -------
    Bundle
        A new bundle with ``made_by`` and answers.
    """
    forecaster = _sparing(bundle)
    answers = tuple({"question": each, "rows": _rows(forecaster, each)} for each in questions(bundle))
    return replace(bundle, summary=replace(bundle.summary, made_by=present_maker()), answers=answers)


def unchanged(bundle: Bundle) -> Bundle:
    """Return a bundle whose answers are still those of the version that made it.

    Forecasts registered before 0.2.0 kept none and pass.

    Parameters
    ----------
    bundle
        A forecast as read.

    Returns
    -------
    Bundle
        The same object.

    Raises
    ------
    ChangedAnswerError
        Naming the question, the version that made the forecast, and the `pip install` that brings it back.
    """
    made_by, present = bundle.summary.made_by, present_maker()
    if made_by is None or made_by == present:
        return bundle
    forecaster = _sparing(bundle)
    for kept in bundle.answers:
        if not alike(_rows(forecaster, kept["question"]), kept["rows"]):
            raise ChangedAnswerError(changed(kept["question"]["question"], made_by, "shiftcast run"))
    return bundle


def questions(bundle: Bundle) -> list[dict[str, Any]]:
    """Return a question of each kind (:data:`forecast.questions.QUESTIONS`) that a forecast can be asked.

    Parameters
    ----------
    bundle
        The forecast.

    Returns
    -------
    list of dict
        Question and its fields.
    """
    tasks, summary = bundle.tables["registry"], bundle.summary
    workload, last = str(tasks["workload"].iloc[0]), summary.settings.through
    newest = str(tasks.loc[tasks["workload"] == workload, "technique"].iloc[-1])
    share = {"technique": newest, "of": workload, "base": "gpu_hours", "segment": "hyperscale"}
    split = {"base": "revenue", "definition": str(bundle.cube.attrs["definition"])}
    asked: dict[str, dict[str, Any]] = {
        "forecast": {"measure": "power"},
        "quantiles": {"measure": "accelerators", "segment": "rest"},
        "draws": {"measure": "gpu_hours", "draws": 3},
        "share": share, "when": share, "split": split,
        "attribute": {"start": str(bundle.cube.attrs["first_forecast"]), "end": last},
        "claims": {}, "placement": {}, "techniques": {}, "concentration": {},
        "impose": {"mode": "fixed", "share": 0.5, **split},
        "relabel": {"firm": _first(bundle, "memberships", "firm"), "to": "rest"},
        "check": {"claim": _first(bundle, "claims", "claim")},
        "contract": {"measure": "spending", "period": last, "value": 1e11},
        "learn_next": {"by": last}, "rank": {"by": last}, "latent": {}, "newcomer": {},
        "plan": {"by": last, "risk": 0.05}, "limits": {"by": last, "programmes": 20}, "ceilings": {},
        "site": {"mw": 40.0}, "cost": {},
        "retire": {"generation": summary.generations[1].family},  # the first may not be sold any more
        "scenario": {"scenarios": ["all*0.9"]}, "regret": {"scenarios": ["all*0.9"], "by": last, "risk": 0.1},
        "audit": {"measure": "power", "period": last},
    }  # fmt: skip
    return [{"question": name, **fields} for name, fields in asked.items()]


def _first(bundle: Bundle, table: str, column: str) -> str:
    """Return the first name in a column of a table, or one that no record has."""
    names = bundle.tables[table][column]
    return str(names.iloc[0]) if len(names) else "none"


def _sparing(bundle: Bundle) -> Forecaster:
    """Return the forecaster, set to redraw no more than is needed to tell two versions apart."""
    settings = bundle.summary.settings
    return replace(bundle.forecaster, settings=replace(settings, draws=min(settings.draws, _DRAWS)))


def _rows(forecaster: Forecaster, question: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """Return an answer as it comes back from JSON, or nothing where the question is refused."""
    try:
        rows: list[dict[str, Any]] = json.loads(json.dumps(forecaster.rows(question)))
    except ValueError:
        return None
    return rows


def alike(now: Any, then: Any) -> bool:
    """Return whether two answers are the same, but for the last bits of their numbers.

    Parameters
    ----------
    now, then
        Plain values, as JSON gives them back.

    Returns
    -------
    bool

    Examples
    --------
    >>> alike([{"gpus": 0.1 + 0.2}], [{"gpus": 0.3}]), alike([1], [1.0])
    (True, False)
    """
    if isinstance(now, float) and isinstance(then, float):
        return math.isclose(now, then, rel_tol=_RELATIVE, abs_tol=_ABSOLUTE)
    if isinstance(now, list) and isinstance(then, list):
        return len(now) == len(then) and all(map(alike, now, then))
    if isinstance(now, dict) and isinstance(then, dict):
        return now.keys() == then.keys() and all(alike(now[name], then[name]) for name in now)
    return type(now) is type(then) and bool(now == then)


def changed(question: str, made_by: Maker, anew: str) -> str:
    """Return what is said where an answer is not what it was.

    Parameters
    ----------
    question
        Its name.
    made_by
        Versions that made the forecast.
    anew
        Command that registers one anew.

    Returns
    -------
    str
        With the checkout and the libraries that bring the answer back.
    """
    mine = present_maker()
    ways = [f"the checkout of shiftcast {made_by.shiftcast}"] if made_by.shiftcast != mine.shiftcast else []
    wanted = [each for each in made_by.requirements if each not in mine.requirements]
    ways += [f"`pip install {' '.join(wanted)}`"] if wanted else []
    return (
        f"the forecast was made by shiftcast {made_by.shiftcast}, and {question!r} is answered otherwise now; "
        f"registered answers do not change: open it with {' and '.join(ways) or 'what made it'}, "
        f"or register anew with `{anew}`"
    )
