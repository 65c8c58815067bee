"""The frames: every column's dtype, unit, range and meaning, each frame's key and sort order.

One pandera model a frame, one file a subject; docs/frames.md lists them all. A model is named after its frame, and
``...Rows`` where the plain name is that of what is read from it. A frame is checked by :func:`check` at every door it
passes. Rows that break a rule are found by :mod:`features.quality` before that, and set aside with the reason.
"""

from __future__ import annotations

from typing import Final

from shiftcast.features.frames.assumptions import AssumptionRows
from shiftcast.features.frames.beliefs import BeliefRows
from shiftcast.features.frames.ceilings import Ceilings
from shiftcast.features.frames.checking import check, conform, empty
from shiftcast.features.frames.claims import Claims
from shiftcast.features.frames.forecasts import Forecasts, Overrides
from shiftcast.features.frames.hardware import Hardware, Residency
from shiftcast.features.frames.labels import LabelRules
from shiftcast.features.frames.market import MARKET, ChipRows, DefinitionRows, OperatorRows
from shiftcast.features.frames.memberships import Memberships
from shiftcast.features.frames.model import AnyFrame, Column, DataFrame, FrameModel
from shiftcast.features.frames.observations import Observations
from shiftcast.features.frames.quarantine import Quarantine
from shiftcast.features.frames.rollouts import Rollouts, Traffic
from shiftcast.features.frames.scores import Scores
from shiftcast.features.frames.throughput import Throughput
from shiftcast.features.frames.usage import Changes, PointRows, SpanRows, Usage
from shiftcast.features.frames.vocabulary import (
    ALL,
    BASES,
    BOUNDS,
    CONFIDENCE,
    DIMENSIONS,
    EVIDENCE,
    GRAINS,
    POINT_HOW,
    SEGMENTS,
    SPAN,
    STAGES,
    USAGE_HOW,
)
from shiftcast.features.frames.workloads import Workloads

FRAMES: Final[dict[str, type[FrameModel]]] = {
    frame.title: frame
    for frame in (
        Observations, Claims, Hardware, Throughput, AssumptionRows, BeliefRows, Ceilings, Rollouts, Traffic, Residency,
        Workloads, Memberships, DefinitionRows, OperatorRows, ChipRows, Forecasts, Overrides, Scores, Quarantine,
        SpanRows, PointRows, Usage, Changes, LabelRules,
    )
}  # fmt: skip

__all__ = [
    "ALL", "BASES", "BOUNDS", "CONFIDENCE", "DIMENSIONS", "EVIDENCE", "FRAMES", "GRAINS", "MARKET", "POINT_HOW",
    "SEGMENTS", "SPAN", "STAGES", "USAGE_HOW", "AnyFrame", "AssumptionRows", "BeliefRows", "Ceilings", "Changes",
    "ChipRows", "Claims", "Column", "DataFrame", "DefinitionRows", "Forecasts", "FrameModel", "Hardware", "LabelRules",
    "Memberships", "Observations", "OperatorRows", "Overrides", "PointRows", "Quarantine", "Residency", "Rollouts",
    "Scores", "SpanRows", "Throughput", "Traffic", "Usage", "Workloads", "check", "conform", "empty",
]  # fmt: skip
