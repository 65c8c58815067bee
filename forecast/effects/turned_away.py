"""Answer to the question how much demand was or will be turned away, and which ceilings turn it away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import xarray as xr

from shiftcast.features.arrays import Array
from shiftcast.features.calendars import quarter_label
from shiftcast.features.frames import ALL, DataFrame, Observations
from shiftcast.forecast.effects.ceilings import binding
from shiftcast.forecast.effects.words import said
from shiftcast.forecast.spoken import percent, within
from shiftcast.forecast.views.answer import ASSUMED, Answer, spread
from shiftcast.forecast.views.part import Part, draws_of, forecast_periods, periods, places, unit_of
from shiftcast.forecast.views.places import place_of
from shiftcast.forecast.views.rows import part_of

if TYPE_CHECKING:  # it brings the models
    from shiftcast.forecast.known import Known

FELT: Final = 0.01  # part of what is wanted from which a draw counts as turning work away
_AT_LEAST: Final = (">=", ">~")
_CAPPED: Final = ("measure", "operator", "workload", "period_start", "period_end", "value", "unit", "bound", "source")
_TINY: Final = 1e-9
_NAMED: Final = 6  # figures named in a note


@dataclass(frozen=True)
class Latent:
    """The question how much demand is turned away.

    Attributes
    ----------
    start, by
        First and last quarter; from the last reported one to the horizon where left out.
    segment, leaf
        Part of the hierarchy.
    """

    start: str | None = None
    by: str | None = None
    segment: str = ALL
    leaf: str = ALL


def latent(cube: xr.Dataset, known: Known | None, asked: Latent) -> Answer:
    """Return hours wanted, served and turned away by quarter, and the odds of each ceiling to be what turns them away.

    Parameters
    ----------
    cube
        Joint draws.
    known
        The record they were drawn from, for rows that were capped; absent from forecasts that do not keep it.
    asked
        Quarters and part.

    Returns
    -------
    Answer
        A row a quarter: ``wanted, served, latent`` with 8 in 10 intervals [accelerator_hour/quarter],
        ``turned_away_share`` of what is wanted [1], ``odds_any`` that more than :data:`FELT` of it is, ``binding`` and
        the odds of each ceiling. Further tables: the quarter asked for by segment and leaf, and the capped rows.

    Raises
    ------
    OutOfSupportError
        If a quarter is not in the forecast, or it was made before demand drove hardware.
    ValueError
        If segment or leaf is not known.
    """
    ends, ahead = periods(cube), forecast_periods(cube)
    first = place_of(cube, asked.start) if asked.start else max(int(np.argmax(ahead)) - 1, 0)
    last = place_of(cube, asked.by) if asked.by else len(ends) - 1
    part = Part(**part_of(segment=asked.segment, leaf=asked.leaf))
    bound = binding(cube)
    capped = pd.DataFrame() if known is None else capped_rows(known.observations)
    rows = [_row(cube, part, place, bound) for place in range(min(first, last), last + 1)]
    told = last if asked.by else _ended(cube)
    unit = unit_of(cube, "latent_hours")
    table = pd.DataFrame(rows)
    return Answer(
        f"demand turned away, {part.segment}/{part.leaf}", table, pd.DataFrame(columns=list(ASSUMED)),
        (_READING, _reported(cube), *_capped_note(capped)), says=_says(cube, part, told, bound, unit),
        more={
            f"by leaf in {quarter_label(ends[told])}": pd.DataFrame(
                [{"segment": each.segment, "leaf": each.leaf, **_hours(cube, each, told)} for each in places(cube)]
            ),
            **({} if capped.empty else {"figures worded as at least so much": capped}),
        },
        units={str(name): unit if str(name).startswith(("wanted", "served", "latent")) else "share"
               for name in table.select_dtypes("number")},
    )  # fmt: skip


_READING: Final = (
    "Latent hours are what demand and sales together want of the fleet in a quarter less what the fleet serves once "
    "orders are cut to the ceilings of packaging, memory, power and funding; orders that are cut are asked for again. "
    "Ceilings are soft, so several cut at once: `binding` is the one that is passed furthest, in most draws."
)


def capped_rows(observations: DataFrame[Observations]) -> pd.DataFrame:
    """Return the figures of the record that were worded as at least so much, so that the true figure may lie above.

    Parameters
    ----------
    observations
        Observations as known.

    Returns
    -------
    DataFrame
        Flows only, the newest first: measure, operator, workload, period, value with unit and bound, and source.
    """
    rows = observations[observations["bound"].isin(_AT_LEAST) & observations["stage"].eq("flow")]
    return rows.sort_values("period_end", ascending=False, kind="stable")[list(_CAPPED)].reset_index(drop=True)


def _capped_note(capped: pd.DataFrame) -> tuple[str, ...]:
    """Return in which quarters figures of the record may lie below the truth, the newest first."""
    if capped.empty:
        return ()
    named = [f"{row.measure} {quarter_label(row.period_end)}" for row in capped.itertuples(index=False)]
    shown = list(dict.fromkeys(named))
    more = f" and {len(shown) - _NAMED} more" if len(shown) > _NAMED else ""
    told = f"{len(capped)} flows of the record are worded as at least so much, so what was wanted may lie above"
    return (f"{told}: {', '.join(shown[:_NAMED])}{more}.",)


def _ended(cube: xr.Dataset) -> int:
    """Return the position of the last quarter that had ended when the forecast was made."""
    done = periods(cube) <= pd.Timestamp(cube.attrs["origin"], tz="UTC")
    return max(int(done.sum()) - 1, 0)


def _hours(cube: xr.Dataset, part: Part, place: int) -> dict[str, float]:
    served, lost = (draws_of(cube, name, part)[:, place] for name in ("gpu_hours", "latent_hours"))
    away = lost / np.maximum(served + lost, _TINY)
    return {
        **spread("wanted", served + lost), **spread("served", served), **spread("latent", lost),
        **spread("turned_away_share", away), "odds_any": float((away > FELT).mean()),
    }  # fmt: skip


def _row(cube: xr.Dataset, part: Part, place: int, bound: dict[str, Array]) -> dict[str, Any]:
    odds = {name: float(each[:, place].mean()) for name, each in bound.items()}
    most = max(odds, key=odds.__getitem__, default="none")
    return {
        "quarter": quarter_label(periods(cube)[place]), **_hours(cube, part, place),
        "binding": most if odds.get(most, 0.0) > 0 else "none", **{f"odds_{name}": each for name, each in odds.items()},
    }  # fmt: skip


def _reported(cube: xr.Dataset) -> str:
    first = cube.attrs["first_forecast"]
    held = cube.attrs.get("bounded", first)
    return (
        f"Quarters before {first} are reported: what was shipped then is taken as what was wanted, so what was turned "
        f"away then does not show. Ceilings hold from {held} on."
    )


def _says(cube: xr.Dataset, part: Part, place: int, bound: dict[str, Array], unit: str) -> str:
    row = _row(cube, part, place, bound)
    where = "in all" if part == Part() else f"in {part.segment}/{part.leaf}"
    if row["odds_any"] == 0:
        most = f"{said(row['latent_high80'], unit)} at most (9 in 10)"
        return f"{most} are turned away {where} in {row['quarter']}: none that shows. {_reported(cube)}"
    odds = {name: row[f"odds_{name}"] for name in bound}
    ordered = sorted((name for name in odds if odds[name] > FELT), key=lambda name: -odds[name])
    which = ", ".join(f"{name} ({percent(odds[name])})" for name in ordered)
    binds = (
        f"What binds new orders in that quarter, in parts of the draws: {which}."
        if which
        else "No ceiling binds new orders in that quarter: it is what earlier quarters still owe."
    )
    return (
        f"{said(row['latent_median'], unit)} ({within(said(row['latent_low80']), said(row['latent_high80']))}) "
        f"are turned away {where} in {row['quarter']}, {percent(row['turned_away_share_median'])} of what is wanted; "
        f"{said(row['served_median'], unit)} are served. More than {percent(FELT)} is turned away in "
        f"{percent(row['odds_any'])} of the draws. {binds}"
    )
