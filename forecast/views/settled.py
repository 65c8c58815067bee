"""Uncertainty of a crossing: how much of it is level today, speed, or work a request, and which figure would cut it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import xarray as xr
from scipy.special import logit, ndtri

from shiftcast.features.arrays import Array
from shiftcast.features.calendars import quarter_label
from shiftcast.forecast.views.technique_share import TechniqueShare

MOST: Final = 3  # figures named
_EDGE: Final = 1e-6  # share that is as good as none
_CHANCE: Final = 16.0  # times 1/n: four standard errors of the correlation of n unrelated draws, squared
_TINY: Final = 1e-12
_OWN: Final = ("calls", "work", "reuse", "placement")  # subjects of assumptions on what a workload's request takes
_RATES: Final = ("ratio", "mfu", "derate", "software", "service_level")  # and of those on every workload's


@dataclass(frozen=True)
class Parts:
    """Parts of the variance of the logit share in the middle of the window; they add up to one.

    Attributes
    ----------
    level
        Share of requests today [1].
    speed
        Change of the share of requests from today to then [1].
    each
        What a request takes today, of these techniques over the others [1]; nought on requests.
    remainder
        Change of that ratio from today to then [1].
    """

    level: float
    speed: float
    each: float
    remainder: float


@dataclass(frozen=True)
class Figure:
    """A figure that would settle part of a crossing.

    Attributes
    ----------
    ask
        The figure to ask for.
    cut
        Part of the variance of the logit share in the middle of the window that it would take away [1].
    """

    ask: str
    cut: float


@dataclass(frozen=True)
class _Candidate:
    """A figure that may settle a crossing: its draws, and how many of them are different ones."""

    ask: str
    values: Array
    effective: float


def middle_of(share: TechniqueShare) -> int:
    """Return the position of the quarter in the middle of the window ahead.

    Parameters
    ----------
    share
        Draws of the share.

    Returns
    -------
    int
    """
    return (share.first_ahead + len(share.ends) - 1) // 2


def variance_parts(share: TechniqueShare) -> Parts | None:
    """Split the variance of the logit share in the middle of the window.

    Dates are cut off where they are already past or beyond the horizon, so what is split is the logit share x, whose
    passage of the threshold they are. With m the share of requests, x(t) = logit m(now) + [logit m(t) - logit m(now)]
    + r(now) + [r(t) - r(now)], where r is the log ratio of what a request takes by these techniques and by the others.
    The part of each term is its covariance with x over the variance of x; it is below nought where a term works
    against the others.

    Parameters
    ----------
    share
        Draws of the share.

    Returns
    -------
    Parts or None
        None where all draws agree.
    """
    now, then = max(share.first_ahead - 1, 0), middle_of(share)
    m, x = _logit(share.requests), _logit(share.share)
    terms = np.stack([
        m[:, now], m[:, then] - m[:, now], x[:, now] - m[:, now], x[:, then] - m[:, then] - x[:, now] + m[:, now]
    ])  # fmt: skip
    variance = float(x[:, then].var())
    if variance < _TINY:
        return None
    off = x[:, then] - x[:, then].mean()
    return Parts(*(float((term * off).mean() / variance) for term in terms))


def settling_figures(cube: xr.Dataset, share: TechniqueShare, *, of: str, base: str) -> tuple[Figure, ...]:
    """Return the figures that would cut the variance of the logit share in the middle of the window most.

    Candidates are what single operators do today and how much they weigh and, but for requests, assumptions on what a
    request takes. The cut
    is the squared correlation of x with the normal score of the candidate, adjusted for the number of draws, those
    that hold the same operators' shares counted as one; a cut that chance could give is left out.

    Parameters
    ----------
    cube, share
        Draw cube, and draws of the share.
    of, base
        Workload and base of the share.

    Returns
    -------
    tuple of Figure
        At most :data:`MOST`, the largest cut first.
    """
    x = _logit(share.share[:, middle_of(share)])
    if x.var() < _TINY:
        return ()
    candidates = [*_movers(cube, share, of), *_weights(cube, share, of), *_rows(cube, of, base)]
    found = [
        Figure(each.ask, cut) for each in candidates if (cut := explained(each.values, each.effective, x)) is not None
    ]
    return tuple(sorted(found, key=lambda figure: -figure.cut)[:MOST])


def _movers(cube: xr.Dataset, share: TechniqueShare, of: str) -> list[_Candidate]:
    """Return shares of operators in the segments of the share, of its techniques and those after its oldest."""
    if "mover_share" not in cube:
        return []
    quarter, chosen = quarter_label(share.ends[max(share.first_ahead - 1, 0)]), share.chosen
    every = [str(name).partition("/")[2] for name in cube["technique"].values if str(name).startswith(f"{of}/")]
    about = every[every.index(chosen.names[0]) :]
    found = []
    for side in share.segments:
        named = [(at, str(name).rsplit("|", 3)) for at, name in enumerate(cube["mover"].values)]
        mine = {
            at: (who, technique) for at, (who, workload, where, technique) in named if (workload, where) == (of, side)
        }
        values = cube["mover_share"].values[:, list(mine)]
        _, count = np.unique(values, axis=0, return_counts=True)
        for (who, technique), draws in zip(mine.values(), values.T, strict=True):
            if technique in about:
                newer = "" if technique == every[-1] else " or newer"
                ask = f"{who}: share of its {of} requests that {technique}{newer} answers, {quarter}"
                found.append(_Candidate(ask, draws, len(values) ** 2 / float((count**2).sum())))
    return found


def _weights(cube: xr.Dataset, share: TechniqueShare, of: str) -> list[_Candidate]:
    """Return the parts of a segment's requests that single operators answer."""
    if "operator_part" not in cube:
        return []
    values = cube["operator_part"].values
    found = []
    for at, name in enumerate(cube["weighed"].values):
        who, workload, side = str(name).rsplit("|", 2)
        if workload == of and side in share.segments:
            different = len(np.unique(values[:, at]))
            found.append(_Candidate(f"{who}: its part of the {of} requests of {side}", values[:, at], float(different)))
    return found


