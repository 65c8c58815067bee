"""Declare the frame of memberships."""

from __future__ import annotations

from shiftcast.features.frames import shared
from shiftcast.features.frames.model import Day, Field, FrameModel
from shiftcast.features.frames.vocabulary import EVIDENCE, SEGMENTS


class Memberships(FrameModel):
    """The side of the split a firm counts on under a definition, from a day on."""

    firm: str = Field(description="firm, as operators are named in observations")
    definition: str = Field(description="definition of the split the membership holds under")
    segment: str = Field(description="side of the split", isin=SEGMENTS)
    valid_from: Day = Field(description="first day the firm counts on that side under the definition")
    known_at: Day = Field(description="first day the world could know it")
    evidence: str = Field(description="who stands behind it", isin=EVIDENCE)
    confidence: str = shared.CONFIDENCE
    source: str = Field(description="address or description of where it was read")
    note: str = Field(description="wording of the source, or what was assumed", nullable=True)

    class Config:
        """Name of the frame, and what identifies a row."""

        name = "memberships"
        unique = ("firm", "definition", "valid_from", "known_at")
