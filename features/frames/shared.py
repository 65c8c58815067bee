"""Declare columns that several frames have: the leaf a row belongs to, its period, and how far it is to be trusted."""

from __future__ import annotations

from typing import Final

from shiftcast.features.frames import vocabulary
from shiftcast.features.frames.model import Field, FrameModel

SEGMENT: Final = Field(description="side of the split: hyperscale, rest, vendor_internal, or all")
LEAF: Final = Field(description="leaf of the segment, such as internal or sovereign, or all")
OPERATOR: Final = Field(description="who owns and runs the machines")
USER: Final = Field(description="whose work runs on them")
WORKLOAD: Final = Field(description="recsys, search, ads, generative, training, other, or all")
PHASE: Final = Field(description="inference, training, post_training, rnd, or all")
TECHNIQUE: Final = Field(description="technique of the workload, such as lexical, deep or llm, or all")
ACCELERATOR: Final = Field(description="accelerator generation in the hardware catalogue, or all")
VENDOR: Final = Field(description="vendor of the accelerator, or all")
REGION: Final = Field(description="country or region, or all")
BASE: Final = Field(description="what a share is a share of; none for levels", isin=vocabulary.BASES)
PERIOD_START: Final = Field(description="first day the figure is about")
PERIOD_END: Final = Field(description="last day the figure is about, inclusive")
EVIDENCE: Final = Field(description="who stands behind the figure", isin=vocabulary.EVIDENCE)
CONFIDENCE: Final = Field(description="whether it was read at its source", isin=vocabulary.CONFIDENCE)


class Leaf(FrameModel):
    """The dimensions of a row, the first columns of frames about leaves."""

    segment: str = SEGMENT
    leaf: str = LEAF
    operator: str = OPERATOR
    user: str = USER
    workload: str = WORKLOAD
    phase: str = PHASE
    technique: str = TECHNIQUE
    accelerator: str = ACCELERATOR
    vendor: str = VENDOR
    region: str = REGION
