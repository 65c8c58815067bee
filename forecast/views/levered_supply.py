"""Machines and ceilings under a scenario: generations that come late, dearer accelerators, ceilings moved or lifted."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
import xarray as xr

from shiftcast.features.arrays import Array
from shiftcast.features.input_error import InputError
from shiftcast.forecast.doubts import Supported, figure
from shiftcast.forecast.scenarios.levers import MOST, Generation, Limit, Price
from shiftcast.forecast.scenarios.paths import late_mix, reached
from shiftcast.forecast.scenarios.reading import Scenario
from shiftcast.forecast.supply.ceilings import POWER
from shiftcast.forecast.supply.funding import FUNDING
from shiftcast.forecast.support import OutOfSupportError
from shiftcast.forecast.views.part import Part, draws_of, forecast_periods
from shiftcast.forecast.views.redraw import Change

_TINY: Final = 1e-30


def levered_supply(cube: xr.Dataset, scenario: Scenario, quarters: list[str], change: Change) -> Change:
    """Return a change with the machines and ceilings of a scenario.

    Parameters
    ----------
    cube, scenario, quarters
        Draw cube, levers, and labels of the quarters ahead.
    change
        What is otherwise so far.

    Returns
    -------
    Change

    Raises
    ------
    ValueError
        If a lever names a generation or ceiling that the cube does not have.
    OutOfSupportError
        If the cube does not keep its generations.
    """
    names = [str(name) for name in cube["ceiling"].values]
    if scenario.of(Generation):
        change = _late(cube, scenario.of(Generation), quarters, names, change)
    for lever in scenario.of(Price):
        if lever.of == "accelerators":
            factor = lever.factor ** reached(quarters, lever.start, lever.ramp)
            use = change.use.copy()
            use[..., names.index(FUNDING)] *= factor
            change = replace(change, price=change.price * factor, use=use)
    for lever in scenario.of(Limit):
        counts = reached(quarters, lever.start)
        if lever.most is not None and lever.ceiling in names:
            live = draws_of(cube, POWER, Part())[:, forecast_periods(cube)]
            had = live if lever.ceiling == POWER else change.available[..., names.index(lever.ceiling)]
            _check_most(lever, had[:, counts > 0])
        change = _limited(lever, counts, names, change)
    return change


def _late(
    cube: xr.Dataset, levers: tuple[Generation, ...], quarters: list[str], names: list[str], change: Change
) -> Change:  # fmt: skip
    if "unit_mix" not in cube:
        raise OutOfSupportError(
            f"scenario: generation {levers[0].generation!r}", "this forecast does not keep its generations",
            "run `shiftcast run` again",
        )  # fmt: skip
    ahead, mix = forecast_periods(cube), cube["unit_mix"].values.astype(np.float64)
    base, waits, lost = mix, change.waits, change.lost
    for lever in levers:
        late = late_mix(mix, [str(name) for name in cube["generation"].values], ahead, quarters, lever)
        mix, waits, lost = late.mix, waits * late.waits, lost * late.lost
    takes = cube["generation_takes"].values.astype(np.float64)
    old, new = (np.einsum("dqg,dcg->dqc", each[:, ahead], takes) for each in (base, mix))
    grown = np.where(old > 0, new / np.maximum(old, _TINY), 1.0)
    price, power = grown[..., names.index(FUNDING)], grown[..., names.index(POWER)]
    # what a ceiling leaves is counted as in the base: room that a late part does not take makes no more of older ones
    return replace(change, price=change.price * price, power=change.power * power, waits=waits, lost=lost)


def _check_most(lever: Limit, had: Array) -> None:
    """Refuse a figure further beyond what is drawn of a ceiling than any factor on it: rather its unit is wrong."""
    drawn = had[np.isfinite(had)]
    if not drawn.size or lever.most is None:
        return
    low, high = (float(end) for end in np.quantile(drawn, (0.025, 0.975)))
    times = Supported(low, high, "", "").times(lever.most)
    if times >= MOST:
        side = "above" if lever.most > high else "below"
        raise InputError(
            f"scenario: {lever.ceiling} of at most {figure(lever.most)} is {figure(times, 2)} times {side} the 95 % "
            f"drawn, {figure(low)} to {figure(high)}; correct it or its unit, or give lift = true or a factor"
        )


def _limited(lever: Limit, counts: Array, names: list[str], change: Change) -> Change:
    """Return a change with one ceiling lifted, scaled or held."""
    if lever.ceiling not in names:
        said = "lifted" if lever.lift else "moved"
        raise InputError(f"scenario: ceiling {lever.ceiling!r} cannot be {said}; choose from {', '.join(names)}")
    if lever.most is not None and lever.ceiling == POWER:
        cap = np.where(counts > 0, lever.most, np.inf)
        return replace(change, cap=cap if change.cap is None else np.minimum(change.cap, cap))
    available = change.available.copy()
    own = available[..., names.index(lever.ceiling)]
    if lever.lift:
        own[:, counts > 0] = np.inf
    elif lever.factor is not None:
        own *= lever.factor**counts
    elif lever.most is not None:
        own[:] = np.minimum(own, np.where(counts > 0, lever.most, np.inf))
    return replace(change, available=available)
