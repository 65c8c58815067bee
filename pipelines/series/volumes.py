"""Forecast volume histories, some thousand series at a time: the one place every door asks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shiftcast.features.bounds import check_draws
from shiftcast.features.input_error import InputError
from shiftcast.features.panel import Panel, panels
from shiftcast.features.reading import Reading
from shiftcast.features.volumes import CAPACITY, FLAGS, Treatments
from shiftcast.features.volumes import COLUMNS as ROWS
from shiftcast.forecast.migration import ShareFit
from shiftcast.forecast.volume import Elasticity, Priors, VolumesFit, draw_volumes, fit_groups, volume_quantiles
from shiftcast.forecast.volume.categories import joint_levels

Notes: TypeAlias = Mapping[str, tuple[str, ...]]

CHUNK: Final = 5000  # series forecast together, so that memory does not grow with their number
CELLS: Final = 4_000_000  # series times periods held together at most
MOST_AHEAD: Final = 5000  # periods ahead, as joint draws take the square of them
STEPS: Final = 60_000  # series times periods ahead held together at most


@dataclass(frozen=True)
class VolumeQuestion:
    """A question to the volume model: periods ahead, how to read the history, beliefs about drivers, joint draws.

    Attributes
    ----------
    horizon
        Periods ahead, of each series' own frequency.
    priors
        Beliefs about errors before any is seen (:func:`forecast.volume.fit.own_priors`).
    drivers, reading
        As :func:`features.panel.panels` takes them.
    elasticities
        Belief in the effect of drivers, by name: change of log volume for a change of one in the driver's log.
    draws
        Joint draws to give beside the quantiles, which need none; no draws where zero.
    seed
        Seed of every random stream.
    shares
        Fitted shares of the categories of every series, for volumes by category beside the total; none if left out.

    Raises
    ------
    ValueError
        If the horizon is below one or beyond 5,000 periods, draws are below zero, or as
        :func:`features.bounds.check_draws`.
    """

    horizon: int
    priors: Priors
    drivers: tuple[str, ...] = ()
    reading: Reading = field(default_factory=Reading)
    elasticities: Mapping[str, Elasticity] = field(default_factory=dict)
    draws: int = 0
    seed: int = 0
    shares: ShareFit | None = None

    def __post_init__(self) -> None:
        for name, least in (("horizon", 1), ("draws", 0)):
            if getattr(self, name) < least:
                raise InputError(f"{name} {getattr(self, name)} is below {least}; ask for at least that")
        if self.draws:
            check_draws(self.draws, self.seed)
        if self.horizon > MOST_AHEAD:
            raise InputError(
                f"horizon {self.horizon} is above {MOST_AHEAD}; ask for fewer periods, or for longer ones (--frequency)"
            )

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of a file that the answer depends on."""
        return (*ROWS, CAPACITY, *FLAGS, *self.drivers)


@dataclass(frozen=True)
class VolumeAnswer:
    """The forecast of one group of one frequency.

    Attributes
    ----------
    panel
        The histories as the model saw them.
    forecast
        ``series, period_end, statistic, quantile, value``, in the unit of each series; with shares also ``category``,
        empty for the total.
    paths
        ``series, draw, period_end, value`` of joint draws, with shares also ``category``; no rows where none were asked
        for.
    weights
        ``part, frequency, group, member, weight, error, shipped``.
    effects
        ``part, frequency, group, driver, prior_mean, prior_sd, mean, sd, known``: elasticity before and after the
        data, and whether the driver is known ahead.
    shipped
        Name of what ships for each series, shape (series,).
    data_weight
        Part of the values it takes to be forecast by itself that each series has, shape (series,).
    notes
        Remarks of the fit, and the series that each is about.
    """

    panel: Panel
    forecast: pd.DataFrame
    paths: pd.DataFrame
    weights: pd.DataFrame
    effects: pd.DataFrame
    shipped: NDArray[np.object_]
    data_weight: NDArray[np.float64]
    notes: Notes

    @property
    def totals(self) -> pd.DataFrame:
        """Rows of the forecast that are of whole series."""
        rows = self.forecast
        return rows[rows["category"].isna()] if "category" in rows else rows


def forecast_volumes(
    history: pd.DataFrame, question: VolumeQuestion
) -> Iterator[tuple[list[VolumeAnswer], Treatments]]:
    """Yield the answers of some thousand series at a time, and what was treated in their rows.

    Each group is forecast as if it were alone in the file, so another group changes no byte of it; one of more than
    5,000 series is forecast in parts.

    Parameters
    ----------
    history
        Rows as :func:`features.volumes.check_volume_rows` wants them; the index numbers them from 0.
    question
        Periods ahead and options.

    Yields
    ------
    tuple
        One answer a frequency and group, and the counts of what was treated in the rows.

    Raises
    ------
    ValueError
        On bad input, naming series, row, value and remedy.
    """
    priors = replace(question.priors, elasticities=question.elasticities)
    for number, rows in _chunks(history, question.horizon):
        found, treated = panels(rows, horizon=question.horizon, drivers=question.drivers, reading=question.reading)
        fits = (fit_groups(each, horizon=question.horizon, seed=question.seed, priors=priors) for each in found)
        yield [_answer(fit, question, number) for of_panel in fits for fit in of_panel], treated


