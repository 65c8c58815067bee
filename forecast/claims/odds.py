"""Odds of claims: the probability the draws give each dated statement, or why it cannot be judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
import xarray as xr

from shiftcast.features.arrays import Array
from shiftcast.features.calendars import covered_share
from shiftcast.features.frames import Claims, DataFrame
from shiftcast.forecast.views.part import Part, draws_of, hyperscale_share, periods

Reader = Callable[[xr.Dataset, Mapping[Any, Any]], "Array | str"]


@dataclass(frozen=True)
class ClaimReading:
    """Beliefs about what claims mean as worded; a stated range is read as it is.

    Attributes
    ----------
    about
        Part of a figure v within which "about v" holds [1].
    about_share
        Distance within which "about v" holds for a share [1].
    order_lead
        Quarters from order to revenue.
    """

    about: float
    about_share: float
    order_lead: float


def claims_table(cube: xr.Dataset, claims: DataFrame[Claims], reading: ClaimReading) -> pd.DataFrame:
    """Judge every claim that the forecast can speak to.

    Parameters
    ----------
    cube
        The draw cube.
    claims
        Claims frame known at the origin.
    reading
        Beliefs about what claims mean as worded.

    Returns
    -------
    DataFrame
        ``claim, reading, speaker, stated_at, statement, bound, low, high, unit, median, probability, at_least,
        note``: the forecast's median, the probability of the statement as worded, and of at least its lower end;
        both are missing where ``note`` says why the claim is not judged.
    """
    rows = [{**_head(claim), **_judge(cube, claim, reading)} for claim in claims.to_dict("records")]
    columns = [*_HEAD, "median", "probability", "at_least", "note"]
    return pd.DataFrame(rows, columns=columns)


_HEAD: Final = ("claim", "reading", "speaker", "stated_at", "statement", "bound", "low", "high", "unit")


def _head(claim: Mapping[Any, Any]) -> dict[str, Any]:
    return {name: claim[name] for name in _HEAD}


def _judge(cube: xr.Dataset, claim: Mapping[Any, Any], reading: ClaimReading) -> dict[str, Any]:
    values = quantity(cube, claim)
    if isinstance(values, str):
        return _unjudged(values)
    holds = as_worded(values, claim, reading)
    floor = float(claim["low"]) if pd.notna(claim["low"]) else float(claim["high"])
    return {
        "median": float(np.median(values)), "probability": float(holds.mean()),
        "at_least": float((values >= floor).mean()), "note": "",
    }  # fmt: skip


def quantity(cube: xr.Dataset, claim: Mapping[Any, Any]) -> Array | str:
    """Return draws of the quantity a claim is about, or why there are none.

    Parameters
    ----------
    cube
        The draw cube.
    claim
        Row of the claims frame.

    Returns
    -------
    ndarray or str
        Shape (draws,), in the claim's canonical unit; a reason where the cube does not measure it.
    """
    reader = _READERS.get((str(claim["measure"]), str(claim["definition"])))
    if reader is None or claim["base"] not in {"none", "revenue"}:
        return "no forecast quantity measures this"
    return reader(cube, claim)


def as_worded(values: Array, claim: Mapping[Any, Any], reading: ClaimReading) -> Array:
    """Return in which draws a claim holds as worded, shape of the values.

    Parameters
    ----------
    values
        Draws of the quantity, any shape, in the claim's unit.
    claim
        Row of the claims frame.
    reading
        Beliefs about what claims mean as worded.

    Returns
    -------
    ndarray of bool, shape of ``values``
        True where it holds.
    """
    low = float(claim["low"]) if pd.notna(claim["low"]) else -np.inf
    high = float(claim["high"]) if pd.notna(claim["high"]) else np.inf
    figure = low if np.isfinite(low) else high
    share = claim["unit"] == "1" and claim["measure"] == "share"
    slack = reading.about_share if share else reading.about * abs(figure)
    if claim["bound"] == ">=":
        return np.asarray(values >= figure)
    if claim["bound"] == "<=":
        return np.asarray(values <= (high if np.isfinite(high) else low))
    if claim["bound"] in {">~", "<~"}:  # just over or under a figure: within twice the slack, on that side
        beyond = (values - figure) * (1.0 if claim["bound"] == ">~" else -1.0)
        return np.asarray((beyond >= 0) & (beyond <= 2 * slack))
    slack = 0.0 if high > low else slack
    return np.asarray((values >= low - slack) & (values <= high + slack))


def _unjudged(reason: str) -> dict[str, Any]:
    return {"median": float("nan"), "probability": float("nan"), "at_least": float("nan"), "note": reason}


def _window(cube: xr.Dataset, claim: Mapping[Any, Any]) -> Array | str:
    """Return the share of each quarter that lies in the claimed window, or why the window is out of reach."""
    start, end = claim["window_start"], claim["window_end"]
    if pd.isna(start) or pd.isna(end):
        return "the statement gives no window"
    ends = periods(cube)
    begin = (ends[0] - pd.offsets.QuarterBegin(startingMonth=1)).tz_convert("UTC")
    if start < begin or end > ends[-1]:
        return f"the window {start:%Y-%m-%d} to {end:%Y-%m-%d} is not within the quarters drawn"
    return covered_share(start, end, ends)


def _revenue(cube: xr.Dataset, claim: Mapping[Any, Any]) -> Array | str:
    """Return data-centre revenue over the window; of Blackwell and later where the claim names products."""
    window = _window(cube, claim)
    if isinstance(window, str):
        return window
    if str(claim["products"]) == "all":
        return draws_of(cube, "spending", Part()) @ window
    return np.asarray(cube["spending_new_products"].values.astype(np.float64) @ window)


def _company(cube: xr.Dataset, claim: Mapping[Any, Any]) -> Array | str:
    """Return the vendor's whole revenue over the window: data centre times the last reported ratio of the two."""
    ratio = float(cube.attrs["company_ratio"])
    if not np.isfinite(ratio):
        return "the vendor's whole revenue was not known at this origin"
    values = _revenue(cube, claim)
    return values if isinstance(values, str) else values * ratio


