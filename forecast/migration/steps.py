"""Technique shares of requests from dated statements: the newest technique against the rest, then the next, nested.

A workload's techniques are ordered from old to new. The newest takes a share of all requests, the next newest a share
of what is left, and so on; each step is a share state, so shares stay on the simplex and zeros need no care. Few
statements speak of any step: an operator's own share reads the segment through an operator offset, package downloads
through a proxy offset, and dated judgements (evidence ``assumed``) through none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd
from scipy.special import expit

from shiftcast.features.arrays import Array
from shiftcast.features.frames import DataFrame, Observations
from shiftcast.features.series import empty_statements, proxy_statements, select
from shiftcast.forecast.beliefs import Beliefs
from shiftcast.forecast.draws import Sampling
from shiftcast.forecast.market.facts import Market
from shiftcast.forecast.statements.state import SharePrior, ShareState, fit_share_state, share_prior

_PROXY_SEGMENT: Final = "rest"  # packages from a public index say little about what hyperscalers run
_HELD: Final = 1e-3  # log spread that keeps a volatility as it was fitted
_STATEMENT: Final = ["period_start", "period_end", "value", "sd", "bound", "definition"]


@dataclass(frozen=True)
class TechniqueStep:
    """One nested step: the share of a technique among requests that no newer one serves.

    Attributes
    ----------
    workload, segment, technique
        What it is about.
    state
        The fitted state.
    evidence
        Definition to the number of statements read under it.
    """

    workload: str
    segment: str
    technique: str
    state: ShareState
    evidence: Mapping[str, int]


def fit_steps(
    observations: DataFrame[Observations],
    workload: str,
    techniques: tuple[str, ...],
    segment: str,
    quarters: pd.DatetimeIndex,
    *,
    market: Market,
    prior: SharePrior,
) -> tuple[TechniqueStep, ...]:
    """Fit every nested step of one workload in one segment, newest technique first.

    Parameters
    ----------
    observations
        Observation rows known at the origin.
    workload, segment
        Of the steps.
    techniques
        Oldest first; a workload with one technique has no steps.
    quarters
        Quarter ends to cover.
    market
        How kinds of statements are read, and which operators answer most requests of a segment.
    prior
        Beliefs about a step before any statement.

    Returns
    -------
    tuple of TechniqueStep
        Newest technique first; empty for a workload with one technique.
    """
    kinds, steps = market.techniques, []
    for position in range(len(techniques) - 1, 0, -1):
        statements = step_statements(observations, workload, techniques, position, segment, market=market)
        state = fit_share_state(
            statements, quarters, reference=kinds.reference, offset_sd=kinds.offset_sd, noise=kinds.noise, prior=prior
        )  # fmt: skip
        counts = statements["definition"].value_counts().sort_index()
        evidence = {str(name): int(count) for name, count in counts.items()}
        steps.append(TechniqueStep(workload, segment, techniques[position], state, evidence))
    return tuple(steps)


def step_statements(
    observations: DataFrame[Observations], workload: str, techniques: tuple[str, ...], position: int, segment: str, *,
    market: Market,
) -> pd.DataFrame:  # fmt: skip
    """Collect what speaks of one step: judgements, operators' own shares, and the download proxy.

    Figures recalled without a source are in the record and the report, and are not fitted.

    Parameters
    ----------
    observations
        Observation rows known at the origin.
    techniques, position
        Techniques of the workload, oldest first, and the place of the one the step is about.
    market
        Which definition is a judgement, and which operators answer most requests of a segment.

    Returns
    -------
    DataFrame
        ``period_start, period_end, value [share of requests], sd, bound, definition``, one row a statement.
    """
    technique, judged = techniques[position], market.techniques.reference
    rows = select(observations, measure="share", base="requests", workload=workload, technique=technique)
    rows = rows[rows["segment"].isin(["all", segment]) & (rows["confidence"] != "recalled")]
    parts = [rows[rows["definition"] == judged]]
    if segment != _PROXY_SEGMENT:
        large = market.operators.large.get((workload, segment), ())
        stated = rows[rows["definition"] != judged]
        kind = np.where(stated["operator"].isin(large), "large_operator", "operator")
        parts.append(stated.assign(definition=kind))
    else:
        downloads = select(observations, measure="downloads", workload=workload)
        parts.append(proxy_statements(downloads, (technique,), techniques[:position]))
    kept = [part[_STATEMENT] for part in parts if len(part)]
    return pd.concat(kept, ignore_index=True) if kept else empty_statements()


def effect_of_one_figure(
    observations: DataFrame[Observations],
    step: TechniqueStep,
    techniques: tuple[str, ...],
    day: pd.Timestamp,
    *,
    market: Market,
    beliefs: Beliefs,
) -> float:
    """Return how far a step's share moves if one operator states a figure above the one expected of it.

    Close to how far above it is, the share rests on little and one figure would settle it; close to 0, it would hardly
    count.

    Parameters
    ----------
    observations
        Observation rows known at the origin.
    step
        The step, as fitted to them.
    techniques
        Techniques of its workload, oldest first.
    day
        The day the figure is about, within the quarters of the state.
    market, beliefs
        As it was fitted with; ``one_figure.*`` say how far above the figure is, and how exact.

    Returns
    -------
    float
        Change of the median share [share].
    """
    statements = step_statements(
        observations, step.workload, techniques, techniques.index(step.technique), step.segment, market=market
    )
    cell = int(step.state.quarters.searchsorted(day))
    kind = "large_operator" if (step.workload, step.segment) in market.operators.large else "operator"
    expected = float(expit(step.state.smoothed_mean(kind)[cell]))
    above, sd, most = (beliefs[f"one_figure.{name}"] for name in ("above", "sd", "most"))
    stated = {"value": min(expected + above, most), "sd": sd, "bound": "=", "definition": kind}
    figure = pd.DataFrame([{"period_start": day, "period_end": day, **stated}])
    rows = pd.concat([part for part in (statements, figure) if len(part)], ignore_index=True)
    prior = share_prior(beliefs, "share.technique")
    fixed = replace(prior, volatility=step.state.volatility, volatility_sd_log=_HELD)
    kinds = market.techniques
    after = fit_share_state(
        rows, step.state.quarters, reference=kinds.reference, offset_sd=kinds.offset_sd, noise=kinds.noise, prior=fixed
    )  # fmt: skip
    return float(expit(after.smoothed_mean()[cell]) - expit(step.state.smoothed_mean()[cell]))


def draw_step_shares(steps: tuple[TechniqueStep, ...], techniques: tuple[str, ...], sampling: Sampling) -> Array:
    """Draw technique shares of requests from fitted steps.

    Parameters
    ----------
    steps
        Fitted steps, newest technique first.
    techniques
        Techniques of the workload, oldest first.
    sampling
        Draws and seed.

    Returns
    -------
    ndarray, shape (draws, quarters, techniques)
        Shares that sum to one, techniques oldest first.
    """
    taken = [
        step.state.simulate(
            sampling.draws, sampling.stream(f"technique.{step.workload}.{step.segment}.{step.technique}")
        )[0]
        for step in steps
    ]
    return nested_shares(taken, len(techniques))


def nested_shares(taken: list[Array], techniques: int) -> Array:
    """Turn shares of what is left, newest technique first, into shares of the whole, oldest first.

    Parameters
    ----------
    taken
        Share of each step of what the steps before left [share], newest first, shape (...) each.
    techniques
        Number of techniques.

    Returns
    -------
    ndarray, shape (..., techniques)
        Shares that sum to one.

    Examples
    --------
    >>> nested_shares([np.array([[0.5]]), np.array([[0.2]])], 3).tolist()
    [[[0.4, 0.1, 0.5]]]
    """
    left = np.ones_like(taken[0])
    shares = []
    for share in taken:
        shares.append(left * share)
        left = left * (1 - share)
    return np.stack([left, *reversed(shares)][:techniques], axis=-1)