def _rows(cube: xr.Dataset, of: str, base: str) -> list[_Candidate]:
    """Return assumptions on what a request of a workload takes, and their draws as standard normals."""
    if base == "requests" or "learned" not in cube:
        return []
    found = []
    for at, name in enumerate(str(each) for each in cube["assumption"].values):
        subject, *about = name.split(".")
        if (subject in _OWN and of in about) or subject in _RATES:
            values = cube["learned"].values[:, at]
            found.append(_Candidate(f"a measured figure in place of assumption {name}", values, len(values)))
    return found


def explained(values: Array, effective: float, x: Array) -> float | None:
    """Return the part of the variance of x that goes with other draws, or none where that may be chance.

    It is the squared correlation of x with their normal scores, adjusted for the number of draws.

    Parameters
    ----------
    values, x
        Draws, shape (draws,); those of x on a scale without bounds.
    effective
        How many of the values are different ones.

    Returns
    -------
    float or None

    Examples
    --------
    >>> noise = np.linspace(-1, 1, 999)
    >>> round(explained(noise, 999, noise), 2), explained(noise, 999, np.abs(noise))
    (0.96, None)
    """
    if values.std() < _TINY:
        return None
    _, alike, count = np.unique(values, return_inverse=True, return_counts=True)
    middle = np.cumsum(count) - count / 2  # rank of each distinct value, ties in their middle
    squared = float(np.corrcoef(ndtri(middle / len(x))[alike], x)[0, 1] ** 2)
    adjusted = 1 - (1 - squared) * (effective - 1) / max(effective - 2, 1)
    return adjusted if squared > _CHANCE / effective else None


def _logit(share: Array) -> Array:
    return np.asarray(logit(np.clip(share, _EDGE, 1 - _EDGE)))
