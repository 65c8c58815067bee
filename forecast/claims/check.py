"""Check of a claim against the forecast, and what it would take for the claim to hold.

Its odds under each definition and stage, the growth it needs, the bridge from the claim before it, and how its
speaker's past claims came out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
import xarray as xr
from scipy.optimize import brentq

from shiftcast.features.arrays import Array
from shiftcast.features.calendars import covered_share
from shiftcast.features.frames import Claims, DataFrame
from shiftcast.forecast.claims.odds import ClaimReading, as_worded, quantity
from shiftcast.forecast.claims.registry import find, predecessor
from shiftcast.forecast.views.part import LEVEL_OF_BASE, Part, draws_of, forecast_periods, hyperscale_share, periods

_REVENUE: Final = {
    "data centre": "data_center", "as its products": "unstated", "company": "company_total",
}  # fmt: skip
_LIMITS: Final = (-0.9, 3.0)


@dataclass(frozen=True)
class ClaimCheck:
    """One claim against the forecast.

    Attributes
    ----------
    claim
        Its name.
    odds
        One row a reading, definition and stage: ``reading, weight, definition, stage, median, probability, at_least,
        note``.
    growth_needed
        Constant growth a quarter of the quantity, after the last reported quarter, for the claim to hold at its
        lower figure; missing if it has no window ahead.
    growth_forecast
        Median growth a quarter over the same quarters.
    bridge
        From the claim before it, in the claim's unit: ``from, window, scope, rate, to``; empty if there is none.
    past
        The speaker's claims whose window has passed: ``claim, stated_at, bound, low, high, actual, held``.
    """

    claim: str
    odds: pd.DataFrame
    growth_needed: float
    growth_forecast: float
    bridge: Mapping[str, Any]
    past: pd.DataFrame

    @property
    def frame(self) -> pd.DataFrame:
        """The odds with the claim's name, the growth it needs and the forecast's, and each step of the bridge."""
        steps = {f"bridge_{name}": value for name, value in self.bridge.items()}
        growth = {"growth_needed": self.growth_needed, "growth_forecast": self.growth_forecast}
        return self.odds.assign(claim=self.claim, **growth, **steps)


def check_claim(
    cube: xr.Dataset, claims: DataFrame[Claims], name: str, *, reading: ClaimReading, against: str | None = None
) -> ClaimCheck:
    """Check a claim against a cube.

    Parameters
    ----------
    cube
        The draw cube.
    claims
        Distinct claims known at its origin (:func:`forecast.claims.registry.distinct`).
    name
        The claim.
    reading
        Beliefs about what claims mean as worded.
    against
        The vintage to bridge from; the speaker's last one if not given.

    Returns
    -------
    ClaimCheck
        Odds of each reading, growth needed and expected, bridge and past claims.

    Raises
    ------
    ValueError
        If a claim is not known.
    """
    readings = find(claims, name).to_dict("records")
    odds = pd.DataFrame([row for claim in readings for row in _odds(cube, claim, reading)])
    before = against or predecessor(claims, name)
    bridge = {} if before is None else _bridge(cube, find(claims, before).to_dict("records")[0], readings[0])
    needed, expected = _growth(cube, readings[0])
    past = past_claims(cube, claims, str(readings[0]["speaker"]), reading)
    return ClaimCheck(name, odds, needed, expected, bridge, past)


def _odds(cube: xr.Dataset, claim: Mapping[Any, Any], reading: ClaimReading) -> list[dict[str, Any]]:
    rows = []
    for definition, stage, values in _variants(cube, claim, reading):
        row = {"reading": claim["reading"], "weight": claim["weight"], "definition": definition, "stage": stage}
        if isinstance(values, str):
            rows.append({**row, "median": np.nan, "probability": np.nan, "at_least": np.nan, "note": values})
            continue
        rows.append({
            **row, "median": float(np.median(values)), "probability": float(as_worded(values, claim, reading).mean()),
            "at_least": float((values >= _floor(claim)).mean()), "note": "",
        })  # fmt: skip
    return rows


def _floor(claim: Mapping[Any, Any]) -> float:
    return float(claim["low"]) if pd.notna(claim["low"]) else float(claim["high"])


def _variants(cube: xr.Dataset, claim: Mapping[Any, Any], reading: ClaimReading) -> list[tuple[str, str, Array | str]]:
    """Return draws of the claimed quantity under each definition and stage it could mean."""
    if claim["measure"] == "share" and claim["base"] == "revenue" and claim["definition"] == "unstated":
        return _share_variants(cube, pd.Timestamp(claim["stated_at"]))
    if claim["measure"] != "revenue" or claim["definition"] not in _REVENUE.values():
        return [(str(claim["definition"]), str(claim["stage"]), quantity(cube, claim))]
    variants: list[tuple[str, str, Array | str]] = []
    for label, definition in _REVENUE.items():
        if label == "as its products" and claim["products"] == "all":
            continue
        products = {"products": claim["products"] if label == "as its products" else "all"}
        for stage, window in _stages(claim, int(reading.order_lead)):
            variants.append((label, stage, quantity(cube, {**window, **products, "definition": definition})))
    return variants


def _stages(claim: Mapping[Any, Any], order_lead: int) -> list[tuple[str, Mapping[Any, Any]]]:
    """Return the claim as revenue, and as orders where it may mean those: revenue of a later window."""
    stages: list[tuple[str, Mapping[Any, Any]]] = [("revenue", claim)]
    if claim["stage"] in {"visibility", "order"} and pd.notna(claim["window_end"]):
        lead = pd.DateOffset(months=3 * order_lead)
        later = {**claim, "window_start": claim["window_start"] + lead, "window_end": claim["window_end"] + lead}
        stages.append((f"order, {order_lead} quarters before revenue", later))
    return stages


def _share_variants(cube: xr.Dataset, stated_at: pd.Timestamp) -> list[tuple[str, str, Array | str]]:
    at = int(periods(cube).searchsorted(stated_at))
    if at >= len(periods(cube)):
        return [("any", "flow", "the statement is later than the quarters drawn")]
    reference = str(cube.attrs["definition"])
    flows: list[tuple[str, str, Array | str]] = [
        (str(name), "flow of revenue", hyperscale_share(cube, base="revenue", definition=str(name))[:, at])
        for name in cube["definition"].values
    ]
    stock = [
        (reference, f"stock of {base}", hyperscale_share(cube, base=base, definition=reference)[:, at])
        for base in LEVEL_OF_BASE if base in {"accelerators", "watts"}
    ]  # fmt: skip
    ahead = slice(at + 1, at + 5)
    first, second = (draws_of(cube, "spending", Part(side))[:, ahead].sum(axis=1) for side in ("hyperscale", "rest"))
    return [*flows, *stock, (reference, "forward: revenue of the next four quarters", first / (first + second))]


def _growth(cube: xr.Dataset, claim: Mapping[Any, Any]) -> tuple[float, float]:
    """Return the constant growth a quarter that a claim over a window needs, and the forecast's over the same."""
    if claim["measure"] != "revenue" or pd.isna(claim["window_start"]) or isinstance(quantity(cube, claim), str):
        return float("nan"), float("nan")
    ends, ahead = periods(cube), forecast_periods(cube)
    inside = covered_share(claim["window_start"], claim["window_end"], ends)
    steps = np.maximum(np.cumsum(ahead), 0)
    count = int(steps[inside > 0].max(initial=0))
    if count == 0:
        return float("nan"), float("nan")
    whole = np.median(draws_of(cube, "spending", Part()), axis=0)
    scope = float(np.median(np.asarray(quantity(cube, claim)))) / float(whole @ inside)
    last = whole[~ahead][-1]

    def reached(growth: float) -> float:
        path = np.where(ahead, last * (1 + growth) ** steps, whole)
        return float(path @ inside) * scope - _floor(claim)

    expected = float((whole[np.flatnonzero(ahead)[count - 1]] / last) ** (1 / count) - 1)
    if reached(_LIMITS[0]) > 0 or reached(_LIMITS[1]) < 0:
        return float("nan"), expected
    return float(brentq(reached, *_LIMITS)), expected


