"""Declare the frame of workloads and their techniques."""

from __future__ import annotations

from shiftcast.features.frames.model import Field, FrameModel


class Workloads(FrameModel):
    """The registry of workloads: techniques, units and what limits them, one row a technique."""

    workload: str = Field(description="workload, such as recsys")
    technique: str = Field(description="technique of the workload, such as llm")
    order: float = Field(description="place among the workload's techniques, the oldest first", ge=1.0)
    unit: str = Field(description="unit its work is counted in")
    runs_on: str = Field(description="what takes the work", isin=("cpu", "accelerator"))
    record_model: str = Field(
        description="start of the model names whose throughput records speak for it", nullable=True
    )
    record_unit: str = Field(description="unit of those records", nullable=True)
    bound: str = Field(description="what limits an unmeasured generation", isin=("compute", "memory"), nullable=True)
    flop_per_unit: float = Field(description="work of one unit", ge=0.0, nullable=True, metadata={"unit": "FLOP"})
    efficiency: float = Field(
        description="share of the 8-bit peak it reaches", ge=0.0, le=1.0, nullable=True, metadata={"unit": "share"}
    )
    precisions: str = Field(
        description="number formats it may run in, the best first, separated by a semicolon", nullable=True
    )
    bytes_per_unit: float = Field(
        description="memory traffic of one unit", ge=0.0, nullable=True, metadata={"unit": "B"}
    )
    memory_efficiency: float = Field(
        description="share of the memory bandwidth it reaches",
        ge=0.0,
        le=1.0,
        nullable=True,
        metadata={"unit": "share"},
    )
    min_domain: float = Field(
        description="accelerators of one scale-up domain it needs at least", ge=1.0, nullable=True
    )
    about: str = Field(description="what it covers", nullable=True)

    class Config:
        """Name of the frame, and what identifies a row."""

        name = "workloads"
        unique = ("workload", "technique")
