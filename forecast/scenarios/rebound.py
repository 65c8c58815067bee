"""Price feedback (rebound effect, Jevons): response of volume and compute to cheaper work.

Reference: Jevons (1865), The coal question; Saunders (1992), The Khazzoom-Brookes postulate and neoclassical growth.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array
from shiftcast.features.input_error import InputError


def volume_at_price(volume: Array, price_ratio: Array, elasticity: Array) -> Array:
    """Return volume after a price change at constant elasticity: V = V0 (p / p0)^-eps.

    Parameters
    ----------
    volume
        Volume V0 at the old price [unit].
    price_ratio
        Price ratio p / p0 [1], positive.
    elasticity
        Elasticity eps [1]; zero is volume that does not respond to price.

    Returns
    -------
    ndarray, the broadcast shape
        Volume [unit].

    Raises
    ------
    ValueError
        If a price ratio is not positive.

    Examples
    --------
    >>> float(volume_at_price(np.array(100.0), np.array(0.25), np.array(0.5)))
    200.0
    """
    if not (np.asarray(price_ratio) > 0).all():
        raise InputError(f"price ratio {float(np.min(price_ratio)):g} is not positive; give new over old price")
    return np.asarray(volume * np.asarray(price_ratio, dtype=np.float64) ** -np.asarray(elasticity))


def compute_response(gain: Array, elasticity: Array, pass_through: Array) -> Array:
    """Return compute needed after a throughput gain over compute before: D / D0 = gain^(eps pi - 1).

    Prices fall as p ~ theta^-pi, volume answers with V ~ p^-eps, and compute is V / theta.

    Parameters
    ----------
    gain
        Throughput after over throughput before [1], positive.
    elasticity, pass_through
        Elasticity eps and pass-through pi [1].

    Returns
    -------
    ndarray, the broadcast shape
        Compute after over compute before [1].

    Raises
    ------
    ValueError
        If a gain is not positive.

    Examples
    --------
    >>> [round(float(compute_response(np.array(10.0), np.array(e), np.array(1.0))), 2) for e in (0.5, 1.0, 1.5)]
    [0.32, 1.0, 3.16]
    """
    gain = np.asarray(gain, dtype=np.float64)
    if not (gain > 0).all():
        raise InputError(f"throughput gain {float(gain.min()):g} is not positive; give new over old, such as 1.6")
    return np.asarray(volume_at_price(np.asarray(1.0), gain ** -np.asarray(pass_through), elasticity) / gain)


def kind(elasticity: float, pass_through: float) -> str:
    """Return the regime of the rebound: partial (eps pi < 1), neutral (1) or backfire (> 1).

    Parameters
    ----------
    elasticity
        Elasticity eps [1].
    pass_through
        Pass-through pi of cost to price [1].

    Returns
    -------
    str
        ``partial rebound``, ``neutral`` or ``backfire``.

    Examples
    --------
    >>> kind(0.5, 1.0), kind(1.0, 1.0), kind(1.5, 1.0)
    ('partial rebound', 'neutral', 'backfire')
    """
    product = elasticity * pass_through
    if np.isclose(product, 1.0):
        return "neutral"
    return "backfire" if product > 1 else "partial rebound"


def rebound_table(gain: float, elasticities: tuple[float, ...], pass_through: Array) -> pd.DataFrame:
    """Return the response of volume and compute to a throughput gain at each elasticity.

    The elasticity is assumed, not fitted: while supply binds the price is not independent of demand.

    Parameters
    ----------
    gain
        Throughput after over before [1].
    elasticities
        Elasticities eps [1], one row each.
    pass_through
        Draws of the pass-through pi [1], shape (draws,).

    Returns
    -------
    DataFrame
        ``elasticity, volume, compute`` (medians over draws), ``compute_low80, compute_high80, kind``.

    Examples
    --------
    >>> rebound_table(10.0, (1.5,), np.array([1.0])).round(2).to_dict("records")[0]["compute"]
    3.16
    """
    rows = []
    for elasticity in elasticities:
        compute = compute_response(np.asarray(gain), np.asarray(elasticity), pass_through)
        low, middle, high = np.quantile(compute, (0.1, 0.5, 0.9))
        rows.append({
            "elasticity": elasticity, "volume": float(middle * gain), "compute": float(middle),
            "compute_low80": float(low), "compute_high80": float(high),
            "kind": kind(elasticity, float(np.median(pass_through))),
        })  # fmt: skip
    return pd.DataFrame(rows)
