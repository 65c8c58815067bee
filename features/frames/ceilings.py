"""Declare the frame of ceilings: what limits growth."""

from __future__ import annotations

from shiftcast.features.frames import shared
from shiftcast.features.frames.model import Day, Field, FrameModel


class Ceilings(FrameModel):
    """Limits of what can be built, powered and paid for, one row a limit, scope, period and source."""

    name: str = Field(
        description="what is limited",
        isin=("packaging", "memory", "power", "power_additions", "affordability", "lead_time"),
    )
    applies: str = Field(
        description=(
            "the most over a period or at its end, its growth in a year, the part of it the scope takes, its ratio to "
            "the scope's revenue, or the wait for more"
        ),
        isin=("flow", "stock", "growth", "part", "ratio", "delay"),
    )
    scope: str = Field(description="whose limit it is: a vendor, an operator, a country, or all")
    period_start: Day = shared.PERIOD_START
    period_end: Day = shared.PERIOD_END
    low: float = Field(description="10th percentile", metadata={"unit": "see unit"})
    mid: float = Field(description="median", metadata={"unit": "see unit"})
    high: float = Field(description="90th percentile", metadata={"unit": "see unit"})
    unit: str = Field(description="unit of low, mid and high")
    shape: str = Field(
        description="distribution, or a constant of three equal values",
        isin=("lognormal", "logitnormal", "normal", "constant"),
    )
    known_at: Day = Field(description="first day the world could know it; judgement is dated when it was written")
    evidence: str = shared.EVIDENCE
    confidence: str = shared.CONFIDENCE
    source: str = Field(description="address or description of where it was read")
    note: str = Field(description="wording of the source, or why this range", nullable=True)

    class Config:
        """Name of the frame, and what identifies a row."""

        name = "ceilings"
        unique = ("name", "applies", "scope", "period_start", "period_end", "known_at", "source")
