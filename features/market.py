"""Frames of market facts: how a definition is read, what an operator stands for, and which chips take work."""

from __future__ import annotations

from typing import Final

from shiftcast.features.frames import BASES, CONFIDENCE, EVIDENCE, SEGMENTS, Column, Frame

_TRUST: Final = {
    "known_at": Column("date", "day its basis was known; judgement without one is dated when it was written"),
    "evidence": Column("text", "who stands behind it", allowed=EVIDENCE),
    "confidence": Column("text", "whether it was read at its source", allowed=CONFIDENCE),
    "source": Column("text", "address or description of where it was read"),
    "note": Column("text", "what it rests on", nullable=True),
}

DEFINITIONS: Final = Frame(
    "definitions",
    {
        "about": Column("text", "what is stated under it", allowed=("split", "technique", "owners")),
        "definition": Column("text", "definition, as in observations, or a kind of statement about techniques"),
        "role": Column("text", "the state itself, a statement about it, or a claim that can be left out",
                       allowed=("reference", "statement", "claim")),
        "order": Column("number", "place in answers among those about the same thing", low=1.0),
        "base": Column("text", "what a share under it is a share of", allowed=BASES),
        "offset_sd": Column("number", "standard deviation of its constant distance from the reference", unit="logit",
                            low=0.0, nullable=True),
        "noise_sd": Column("number", "standard deviation of what moves single figures under it beyond their own error",
                           unit="logit", low=0.0, nullable=True),
        **_TRUST,
    },
    key=("about", "definition"),
)  # fmt: skip

OPERATORS: Final = Frame(
    "operators",
    {
        "operator": Column("text", "operator, as in observations and memberships"),
        "role": Column("text", "what it stands for", allowed=("accounts", "large_operator", "token_series")),
        "workload": Column("text", "workload it stands for something in, or all"),
        "segment": Column("text", "side of the split, or all", allowed=(*SEGMENTS, "all")),
        "series": Column("text", "definition of its token series, or the operator its accounts are reported by",
                         nullable=True),
        **_TRUST,
    },
    key=("role", "operator", "workload", "segment"),
)  # fmt: skip

CHIPS: Final = Frame(
    "chips",
    {
        "chip": Column("text", "class of chips, the last part of the names of placement rows"),
        "order": Column("number", "place in answers; accelerators come before what takes core-hours", low=1.0),
        "takes": Column("text", "what its work is counted in hours of", allowed=("accelerator", "cpu")),
        **_TRUST,
    },
    key=("chip",),
)

MARKET: Final = {frame.name: frame for frame in (DEFINITIONS, OPERATORS, CHIPS)}