def _sovereign(cube: xr.Dataset, claim: Mapping[Any, Any]) -> Array | str:
    window = _window(cube, claim)
    return window if isinstance(window, str) else draws_of(cube, "spending", Part("rest", "sovereign")) @ window


def _growth_of(reader: Reader) -> Reader:
    """Return a reader of growth over the same window a year (52 weeks) before."""

    def growth(cube: xr.Dataset, claim: Mapping[Any, Any]) -> Array | str:
        start, end = claim["window_start"], claim["window_end"]
        if pd.isna(start) or pd.isna(end):
            return "the statement gives no window"
        year = pd.Timedelta(days=364)
        after = reader(cube, claim)
        before = reader(cube, {**claim, "window_start": start - year, "window_end": end - year})
        if isinstance(after, str) or isinstance(before, str):
            return after if isinstance(after, str) else str(before)
        return np.asarray(after / before - 1)

    return growth


def _split(cube: xr.Dataset, claim: Mapping[Any, Any]) -> Array | str:
    """Return the revenue share under the reference definition in the quarter the statement was made."""
    ends = periods(cube)
    if not ends[0] - pd.offsets.QuarterEnd() < claim["stated_at"] <= ends[-1]:
        return "the statement was not made within the quarters drawn"
    position = int(ends.searchsorted(claim["stated_at"]))
    return hyperscale_share(cube, base="revenue", definition=cube.attrs["definition"])[:, position]


_READERS: Final[Mapping[tuple[str, str], Reader]] = {
    ("revenue", "data_center"): _revenue,
    ("revenue", "unstated"): _revenue,
    ("revenue", "company_total"): _company,
    ("revenue", "sovereign_ai"): _sovereign,
    ("growth", "company_total"): _growth_of(_company),
    ("growth", "sovereign_ai"): _growth_of(_sovereign),
    ("share", "unstated"): _split,
}
