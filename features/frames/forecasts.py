"""Declare the frames of forecasts and of what planners override in them."""

from __future__ import annotations

from shiftcast.features.frames import shared
from shiftcast.features.frames.model import Day, Field, FrameModel


class Forecasts(FrameModel):
    """Published forecasts, one row a figure, quarter and mean or quantile."""

    origin: Day = Field(description="day the forecast was made")
    as_of: Day = Field(description="day its data was cut at")
    segment: str = shared.SEGMENT
    leaf: str = shared.LEAF
    workload: str = shared.WORKLOAD
    technique: str = shared.TECHNIQUE
    measure: str = Field(description="quantity forecast")
    base: str = shared.BASE
    definition: str = Field(description="membership the segments follow")
    mode: str = Field(description="how the split was treated: free, prior, observation, soft, fixed")
    period_start: Day = shared.PERIOD_START
    period_end: Day = shared.PERIOD_END
    statistic: str = Field(description="what the value is", isin=("mean", "quantile"))
    quantile: float = Field(description="level of a quantile", ge=0.0, le=1.0, nullable=True)
    value: float = Field(description="the forecast", metadata={"unit": "see unit"})
    unit: str = Field(description="canonical unit of the measure")
    model: str = Field(description="model that made it")
    scenario: str = Field(description="scenario, or base")

    class Config:
        """Name of the frame, and what identifies a row."""

        name = "forecasts"
        unique = (
            "segment",
            "leaf",
            "workload",
            "technique",
            "measure",
            "base",
            "definition",
            "mode",
            "period_end",
            "statistic",
            "quantile",
            "scenario",
        )


class Overrides(FrameModel):
    """Quantiles that a planner put in the place of the forecast's, with who and why."""

    made_at: Day = Field(description="day the override was made")
    who: str = Field(description="who made it")
    segment: str = shared.SEGMENT
    leaf: str = shared.LEAF
    measure: str = Field(description="quantity overridden")
    base: str = shared.BASE
    definition: str = Field(description="membership the segments follow")
    period_end: Day = Field(description="last day of the quarter it is about")
    low: float = Field(description="10th percentile as judged", ge=0.0, metadata={"unit": "see unit"})
    mid: float = Field(description="median as judged", ge=0.0, metadata={"unit": "see unit"})
    high: float = Field(description="90th percentile as judged", ge=0.0, metadata={"unit": "see unit"})
    unit: str = Field(description="canonical unit of the measure")
    reason: str = Field(description="why it differs from the forecast")

    class Config:
        """Name of the frame, and what identifies a row."""

        name = "overrides"
        unique = ("made_at", "who", "segment", "leaf", "measure", "base", "definition", "period_end")
