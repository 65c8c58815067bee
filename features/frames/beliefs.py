"""Declare the frame of beliefs: single numbers that models start from before any row of the record speaks."""

from __future__ import annotations

from shiftcast.features.frames import shared
from shiftcast.features.frames.model import Day, Field, FrameModel


class BeliefRows(FrameModel):
    """Numbers that models start from before any figure speaks, such as a prior's median or its spread, one row each."""

    name: str = Field(description="dotted name, such as share.technique.sd")
    value: float = Field(description="the number", metadata={"unit": "see unit"})
    unit: str = Field(description="unit of value")
    known_at: Day = Field(description="day it was written")
    evidence: str = shared.EVIDENCE
    confidence: str = shared.CONFIDENCE
    source: str = Field(description="what it rests on")
    note: str = Field(description="what it does, and whether it was set on the data it is scored on", nullable=True)

    class Config:
        """Name of the frame, and what identifies a row."""

        name = "beliefs"
        unique = ("name",)
