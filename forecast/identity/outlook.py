"""Revenue ahead by fiscal quarter, for forecast and backtest: the guided quarter, then what ships for the series."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shiftcast.features.arrays import Array
from shiftcast.forecast.draws import stream
from shiftcast.forecast.identity.guidance import GuidedQuarter
from shiftcast.forecast.once import once
from shiftcast.forecast.volume import SeriesPrior, VolumeFit, draw_volume, fit_volume


@dataclass(frozen=True)
class Outlook:
    """Revenue after the last reported quarter, fitted and not drawn.

    Attributes
    ----------
    guided
        The first quarter, where it is guided.
    after
        What ships for the quarters that are not guided; its history ends with the median of the guided one.
    horizon
        Quarters ahead.
    """

    guided: GuidedQuarter | None
    after: VolumeFit
    horizon: int


def fit_outlook(
    history: Array, horizon: int, guided: GuidedQuarter | None, *, prior: SeriesPrior,
    members: tuple[str, ...] | None = None, symmetric: bool = False,
) -> Outlook:  # fmt: skip
    """Fit revenue ahead of its last reported quarter.

    Parameters
    ----------
    history
        Reported revenue [USD/quarter], shape (quarters,).
    horizon
        Quarters ahead.
    guided
        The first of them, where it is guided.
    prior, members, symmetric
        As :func:`forecast.volume.fit_volume` takes them.

    Returns
    -------
    Outlook
        From the first quarter ahead on.
    """
    told = history if guided is None else np.append(history, guided.median)
    steps = horizon + len(history) - len(told)
    after = fit_volume(told, max(steps, 1), prior=prior, members=members, symmetric=symmetric)
    return Outlook(guided, after, horizon)


@once
def draw_outlook(outlook: Outlook, *, draws: int, seed: int, name: str) -> Array:
    """Draw joint paths of wanted revenue: what is sold if it can be supplied and paid for.

    Paths after the guided quarter start from its draw: they are scaled by draw over median.

    Parameters
    ----------
    outlook
        From :func:`fit_outlook`.
    draws, seed
        Number of draws; the seed of the streams.
    name
        Name of the stream of the paths; ``NAME.guidance`` is that of the guided quarter.

    Returns
    -------
    ndarray, shape (draws, horizon)
        US dollars a quarter.
    """
    after = draw_volume(outlook.after, draws=draws, random=stream(seed, name))
    if outlook.guided is None:
        return after
    first = outlook.guided.draw(draws, stream(seed, f"{name}.guidance"))[:, None]
    return np.hstack([first, after * first / outlook.guided.median])[:, : outlook.horizon]
