"""History teaches what is constant within a draw: all past quarters and fleet anchors at once, by ensemble smoothing.

By quarter, hours from below and the unseen share have to make hours from above; by leaf, their parts have to agree.
Each holds up to a stated discrepancy of the model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final

import numpy as np
import pandas as pd
from scipy.linalg import block_diag

from shiftcast.features.arrays import Array
from shiftcast.features.calendars import quarter_label
from shiftcast.features.frames import DataFrame, empty
from shiftcast.features.input_error import InputError
from shiftcast.features.series import select
from shiftcast.forecast.draws import Sampling, sample_assumptions
from shiftcast.forecast.identity.anchors import ANCHOR, Anchor, Drawn, find_anchors, predict_anchors
from shiftcast.forecast.identity.bottomup import draw_bottom_up
from shiftcast.forecast.identity.fit import WorldFit
from shiftcast.forecast.identity.machines import draw_machines
from shiftcast.forecast.identity.smoother import Data, Step, assimilate
from shiftcast.forecast.identity.sold import Sold
from shiftcast.forecast.identity.topdown import as_sold
from shiftcast.forecast.known import RULES, Frames
from shiftcast.forecast.leaves import SOLD_LEAVES
from shiftcast.forecast.migration.carry import Carried
from shiftcast.forecast.once import once
from shiftcast.forecast.statements.conditioning import effective

STEPS: Final = 3
WINDOW: Final = 12  # most quarters of history that are compared
RECENT: Final = 4  # quarters over which leaves are compared
_NOT_LEARNED: Final = (
    "leaf_share.", "vendor_spend.", "procurement.", "price.h100e_sd", "funding.", "guidance.", "ledger.",
)  # fmt: skip
_RUNS_AND_MACHINES: Final = ("training_work", "h100e")  # measures heard beside those of anchors
_TAUGHT_BY: Final = frozenset(
    {"observations", "assumptions", "belief_rows", "traffic", "definitions", "operators", "chips"}
)  # frames of the record
_TINY: Final = 1e-9
_FARTHEST: Final = 4.0  # standard deviations from its median that a draw of an assumption may lie
_SHOWN: Final = (0.1, 0.5, 0.9)
_PARAMETER: Final = ("name", "prior_low", "prior_mid", "prior_high", "low", "mid", "high", "narrowed", "by")
_EVIDENCE: Final = ("name", "observed", "sd", "prior_low", "prior_mid", "prior_high", "low", "mid", "high")


@dataclass(frozen=True)
class Taught:
    """Assumptions after history was heard.

    Attributes
    ----------
    sampling
        With conditioned assumptions.
    moved
        Name of a learned assumption to its draws as standard normals were before, shape (draws,)
        (:func:`forecast.draws.sample_assumptions`).
    parameters
        One row a learned assumption: ``name, prior_low, prior_mid, prior_high, low, mid, high`` in its own unit,
        ``narrowed`` (standard deviation over that before, on its scale) and ``by`` (the evidence that moved it most).
    evidence
        One row a datum: ``name, observed, sd`` and quantiles of its prediction before and after, all on log scale.
    ess
        Share of the draws that plain weighting by the same evidence would have kept effective; the smoother keeps all.
    """

    sampling: Sampling
    moved: Mapping[str, Array]
    parameters: pd.DataFrame
    evidence: pd.DataFrame
    ess: float


def learn_from_history(fit: WorldFit, sold: Sold, carried: Carried, sampling: Sampling) -> Taught:
    """Condition assumptions on all past quarters and anchors.

    Parameters
    ----------
    fit
        What was fitted at the origin.
    sold, carried
        Drawn revenue and technique shares, which no assumption moves.
    sampling
        Draws, seed and assumptions as they were believed.

    Returns
    -------
    Taught
        Sampling of the same draws with conditioned assumptions, and what moved them.
    """
    return _learned(*_heard(fit, sold), carried, sampling)


def _heard(fit: WorldFit, sold: Sold) -> tuple[WorldFit, Sold]:
    """Return a fit, and what is sold, with no more than history is taught by: other news change nothing it learns."""
    known = fit.known
    measures = {name.split(".")[1] for name in known.beliefs if name.startswith(ANCHOR)}
    blank = _blank()
    rows = select(known.observations, measure=(*_RUNS_AND_MACHINES, *sorted(measures)))
    other = {name: rows for name, rows in blank.items() if name not in _TAUGHT_BY}
    nothing = Frames(**blank, registry=known.registry, learned=known.learned)
    own = replace(known, **{**other, "observations": rows}, history=nothing)
    top = replace(fit.top_down, known=own, revenue=replace(fit.top_down.revenue, buyers=None))
    paid = replace(sold, revenue=replace(sold.revenue, fundable=np.empty(0)))  # what buyers can pay bounds no past
    return WorldFit(own, top, replace(fit.bottom_up, known=own)), paid


@cache
def _blank() -> dict[str, DataFrame[Any]]:
    """Return every frame of a record without rows."""
    return {name: empty(rule.frame) for name, rule in RULES.items()}


@once
def _learned(fit: WorldFit, sold: Sold, carried: Carried, sampling: Sampling) -> Taught:
    past = _Past(fit, sold, carried, sampling)
    if not len(past.quarters):
        return Taught(sampling, {}, pd.DataFrame(columns=_PARAMETER), pd.DataFrame(columns=_EVIDENCE), 1.0)
    rows = fit.known.assumptions
    names = sorted(
        str(row.name) for row in rows.itertuples(index=False)
        if row.low < row.high and not str(row.name).startswith(_NOT_LEARNED)
    )  # fmt: skip
    own = {str(name): sampling.normals(str(name)) for name in rows["name"]}
    before = np.stack([own[name] for name in names], axis=-1)

    def normals_of(z: Array) -> dict[str, Array]:
        kept = np.clip(z, -_FARTHEST, _FARTHEST).astype(np.float32).astype(np.float64)  # as a bundle stores them
        return dict(zip(names, kept.T, strict=True))

    def sampled(z: Array) -> Sampling:
        moved = own | normals_of(z)
        assumed = sample_assumptions(rows, draws=sampling.draws, seed=sampling.seed, moved=moved)
        return replace(sampling, assumed=assumed)

    after, steps = assimilate(
        before, lambda z: past.predict(sampled(z)), past.data, sampling.stream("history"), steps=STEPS
    )
    taught = sampled(after)
    predicted = steps[0].predicted, past.predict(taught)
    table = _parameters(names, (sampling, taught), (before, after), _moved_by(past.names, steps))
    evidence, ess = _evidence(past.names, past.data, *predicted), _weighted(predicted[0], past.data)
    return Taught(taught, normals_of(after), table, evidence, ess)


class _Past:
    """The data of history, and how a sampling predicts them."""

    def __init__(self, fit: WorldFit, sold: Sold, carried: Carried, sampling: Sampling) -> None:
        self.fit, self.sold, self.carried = fit, sold, carried
        self.over = _window(fit, sold)
        self.quarters = fit.quarters[self.over]
        self.anchors: tuple[Anchor, ...] = find_anchors(fit.known, self.quarters) if len(self.quarters) else ()
        by_quarter = [f"hours {quarter_label(end)}" for end in self.quarters]
        self.names = [*by_quarter, *(f"leaf {leaf}" for leaf in SOLD_LEAVES), *(each.name for each in self.anchors)]
        self.data = _data(fit.known.beliefs.of("history"), len(by_quarter), self.anchors)

    def predict(self, sampling: Sampling) -> Array:
        machines = draw_machines(self.fit.top_down, self.sold.revenue, sampling)
        top = as_sold(self.sold, machines, quarters=self.over.stop)
        bottom = draw_bottom_up(self.fit.bottom_up, self.carried, top.mix, sampling, over=self.over)
        seen = np.maximum(bottom.hours.sum(axis=-1), _TINY)
        had = np.maximum(top.hours[:, self.over, : len(SOLD_LEAVES)], _TINY)
        known = np.log1p(-sampling.assumed["unseen.share"])[:, None]
        total = np.log(seen.sum(axis=-1)) - np.log(had.sum(axis=-1)) - known
        leaves = (
            (np.log(seen) - np.log(had))[:, -RECENT:].mean(axis=1) - known - total[:, -RECENT:].mean(axis=1)[:, None]
        )
        live = top.live[:, self.over].sum(axis=-1)
        kw = 1e3 * top.megawatts[:, self.over].sum(axis=-1) / np.maximum(live, _TINY)
        return np.hstack([total, leaves, predict_anchors(self.anchors, Drawn(bottom, self.quarters, kw))])


def _window(fit: WorldFit, sold: Sold) -> slice:
    """Return the past quarters in which both views speak: from the first stated tokens to the last reported revenue."""
    now = sold.revenue.first_forecast
    starts = [each.start for each in fit.bottom_up.tokens]
    return slice(min(max(min(starts), now - WINDOW), now) if starts else now, now)


def _data(spread: dict[str, float], quarters: int, anchors: tuple[Anchor, ...]) -> Data:
    """Return the data: gaps of zero by quarter and by leaf, and anchors."""
    for name in ("quarter_sd", "leaf_sd"):
        if not spread[name] > 0:
            raise InputError(f"beliefs.csv: history.{name} is {spread[name]:g}; give a spread above zero")
    by_quarter = spread["level_sd"] ** 2 + spread["quarter_sd"] ** 2 * np.eye(quarters)
    by_leaf = spread["leaf_sd"] ** 2 * np.eye(len(SOLD_LEAVES))
    alone = np.diag([anchor.sd**2 for anchor in anchors]).reshape(len(anchors), len(anchors))
    value = np.concatenate([np.zeros(quarters + len(SOLD_LEAVES)), [anchor.value for anchor in anchors]])
    at_least = np.concatenate([np.zeros(quarters + len(SOLD_LEAVES)), [anchor.at_least for anchor in anchors]])
    return Data(value, block_diag(by_quarter, by_leaf, alone), at_least.astype(bool))


def _weighted(predicted: Array, data: Data) -> float:
    """Return the effective share of draws that are weighted by the likelihood of the data."""
    misfit = data.value - predicted
    misfit = np.where(data.at_least & (misfit < 0), 0.0, misfit)
    log_weight = -0.5 * np.einsum("nd,nd->n", misfit, np.linalg.solve(data.covariance, misfit.T).T)
    return effective(log_weight)


def _moved_by(names: list[str], steps: tuple[Step, ...]) -> list[str]:
    """Return the evidence that moved each parameter most, quarters and leaves taken together; none where none did."""
    pull = sum(step.pull for step in steps)
    groups = np.array([name.split(" ")[0] if name.startswith(("hours ", "leaf ")) else name for name in names])
    kinds = sorted(set(groups))
    moved = np.stack([np.asarray(pull)[:, groups == kind].sum(axis=1) for kind in kinds], axis=-1)
    return [kinds[int(np.abs(row).argmax())] if np.abs(row).any() else "" for row in moved]


def _parameters(
    names: list[str], samplings: tuple[Sampling, Sampling], normals: tuple[Array, Array], by: list[str]
) -> pd.DataFrame:
    each = np.concatenate([np.quantile([one.assumed[name] for name in names], _SHOWN, axis=-1) for one in samplings])
    rows = [
        (name, *each[:, at].tolist(), float(normals[1][:, at].std() / normals[0][:, at].std()), by[at])
        for at, name in enumerate(names)
    ]
    return pd.DataFrame(rows, columns=list(_PARAMETER))


def _evidence(names: list[str], data: Data, before: Array, after: Array) -> pd.DataFrame:
    spread = np.sqrt(np.diag(data.covariance))
    bands = [np.quantile(each, _SHOWN, axis=0) for each in (before, after)]
    columns = [names, data.value, spread, *bands[0], *bands[1]]
    return pd.DataFrame(dict(zip(_EVIDENCE, columns, strict=True)))
