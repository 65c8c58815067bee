"""Ramps: how fast and how far a surface moves once it has begun, learned on the shares that operators stated.

From a test on, the share of a surface is a logistic in quarters up to a ceiling. Speeds are log-normal over surfaces;
most ceilings are near all of the traffic, the others lie anywhere. What is stated of a surface conditions its own ramp
by importance sampling.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from scipy.optimize import minimize
from scipy.special import betaincinv, expit, log_ndtr, logit, logsumexp, softmax

from shiftcast.features.arrays import Array
from shiftcast.forecast.draws import stream
from shiftcast.forecast.rollouts.courses import Course, Said, moments

_TRIALS: Final = 400  # ramps by which a likelihood is averaged
_SEED: Final = 1
_TINY: Final = 1e-9
_MOST_LOGIT: Final = 80.0  # whose exponential is finite in single precision
_GRID: Final = np.linspace(0.0, 1.0, 1025)  # probabilities at which ceilings are tabled


@dataclass(frozen=True)
class Ramp:
    """Speeds and ceilings of ramps.

    Attributes
    ----------
    speed, speed_sd
        Median [logit/quarter] and log standard deviation of speeds.
    whole
        Part of the ramps that end near all of the traffic.
    near, wide
        Beta parameters of their ceilings, and of the others'.
    test_share, lead
        Share at which a ramp begins, and how long before a rollout that is no test it may have begun [quarter].
    """

    speed: float
    speed_sd: float
    whole: float
    near: tuple[float, float]
    wide: tuple[float, float]
    test_share: float
    lead: float

    def speeds(self, z: Array) -> Array:
        """Return speeds [logit/quarter] of standard normals."""
        return np.asarray(self.speed * np.exp(self.speed_sd * z))

    def ceilings(self, u: Array, of_which: Array) -> Array:
        """Return ceilings [share] of uniform numbers, and of further ones that say which kind each is."""
        place = u * (len(_GRID) - 1)
        before = np.minimum(place.astype(np.int64), len(_GRID) - 2)
        kind = (of_which >= self.whole).astype(np.int64)
        low, high = self._tables[kind, before], self._tables[kind, before + 1]
        return np.asarray(low + (place - before) * (high - low))

    @cached_property
    def _tables(self) -> Array:
        """Ceilings of both kinds by probability on the grid, shape (2, probabilities)."""
        return np.stack([betaincinv(*shape, _GRID) for shape in (self.near, self.wide)])

    def path(self, at: Array, start: Array, speed: Array, ceiling: Array) -> Array:
        """Return shares along ramps, shape (draws, moments).

        Parameters
        ----------
        at
            Moments, shape (moments,) [quarter].
        start, speed, ceiling
            Of each ramp, shape (draws,).
        """
        start, speed, ceiling = (each[:, None].astype(at.dtype) for each in (start, speed, ceiling))
        since = at - start
        against = np.minimum(-speed * since - at.dtype.type(logit(self.test_share)), _MOST_LOGIT)
        np.exp(against, out=against)  # in place: most of the time of a forecast's shares goes here
        against += 1
        return np.asarray(np.divide(ceiling, against, out=against) * (since >= 0))


def prior_ramp(beliefs: Mapping[str, float]) -> Ramp:
    """Return ramps as they are believed to be before any share is stated (beliefs ``rollouts.*``)."""
    near, wide = (tuple(beliefs[f"{kind}_{name}"] for name in ("a", "b")) for kind in ("near", "wide"))
    return Ramp(
        beliefs["speed"], beliefs["speed_sd_log"], beliefs["whole"], near, wide,  # type: ignore[arg-type]
        beliefs["test_share"], beliefs["lead"],
    )  # fmt: skip


def fit_ramp(courses: Iterable[Course], beliefs: Mapping[str, float]) -> Ramp:
    """Learn speeds and ceilings from surfaces whose share is stated on two days, by their marginal likelihood.

    Parameters
    ----------
    courses
        Courses to learn from.
    beliefs
        Where it starts, and how sure that is: ``speed_doubt`` [log] and ``whole_doubt`` [logit].

    Returns
    -------
    Ramp
    """
    prior = prior_ramp(beliefs)
    told = list(_told_twice(courses, beliefs["unsaid"]))
    if not told:
        return prior
    random = stream(_SEED, "rollouts.ramp")
    z, u, which, when = random.standard_normal(_TRIALS), *random.random((3, _TRIALS))

    def read(values: Array) -> Ramp:
        return Ramp(
            prior.speed * float(np.exp(values[0])), prior.speed_sd * float(np.exp(values[1])),
            float(expit(logit(prior.whole) + values[2])), prior.near, prior.wide, prior.test_share, prior.lead,
        )  # fmt: skip

    doubt = np.array([beliefs["speed_doubt"], beliefs["speed_doubt"], beliefs["whole_doubt"]])

    def loss(values: Array) -> float:
        ramp = read(values)
        own = ramp.speeds(z), ramp.ceilings(u, which)
        score = 0.5 * float(((values / doubt) ** 2).sum())
        for begun, said in told:
            likelihood = log_likelihood(ramp, said, starts_of(ramp, begun, said, when), *own)
            score -= float(logsumexp(likelihood)) - float(np.log(_TRIALS))
        return score

    corners = np.vstack([np.zeros(3), np.diag(doubt)])  # its own are nearer to nought than the tolerance
    options = {"xatol": 1e-2, "fatol": 1e-2, "maxiter": 200, "initial_simplex": corners}
    best = minimize(loss, corners[0], method="Nelder-Mead", options=options)
    return read(best.x)


def _told_twice(
    courses: Iterable[Course], unsaid: float
) -> Iterator[tuple[tuple[float, float], tuple[Said, ...]]]:  # fmt: skip
    """Yield start and statements of what is stated on two days: a speed shows in no single share."""
    for course in courses:
        exact = tuple(each for each in course.stated if each.bound == "=")
        whole = [((exact[0].at - unsaid, exact[0].at), exact)] if exact else []
        ramps = [(start, said) for surface in course.moved for start, said, _ in surface.ramps()]
        for start, said in [*ramps, *whole]:
            days = {each.at for each in said if not np.isnan(each.share) and each.bound == "="}
            if np.isfinite(start[0]) and len(days) > 1:
                yield start, said


def starts_of(ramp: Ramp, begun: tuple[float, float], said: Sequence[Said], uniform: Array) -> Array:
    """Return moments at which a ramp may have begun: a test began it, another rollout was reached by it.

    Parameters
    ----------
    ramp
        Ramps as learned.
    begun
        First and last moment at which the first report may have come [quarter].
    said
        Statements about the surface, in the order of their days.
    uniform
        Uniform numbers, shape (draws,).

    Returns
    -------
    ndarray, shape (draws,)
        Moments [quarter], as early as :attr:`Ramp.lead` before the report unless that is of a test.
    """
    low, high = begun
    tested = bool(said) and said[0].event == "test"
    return np.asarray(low - (0.0 if tested else ramp.lead) + uniform * (high - low + (0.0 if tested else ramp.lead)))


def log_likelihood(ramp: Ramp, said: Sequence[Said], start: Array, speed: Array, ceiling: Array) -> Array:
    """Return the log-likelihood of ramps under statements.

    Parameters
    ----------
    ramp
        Ramps as learned.
    said
        Statements about the surface.
    start, speed, ceiling
        Of each ramp, shape (draws,) [quarter, logit/quarter, share].

    Returns
    -------
    ndarray, shape (draws,)
        Log-likelihood [nat].
    """
    at, mid, sd, side = moments(said)
    return share_likelihood(ramp.path(at, start, speed, ceiling), mid, sd, side)


def share_likelihood(shares: Array, mid: Array, sd: Array, side: Array) -> Array:
    """Return the log-likelihood of shares under statements.

    Parameters
    ----------
    shares
        At the day of each statement, shape (draws, statements).
    mid, sd, side
        From :func:`forecast.rollouts.courses.moments`.

    Returns
    -------
    ndarray, shape (draws,)
        Log-likelihood [nat]: normal on the logit scale, and its tail under a least or a most.
    """
    miss = (logit(np.clip(shares, _TINY, 1 - _TINY)) - mid) / sd
    return np.asarray(np.where(side == 0, -0.5 * miss**2, log_ndtr(side * miss)).sum(axis=1))


def resample(log_weight: Array, uniform: float, places: int) -> Any:
    """Return which draws to keep by weight: systematic resampling, in order.

    Parameters
    ----------
    log_weight
        Log of the weight of each draw, up to a constant, shape (draws,).
    uniform
        One uniform number.
    places
        How many to keep.

    Returns
    -------
    ndarray of int, shape (places,)
        Positions of draws, ascending; one of weight w is kept ``places * w`` times, rounded up or down.
    """
    edges = np.cumsum(softmax(log_weight))
    return np.minimum(np.searchsorted(edges, (np.arange(places) + uniform) / places), len(edges) - 1)
