"""Draw odds over time, from never to surely, a line a part."""

from __future__ import annotations

import pandas as pd

from shiftcast.pipelines.drawing.fan import Look, fan
from shiftcast.pipelines.drawing.panels import UNMARKED, Moments
from shiftcast.pipelines.drawing.picture import Picture


def odds(rows: pd.DataFrame, *, title: str, moments: Moments = UNMARKED) -> Picture:
    """Return the picture of probabilities over time, on an axis from 0 to 100 %.

    Parameters
    ----------
    rows
        ``when`` and ``probability``; ``line`` and ``panel`` where there are several.
    title
        What they are the odds of.
    moments
        Moments that are marked by rules.

    Returns
    -------
    Picture
    """
    return fan(
        rows.rename(columns={"probability": "median"}), title=title, unit="share", moments=moments,
        look=Look(whole=True, line="probability"),
    )  # fmt: skip
