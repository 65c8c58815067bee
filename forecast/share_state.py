"""A share as a state: a logit local level with a damped trend, seen through dated statements under definitions.

x_t = x_{t-1} + b_{t-1} + eta_t,  b_t = phi b_{t-1} + zeta_t; a statement under definition d about quarter t reads
logit(share) = x_t + delta_d + eps, with eps from the statement's standard error by the delta method. The reference
definition has no offset; the others have N(0, offset_sd^2). Drift volatility is the posterior mode under a log-normal
prior, since a dozen statements cannot carry it alone.

Reference: Harvey (1989), Forecasting, Structural Time Series Models and the Kalman Filter; Durbin and Koopman (2002)
for the simulation smoother.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import minimize_scalar
from scipy.special import expit, logit
from statsmodels.tsa.statespace.mlemodel import MLEModel

from forecast.draws import Array

_EDGE = 0.005  # a share stated as 0 or 1 is read as half a point from the edge


@dataclass(frozen=True)
class SharePrior:
    """What is believed before any statement.

    Attributes
    ----------
    mid, sd
        Median share at the first quarter, and its standard deviation on the logit scale.
    trend, trend_sd
        Mean and standard deviation of the logit change a quarter at the first quarter.
    damping
        Share of the trend that is left a quarter later.
    volatility, volatility_sd_log
        Median of the level's standard deviation a quarter [logit], and its log standard deviation.
    trend_volatility
        Standard deviation of the trend's change a quarter [logit].
    """

    mid: float = 0.5
    sd: float = 1.0
    trend: float = 0.0
    trend_sd: float = 0.0
    damping: float = 0.85
    volatility: float = 0.12
    volatility_sd_log: float = 0.5
    trend_volatility: float = 0.0


@dataclass(frozen=True)
class ShareState:
    """A fitted share state.

    Attributes
    ----------
    quarters
        Ends of the quarters the state covers, statements first and horizon after.
    definitions
        The reference definition first, then those with an offset.
    volatility
        Standard deviation of the level a quarter [logit].
    statements
        How many statements stand behind it.
    """

    quarters: pd.DatetimeIndex
    definitions: tuple[str, ...]
    volatility: float
    statements: int
    model: Any = field(repr=False, compare=False)

    def simulate(self, draws: int, random: np.random.Generator) -> tuple[Array, dict[str, Array]]:
        """Draw the state given the statements, all draws at once.

        The mean correction of Durbin and Koopman (2002): an unconditional path plus the smoother's gain on what its
        own statements miss of the real ones. The smoother is linear, so its gain is read off unit statements.

        Returns
        -------
        share : ndarray, shape (draws, quarters)
            Share under the reference definition.
        offsets : dict
            Definition to its logit offset, shape (draws,).
        """
        self.model.update([self.volatility])
        states, statements = self.model.unconditional(draws, random)
        cells = np.argwhere(np.isfinite(self.model.endog))
        real = self.model.endog[cells[:, 0], cells[:, 1]]
        miss = real - statements[:, cells[:, 0], cells[:, 1]]
        states = states + np.einsum("dc,ctk->dtk", miss, self.model.smoother_gain(cells))
        offsets = {name: states[:, 0, 2 + i] for i, name in enumerate(self.definitions[1:])}
        return np.asarray(expit(states[:, :, 0])), offsets

    def smoothed_mean(self, definition: str | None = None) -> Array:
        """Return the mean of the logit share under a definition given the statements, shape (quarters,).

        Without a definition it is the reference one's.
        """
        self.model.update([self.volatility])
        states = self.model.ssm.smooth().smoothed_state
        position = self.definitions.index(definition or self.definitions[0])
        return np.asarray(states[0] if position == 0 else states[0] + states[1 + position])


class _LogitLevel(MLEModel):  # type: ignore[misc]
    """Level, damped trend and constant offsets; one observed column a definition."""

    def __init__(self, observed: Array, variance: Array, prior: SharePrior, offset_sd: tuple[float, ...]) -> None:
        columns = observed.shape[1]
        super().__init__(observed, k_states=1 + columns, k_posdef=2)
        design = np.zeros((columns, 1 + columns))
        design[:, 0] = 1.0
        design[1:, 2:] = np.eye(columns - 1)
        transition = np.eye(1 + columns)
        transition[0, 1], transition[1, 1] = 1.0, prior.damping
        selection = np.zeros((1 + columns, 2))
        selection[0, 0] = selection[1, 1] = 1.0
        self["design"], self["transition"], self["selection"] = design, transition, selection
        self["obs_cov"] = np.stack([np.diag(row) for row in variance], axis=-1)
        self["state_cov"] = np.diag([0.0, prior.trend_volatility**2])
        self._start = np.array([logit(prior.mid), prior.trend, *(0.0 for _ in offset_sd)])
        self._start_variance = np.array([prior.sd**2, prior.trend_sd**2, *(sd**2 for sd in offset_sd)])
        self._beliefs = (variance, prior, offset_sd)
        self.ssm.initialize_known(self._start, np.diag(self._start_variance))

    def update(self, params: Any, **_: Any) -> None:
        self["state_cov", 0, 0] = float(params[0]) ** 2

    def unconditional(self, draws: int, random: np.random.Generator) -> tuple[Array, Array]:
        """Simulate states (draws, quarters, states) and noisy statements (draws, quarters, definitions)."""
        quarters, columns = self.endog.shape
        state = self._start + np.sqrt(self._start_variance) * random.standard_normal((draws, self.k_states))
        shocks = np.sqrt(np.diag(self["state_cov"])) * random.standard_normal((draws, quarters, 2))
        states = np.empty((draws, quarters, self.k_states))
        for quarter in range(quarters):
            states[:, quarter] = state
            state = state @ self["transition"].T
            state[:, :2] += shocks[:, quarter]
        noise = np.sqrt(self._beliefs[0]) * random.standard_normal((draws, quarters, columns))
        return states, states @ self["design"].T + noise

    def smoother_gain(self, cells: Any) -> Array:
        """Return how much a unit of each statement moves the smoothed states, shape (cells, quarters, states)."""
        blank = np.where(np.isfinite(self.endog), 0.0, np.nan)
        resting = self._smoothed(blank)
        gains = []
        for quarter, column in cells:
            unit = blank.copy()
            unit[quarter, column] = 1.0
            gains.append(self._smoothed(unit) - resting)
        return np.array(gains).reshape(len(cells), *resting.shape)

    def _smoothed(self, observed: Array) -> Array:
        twin = _LogitLevel(observed, *self._beliefs)
        twin.update([np.sqrt(self["state_cov", 0, 0])])
        return np.asarray(twin.ssm.smooth().smoothed_state.T)


def fit_share_state(
    statements: pd.DataFrame,
    quarters: pd.DatetimeIndex,
    *,
    reference: str,
    offset_sd: Mapping[str, float] | None = None,
    noise: Mapping[str, float] | None = None,
    prior: SharePrior | None = None,
) -> ShareState:
    """Fit a share state to dated statements.

    Parameters
    ----------
    statements
        Observation rows of measure ``share``, already cut to an origin: ``period_start, period_end, value, sd,
        bound, definition``.
    quarters
        Ends of consecutive quarters to cover; statements outside them are not used.
    reference
        Definition without offset.
    offset_sd
        Definition to the standard deviation of its constant offset [logit].
    noise
        Definition to extra noise a statement carries [logit], such as one customer moving.
    prior
        Beliefs before the statements.

    Raises
    ------
    ValueError
        If a statement's definition has no offset given.
    """
    prior, offset_sd = prior or SharePrior(), dict(offset_sd or {})
    definitions = (reference, *offset_sd)
    _check_definitions(statements, definitions)
    observed, variance, used = _columns(statements, quarters, definitions, noise or {})
    model = _LogitLevel(observed, variance, prior, tuple(offset_sd.values()))
    return ShareState(quarters, definitions, _volatility(model, prior, used), used, model)


def _check_definitions(statements: pd.DataFrame, definitions: tuple[str, ...]) -> None:
    unknown = sorted(set(statements["definition"]) - set(definitions))
    if unknown:
        raise ValueError(
            f"share statements under definition {unknown[0]!r} have no offset; known are {list(definitions)}"
        )


def _columns(
    statements: pd.DataFrame,
    quarters: pd.DatetimeIndex,
    definitions: tuple[str, ...],
    noise: Mapping[str, float],
) -> tuple[Array, Array, int]:
    """Return logits and variances, shape (quarters, definitions), pooling statements that share a cell."""
    precision = np.zeros((len(quarters), len(definitions)))
    weighted = np.zeros_like(precision)
    rows = statement_logits(statements)
    rows = rows[(rows["middle"] > quarters[0] - pd.offsets.MonthEnd(3)) & (rows["middle"] <= quarters[-1])]
    for cell, row in zip(quarters.searchsorted(rows["middle"]), rows.itertuples(), strict=True):
        column = definitions.index(str(row.definition))
        weight = 1.0 / (row.logit_sd**2 + noise.get(definitions[column], 0.0) ** 2)
        precision[cell, column] += weight
        weighted[cell, column] += weight * row.logit
    seen = precision > 0
    variance = np.where(seen, 1.0 / np.where(seen, precision, 1.0), 1.0)
    return np.where(seen, weighted * variance, np.nan), variance, len(rows)


def statement_logits(statements: pd.DataFrame) -> pd.DataFrame:
    """Read share statements on the logit scale.

    "At least v" is read one standard error above v and "at most v" one below, each with twice the spread. A figure
    about more than a quarter is read at its middle with 0.1 more [logit].

    Returns
    -------
    DataFrame
        ``middle`` (day), ``definition``, ``logit``, ``logit_sd``.
    """
    sd = statements["sd"].clip(lower=1e-4)
    lean = (statements["bound"] == ">=").astype(float) - (statements["bound"] == "<=").astype(float)
    share = (statements["value"] + lean * sd).clip(_EDGE, 1 - _EDGE)
    spread = sd * np.where(lean != 0, 2.0, 1.0) / (share * (1 - share))
    days = (statements["period_end"] - statements["period_start"]).dt.days
    spread = np.hypot(spread, np.where(days > 120, 0.1, 0.0))
    middle = statements["period_start"] + (statements["period_end"] - statements["period_start"]) / 2
    return pd.DataFrame(
        {"middle": middle, "definition": statements["definition"], "logit": logit(share), "logit_sd": spread}
    )


def _volatility(model: _LogitLevel, prior: SharePrior, used: int) -> float:
    if used < 3:
        return prior.volatility

    def objective(log_volatility: float) -> float:
        z = float((log_volatility - np.log(prior.volatility)) / prior.volatility_sd_log)
        return 0.5 * z**2 - float(model.loglike([np.exp(log_volatility)]))

    middle = np.log(prior.volatility)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        best = minimize_scalar(objective, bounds=(middle - 2.5, middle + 2.5), method="bounded")
    return float(np.exp(best.x))
