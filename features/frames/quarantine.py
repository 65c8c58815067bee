"""Declare the frame of rows set aside."""

from __future__ import annotations

from shiftcast.features.frames.model import Field, FrameModel


class Quarantine(FrameModel):
    """Rows set aside, each with the reason."""

    source: str = Field(description="file the row came from")
    line: float = Field(description="line in the file, the header being line 1", ge=1.0)
    column: str = Field(description="column at fault")
    value: str = Field(description="offending value", nullable=True)
    reason: str = Field(description="what is wrong and what to do about it")

    class Config:
        """Name of the frame, and what identifies a row."""

        name = "quarantine"
        unique = ("source", "line", "column", "reason")
