"""Count the work of a request before it begins: what a question costs, and how much one request may ask for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from shiftcast.forecast.questions import KINDS, OUTPUTS
from shiftcast.pipelines.serving.limits import WorkLimits
from shiftcast.pipelines.serving.payload import PayloadError

LIGHT: Final = 0.05  # CPU seconds of a question that is not named below
SECONDS: Final[Mapping[str, float]] = {
    "impose": 24.0, "limits": 8.0, "relabel": 5.0, "regret": 5.0, "retire": 3.0, "learn_next": 2.5, "contract": 2.0,
    "audit": 2.0, "scenario": 1.0, "plan": 0.6, "latent": 0.6, "attribute": 0.3,
}  # fmt: skip
"""CPU seconds of one question on 2,000 draws: benchmarks/twenty.csv, rounded up."""

FLEET_SECONDS: Final = dict.fromkeys(("forecast", "when", "full", "choices", "budget", "events", "why"), 1.0)
"""The same of the model of a fleet, where some names mean other questions: those that draw its demand."""
_PROGRAMMES: Final = 100  # of a question that counts as above; more take as many times as long


def cost_of(questions: Sequence[Mapping[str, Any]], *, fleet: bool = False) -> float:
    """Return the CPU seconds that questions come to, reckoned by their kind and by how much each asks.

    Parameters
    ----------
    questions
        Fields of each question, each of its kind.
    fleet
        Whether they are of the model of a fleet.

    Returns
    -------
    float
        [s].

    Examples
    --------
    >>> cost_of([{"question": "impose"}, {"output": "limits"}, {"question": "claims"}])
    32.05
    >>> cost_of([{"question": "scenario", "scenarios": "power-40-gw,software-gain"}])
    2.0
    """
    seconds = FLEET_SECONDS if fleet else SECONDS
    return sum(seconds.get(_name(each), LIGHT) * _times(each) for each in questions)


def _name(question: Mapping[str, Any]) -> str:
    return str(question.get("question") or OUTPUTS.get(str(question.get("output")), ""))


def _times(question: Mapping[str, Any]) -> float:
    """Return how many times as much as the least of its kind a question asks for."""
    scenarios, programmes = question.get("scenarios"), question.get("programmes")
    each = 1 if scenarios is None else len(KINDS["scenarios"].read("scenarios", scenarios))
    return each * max(1.0, float(programmes or 0) / _PROGRAMMES)


def check_work(questions: Sequence[Mapping[str, Any]], limits: WorkLimits, *, fleet: bool = False) -> float:
    """Return what questions cost, if one request may ask for as much.

    Parameters
    ----------
    questions, limits
        Fields of each question, and the limits.
    fleet
        Whether they are of the model of a fleet.

    Returns
    -------
    float
        CPU seconds.

    Raises
    ------
    PayloadError
        With status 413, naming the dearest question and how many of it one request may hold.
    """
    cost = cost_of(questions, fleet=fleet)
    if cost > limits.work:
        dearest = max(questions, key=lambda each: cost_of([each], fleet=fleet))
        most = int(limits.work / cost_of([dearest], fleet=fleet))
        name = repr(str(dearest.get("question") or dearest.get("output"))[:40])
        raise PayloadError(
            f"{len(questions)} questions would take about {cost:,.0f} s of work, and a request may ask for "
            f"{limits.work:g}; " + (f"send at most {most} like {name} at once" if most else f"ask less of {name}"), 413,
        )  # fmt: skip
    return cost
