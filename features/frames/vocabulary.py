"""The words that text columns may hold, and the names of the dimensions."""

from __future__ import annotations

from typing import Final

ALL: Final = "all"
EVIDENCE: Final = ("measured", "independent", "vendor", "assumed")
CONFIDENCE: Final = ("verified", "recalled", "derived")
BOUNDS: Final = ("=", ">=", "<=", "~", ">~", "<~")
STAGES: Final = ("flow", "stock", "forward")
GRAINS: Final = ("minute", "hour", "day", "week", "month", "quarter")
USAGE_HOW: Final = ("sum", "mean", "last")
SPAN: Final = "span"  # in ``how`` of a part of an item that is a span; the others are points
POINT_HOW: Final = (*USAGE_HOW, "counter")
BASES: Final = (
    "none",
    "requests",
    "work",
    "gpu_hours",
    "h100e",
    "revenue",
    "watts",
    "cycles",
    "downloads",
    "tokens",
)
SEGMENTS: Final = ("hyperscale", "rest", "vendor_internal")
DIMENSIONS: Final = (
    "segment", "leaf", "operator", "user", "workload", "phase", "technique", "accelerator", "vendor", "region",
)  # fmt: skip
