"""Declare the frame of label rules."""

from __future__ import annotations

from shiftcast.features.frames.model import Field, FrameModel


class LabelRules(FrameModel):
    """Rules that map the name of a row to the leaf it belongs to."""

    field: str = Field(
        description="what is looked at: name, model, partition, account, image, tag, sku, file, ... or any"
    )
    pattern: str = Field(description="what it reads like, with * and ?; letters of either case")
    segment: str = Field(description="the segment it gives; empty leaves it open", nullable=True)
    leaf: str = Field(description="the leaf it gives; empty leaves it open", nullable=True)
    operator: str = Field(description="the operator it gives; empty leaves it open", nullable=True)
    user: str = Field(description="the user it gives; empty leaves it open", nullable=True)
    workload: str = Field(description="the workload it gives; empty leaves it open", nullable=True)
    phase: str = Field(description="the phase it gives; empty leaves it open", nullable=True)
    technique: str = Field(description="the technique it gives; empty leaves it open", nullable=True)
    accelerator: str = Field(description="the accelerator it gives; empty leaves it open", nullable=True)
    vendor: str = Field(description="the vendor it gives; empty leaves it open", nullable=True)
    region: str = Field(description="the region it gives; empty leaves it open", nullable=True)
    confirmed: str = Field(
        description="yes or empty if a person stands behind it, no if it is guessed; no without labels is passed over",
        nullable=True,
    )
    why: str = Field(description="from what it was guessed; not read", nullable=True)

    class Config:
        """Name of the frame, and what identifies a row."""

        name = "label rules"
        unique = ("field", "pattern")
