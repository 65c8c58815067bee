"""Declare the frame of assumptions: judgements with their range."""

from __future__ import annotations

from shiftcast.features.frames import shared
from shiftcast.features.frames.model import Day, Field, FrameModel


class AssumptionRows(FrameModel):
    """Judgements as three quantiles and a distribution, one row a judgement."""

    name: str = Field(description="dotted name, such as utilisation.hyperscale.internal")
    low: float = Field(description="10th percentile", metadata={"unit": "see unit"})
    mid: float = Field(description="median", metadata={"unit": "see unit"})
    high: float = Field(description="90th percentile", metadata={"unit": "see unit"})
    unit: str = Field(description="unit of low, mid and high")
    shape: str = Field(description="distribution", isin=("lognormal", "logitnormal", "normal"))
    known_at: Day = Field(description="day its basis was known; judgement without one is dated when it was written")
    evidence: str = shared.EVIDENCE
    confidence: str = shared.CONFIDENCE
    source: str = Field(description="what it rests on")
    note: str = Field(description="why this range", nullable=True)

    class Config:
        """Name of the frame, and what identifies a row."""

        name = "assumptions"
        unique = ("name",)
