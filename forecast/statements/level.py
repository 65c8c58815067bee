"""Linear core of a share state: level, damped trend and constant offsets on the logit scale, in statsmodels."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from scipy.special import logit
from statsmodels.tsa.statespace.mlemodel import MLEModel

from shiftcast.features.arrays import Array
from shiftcast.forecast.statements.prior import SharePrior


class LogitLevel(MLEModel):  # type: ignore[misc]
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
        """Set the volatility, the one parameter.

        Parameters
        ----------
        params
            The volatility [logit], shape (1,).
        **_
            Options that statsmodels passes, not used.
        """
        self["state_cov", 0, 0] = float(params[0]) ** 2

    def unconditional(self, draws: int, random: np.random.Generator) -> tuple[Array, Array]:
        """Simulate states and noisy statements that are not conditioned on any statement.

        Parameters
        ----------
        draws
            Number of draws.
        random
            Generator.

        Returns
        -------
        tuple of ndarray
            States, shape (draws, quarters, states), and statements, shape (draws, quarters, definitions) [logit].
        """
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

    def joint(self) -> tuple[Array, Array]:
        """Return mean and covariance of the levels by quarter and the offsets, given the statements.

        Gaussian conditioning of the whole path at once: it is short, and the smoother gives no covariance across time.

        Returns
        -------
        tuple of ndarray
            Mean, shape (quarters + offsets,), and covariance, shape (quarters + offsets, quarters + offsets) [logit].
        """
        mean = self._responses @ np.concatenate([self._start, np.zeros(2 * len(self.endog))])
        shocks = np.tile(np.diag(self["state_cov"]), len(self.endog))
        scaled = self._responses * np.sqrt(np.concatenate([self._start_variance, shocks]))
        covariance = scaled @ scaled.T
        cells = np.argwhere(np.isfinite(self.endog))
        seen = np.zeros((len(cells), len(mean)))
        seen[np.arange(len(cells)), cells[:, 0]] = 1.0
        offset = cells[:, 1] > 0
        seen[np.flatnonzero(offset), len(self.endog) + cells[offset, 1] - 1] = 1.0
        noise = self._beliefs[0][cells[:, 0], cells[:, 1]]
        gain = np.linalg.solve(seen @ covariance @ seen.T + np.diag(noise), seen @ covariance).T
        miss = self.endog[cells[:, 0], cells[:, 1]] - seen @ mean
        return np.asarray(mean + gain @ miss), np.asarray(covariance - gain @ seen @ covariance)

    @cached_property
    def _responses(self) -> Array:
        """Answers of levels and offsets to the starting state and every shock, shape (levels and offsets, inputs)."""
        quarters, states = len(self.endog), self.k_states
        state = np.hstack([np.eye(states), np.zeros((states, 2 * quarters))])
        offsets, levels = state[2:].copy(), np.empty((quarters, state.shape[1]))
        for quarter in range(quarters):
            levels[quarter] = state[0]
            state = self["transition"] @ state
            state[[0, 1], states + 2 * quarter + np.array([0, 1])] += 1.0
        return np.vstack([levels, offsets])

    def smoother_gain(self, cells: Any) -> Array:
        """Return how much a unit of each statement moves the smoothed states, shape (cells, quarters, states).

        Parameters
        ----------
        cells
            Pairs of quarter and definition positions that hold a statement, shape (cells, 2).

        Returns
        -------
        ndarray, shape (cells, quarters, states)
            Change of the smoothed states for one logit of each statement.
        """
        blank = np.where(np.isfinite(self.endog), 0.0, np.nan)
        resting = self._smoothed(blank)
        gains = []
        for quarter, column in cells:
            unit = blank.copy()
            unit[quarter, column] = 1.0
            gains.append(self._smoothed(unit) - resting)
        return np.array(gains).reshape(len(cells), *resting.shape)

    def _smoothed(self, observed: Array) -> Array:
        twin = LogitLevel(observed, *self._beliefs)
        twin.update([np.sqrt(self["state_cov", 0, 0])])
        return np.asarray(twin.ssm.smooth().smoothed_state.T)
