"""Answer a planner's questions about one fleet: the same path behind command, notebook and served model."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from shiftcast.features.frames import DataFrame, Usage
from shiftcast.forecast.fleet.described import describe
from shiftcast.forecast.fleet.facts import Fleet
from shiftcast.forecast.views.answer import Answer


@dataclass(frozen=True)
class Planner:
    """One fleet as known on a day.

    Attributes
    ----------
    fleet
        What the planner says of it.
    usage
        What its store holds.
    origin
        Day both were known, midnight UTC.
    """

    fleet: Fleet
    usage: DataFrame[Usage]
    origin: pd.Timestamp

    def describe(self) -> Answer:
        """Return what the fleet is (:func:`forecast.fleet.described.describe`)."""
        return describe(self.usage, self.fleet)
