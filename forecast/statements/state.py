"""Share state: a logit local level with a damped trend, observed through dated statements under definitions.

x_t = x_{t-1} + b_{t-1} + eta_t,  b_t = phi b_{t-1} + zeta_t; an exact figure under definition d about quarter t reads
logit(share) = x_t + delta_d + eps, with eps from its standard error by the delta method. The reference definition has
no offset; the others have N(0, offset_sd^2). Drift volatility is the posterior mode given the exact figures under a
log-normal prior, since a dozen of them cannot carry it alone. Bounds, stocks, windows, forward statements and growth
condition every draw through their own likelihoods (``rows`` and ``conditioning`` of this room).

Reference: Harvey (1989), Forecasting, Structural Time Series Models and the Kalman Filter; Durbin and Koopman (2002)
for the simulation smoother.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.optimize import minimize_scalar
from scipy.special import expit

from shiftcast.features.arrays import Array
from shiftcast.features.input_error import InputError
from shiftcast.forecast.once import once
from shiftcast.forecast.statements.conditioning import Statement, condition, expected
from shiftcast.forecast.statements.prior import SharePrior, share_prior
from shiftcast.forecast.statements.rows import read_rows

if TYPE_CHECKING:
    from shiftcast.forecast.statements.level import LogitLevel

__all__ = ["Drawn", "SharePrior", "ShareState", "fit_share_state", "share_prior"]


@dataclass(frozen=True)
class Drawn:
    """Draws of a share state.

    Attributes
    ----------
    share
        Under the reference definition, shape (draws, quarters).
    offsets
        Definition to its logit offset, shape (draws,).
    ess
        Share of the draws given the exact figures that stays effective under the inexact ones, in (0, 1].
    """

    share: Array
    offsets: dict[str, Array]
    ess: float


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
    model
        The linear core (:class:`forecast.statements.level.LogitLevel`) with the exact figures.
    inexact
        Those of them that are not exact figures of one quarter.
    """

    quarters: pd.DatetimeIndex
    definitions: tuple[str, ...]
    volatility: float
    statements: int
    model: Any = field(repr=False, compare=False)
    inexact: tuple[Statement, ...] = field(default=(), repr=False, compare=False)

    def simulate(self, draws: int, random: np.random.Generator) -> tuple[Array, dict[str, Array]]:
        """Draw the share and the offset of each definition; see :meth:`draw`.

        Parameters
        ----------
        draws
            Number of draws.
        random
            Generator.

        Returns
        -------
        tuple
            Share [share], shape (draws, quarters), and definition to its offset [logit], shape (draws,).
        """
        drawn = self.draw(draws, random)
        return drawn.share, drawn.offsets

    def draw(self, draws: int, random: np.random.Generator) -> Drawn:
        """Draw the state given the statements, all draws at once.

        Exact figures enter by the mean correction of Durbin and Koopman (2002), the others by tempering
        (:func:`forecast.statements.conditioning.condition`).

        Parameters
        ----------
        draws
            Number of draws.
        random
            Generator.

        Returns
        -------
        Drawn
            Share [share], shape (draws, quarters), offsets [logit], and the share of draws that stayed effective.
        """
        self.model.update([self.volatility])
        vector, ess = self._given_figures(draws, random), 1.0
        if self.inexact:
            mean, covariance = self._joint
            conditioned = condition(vector, mean, covariance, self.inexact, random)
            vector, ess = conditioned.draws, conditioned.ess
        last = len(self.quarters)
        offsets = {name: vector[:, last + i] for i, name in enumerate(self.definitions[1:])}
        return Drawn(np.asarray(expit(vector[:, :last])), offsets, ess)

    def _given_figures(self, draws: int, random: np.random.Generator) -> Array:
        """Return draws of the logits by quarter and the offsets, given exact figures, shape (draws, ...).

        An unconditional path plus the smoother's gain on what its own statements miss of the real ones. The smoother is
        linear, so its gain is read off unit statements.
        """
        states, statements = self.model.unconditional(draws, random)
        cells = self._cells
        real = self.model.endog[cells[:, 0], cells[:, 1]]
        miss = real - statements[:, cells[:, 0], cells[:, 1]]
        states = states + np.einsum("dc,ctk->dtk", miss, self._gain)
        return np.concatenate([states[:, :, 0], states[:, 0, 2:]], axis=1)

    @property
    def _cells(self) -> Any:
        """Where there is an exact figure: positions of quarter and definition, shape (figures, 2)."""
        return np.argwhere(np.isfinite(self.model.endog))

    @cached_property
    def _gain(self) -> Array:
        """What the smoother makes of a unit of each exact figure; the same for every draw, so found once."""
        self.model.update([self.volatility])
        return np.asarray(self.model.smoother_gain(self._cells))

    @cached_property
    def _joint(self) -> tuple[Array, Array]:
        """Mean and covariance of logits and offsets given exact figures, likewise."""
        self.model.update([self.volatility])
        mean, covariance = self.model.joint()
        return mean, covariance

    def smoothed_mean(self, definition: str | None = None) -> Array:
        """Return the mean of the logit share under a definition given the statements, shape (quarters,).

        Without a definition it is the reference one's. Inexact statements enter by expectation propagation.

        Parameters
        ----------
        definition
            One of :attr:`definitions`; the reference if not given.

        Returns
        -------
        ndarray, shape (quarters,)
            Mean of the logit share [logit].
        """
        mean, covariance = self._joint
        vector = expected(mean, covariance, self.inexact) if self.inexact else mean
        position, last = self.definitions.index(definition or self.definitions[0]), len(self.quarters)
        return np.asarray(vector[:last] + (vector[last + position - 1] if position else 0.0))


