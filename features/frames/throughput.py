"""Declare the frame of throughput records."""

from __future__ import annotations

from shiftcast.features.frames import shared
from shiftcast.features.frames.model import Day, Field, FrameModel


class Throughput(FrameModel):
    """Measured work per second of one accelerator, one row a record."""

    accelerator: str = Field(description="generation in the hardware catalogue, or a CPU")
    workload: str = Field(description="workload the record speaks for")
    technique: str = Field(description="technique the record speaks for")
    model: str = Field(description="model measured")
    scenario: str = Field(description="offline, server, interactive, or input/output lengths")
    precision: str = Field(description="number format, as recorded")
    software: str = Field(description="serving software, or the round it was measured in")
    measured_at: Day = Field(description="day the record was published")
    known_at: Day = Field(description="first day the world could know it")
    value: float = Field(description="work per second of one accelerator", ge=1e-09, metadata={"unit": "see unit"})
    unit: str = Field(description="output_token/s, total_token/s, sample/s or query/s, per accelerator")
    interactivity: float = Field(description="speed one user sees", ge=0.0, nullable=True, metadata={"unit": "token/s"})
    evidence: str = shared.EVIDENCE
    confidence: str = shared.CONFIDENCE
    source: str = Field(description="address or description of where it was read")
    note: str = Field(description="cautions", nullable=True)

    class Config:
        """Name of the frame, and what identifies a row."""

        name = "throughput"
        unique = (
            "accelerator",
            "workload",
            "technique",
            "model",
            "scenario",
            "precision",
            "software",
            "unit",
            "interactivity",
            "measured_at",
            "source",
        )
