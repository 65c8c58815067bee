"""Draw the forecast in one picture: machines in place, techniques of recommendation, and the split."""

from __future__ import annotations

from typing import Final

import pandas as pd

from shiftcast.features.calendars import quarter_label
from shiftcast.forecast.answers import Forecaster
from shiftcast.forecast.spoken import percent
from shiftcast.forecast.telling.words import named
from shiftcast.forecast.views.part import Part
from shiftcast.forecast.views.technique_share import technique_share
from shiftcast.pipelines.drawing.fan import Look, fan
from shiftcast.pipelines.drawing.picture import Picture
from shiftcast.pipelines.pages.asked import Asked
from shiftcast.pipelines.pages.cells import bounded
from shiftcast.pipelines.pages.course import level_rows, split_rows
from shiftcast.pipelines.pages.split import stated_rows

WIDTH: Final = 1240  # of the picture [px]
_LIVE, _RANKING, _SPLIT = "Accelerators in place", "Recommendation by hyperscale clouds, requests", (
    "Hyperscale share of revenue"
)  # fmt: skip
_CLASSES: Final = ("deep", "sequence", "llm")
_REVENUE: Final = "revenue"


def overview(forecaster: Forecaster) -> Picture:
    """Return the picture of a forecast that stands beside its report.

    Parameters
    ----------
    forecaster
        The forecast.

    Returns
    -------
    Picture
        Three panels with medians and intervals; statements of the split are its only markers.
    """
    cube, asked = forecaster.cube, Asked(forecaster)
    parts = [
        *(level_rows(cube, "accelerators", Part(side), panel=_LIVE, line=side, unit="accelerator")
          for side in ("hyperscale", "rest")),
        *(_ranking(forecaster, name) for name in _CLASSES if f"recsys/{name}" in cube["technique"].values),
        split_rows(cube, _REVENUE, asked.definition, panel=_SPLIT, line="", unit="share"),
    ]  # fmt: skip
    title = f"As of {cube.attrs['origin']}: medians with 8 in 10 and 95 % intervals; hardware to {asked.horizon}"
    return fan(
        pd.concat(parts, ignore_index=True), title=title, unit="share", moments=asked.moments,
        stated=_stated(forecaster), look=Look(columns=3),
    )  # fmt: skip


def _ranking(forecaster: Forecaster, technique: str) -> pd.DataFrame:
    found = technique_share(forecaster.cube, technique, of="recsys", base="requests", segment="hyperscale")
    marks = dict(zip(("low80", "median", "high80"), pd.DataFrame(found.share).quantile([0.1, 0.5, 0.9]).to_numpy(),
                     strict=True))  # fmt: skip
    return pd.DataFrame(marks).assign(
        when=[quarter_label(end) for end in found.ends], panel=_RANKING, line=technique, unit="share"
    )


def _stated(forecaster: Forecaster) -> pd.DataFrame | None:
    """Return the statements of the split since the first quarter, under any definition."""
    known = forecaster.known
    if known is None:
        return None
    marks = [
        {"panel": _SPLIT, "line": "", "when": quarter_label(row["period_end"]), "value": row["value"],
         "says": ", ".join((named(str(row["operator"])), named(str(row["definition"])),
                            bounded(row["bound"], percent(row["value"]))))}
        for row in stated_rows(forecaster.cube, known).to_dict("records")
    ]  # fmt: skip
    return pd.DataFrame(marks) if marks else None
