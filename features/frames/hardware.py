"""Declare the frames of accelerators: the catalogue, and where each may serve."""

from __future__ import annotations

from shiftcast.features.frames import shared
from shiftcast.features.frames.model import Day, Field, FrameModel


class Hardware(FrameModel):
    """The catalogue of accelerators: rates, memory, power and price, one row an accelerator and day."""

    accelerator: str = Field(description="generation, such as h100, gb200, vr200")
    vendor: str = Field(description="nvidia, amd, google, openai, ...")
    family: str = Field(description="ampere, hopper, blackwell, blackwell_ultra, rubin, rubin_ultra, cdna3, tpu, ...")
    status: str = Field(description="whether it ships", isin=("shipping", "announced", "cancelled"))
    available_at: Day = Field(description="first volume shipment, or the announced date")
    known_at: Day = Field(description="first day the row could be known")
    bf16_tflops: float = Field(description="dense bf16 peak", ge=0.0, nullable=True, metadata={"unit": "TFLOP/s"})
    fp8_tflops: float = Field(
        description="dense fp8 (or int8 before it) peak", ge=0.0, nullable=True, metadata={"unit": "TFLOP/s"}
    )
    fp4_tflops: float = Field(description="dense fp4 peak", ge=0.0, nullable=True, metadata={"unit": "TFLOP/s"})
    formats: str = Field(
        description="number formats with hardware support, separated by a semicolon; int8 uses the fp8 column",
        nullable=True,
    )
    hbm_gb: float = Field(description="memory on the package", ge=0.0, nullable=True, metadata={"unit": "GB"})
    hbm_tbs: float = Field(description="memory bandwidth", ge=0.0, nullable=True, metadata={"unit": "TB/s"})
    chip_w: float = Field(
        description="thermal design power of the package", ge=0.0, nullable=True, metadata={"unit": "W"}
    )
    it_kw: float = Field(
        description="all-in power of one accelerator at the IT boundary: host and network included",
        ge=0.0,
        nullable=True,
        metadata={"unit": "kW"},
    )
    utility_kw: float = Field(
        description="provisioned power of one accelerator at the meter", ge=0.0, nullable=True, metadata={"unit": "kW"}
    )
    scale_up_domain: float = Field(description="accelerators in one scale-up domain", ge=1.0, nullable=True)
    price_usd: float = Field(
        description="price of one accelerator with its share of the system",
        ge=0.0,
        nullable=True,
        metadata={"unit": "USD"},
    )
    price_sd_log: float = Field(description="standard error of the log price", ge=0.0, nullable=True)
    own_usd_hour: float = Field(
        description="cost of owning one for an hour", ge=0.0, nullable=True, metadata={"unit": "USD/h"}
    )
    rent_usd_hour: float = Field(
        description="three-year rent for an hour", ge=0.0, nullable=True, metadata={"unit": "USD/h"}
    )
    compared_with: str = Field(description="accelerator of the generation before it, for ratios", nullable=True)
    records_with: str = Field(
        description="accelerators whose throughput records speak for it too, separated by a semicolon", nullable=True
    )
    new_product: str = Field(
        description="yes where claims that name the vendor's products mean it", isin=("yes",), nullable=True
    )
    evidence: str = shared.EVIDENCE
    confidence: str = shared.CONFIDENCE
    source: str = Field(description="address or description of where the row was read")
    note: str = Field(description="cautions", nullable=True)

    class Config:
        """Name of the frame, and what identifies a row."""

        name = "hardware"
        unique = ("accelerator", "known_at")


class Residency(FrameModel):
    """Rules on which accelerators may serve work that must stay in a country or region."""

    region: str = Field(description="country or region the work must stay in")
    vendor: str = shared.VENDOR
    family: str = Field(description="family of the vendor's accelerators, or all")
    allowed: str = Field(description="whether accelerators of this kind may serve it there", isin=("yes", "no"))
    known_at: Day = Field(description="first day the rule could be known")
    evidence: str = shared.EVIDENCE
    confidence: str = shared.CONFIDENCE
    source: str = Field(description="address or description of where it was read")
    note: str = Field(description="what the rule is", nullable=True)

    class Config:
        """Name of the frame, and what identifies a row."""

        name = "residency"
        unique = ("region", "vendor", "family", "known_at")
