"""The pretrained network of the extra ``foundation`` as a member: weights of a local folder or of its package."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from shiftcast.features.arrays import Array
from shiftcast.features.input_error import InputError
from shiftcast.forecast.volume import Outside

FEWEST: Final = 8  # values the network needs; a shorter history keeps its last value


def load(weights: Path | None) -> Outside:
    """Return the network as a callable from histories to its nine quantiles.

    Parameters
    ----------
    weights
        Folder of a release, with ``config.json`` and ``model.safetensors``; those in the package if left out.

    Returns
    -------
    callable
        Quantiles 0.1 to 0.9, shape (histories, horizon, 9), in the unit of each series. Series are independent.

    Raises
    ------
    ValueError
        If the extra is not installed, or the folder is not one of this network.
    """
    try:
        from fracast import FracastModel  # noqa: PLC0415  (an extra, and slow to import)
    except ImportError as problem:
        raise InputError(f"the pretrained member needs {problem.name}; pip install -e '.[foundation]'") from problem
    try:
        network = FracastModel.from_pretrained(weights, weights="fp32", device="cpu")
    except (OSError, KeyError, RuntimeError) as problem:
        remedy = "give a folder with its config.json and model.safetensors, or name a loader with --member"
        raise InputError(f"{weights}: no weights of the network of this extra ({problem}); {remedy}") from problem

    def forecast(histories: Sequence[Array], horizon: int) -> Array:
        out = np.stack([np.full((horizon, len(network.quantiles)), history[-1]) for history in histories])
        able = [at for at, history in enumerate(histories) if len(history) >= FEWEST]
        if able:
            out[able] = network.forecast_batch(_padded([histories[at] for at in able]), horizon=horizon)
        return out

    return forecast


def _padded(histories: Sequence[Array]) -> Array:
    """Return histories right-aligned, NaN before the shorter ones, shape (histories, time)."""
    out = np.full((len(histories), max(map(len, histories))), np.nan)
    for row, history in enumerate(histories):
        out[row, -len(history) :] = history
    return out
