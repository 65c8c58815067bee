"""Count the work of a request before it begins: what a question costs, and how much one request may ask for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from shiftcast.forecast.fleet.grain import last_moment
from shiftcast.forecast.questions import KINDS, OUTPUTS
from shiftcast.pipelines.serving.limits import WorkLimits
from shiftcast.pipelines.serving.payload import PayloadError

LIGHT: Final = 0.05  # CPU seconds of a question that is not named below
SECONDS: Final[Mapping[str, float]] = {
    "impose": 12.0, "retire": 4.0, "learn_next": 4.0, "limits": 2.0, "relabel": 2.0, "contract": 1.2, "audit": 1.2,
    "scenario": 1.0, "plan": 0.9, "techniques": 0.9, "latent": 0.7, "ceilings": 0.5, "regret": 0.5, "attribute": 0.3,
    "claims": 0.25, "cost": 0.25, "site": 0.25, "draws": 0.2, "rank": 0.2, "placement": 0.15, "when": 0.1,
}  # fmt: skip
"""CPU seconds of one question on 2,000 draws, by benchmarks/serving_work.csv: of light ones those of a question asked
again, and the first of a model takes up to 0.2 more; of those that make draws for all later ones the first's."""

FURTHER: Final[Mapping[str, float]] = {"impose": 0.25}
"""The same of each further question of a request, of a kind whose first makes the draws that they all take."""
PUBLISHED: Final = 0.0005  # CPU seconds of published quantiles as rows, which are looked up: benchmarks/serving.py
_LOOKED_UP: Final = frozenset({
    "question", "output", "measure", "segment", "leaf", "workload", "technique", "horizon", "mode", "definition",
    "as_of",
})  # fmt: skip
"""Fields of such a question; another asks for draws, for parts or for a whole answer."""
PRIOR: Final = 9.0  # CPU seconds more of a share imposed as a prior, for which the forecast is drawn anew every time

FLEET_SECONDS: Final[Mapping[str, float]] = {
    "forecast": 2.5, "full": 2.5, "choices": 2.5, "events": 2.5, "when": 2.0, "budget": 2.0, "describe": 0.4,
    "why": 0.15, "latent": 0.1,
}  # fmt: skip
"""The same of the model of a fleet of 200 workloads, where some names mean other questions; through the next year."""
_YEARS: Final = 2  # that end with the next: questions further ahead take as many times as long
REDRAWN: Final = 0.4  # CPU seconds more of one that names a scenario, of a kind that answers from draws at hand
_FROM_DRAWS: Final = frozenset({"quantiles", "draws", "share", "when"})
_MANY: Final = 1e9  # programmes or years, of which no request may ask for as many
_PROGRAMMES: Final = 100  # of a question that counts as above; more take as many times as long


def cost_of(questions: Sequence[Mapping[str, Any]], *, fleet: int | None = None) -> float:
    """Return the CPU seconds that questions come to, reckoned by their kind and by how much each asks.

    Parameters
    ----------
    questions
        Fields of each question, each of its kind.
    fleet
        Year in which the model of a fleet is asked; ``None`` where it is not that of a fleet.

    Returns
    -------
    float
        [s].

    Examples
    --------
    >>> cost_of([{"question": "impose"}, {"output": "limits"}, {"question": "check"}])
    14.05
    >>> cost_of([{"question": "quantiles", "measure": "power"}, {"question": "quantiles", "quantiles": [0.3]}])
    0.0505
    >>> cost_of([{"question": "impose"}, {"question": "impose", "mode": "prior"}])
    21.25
    >>> cost_of([{"question": "scenario", "scenarios": "power-40-gw,software-gain"}])
    2.0
    >>> cost_of([{"question": "forecast", "through": "2035Q4"}], fleet=2026)
    12.5
    """
    if fleet is not None:
        return sum(FLEET_SECONDS.get(_name(each), LIGHT) * _ahead(each, fleet) for each in questions)
    met: set[str] = set()
    cost = 0.0
    for each in questions:
        name = _name(each)
        seconds = FURTHER[name] if name in met and name in FURTHER else SECONDS.get(name, LIGHT)
        cost += PUBLISHED if _is_looked_up(each) else seconds * _times(each) + _redrawn(each)
        met.add(name)
    return cost


def _is_looked_up(question: Mapping[str, Any]) -> bool:
    given = {name for name, value in question.items() if value is not None}
    return _name(question) == "quantiles" and given <= _LOOKED_UP


def _name(question: Mapping[str, Any]) -> str:
    return str(question.get("question") or OUTPUTS.get(str(question.get("output")), ""))


def _redrawn(question: Mapping[str, Any]) -> float:
    """Return what a scenario adds to a question that the forecast as it is answers at once, and a prior to a split."""
    if _name(question) == "impose":
        return PRIOR if question.get("mode") == "prior" else 0.0
    return REDRAWN if _name(question) in _FROM_DRAWS and question.get("scenario", "base") not in (None, "base") else 0.0


def _times(question: Mapping[str, Any]) -> float:
    """Return how many times as much as the least of its kind a question asks for; once of what the model refuses."""
    scenarios, programmes = question.get("scenarios"), question.get("programmes")
    try:
        each = 1 if scenarios is None else len(KINDS["scenarios"].read("scenarios", scenarios))
    except ValueError:
        return 1.0
    return each * max(1.0, min(programmes, _MANY) / _PROGRAMMES if isinstance(programmes, int | float) else 0.0)


def _ahead(question: Mapping[str, Any], now: int) -> float:
    """Return how many times as far as the end of the next year a question of a fleet looks, once at least."""
    asked = [question[name] for name in ("through", "year") if question.get(name) is not None]
    return max([1.0, *((_year(each) - now + 1) / _YEARS for each in asked)])


def _year(asked: object) -> float:
    """Return the year of a last day or of a budget, read as the model reads it; nought of what it refuses."""
    if isinstance(asked, float | int):
        return float(min(asked, _MANY))
    try:
        return float(last_moment(str(asked)).year)
    except (ValueError, OverflowError):  # the model refuses it, which costs nothing
        return 0.0


def check_work(questions: Sequence[Mapping[str, Any]], limits: WorkLimits, *, fleet: int | None = None) -> float:
    """Return what questions cost, if one request may ask for as much.

    Parameters
    ----------
    questions, limits
        Fields of each question, and the limits.
    fleet
        Year in which the model of a fleet is asked, if it is one.

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
        most = _most(dearest, limits, fleet)
        name = repr(str(dearest.get("question") or dearest.get("output"))[:40])
        many = "the question" if len(questions) == 1 else f"{len(questions)} questions"
        raise PayloadError(
            f"{many} would take about {cost:,.0f} s of work, and a request may ask for "
            f"{limits.work:g}; " + (f"send at most {most} like {name} at once" if most else f"ask less of {name}"), 413,
        )  # fmt: skip
    return cost


def _most(question: Mapping[str, Any], limits: WorkLimits, fleet: int | None) -> int:
    """Return how many questions like one a request may hold."""
    one, two = (cost_of([question] * many, fleet=fleet) for many in (1, 2))
    return 0 if one > limits.work else 1 + int((limits.work - one) / (two - one))
