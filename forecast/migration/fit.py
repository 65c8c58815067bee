"""Fit of the share model to rows of shares, and joint draws from the fit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from shiftcast.features.bounds import check_draws
from shiftcast.features.input_error import InputError
from shiftcast.features.open_periods import whole_shares
from shiftcast.features.reading import Reading
from shiftcast.features.share_grid import SharePanel, future_ends, share_panels
from shiftcast.features.shares import check_share_rows, uneven_sums
from shiftcast.features.volumes import Treatments
from shiftcast.forecast.migration.combine import centre
from shiftcast.forecast.migration.draws import FittedPanel, series_draws
from shiftcast.forecast.migration.emergence import newcomer_quantiles
from shiftcast.forecast.migration.generations import entries
from shiftcast.forecast.migration.learned import Learned
from shiftcast.forecast.migration.noise import error_scale, made_up, scale_terms
from shiftcast.forecast.migration.past_errors import step_factor
from shiftcast.forecast.migration.skill import skill_rows
from shiftcast.forecast.migration.standing import moving_chance
from shiftcast.forecast.migration.state import PathState, path_state

Progress = Callable[[int], None]

MAX_HORIZON: Final = 120


@dataclass(frozen=True)
class ShareFit:
    """The fitted share model: panels to draw from, and its measured skill.

    Attributes
    ----------
    panels
        Fitted panels; no group is divided between two.
    horizon
        Periods ahead.
    skill
        Columns ``series, horizon, ratio, histories``: CRPS over that of last value [1] measured on reference
        histories as lively as the series' pool, and the name of that class.
    treated
        What was treated in the rows.
    """

    panels: tuple[FittedPanel, ...]
    horizon: int
    skill: pd.DataFrame
    treated: Treatments = field(default_factory=Treatments)

    @property
    def series(self) -> tuple[str, ...]:
        """Names of the series, in the order of the panels."""
        return tuple(name for fitted in self.panels for name in fitted.panel.series)


def fit_shares(
    frame: pd.DataFrame,
    *,
    horizon: int,
    learned: Learned,
    newcomer: str | None = None,
    reading: Reading | None = None,
    progress: Progress | None = None,
) -> ShareFit:
    """Fit the share model to histories of shares.

    Parameters
    ----------
    frame
        Rows ``series, period_end, category, value`` and optionally ``group`` and ``n``; see
        :func:`features.shares.check_share_rows`. Series of a group learn from each other; groups are walls.
    horizon
        Periods ahead, of each series' own step.
    learned
        Numbers learned on reference histories.
    newcomer
        Name for an unnamed next generation, added to every series that declares no category of its own with
        nothing but zeros; none is added without a name.
    reading
        How dates are read, the frequency of series with one period, and when figures were taken.
    progress
        Called with the number of series done, panel by panel.

    Returns
    -------
    ShareFit

    Raises
    ------
    ValueError
        If the rows are refused, or the horizon is below 1 or above 120.
    """
    if not 1 <= horizon <= MAX_HORIZON:
        raise InputError(f"horizon is {horizon}; give 1 to {MAX_HORIZON} periods")
    reading = Reading() if reading is None else reading
    rows, treated = whole_shares(check_share_rows(frame, reading.clock), reading)
    treated += uneven_sums(rows)
    if newcomer is not None:
        rows = with_newcomer(rows, newcomer)
    panels, skill, done = [], [], 0
    for panel in share_panels(rows, reading.frequency):
        state = path_state(panel)
        panels.append(fit_panel(state, learned, horizon))
        skill.append(skill_rows(state, learned, horizon))
        done += len(panel.series)
        if progress is not None:
            progress(done)
    return ShareFit(tuple(panels), horizon, pd.concat(skill, ignore_index=True), treated)


def fit_panel(state: PathState, learned: Learned, horizon: int) -> FittedPanel:
    """Return a panel's centre, scale and newcomers for 1 to ``horizon`` periods ahead.

    Parameters
    ----------
    state
        Paths of a panel up to the origin.
    learned
        Numbers learned on reference histories.
    horizon
        Periods ahead.

    Returns
    -------
    FittedPanel
    """
    horizons = np.arange(1.0, horizon + 1.0)
    roots = centre(state, learned, horizons)
    terms = scale_terms(state.own, state.kin, state.pooled, state.last, state.drift, horizons)
    factor = np.exp(learned.spread[0] + learned.spread[1] * np.log(horizons)) * step_factor(state, learned, horizons)
    scale = np.where(state.present[:, None, :], error_scale(terms, learned.scale) * factor[:, :, None], 0.0)
    return FittedPanel(
        panel=state.panel,
        present=state.present,
        roots=roots,
        scale=made_up(scale, roots),
        entries=entries(state, horizons, learned.decay),
        followed=float(np.clip(learned.weights.get("entries", 0.0), 0.0, 1.0)),
        newcomers=newcomer_quantiles(state, learned),
        moving=moving_chance(state.panel.shares, state.live, state.panel.pool),
        degrees=learned.degrees,
        common=learned.common,
    )


def with_newcomer(rows: pd.DataFrame, name: str) -> pd.DataFrame:
    """Add a category of zeros for the next generation to every series that declares none.

    Parameters
    ----------
    rows
        Checked rows ``group, series, period_end, category, value`` (:func:`features.shares.check_share_rows`).
    name
        Name of the category added.

    Returns
    -------
    DataFrame
        The rows with those added, sorted by group, series, period and category.

    Raises
    ------
    ValueError
        If a series already uses the name for a category that has had a share.
    """
    top = rows.groupby(["series", "category"], sort=False).value.max()
    taken = top[(top.index.get_level_values("category") == name) & (top > 0)]
    if len(taken):
        series = taken.index[0][0]
        raise InputError(f"series {series!r}: category {name!r} has shares already; name the newcomer otherwise")
    declared = top.groupby("series").min() == 0
    lacking = rows[~rows.series.map(declared)].drop_duplicates(["series", "period_end"])
    added = pd.concat([rows, lacking.assign(category=name, value=0.0)])
    return added.sort_values(["group", "series", "period_end", "category"], kind="stable", ignore_index=True)


def draw_shares(fit: ShareFit, *, draws: int, seed: int) -> xr.DataArray:
    """Draw joint share paths of every series.

    Parameters
    ----------
    fit
        The fitted share model.
    draws
        Number of draws.
    seed
        Seed of the named streams.

    Returns
    -------
    DataArray
        Dimensions ``draw, series, category, period`` (1 to horizon periods ahead); ``period_end`` is a
        coordinate of series and period. Every draw of a series adds up to one over its categories; the others
        are NaN. Draws of one group are joint; a group's draws are the same alone as among others.

    Raises
    ------
    ValueError
        As :func:`features.bounds.check_draws`.
    """
    names = sorted({name for fitted in fit.panels for row in fitted.panel.categories for name in row})
    each = len(fit.series) * len(names) * fit.horizon
    check_draws(draws, seed, each=each, parts="series times categories times periods")
    code = {name: k for k, name in enumerate(names)}
    out = np.full((draws, len(fit.series), len(names), fit.horizon), np.nan)
    ends, place = [], 0
    for fitted in fit.panels:
        for at, row in enumerate(fitted.panel.categories):
            columns = [code[name] for name in row]
            out[:, place, columns] = series_draws(fitted, at, draws, seed).transpose(0, 2, 1)
            ends.append(period_ends(fitted.panel, at, fit.horizon))
            place += 1
    coords = {
        "draw": np.arange(draws),
        "series": list(fit.series),
        "category": names,
        "period": np.arange(1, fit.horizon + 1),
        "period_end": (("series", "period"), np.array(ends)),
    }
    return xr.DataArray(out, coords, ("draw", "series", "category", "period"), name="share", attrs={"units": "share"})


def period_ends(panel: SharePanel, at: int, horizon: int) -> NDArray[np.datetime64]:
    """Return the future period ends of one series.

    Parameters
    ----------
    panel
        Panel with the histories.
    at
        Row of the series in the panel.
    horizon
        Periods ahead.

    Returns
    -------
    ndarray, shape (horizon,)
        Midnight UTC, datetime64[us], without a zone as arrays carry none.
    """
    return np.asarray(future_ends(panel, at, horizon).tz_localize(None).as_unit("us").to_numpy())
