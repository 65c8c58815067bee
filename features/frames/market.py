"""Declare the frames of market facts: definitions of the split, what operators stand for, chips that take work."""

from __future__ import annotations

from typing import Final

from shiftcast.features.frames.model import Day, Field, FrameModel
from shiftcast.features.frames.vocabulary import ALL, BASES, CONFIDENCE, EVIDENCE, SEGMENTS

_KNOWN_AT: Final = Field(description="day its basis was known; judgement without one is dated when it was written")
_EVIDENCE: Final = Field(description="who stands behind it", isin=EVIDENCE)
_CONFIDENCE: Final = Field(description="whether it was read at its source", isin=CONFIDENCE)
_SOURCE: Final = Field(description="address or description of where it was read")
_NOTE: Final = Field(description="what it rests on", nullable=True)


class DefinitionRows(FrameModel):
    """Definitions that statements about shares are made under."""

    about: str = Field(description="what is stated under it", isin=("split", "technique", "owners"))
    definition: str = Field(description="definition, as in observations, or a kind of statement about techniques")
    role: str = Field(
        description="the state itself, a statement about it, or a claim that can be left out",
        isin=("reference", "statement", "claim"),
    )
    order: float = Field(description="place in answers among those about the same thing", ge=1.0)
    base: str = Field(description="what a share under it is a share of", isin=BASES)
    offset_sd: float = Field(
        description="standard deviation of its constant distance from the reference",
        ge=0.0,
        nullable=True,
        metadata={"unit": "logit"},
    )
    noise_sd: float = Field(
        description="standard deviation of what moves single figures under it beyond their own error",
        ge=0.0,
        nullable=True,
        metadata={"unit": "logit"},
    )
    known_at: Day = _KNOWN_AT
    evidence: str = _EVIDENCE
    confidence: str = _CONFIDENCE
    source: str = _SOURCE
    note: str = _NOTE

    class Config:
        """Name of the frame, and what identifies a row."""

        name = "definitions"
        unique = ("about", "definition")


class OperatorRows(FrameModel):
    """What operators stand for in the record."""

    operator: str = Field(description="operator, as in observations and memberships")
    role: str = Field(description="what it stands for", isin=("accounts", "large_operator", "token_series"))
    workload: str = Field(description="workload it stands for something in, or all")
    segment: str = Field(description="side of the split, or all", isin=(*SEGMENTS, ALL))
    series: str = Field(
        description="definition of its token series, or the operator its accounts are reported by", nullable=True
    )
    known_at: Day = _KNOWN_AT
    evidence: str = _EVIDENCE
    confidence: str = _CONFIDENCE
    source: str = _SOURCE
    note: str = _NOTE

    class Config:
        """Name of the frame, and what identifies a row."""

        name = "operators"
        unique = ("role", "operator", "workload", "segment")


class ChipRows(FrameModel):
    """Classes of chips that placement shares take work to."""

    chip: str = Field(description="class of chips, the last part of the names of placement rows")
    order: float = Field(description="place in answers; accelerators come before what takes core-hours", ge=1.0)
    takes: str = Field(description="what its work is counted in hours of", isin=("accelerator", "cpu"))
    known_at: Day = _KNOWN_AT
    evidence: str = _EVIDENCE
    confidence: str = _CONFIDENCE
    source: str = _SOURCE
    note: str = _NOTE

    class Config:
        """Name of the frame, and what identifies a row."""

        name = "chips"
        unique = ("chip",)


MARKET: Final = {frame.title: frame for frame in (DefinitionRows, OperatorRows, ChipRows)}
