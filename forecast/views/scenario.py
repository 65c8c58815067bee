"""Scenarios on a drawn cube: what they change of work, machines and ceilings, and the cube redrawn under it.

What is wanted is ordered, within the ceilings of each draw; shipments, machines, power, money and hours follow, and
what is not supplied is latent. All scenarios share the base's random numbers, and one that changes nothing changes no
bit. :mod:`forecast.scenarios` says how they are written.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import numpy as np
import xarray as xr

from shiftcast.features.calendars import quarter_label
from shiftcast.forecast.scenarios.levers import KINDS, Price, Software, Technique
from shiftcast.forecast.scenarios.reading import BASE, Gallery, Scenario, read_scenario
from shiftcast.forecast.spoken import percent
from shiftcast.forecast.support import OutOfSupportError
from shiftcast.forecast.views.levered_supply import levered_supply
from shiftcast.forecast.views.levered_work import levered_hours, response
from shiftcast.forecast.views.part import forecast_periods, periods
from shiftcast.forecast.views.redraw import redraw, unchanged
from shiftcast.forecast.views.techniques import technique_requests

__all__ = ["BASE", "apply_scenario", "gallery_of", "label_of", "scenario_notes", "with_gallery"]
_GALLERY: Final = "scenarios"  # attribute of a cube


def with_gallery(cube: xr.Dataset, gallery: Gallery) -> xr.Dataset:
    """Return a cube that keeps scenarios which can be named.

    Parameters
    ----------
    cube
        The draw cube.
    gallery
        Name to the table of each.

    Returns
    -------
    Dataset
        The same variables.
    """
    return cube.assign_attrs({_GALLERY: json.dumps(gallery, sort_keys=True)})


def gallery_of(cube: xr.Dataset) -> dict[str, Mapping[str, Any]]:
    """Return the scenarios that can be named in a forecast, by name; none of one made before it kept any.

    Parameters
    ----------
    cube
        The draw cube.

    Returns
    -------
    dict
        Name to table.
    """
    return dict(json.loads(cube.attrs.get(_GALLERY, "{}")))


def label_of(cube: xr.Dataset, text: str) -> str:
    """Return what a scenario is called: its text, or its name where it is a table.

    Parameters
    ----------
    cube, text
        As :func:`apply_scenario` takes them.

    Returns
    -------
    str
    """
    return BASE if text == BASE else read_scenario(text, gallery_of(cube)).label


def apply_scenario(cube: xr.Dataset, text: str) -> xr.Dataset:
    """Return the cube under a scenario.

    Parameters
    ----------
    cube
        The draw cube; it is left as it is.
    text
        As :func:`forecast.scenarios.reading.read_scenario` reads it, with the names that the cube keeps.

    Returns
    -------
    Dataset
        The cube redrawn, with ``scenario`` and ``scenario_hash`` among its attributes; for ``base`` the same object.

    Raises
    ------
    ValueError
        If the scenario cannot be read, or names a part, generation or ceiling that the cube does not have.
    OutOfSupportError
        If the cube was made before demand drove hardware, or a factor is out of range.
    """
    scenario = read_scenario(text, gallery_of(cube))
    if not scenario.levers:
        return cube
    if "shipments_wanted" not in cube:
        raise OutOfSupportError(
            f"scenario {scenario.label!r}",
            "this forecast was made before demand drove its machines",
            "make it again: `shiftcast run`",
        )
    quarters = [quarter_label(end) for end in periods(cube)[forecast_periods(cube)]]
    hours, requests = levered_hours(cube, scenario, quarters)
    change = levered_supply(cube, scenario, quarters, replace(unchanged(cube), hours=hours))
    after = redraw(cube, change)
    if requests is not None:
        after = _with_requests(after, requests)
    return after.assign_attrs(scenario=scenario.label, scenario_hash=scenario.hash)


def _with_requests(cube: xr.Dataset, requests: Any) -> xr.Dataset:
    """Return a cube with other technique shares; who uses a technique at all uses it for no less than its share."""
    old = technique_requests(cube)
    cube = cube.assign({"technique_requests": (old.dims, requests.astype(old.dtype), old.attrs)})
    if "adoption" not in cube:
        return cube
    names = [str(name) for name in cube["technique"].values]
    columns = [names.index(str(name)) for name in cube["migrating"].values]
    used = cube["adoption"]
    least = np.maximum(used.values, requests[..., columns].astype(used.dtype))
    return cube.assign(adoption=(used.dims, least, used.attrs))


def scenario_notes(cube: xr.Dataset, scenario: Scenario) -> tuple[str, ...]:
    """Return what a reader has to know of a scenario.

    Parameters
    ----------
    cube
        The base.
    scenario
        Its levers.

    Returns
    -------
    tuple of str
        What is reckoned alike, and whether demand eats what software gains, by the odds of it.
    """
    notes = []
    kinds = {name for name, kind in KINDS.items() if scenario.of(kind)}
    for lever in (*scenario.of(Software), *scenario.of(Price)):
        if isinstance(lever, Price) and lever.of == "work":
            continue
        product = response(cube, "elasticity", lever.elasticity) * response(cube, "pass_through", lever.pass_through)
        odds = float((product > 1).mean())
        told = "given" if lever.elasticity is not None else "assumed"
        if isinstance(lever, Software):
            verdict = "backfire" if odds > 0.5 else "partial rebound"  # more likely than not
            notes.append(
                f"{verdict}: demand grows by more than software gains in {percent(odds)} of the draws "
                f"(elasticity {told})"
            )
    if "generation" in kinds:
        notes.append("GPU-hours count accelerators of every generation alike: an older fleet does less work an hour")
    if scenario.of(Technique):
        notes.append("requests by technique move; requests of a workload as a whole stay")
    return tuple(notes)