def _bridge(cube: xr.Dataset, before: Mapping[Any, Any], after: Mapping[Any, Any]) -> dict[str, Any]:
    """Split the step between two vintages: a longer window, another scope, and what is left, a higher rate."""
    steps = [before, {**before, "window_start": after["window_start"], "window_end": after["window_end"]}, after]
    levels = [quantity(cube, claim) for claim in steps]
    start, end = _floor(before), _floor(after)
    if any(isinstance(level, str) for level in levels):
        reason = next(level for level in levels if isinstance(level, str))
        return {"from": start, "window": np.nan, "scope": np.nan, "rate": np.nan, "to": end, "before": before["claim"],
                "note": reason}  # fmt: skip
    medians = [float(np.median(np.asarray(level))) for level in levels]
    window = start * (medians[1] / medians[0] - 1)
    scope = (start + window) * (medians[2] / medians[1] - 1)
    return {"from": start, "window": window, "scope": scope, "rate": end - start - window - scope, "to": end,
            "before": before["claim"], "note": ""}  # fmt: skip


def past_claims(cube: xr.Dataset, claims: DataFrame[Claims], speaker: str, reading: ClaimReading) -> pd.DataFrame:
    """Return a speaker's claims whose window has passed, with actuals and whether they held as worded.

    Parameters
    ----------
    cube
        The draw cube.
    claims
        Distinct claims known at its origin.
    speaker
        Who stated them.
    reading
        Beliefs about what claims mean as worded.

    Returns
    -------
    DataFrame
        ``claim, stated_at, bound, low, high, actual, held``; ``held`` is a share of the draws.
    """
    first = periods(cube)[forecast_periods(cube)][0]
    begun = first - pd.offsets.QuarterBegin(startingMonth=1)
    rows = []
    for claim in claims[claims["speaker"] == speaker].to_dict("records"):
        if pd.isna(claim["window_end"]) or claim["window_end"] >= begun:
            continue
        values = quantity(cube, claim)
        if not isinstance(values, str):
            rows.append({
                **{name: claim[name] for name in ("claim", "stated_at", "bound", "low", "high")},
                "actual": float(np.median(values)), "held": float(as_worded(values, claim, reading).mean()),
            })  # fmt: skip
    return pd.DataFrame(rows, columns=["claim", "stated_at", "bound", "low", "high", "actual", "held"])
