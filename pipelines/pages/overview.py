"""The picture of a forecast at one glance: machines, their power, the hyperscale part and the rise of LLMs."""

from __future__ import annotations

from typing import Final

import pandas as pd
import xarray as xr

from shiftcast.features.calendars import quarter_label
from shiftcast.forecast.known import Known
from shiftcast.forecast.views.part import Part, forecast_periods, periods, unit_of
from shiftcast.forecast.views.technique_share import technique_share
from shiftcast.pipelines.drawing.fan import fan
from shiftcast.pipelines.drawing.panels import Moments
from shiftcast.pipelines.drawing.picture import Picture
from shiftcast.pipelines.pages.course import drawn_rows, level_rows, split_rows
from shiftcast.pipelines.pages.split import stated_shares

_LEVELS: Final = {"accelerators": "accelerators in place", "power": "power of data centres"}
_SPLIT: Final = "hyperscale part of spending"
_RANKED: Final = "LLM part of recommendation requests"


def overview(cube: xr.Dataset, known: Known) -> Picture:
    """Return machines, their power, the hyperscale part and the rise of LLMs in one picture.

    Parameters
    ----------
    cube, known
        Draws of the forecast, and the record as it was known.

    Returns
    -------
    Picture
        Four panels over the quarters of hardware.
    """
    definition, ends = str(cube.attrs["definition"]), periods(cube)
    parts = [level_rows(cube, name, Part(), panel=panel, unit=unit_of(cube, name)) for name, panel in _LEVELS.items()]
    parts.append(split_rows(cube, "revenue", definition, panel=_SPLIT, unit="share"))
    if "recsys/llm" in cube["technique"].values:
        found = technique_share(cube, "llm", of="recsys", base="requests", segment="all")
        shown = found.ends <= ends[-1]
        parts.append(drawn_rows(found.ends[shown], found.share[:, shown], panel=_RANKED, unit="share"))
    stated = stated_shares(cube, known, definition)
    moments = Moments(today=str(cube.attrs["origin"]), reported=quarter_label(ends[~forecast_periods(cube)][-1]))
    return fan(
        pd.concat(parts, ignore_index=True), title=f"Forecast as of {cube.attrs['origin']}: medians, 8 in 10 and 95 %",
        unit=unit_of(cube, "accelerators"), stated=None if stated is None else stated.assign(panel=_SPLIT),
        moments=moments,
    )  # fmt: skip