@once
def fit_share_state(
    statements: pd.DataFrame,
    quarters: pd.DatetimeIndex,
    *,
    reference: str,
    prior: SharePrior,
    offset_sd: Mapping[str, float] | None = None,
    noise: Mapping[str, float] | None = None,
    flows: Mapping[str, Array] | None = None,
) -> ShareState:
    """Fit a share state to dated statements.

    Parameters
    ----------
    statements
        Observation rows about the share, already cut to an origin: ``period_start, period_end, value, sd, bound,
        definition``, and where they are there ``stage, base, measure`` (``share``, or ``multiple`` for growth on a year
        before).
    quarters
        Ends of consecutive quarters to cover; statements outside them are not used.
    reference
        Definition without offset.
    prior
        Beliefs before the statements.
    offset_sd
        Definition to the standard deviation of its constant offset [logit].
    noise
        Definition to extra noise a statement carries [logit], such as one customer moving.
    flows
        Base to what flowed in each quarter, shape (quarters,): weights of windows and stocks, and what growth is of.

    Returns
    -------
    ShareState
        The fitted state, conditioned on the statements.

    Raises
    ------
    ValueError
        If a statement's definition has no offset given.
    """
    from shiftcast.forecast.statements.level import LogitLevel  # noqa: PLC0415  (statsmodels is slow to load)

    offset_sd = dict(offset_sd or {})
    definitions = (reference, *offset_sd)
    _check_definitions(statements, definitions)
    rows = read_rows(statements, quarters, definitions, noise=noise or {}, flows=flows or {}, hearing=prior.hearing)
    model = LogitLevel(rows.exact, rows.variance, prior, tuple(offset_sd.values()))
    return ShareState(quarters, definitions, _volatility(model, prior, rows.used), rows.used, model, rows.statements)


def _check_definitions(statements: pd.DataFrame, definitions: tuple[str, ...]) -> None:
    unknown = sorted(set(statements["definition"]) - set(definitions))
    if unknown:
        raise InputError(
            f"share statements under definition {unknown[0]!r} have no offset; known are {list(definitions)}"
        )


def _volatility(model: LogitLevel, prior: SharePrior, used: int) -> float:
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
