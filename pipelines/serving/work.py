"""Count the work of a request before it begins: what a question costs, and how much one request may ask for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from shiftcast.forecast.questions import OUTPUTS
from shiftcast.pipelines.serving.limits import WorkLimits
from shiftcast.pipelines.serving.payload import PayloadError

LIGHT: Final = 0.05  # CPU seconds of a question that is not named below
SECONDS: Final[Mapping[str, float]] = {
    "impose": 24.0, "limits": 8.0, "relabel": 5.0, "regret": 5.0, "retire": 3.0, "learn_next": 2.5, "contract": 2.0,
    "audit": 2.0, "scenario": 1.0, "plan": 0.6, "latent": 0.6, "attribute": 0.3,
}  # fmt: skip
"""CPU seconds of one question on 2,000 draws: benchmarks/twenty.csv, rounded up."""


def cost_of(questions: Sequence[Mapping[str, Any]]) -> float:
    """Return the CPU seconds that questions come to, reckoned by their kind.

    Parameters
    ----------
    questions
        Fields of each question.

    Returns
    -------
    float
        [s].

    Examples
    --------
    >>> cost_of([{"question": "impose"}, {"output": "limits"}, {"question": "claims"}])
    32.05
    """
    kinds = (str(each.get("question") or OUTPUTS.get(str(each.get("output")), "")) for each in questions)
    return sum(SECONDS.get(kind, LIGHT) for kind in kinds)


def check_work(questions: Sequence[Mapping[str, Any]], limits: WorkLimits) -> float:
    """Return what questions cost, if one request may ask for as much.

    Parameters
    ----------
    questions, limits
        Fields of each question, and the limits.

    Returns
    -------
    float
        CPU seconds.

    Raises
    ------
    PayloadError
        With status 413, naming the dearest question and how many of it one request may hold.
    """
    cost = cost_of(questions)
    if cost > limits.work:
        dearest = max(questions, key=lambda each: cost_of([each]))
        each = cost_of([dearest])
        name = dearest.get("question") or dearest.get("output")
        raise PayloadError(
            f"{len(questions)} questions would take about {cost:,.0f} s of work, and a request may ask for "
            f"{limits.work:g}; send at most {max(1, int(limits.work / each))} like {str(name)[:40]!r} at once", 413,
        )  # fmt: skip
    return cost
