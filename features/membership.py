"""Who counts as what, and since when: the frame of time-stamped memberships."""

from __future__ import annotations

from typing import Final

import pandas as pd

from features.frames import CONFIDENCE, EVIDENCE, SEGMENTS, Column, Frame

MEMBERSHIPS: Final = Frame(
    "memberships",
    {
        "firm": Column("text", "firm, as operators are named in observations"),
        "definition": Column("text", "definition of the split the membership holds under"),
        "segment": Column("text", "side of the split", allowed=SEGMENTS),
        "valid_from": Column("date", "first day the firm counts on that side under the definition"),
        "known_at": Column("date", "first day the world could know it"),
        "evidence": Column("text", "who stands behind it", allowed=EVIDENCE),
        "confidence": Column("text", "whether it was read at its source", allowed=CONFIDENCE),
        "source": Column("text", "address or description of where it was read"),
        "note": Column("text", "wording of the source, or what was assumed", nullable=True),
    },
    key=("firm", "definition", "valid_from", "known_at"),
)


def side_of(memberships: pd.DataFrame, firm: str, definition: str) -> str:
    """Return the side a firm counts on under a definition, by the membership that began last.

    Parameters
    ----------
    memberships
        Memberships frame, cut to an origin.

    Raises
    ------
    ValueError
        Naming the firms with a membership under the definition.

    Examples
    --------
    >>> days = pd.to_datetime(["2025-01-01", "2026-01-01"], utc=True)
    >>> rows = pd.DataFrame({"firm": "meta", "definition": "d", "segment": ["rest", "hyperscale"],
    ...                      "valid_from": days, "known_at": days})
    >>> side_of(rows, "meta", "d")
    'hyperscale'
    """
    under = memberships[memberships["definition"] == definition]
    rows = under[under["firm"] == firm].sort_values(["valid_from", "known_at"], kind="stable")
    if rows.empty:
        known = ", ".join(sorted(set(under["firm"]))) or "none"
        raise ValueError(f"firm {firm!r} has no membership under definition {definition!r}; known are {known}")
    return str(rows["segment"].iloc[-1])
