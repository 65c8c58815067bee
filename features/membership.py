"""Read the side of the split a firm counts on under a definition, from a day on."""

from __future__ import annotations

import pandas as pd

from shiftcast.features.frames import DataFrame, Memberships
from shiftcast.features.input_error import InputError


def side_of(memberships: DataFrame[Memberships], firm: str, definition: str) -> str:
    """Return the side a firm counts on under a definition from now on: that of the row known last.

    Parameters
    ----------
    memberships
        Memberships frame, cut to an origin.
    firm
        Firm, as operators are named in observations.
    definition
        Definition of the split, such as ``recast_2``.

    Returns
    -------
    str
        Segment, ``hyperscale`` or ``rest``.

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
    return str(_rows_of(memberships, firm, definition)["segment"].iloc[-1])


def sides_over(memberships: DataFrame[Memberships], firm: str, definition: str, days: pd.DatetimeIndex) -> list[str]:
    """Return the side a firm counts on on each day: that of the last row known that is valid by then.

    A row holds from its first day on and replaces what was known before it. Where none is valid yet, the firm counts
    where the published figures have it.

    Parameters
    ----------
    memberships
        Memberships frame, cut to an origin.
    firm
        Firm, as operators are named in observations.
    definition
        Definition of the split, such as ``recast_2``.
    days
        Days with a zone, shape (n,).

    Returns
    -------
    list of str
        Segment on each of the n days.

    Raises
    ------
    ValueError
        As :func:`side_of`.

    Examples
    --------
    >>> days = pd.DatetimeIndex(["2025-01-01", "2026-01-01"], tz="UTC")
    >>> rows = pd.DataFrame({"firm": "meta", "definition": "d", "segment": ["rest", "hyperscale"],
    ...                      "valid_from": days, "known_at": days})
    >>> sides_over(rows, "meta", "d", pd.DatetimeIndex(["2024-06-30", "2026-03-31"], tz="UTC"))
    ['rest', 'hyperscale']
    """
    rows = _rows_of(memberships, firm, definition)
    latest_first = list(zip(rows["valid_from"], rows["segment"].astype(str), strict=True))[::-1]
    published = latest_first[-1][1]
    return [next((side for since, side in latest_first if since <= day), published) for day in days]


def published_side(memberships: DataFrame[Memberships], firm: str, definition: str) -> str:
    """Return the side on which the published figures of a definition count a firm: that of the row known first.

    Parameters
    ----------
    memberships
        Memberships frame, cut to an origin.
    firm
        Firm, as operators are named in observations.
    definition
        Definition of the split, such as ``recast_2``.

    Returns
    -------
    str
        Segment, ``hyperscale`` or ``rest``.

    Raises
    ------
    ValueError
        As :func:`side_of`.
    """
    return str(_rows_of(memberships, firm, definition)["segment"].iloc[0])


def _rows_of(memberships: DataFrame[Memberships], firm: str, definition: str) -> DataFrame[Memberships]:
    """Return a firm's rows under a definition in the order in which they became known."""
    under = memberships[memberships["definition"] == definition]
    rows: DataFrame[Memberships] = under[under["firm"] == firm].sort_values(["known_at", "valid_from"], kind="stable")
    if rows.empty:
        known = ", ".join(sorted(set(under["firm"]))) or "none"
        raise InputError(f"firm {firm!r} has no membership under definition {definition!r}; known are {known}")
    return rows
