"""Ensemble smoother with multiple data assimilation: parameters of a draw taught by all data at once.

Each step moves every draw along the covariance of parameters with predictions, at data noise inflated so that all steps
together count the data once; between steps the model is run again, so that it may bend. Covariances that so many draws
would show by chance are left out.

Reference: Emerick and Reynolds (2013), Ensemble smoother with multiple data assimilation, Computers & Geosciences 55;
Luo and Bhakta (2020), Automatic and adaptive localization for ensemble-based history matching, for what is left out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve, cholesky

from shiftcast.features.arrays import Array

_CHANCE: Final = 3.0  # a correlation below this many of its standard errors is taken as chance
_NO_SPREAD: Final = 1e-12


@dataclass(frozen=True)
class Data:
    """The data of one conditioning.

    Attributes
    ----------
    value
        What was observed, shape (data,).
    covariance
        Of its noise, discrepancy of the model included, shape (data, data).
    at_least
        Whether a datum is a lower bound: a draw that predicts more is not moved by it, shape (data,).
    """

    value: Array
    covariance: Array
    at_least: NDArray[np.bool_]


@dataclass(frozen=True)
class Step:
    """One step of the smoother: predictions before it, and how far each datum moved each parameter.

    Attributes
    ----------
    predicted
        Predictions of the draws before the step, shape (draws, data).
    pull
        Mean move of a parameter by each datum, in the unit of the parameters, shape (parameters, data).
    """

    predicted: Array
    pull: Array


def assimilate(
    parameters: Array, predict: Callable[[Array], Array], data: Data, random: np.random.Generator, *, steps: int
) -> tuple[Array, tuple[Step, ...]]:
    """Condition draws of parameters on data by ES-MDA with equal inflation.

    Parameters
    ----------
    parameters
        Draws, about standard normal each, shape (draws, parameters).
    predict
        Predictions of draws, shape (draws, data).
    data
        What they are held to.
    random
        For the noise of the data in each draw; it is advanced.
    steps
        Number of steps; the model is run once a step.

    Returns
    -------
    tuple
        Conditioned parameters, shape (draws, parameters), and what each step did.

    Examples
    --------
    >>> x = np.random.default_rng(0).standard_normal((4000, 1))
    >>> told = Data(np.array([2.0]), np.array([[1.0]]), np.array([False]))
    >>> moved, _ = assimilate(x, lambda x: x, told, np.random.default_rng(1), steps=2)
    >>> round(float(moved.mean()), 1), round(float(moved.var()), 1)
    (1.0, 0.5)
    """
    noise = cholesky(data.covariance, lower=True)
    done = []
    for _ in range(steps):
        predicted = predict(parameters)
        draws = len(predicted)
        aim = data.value + np.sqrt(steps) * random.standard_normal(predicted.shape) @ noise.T
        aim = np.where(data.at_least & (predicted > aim), predicted, aim)
        centred = predicted - predicted.mean(axis=0)
        spread = parameters - parameters.mean(axis=0)
        joint = _without_chance(spread.T @ centred / draws, spread.std(axis=0), centred.std(axis=0), draws)
        factor = cho_factor(centred.T @ centred / draws + steps * data.covariance)
        gain = cho_solve(factor, joint.T).T
        innovation = aim - predicted
        parameters = parameters + innovation @ gain.T
        done.append(Step(predicted, gain * innovation.mean(axis=0)))
    return parameters, tuple(done)


def _without_chance(covariance: Array, sd: Array, data_sd: Array, draws: int) -> Array:
    """Return the covariance of parameters with data, zero where its correlation is within chance."""
    scale = np.maximum(sd[:, None] * data_sd[None, :], _NO_SPREAD)
    return np.where(np.abs(covariance / scale) * np.sqrt(draws) < _CHANCE, 0.0, covariance)
