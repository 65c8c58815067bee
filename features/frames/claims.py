"""Declare the frame of claims: what was said, and how it can be read."""

from __future__ import annotations

from shiftcast.features.frames import shared
from shiftcast.features.frames.model import Day, Field, FrameModel
from shiftcast.features.frames.vocabulary import BOUNDS


class Claims(FrameModel):
    """Statements about what is to come or has been, one row a reading of a statement."""

    claim: str = Field(description="short name, such as nvda-gtc26-1t")
    reading: str = Field(description="which reading of an ambiguous statement; main if there is one only")
    speaker: str = Field(description="who said it")
    stated_at: Day = Field(description="day it was said")
    measure: str = Field(description="quantity in the measures registry")
    base: str = shared.BASE
    definition: str = Field(description="membership or scope as stated; unstated where the speaker gave none")
    products: str = Field(description="products in scope, separated by a semicolon, or all")
    stage: str = Field(description="visibility, order, shipment, revenue, capacity, share or growth")
    bound: str = Field(description="how it was worded", isin=BOUNDS)
    low: float = Field(description="lower end of the statement", nullable=True, metadata={"unit": "see unit"})
    high: float = Field(description="upper end of the statement", nullable=True, metadata={"unit": "see unit"})
    unit: str = Field(description="canonical unit of the measure")
    window_start: Day = Field(description="first day of the window claimed", nullable=True)
    window_end: Day = Field(description="last day of the window claimed", nullable=True)
    weight: float = Field(description="weight of this reading; readings of a claim sum to 1", ge=0.0, le=1.0)
    evidence: str = shared.EVIDENCE
    confidence: str = shared.CONFIDENCE
    source: str = Field(description="address or description of where it was read")
    statement: str = Field(description="wording, as read")

    class Config:
        """Name of the frame, and what identifies a row."""

        name = "claims"
        unique = ("claim", "reading")