def _answer(fit: VolumesFit, question: VolumeQuestion, part: int) -> VolumeAnswer:
    named = {"part": part, "frequency": fit.panel.frequency}
    forecast, paths, notes = _forecast(fit, question)
    return VolumeAnswer(
        panel=fit.panel,
        forecast=forecast,
        paths=paths,
        weights=_named(fit.weights, named),
        effects=_named(_effects(fit), {**named, "group": fit.panel.group[0]}),
        shipped=fit.shipped,
        data_weight=fit.data_weight,
        notes={**fit.notes, **notes},
    )


def _forecast(fit: VolumesFit, question: VolumeQuestion) -> tuple[pd.DataFrame, pd.DataFrame, Notes]:
    """Return the rows of the forecast and of joint draws, by category where shares are given, and what to say of it."""
    if question.shares is None:
        return volume_quantiles(fit), _paths(fit, question), {}
    levels = joint_levels(fit, question.shares, seed=question.seed, kept=question.draws)
    return levels.forecast, levels.paths, {levels.note: tuple(fit.panel.series.astype(str).tolist())}


def _named(frame: pd.DataFrame, first: Mapping[str, object]) -> pd.DataFrame:
    """Return a frame with constant columns before its own."""
    return frame.assign(**first)[[*first, *frame.columns]]


def _effects(fit: VolumesFit) -> pd.DataFrame:
    rows = [
        (name, each.prior.mean, each.prior.sd, each.posterior.mean, each.posterior.sd, each.known)
        for name, each in fit.effects.items()
    ]
    return pd.DataFrame(rows, columns=["driver", "prior_mean", "prior_sd", "mean", "sd", "known"])


def _paths(fit: VolumesFit, question: VolumeQuestion) -> pd.DataFrame:
    """Return joint draws as rows, series by series and draw by draw."""
    if not question.draws:
        return pd.DataFrame({"series": [], "draw": [], "period_end": [], "value": []})
    drawn = draw_volumes(fit, draws=question.draws, seed=question.seed).transpose("series", "draw", "step")
    series, draws, horizon = drawn.shape
    ends = np.repeat(fit.panel.ends(horizon)[:, None, :], draws, axis=1)
    return pd.DataFrame(
        {
            "series": pd.Categorical.from_codes(np.repeat(np.arange(series), draws * horizon), fit.panel.series),
            "draw": np.tile(np.repeat(np.arange(1, draws + 1), horizon), series),
            "period_end": pd.DatetimeIndex(ends.ravel()).tz_localize("UTC"),
            "value": drawn.to_numpy().ravel(),
        }
    )


def _chunks(history: pd.DataFrame, horizon: int) -> Iterator[tuple[int, pd.DataFrame]]:
    """Yield the rows of whole series, groups together, and the part of a group that they are, from one.

    All rows come at once where something is wrong with the columns.
    """
    named = {"series"} <= set(history.columns) and history["series"].notna().all()
    if len(history) == 0 or not named:
        yield 1, history
        return
    code = _numbered(history["series"])
    group = _numbered(history["group"]) if "group" in history.columns else np.zeros_like(code)
    heads = pd.DataFrame({"code": code, "group": group}).drop_duplicates()
    twice = heads.duplicated("code").to_numpy()
    if twice.any():
        row = int(heads.index[twice.argmax()])
        name, other = history["series"].iloc[row], history["group"].iloc[row]
        raise InputError(f"series {name!r}, row {row + 1}: also in another group than {other!r}; keep one")
    chunk = _chunk_of(heads.sort_values("code").group.to_numpy(), np.bincount(code), horizon)[code]
    order = np.argsort(chunk, kind="stable")
    part, before = 1, -1
    for rows in np.split(order, np.flatnonzero(np.diff(chunk[order])) + 1):
        part = part + 1 if group[rows[0]] == before else 1
        before = group[rows[0]]
        yield part, history.iloc[rows]


def _numbered(names: pd.Series) -> NDArray[np.int64]:
    """Return the place of each name among all, sorted as text; categories as a file is read stand in its own order."""
    named = names.astype("category")
    return np.asarray(pd.factorize(named.cat.reorder_categories(sorted(named.cat.categories, key=str)), sort=True)[0])


def _chunk_of(group: NDArray[np.int64], length: NDArray[np.int64], horizon: int) -> NDArray[np.int64]:
    """Return the number of each series' chunk, given its group, how many rows it has, and how far ahead it goes.

    Into how many parts a large group falls depends on its own series only.
    """
    out = np.zeros(len(group), dtype=np.int64)
    number, count, room = 0, 0, CHUNK
    order = np.argsort(group, kind="stable")
    for members in np.split(order, np.flatnonzero(np.diff(group[order])) + 1):
        most = max(1, min(CHUNK, CELLS // int(length[members].max()), STEPS // horizon))
        room = min(room, most)
        if count and count + len(members) > room:
            number, count, room = number + 1, 0, most
        parts = -(-len(members) // most)
        for part in np.array_split(members, parts):
            out[part] = number
            number += parts > 1
        count, room = (count + len(members), room) if parts == 1 else (0, CHUNK)
    return out
