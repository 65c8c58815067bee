"""Declare the frames of the ledger: who moved which surface to which technique, and how much each answers."""

from __future__ import annotations

from typing import Final

from shiftcast.features.frames import shared, vocabulary
from shiftcast.features.frames.model import Day, Field, FrameModel

TECHNIQUES: Final = ("table", "collaborative", "content", "lexical", "deep", "sequence", "llm")
CONFIDENCE: Final = (*vocabulary.CONFIDENCE, "secondary")
OPERATOR: Final = Field(description="who runs the surface; unnamed_* where the text names nobody; no vertical bar")
SURFACE: Final = Field(description="what its users see, or the system behind it, as the text names it")
SEGMENT: Final = Field(description="side of the split the operator counts on", isin=("hyperscale", "rest"))
GROUP: Final = Field(description="large consumer platforms, or all others", isin=("giants", "tail"))
WORKLOAD: Final = Field(description="workload of the surface", isin=("recsys", "search", "ads"))
READ: Final = Field(
    description="whether it was read at its source, or secondary: told by others or by its title", isin=CONFIDENCE
)
NOTE: Final = Field(description="wording of the source, and how it was read", nullable=True)


class Surface(FrameModel):
    """The first columns of frames about surfaces: what answers, and who runs it."""

    operator: str = OPERATOR
    segment: str = SEGMENT
    group: str = GROUP
    surface: str = SURFACE
    workload: str = WORKLOAD


class Rollouts(Surface):
    """Moves of a surface from one technique to another, one row an event and source."""

    stage: str = Field(
        description="step of the answer that moved, or all of it",
        isin=("retrieval", "pre_rank", "rank", "re_rank", "end_to_end"),
    )
    technique_from: str = Field(description="class of technique before", isin=TECHNIQUES)
    technique_to: str = Field(description="class of technique after", isin=TECHNIQUES)
    event: str = Field(
        description="test, partial or full: tried, on part or on all of the traffic; deployed: extent not stated; "
        "rollback: taken back, from the class it leaves to the one that serves again",
        isin=("test", "deployed", "partial", "full", "rollback"),
    )
    serving: str = Field(
        description="when the new technique computes: at the request, before it, offline, some of each, or unstated",
        isin=("online", "nearline", "offline", "mixed", "unstated"),
    )
    share_low: float = Field(
        description="10th percentile of the traffic that the class after takes", ge=0.0, le=1.0, nullable=True
    )
    share_mid: float = Field(description="median, of the requests of surface and stage", ge=0.0, le=1.0, nullable=True)
    share_high: float = Field(description="90th percentile", ge=0.0, le=1.0, nullable=True)
    period_start: Day = Field(description="first day it may have happened")
    period_end: Day = Field(description="last day it may have happened, inclusive")
    known_at: Day = Field(description="first day the world could know it")
    evidence: str = shared.EVIDENCE
    confidence: str = READ
    source: str = Field(description="address or description of where it was read")
    note: str = NOTE

    class Config:
        """Name of the frame, and what identifies a row."""

        name = "rollouts"
        unique = (
            "operator", "surface", "workload", "stage", "technique_to", "event", "period_start", "known_at", "source",
        )  # fmt: skip


class Traffic(Surface):
    """Requests that a surface answers in a day, which weigh operators, one row a surface, period and source."""

    low: float = Field(description="10th percentile", ge=1.0, metadata={"unit": "request/day"})
    mid: float = Field(description="median", ge=1.0, metadata={"unit": "request/day"})
    high: float = Field(description="90th percentile", ge=1.0, metadata={"unit": "request/day"})
    period_start: Day = shared.PERIOD_START
    period_end: Day = shared.PERIOD_END
    known_at: Day = Field(description="first day the world could know it")
    evidence: str = shared.EVIDENCE
    confidence: str = READ
    source: str = Field(description="address or description of where it was read")
    note: str = NOTE

    class Config:
        """Name of the frame, and what identifies a row."""

        name = "traffic"
        unique = ("operator", "surface", "workload", "period_start", "period_end", "known_at", "source")
