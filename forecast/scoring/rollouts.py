"""Scores of migration forecasts on the ledger: rolling origins, every operator left out of what is learned.

A series is the share of an operator's furthest surface in one class: nought before its first report, what is stated
after; a rollout without a share is read as the model reads it. Peers get the same statements, and their spread from the
errors that the same peer made on other operators in quarters before, some of which became known only later.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array
from shiftcast.features.asof import known_by
from shiftcast.features.frames import DataFrame, Observations, Rollouts
from shiftcast.features.series import empty_statements
from shiftcast.forecast.beliefs import Beliefs
from shiftcast.forecast.draws import stream
from shiftcast.forecast.rollouts.clock import number_of
from shiftcast.forecast.rollouts.courses import Course, Said, read_courses
from shiftcast.forecast.rollouts.habits import learn_habits
from shiftcast.forecast.rollouts.paths import draw_furthest, setting_of
from shiftcast.forecast.scoring.peers import PEERS, stated_share, told
from shiftcast.forecast.scoring.share_scores import level_of, score_share
from shiftcast.forecast.statements.state import SharePrior, fit_share_state, share_prior

HORIZONS: Final = (1, 2, 4, 8)  # quarters
MODEL: Final = "ledger"
_FULL: Final = 0.9  # share from which a surface stays where it is until it is said otherwise
_FOLDS: Final = 8
_EDGE: Final = 0.002
_SHOWN: Final = 20  # quarters before the origin that a share state covers


@dataclass(frozen=True)
class Study:
    """What all forecasts of a study rest on.

    Attributes
    ----------
    beliefs, prior
        Beliefs ``rollouts.*``, and those about a share state.
    draws, seed
        Of each forecast.
    past
        (Peer, horizon, level of its forecast) to the errors it made so far: operator, quarter they are about, error.
    """

    beliefs: Mapping[str, float]
    prior: SharePrior
    draws: int
    seed: int
    past: dict[tuple[str, int, int], list[tuple[str, float, float]]] = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """One share to forecast.

    Attributes
    ----------
    course
        As it was known at the origin.
    origin, horizon
        Where it is forecast from [quarter], and how far ahead [quarter].
    actual
        The share [share].
    """

    course: Course
    origin: float
    horizon: int
    actual: float


def actual_shares(course: Course, ends: Array, now: float) -> Array:
    """Return the shares of a course that are known, NaN elsewhere, shape (quarters,).

    Parameters
    ----------
    course
        By all that is known now.
    ends
        Ends of the quarters, shape (quarters,) [quarter].
    now
        End of what is known [quarter].

    Returns
    -------
    ndarray, shape (quarters,)
        Share [share]; nought before the start, straight between stated shares, and what is nearly all stays.

    Examples
    --------
    >>> full = Said(2.0, 1.0, 4.0, 1.0, "=", "full")
    >>> course = Course("one", "rest", "tail", "ads", "deep", (1.0, 2.0), furthest=(full,))
    >>> actual_shares(course, np.array([0.0, 1.0, 1.5, 2.0, 3.0]), 3.0).tolist()
    [0.0, 0.0, nan, 1.0, 1.0]
    """
    share = np.full(len(ends), np.nan)
    share[ends <= (now if course.start is None else course.start[0])] = 0.0
    if course.furthest and not course.before:
        at = np.array([each.at for each in course.furthest])
        level = np.maximum.accumulate([stated_share(each) for each in course.furthest])
        inside = (ends >= at[0]) & (ends <= (now if level[-1] >= _FULL else at[-1]))
        share[inside] = np.interp(ends[inside], at, level)
    share[ends > now] = np.nan
    return share


def score_rollouts(
    ledger: DataFrame[Rollouts], observations: DataFrame[Observations], techniques: Mapping[str, Sequence[str]],
    believed: Beliefs, *, origins: pd.DatetimeIndex, now: pd.Timestamp, draws: int, seed: int,
) -> pd.DataFrame:  # fmt: skip
    """Forecast every operator's series from rolling origins without what that operator teaches.

    Parameters
    ----------
    ledger, observations
        All rows.
    techniques
        Workload to its techniques, old to new.
    believed
        Beliefs of the record.
    origins, now
        Ends of quarters to forecast from, and the day by which actuals are known.
    draws, seed
        Of each forecast.

    Returns
    -------
    DataFrame
        One row a case and method: ``operator, workload, technique, origin, horizon, actual, begun, method, crps, log,
        pit``. Peers come twice: as a point, and ``+ spread`` with the errors made on others by then.
    """
    study = Study(believed.of("rollouts"), share_prior(believed, "share.technique"), draws, seed)
    today = float(number_of(pd.DatetimeIndex([now]))[0])
    final = {each.name: each for each in read_courses(known_by(ledger, now), observations, techniques, study.beliefs)}
    rows: list[dict[str, object]] = []
    for origin in origins:
        start = float(number_of(pd.DatetimeIndex([origin]))[0])
        known = known_by(observations, origin)
        courses = [
            each
            for each in read_courses(known_by(ledger, origin), known, techniques, study.beliefs)
            if each.name in final
        ]
        cases = list(_cases(courses, final, start, today))
        for fold in range(_FOLDS):
            held = [case for case in cases if fold_of(case.course.operator) == fold]
            if held:
                taught = [each for each in courses if fold_of(each.operator) != fold]
                rows += _forecast(held, taught, start, study)
    return pd.DataFrame(rows)


def summary(scored: pd.DataFrame) -> pd.DataFrame:
    """Return scores by method: ``method, cases, crps, ratio, log, covers`` against last value as a point.

    Parameters
    ----------
    scored
        From :func:`score_rollouts`.
    """
    grouped = scored.groupby("method", sort=False)
    covers = scored.assign(inside=scored["pit"].between(0.1, 0.9)).groupby("method", sort=False)["inside"].mean()
    table = grouped.agg(cases=("crps", "size"), crps=("crps", "mean"), log=("log", "mean")).assign(covers=covers)
    return table.assign(ratio=table["crps"] / table.loc["last value", "crps"]).reset_index()


def _cases(courses: Sequence[Course], final: Mapping[str, Course], start: float, today: float) -> Iterator[Case]:
    for course in courses:
        if final[course.name].before:
            continue
        steps = np.array(HORIZONS, dtype=np.float64)
        actual = actual_shares(final[course.name], start + steps, today)
        for step, share in zip(HORIZONS, actual, strict=True):
            if not np.isnan(share):
                yield Case(course, start, step, float(share))


def _forecast(cases: Sequence[Case], taught: Sequence[Course], start: float, study: Study) -> list[dict[str, object]]:
    """Return scored forecasts of the cases of one origin and fold."""
    draws, seed = study.draws, study.seed
    habits = learn_habits(taught, start, study.beliefs)
    setting = setting_of(habits, start + np.arange(1.0, max(HORIZONS) + 1.0), start, draws, seed)
    paths: dict[str, Array] = {}
    states: dict[str, Array] = {}
    rows: list[dict[str, object]] = []
    for case in cases:
        course = case.course
        if course.name not in paths:
            paths[course.name] = draw_furthest(course, setting)
            states[course.name] = _state(told(course), start, study)
        about = {
            "operator": course.operator, "workload": course.workload, "technique": course.technique,
            "origin": start, "horizon": case.horizon, "actual": case.actual, "begun": course.start is not None,
        }  # fmt: skip
        random = stream(seed, f"pit.{course.name}.{start}.{case.horizon}")
        rows.append(
            {**about, "method": MODEL, **score_share(paths[course.name][:, case.horizon - 1], case.actual, random)}
        )
        state = states[course.name][:, case.horizon - 1]
        rows.append({**about, "method": "share state", **score_share(state, case.actual, random)})
        for name, peer in PEERS.items():
            point = float(peer(told(course), np.array([float(case.horizon)]))[0])
            past = study.past.setdefault((name, case.horizon, level_of(point)), [])
            others = _others(past, case)
            past.append((course.operator, start + case.horizon, case.actual - point))
            rows.append({**about, "method": name, **score_share(np.full(1, point), case.actual, random)})
            spread = np.clip(point + others, 0.0, 1.0)
            rows.append({**about, "method": f"{name} + spread", **score_share(spread, case.actual, random)})
    return rows


def _state(told: Sequence[Said], start: float, study: Study) -> Array:
    """Draw the share state of an operator's own statements, as segments were modelled before the ledger."""
    ends = pd.DatetimeIndex([_day(start + step) for step in range(-_SHOWN, max(HORIZONS) + 1)])
    rows = pd.DataFrame(
        [
            {"period_start": _day(each.at), "period_end": _day(each.at), "value": each.share, "bound": "=",
             "sd": max(each.sd * each.share * (1 - each.share), _EDGE), "definition": "stated"}
            for each in told if each.at > start - _SHOWN
        ], columns=["period_start", "period_end", "value", "bound", "sd", "definition"],
    )  # fmt: skip
    state = fit_share_state(rows if len(rows) else empty_statements(), ends, reference="stated", prior=study.prior)
    share, _ = state.simulate(study.draws, stream(study.seed, f"state.{start}.{len(told)}"))
    return share[:, _SHOWN + 1 :]


def _day(moment: float) -> pd.Timestamp:
    """Return the end of the quarter that holds a moment."""
    return pd.Period(year=2000, quarter=1, freq="Q").end_time.normalize().tz_localize("UTC") + pd.offsets.QuarterEnd(
        int(np.ceil(moment - _EDGE)) - 1
    )


def _others(past: Sequence[tuple[str, float, float]], case: Case) -> Array:
    """Return the errors that a peer had made on other operators from a like level by the origin; nought if none."""
    found = [error for operator, about, error in past if operator != case.course.operator and about <= case.origin]
    return np.array([0.0, *found])


def fold_of(operator: str) -> int:
    """Return the fold in which an operator is left out."""
    return sum(operator.encode()) % _FOLDS
