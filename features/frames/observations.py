"""Declare the frame of observations: what was published or reported."""

from __future__ import annotations

from shiftcast.features.frames import shared
from shiftcast.features.frames.model import Day, Field
from shiftcast.features.frames.shared import Leaf
from shiftcast.features.frames.vocabulary import BOUNDS, DIMENSIONS, STAGES


class Observations(Leaf):
    """Figures that were published or reported, one row a figure, period and source."""

    measure: str = Field(description="quantity in the measures registry (shiftcast.features.units.MEASURES)")
    base: str = shared.BASE
    definition: str = Field(description="membership or scope the figure was stated under; none if there is one only")
    stage: str = Field(description="flow over the period, stock at its end, or forward-looking", isin=STAGES)
    period_start: Day = shared.PERIOD_START
    period_end: Day = shared.PERIOD_END
    known_at: Day = Field(description="first day the world could know the figure")
    source: str = Field(description="address or description of where the figure was read")
    value: float = Field(description="the figure", metadata={"unit": "see unit"})
    unit: str = Field(description="canonical unit of the measure")
    bound: str = Field(
        description="how the source worded it: exactly, at least, at most, about, just over, just under", isin=BOUNDS
    )
    sd: float = Field(description="standard error of the figure in its own unit", ge=0.0, metadata={"unit": "see unit"})
    evidence: str = shared.EVIDENCE
    confidence: str = shared.CONFIDENCE
    note: str = Field(description="wording of the source, or what was assumed about dates and spread", nullable=True)

    class Config:
        """Name of the frame, and what identifies a row."""

        name = "observations"
        unique = (
            *DIMENSIONS,
            "measure",
            "base",
            "definition",
            "stage",
            "period_start",
            "period_end",
            "known_at",
            "source",
        )
