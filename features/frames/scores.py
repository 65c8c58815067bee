"""Declare the frame of scores."""

from __future__ import annotations

from shiftcast.features.frames import shared
from shiftcast.features.frames.model import Day, Field, FrameModel


class Scores(FrameModel):
    """Scores of past forecasts, one row a figure, origin, horizon and metric."""

    origin: Day = Field(description="day the forecast was made")
    horizon: float = Field(description="periods ahead", ge=1.0, metadata={"unit": "quarter"})
    segment: str = shared.SEGMENT
    leaf: str = shared.LEAF
    workload: str = shared.WORKLOAD
    technique: str = shared.TECHNIQUE
    measure: str = Field(description="quantity scored")
    base: str = shared.BASE
    definition: str = Field(description="membership of the actual")
    model: str = Field(description="model that made the forecast")
    scenario: str = Field(description="scenario, or base")
    metric: str = Field(
        description=(
            "crps, wis, coverage50, coverage80, coverage95, pit, bias, absolute_error, mase, pinball, build_cost"
        )
    )
    value: float = Field(description="the score", metadata={"unit": "see metric"})

    class Config:
        """Name of the frame, and what identifies a row."""

        name = "scores"
        unique = (
            "origin",
            "horizon",
            "segment",
            "leaf",
            "workload",
            "technique",
            "measure",
            "base",
            "definition",
            "model",
            "scenario",
            "metric",
        )
