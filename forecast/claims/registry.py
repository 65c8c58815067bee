"""Registry of claims: each statement once, with its readings and their weights."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from shiftcast.features.frames import Claims, DataFrame
from shiftcast.features.input_error import InputError, nearest

_SAME: Final = ("speaker", "stated_at", "reading", "measure", "base", "definition", "products", "stage", "bound",
                "low", "high", "unit", "window_start", "window_end")  # fmt: skip


def distinct(claims: DataFrame[Claims]) -> pd.DataFrame:
    """Return each statement once, with how many sources carry it.

    Two rows are one statement if they agree in everything but name, source, trust and wording.

    Parameters
    ----------
    claims
        Claims frame, cut to an origin.

    Returns
    -------
    DataFrame
        The rows kept, the first of each by name, with ``sources``.

    Raises
    ------
    ValueError
        Naming a claim with figures but no unit, without any figure, or whose readings' weights do not sum to one.
    """
    _check(claims)
    ordered = claims.sort_values(["stated_at", "claim", "reading"], kind="stable")
    counted = ordered.groupby(list(_SAME), dropna=False, sort=False)["source"].transform("nunique")
    return ordered.assign(sources=counted).drop_duplicates(list(_SAME), keep="first").reset_index(drop=True)


def _check(claims: DataFrame[Claims]) -> None:
    units = claims["unit"].fillna("").astype(str).str.strip()
    if (units == "").any():
        bad = claims[units == ""].iloc[0]
        raise InputError(
            f"claim {bad['claim']!r} states a bound {bad['bound']!r} without a unit; give the unit of its figures"
        )
    empty = claims["low"].isna() & claims["high"].isna()
    if empty.any():
        raise InputError(f"claim {claims.loc[empty, 'claim'].iloc[0]!r} has neither a low nor a high figure; give one")
    weights = claims.groupby("claim")["weight"].sum()
    wrong = weights[~np.isclose(weights, 1.0)]
    if len(wrong):
        raise InputError(
            f"claim {wrong.index[0]!r}: weights of its readings sum to {wrong.iloc[0]:g}, not 1; correct them"
        )


def find(claims: DataFrame[Claims], name: str) -> DataFrame[Claims]:
    """Return the readings of one claim.

    Parameters
    ----------
    claims
        Claims frame.
    name
        Name of the claim.

    Returns
    -------
    DataFrame
        Its rows, one a reading.

    Raises
    ------
    ValueError
        Naming the claims there are.
    """
    rows: DataFrame[Claims] = claims[claims["claim"] == name]
    if rows.empty:
        known = sorted(set(claims["claim"]))
        raise InputError(f"claim {name!r} was not known; {nearest(name, known)}known are {', '.join(known)}")
    return rows


def predecessor(claims: DataFrame[Claims], name: str) -> str | None:
    """Return the last earlier claim of the same speaker about the same measure and products, if there is one.

    Parameters
    ----------
    claims
        Claims frame.
    name
        Name of the claim.

    Returns
    -------
    str or None
        Name of the earlier claim.
    """
    claim = find(claims, name).iloc[0]
    same = claims[["speaker", "measure", "base", "products", "stage"]].eq(
        claim[["speaker", "measure", "base", "products", "stage"]]
    )
    earlier = claims[same.all(axis=1) & (claims["stated_at"] < claim["stated_at"])].sort_values("stated_at")
    return None if earlier.empty else str(earlier["claim"].iloc[-1])
