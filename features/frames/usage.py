"""Declare the frames of usage: spans and points as sources give them, and what is made of them."""

from __future__ import annotations

from typing import Final

from shiftcast.features.frames import shared
from shiftcast.features.frames.model import Day, Field, Instant
from shiftcast.features.frames.shared import Leaf
from shiftcast.features.frames.vocabulary import DIMENSIONS, GRAINS, POINT_HOW, USAGE_HOW

_SOURCE: Final = Field(description="file or feed the row came from")
_LINE: Final = Field(description="line or record in it", ge=0.0)


class SpanRows(Leaf):
    """What held accelerators or cores from one moment to another, one row a span of a source."""

    start: Instant = Field(description="first moment of the span")
    end: Instant = Field(description="moment it was over; the span does not hold it")
    amount: float = Field(description="how many accelerators or cores it held all along", ge=0.0)
    measure: str = Field(description="quantity that amount times hours is")
    unit: str = Field(description="unit of amount times hours, such as accelerator_hour")
    status: str = Field(description="served, failed, queued, refused, ...; queued and refused work held nothing")
    source: str = _SOURCE
    line: float = _LINE

    class Config:
        """Name of the frame, and what identifies a row."""

        name = "spans"
        unique = ("source", "line", "measure", "status", "start")


class PointRows(Leaf):
    """Readings and requests, each at a moment, one row a reading of a source."""

    at: Instant = Field(description="moment of the reading or request")
    measure: str = Field(description="quantity read")
    unit: str = Field(description="unit of the value")
    value: float = Field(description="the reading", metadata={"unit": "see unit"})
    how: str = Field(
        description="what makes one figure of a period's readings; a counter only grows, but for resets", isin=POINT_HOW
    )
    status: str = Field(description="as in spans; served where the source has none")
    series: str = Field(description="what a counter belongs to, such as a device; empty where labels say it")
    source: str = _SOURCE
    line: float = _LINE

    class Config:
        """Name of the frame, and what identifies a row."""

        name = "points"
        unique = ("source", "line", "measure", "series", "at")


class Usage(Leaf):
    """Usage of a leaf over a period, one row a figure and vintage."""

    measure: str = Field(description="quantity used")
    unit: str = Field(description="unit of the value")
    how: str = Field(description="whether periods add up, average, or the last one stands", isin=USAGE_HOW)
    grain: str = Field(description="length of the period, which gives its end", isin=GRAINS)
    period_start: Instant = Field(description="first moment of the period; weeks begin on Monday")
    known_at: Day = Field(description="first day the world could know the figure")
    source: str = Field(
        description="kind of export and cluster, or feed, or the name a figure was appended under; of one appended a "
        "later known_at of the same source corrects it; other sources add to it"
    )
    value: float = Field(description="the figure of the period", metadata={"unit": "see unit"})
    rows: float = Field(description="source rows behind it; 0 withdraws the figure", ge=0.0)
    bound: str = Field(description="a lower bound where queued or refused work is not in the value", isin=("=", ">="))
    evidence: str = shared.EVIDENCE
    confidence: str = shared.CONFIDENCE

    class Config:
        """Name of the frame, and what identifies a row."""

        name = "usage"
        unique = (*DIMENSIONS, "measure", "unit", "how", "grain", "period_start", "known_at", "source")


class Changes(Leaf):
    """What a load changes of the usage of a leaf over a period: rows add up, and a figure is the sum of its changes."""

    measure: str = Field(description="quantity used")
    unit: str = Field(description="unit of the total")
    how: str = Field(description="whether periods add up, average, or the last one stands", isin=USAGE_HOW)
    grain: str = Field(description="length of the period, which gives its end", isin=GRAINS)
    period_start: Instant = Field(description="first moment of the period; weeks begin on Monday")
    known_at: Day = Field(description="first day the world could know the change")
    source: str = Field(description="kind of export and cluster, or feed, that the items are of")
    total: float = Field(
        description="what is added, below zero where views are taken back; of means the sum of readings, of stocks the "
        "latest reading",
        metadata={"unit": "see unit"},
    )
    rows: float = Field(description="rows added less rows taken back")
    short: float = Field(description="rows of queued or refused work among them, which make the figure a lower bound")
    moment: Instant = Field(description="moment of the latest reading of a stock; else the first of the period")
    evidence: str = shared.EVIDENCE
    confidence: str = shared.CONFIDENCE

    class Config:
        """Name of the frame, and what identifies a row; one load may have several rows of a figure."""

        name = "changes"
        unique = (*DIMENSIONS, "measure", "unit", "how", "grain", "period_start", "known_at", "source", "evidence")
