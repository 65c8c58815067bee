"""Technique shares ahead: levels from dated statements, dynamics from the share model learned on real substitutions.

The share states say where each technique stands at the origin, and how sure that is; a local level on so few
statements says little about where it goes. So sampled histories of the states are handed to the share model, whose
damping, spread and newcomers were learned on hundreds of real substitution histories, and every draw of the level is
carried ahead along a draw of that model. Segments of one workload learn from each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd
import xarray as xr
from scipy.special import softmax

from shiftcast.features.arrays import Array
from shiftcast.forecast.migration import Learned, draw_shares, fit_shares

Key = tuple[str, str]
_HISTORIES: Final = 40  # sampled histories, each carrying an equal part of the draws
_MEMORY: Final = 24  # quarters of history shown to the share model
_LEAST: Final = 1e-6  # share below which a technique is treated as absent on the log scale


@dataclass(frozen=True)
class Carried:
    """Technique shares with learned dynamics.

    Attributes
    ----------
    shares
        (Workload, segment) to shares, shape (draws, quarters, techniques); history as it was given.
    skill
        ``series, horizon, ratio, histories``: CRPS over last value's on reference histories as lively as these,
        averaged over the sampled histories.
    movers
        ``operator|workload|segment|technique`` to the share of the operator's requests that this technique or a newer
        one answers in the last quarter of history [share], shape (draws,).
    weights
        ``operator|workload|segment`` to the part of the segment's requests that the operator answers [share], shape
        (draws,).
    adoption
        (Workload, segment, technique) to the part of the requests that is of operators which use the technique at all
        [share], shape (draws, quarters).
    """

    shares: Mapping[Key, Array]
    skill: pd.DataFrame
    movers: Mapping[str, Array] = field(default_factory=dict)
    weights: Mapping[str, Array] = field(default_factory=dict)
    adoption: Mapping[tuple[str, str, str], Array] = field(default_factory=dict)


def carry_forward(
    shares: Mapping[Key, Array],
    techniques: Mapping[str, tuple[str, ...]],
    quarters: pd.DatetimeIndex,
    now: int,
    learned: Learned,
    *,
    seed: int,
) -> Carried:
    """Carry technique shares ahead of the origin with the share model.

    Parameters
    ----------
    shares
        (Workload, segment) to draws of shares, shape (draws, quarters, techniques); read through ``now``.
    techniques
        Workload to its techniques, oldest first.
    quarters
        Quarter ends, history first.
    now
        Position of the last quarter that is history.
    learned
        What reference histories taught.
    seed
        Seed of the share model's streams.

    Returns
    -------
    Carried
        Shares on ``quarters``, ahead of the origin from the model, and its skill by series and horizon.
    """
    moving = {key: draws for key, draws in shares.items() if draws.shape[2] > 1}
    draws = len(next(iter(moving.values())))
    blocks = np.array_split(np.arange(draws), min(_HISTORIES, draws))
    rows = [
        _history_rows(block, key, values[picked[0]], techniques[key[0]], quarters, now)
        for block, picked in enumerate(blocks)
        for key, values in moving.items()
    ]
    fit = fit_shares(pd.concat(rows, ignore_index=True), horizon=len(quarters) - 1 - now, learned=learned)
    paths = draw_shares(fit, draws=max(len(block) for block in blocks), seed=seed)
    ahead = {key: _ahead(paths, key, values, blocks, techniques[key[0]], now) for key, values in moving.items()}
    skill = fit.skill.assign(series=fit.skill["series"].str.partition("|")[2])
    pooled = skill.groupby(["series", "horizon"], as_index=False).agg(
        ratio=("ratio", "mean"), histories=("histories", _mode)
    )
    return Carried({**shares, **ahead}, pooled)


def _history_rows(
    block: int, key: Key, path: Array, techniques: tuple[str, ...], quarters: pd.DatetimeIndex, now: int
) -> pd.DataFrame:
    """Return one sampled history of one workload and segment in the share model's long form."""
    shown = slice(max(now + 1 - _MEMORY, 0), now + 1)
    values = path[shown]
    return pd.DataFrame(
        {
            "series": f"{block}|{key[0]}|{key[1]}",
            "group": f"{block}|{key[0]}",
            "period_end": np.repeat(quarters[shown], len(techniques)),
            "category": np.tile(np.array(techniques, dtype=object), len(values)),
            "value": values.ravel(),
        }
    )


def _ahead(
    paths: xr.DataArray, key: Key, values: Array, blocks: list[Any], techniques: tuple[str, ...], now: int
) -> Array:
    """Return draws whose future follows the model's log-ratios from each draw's own level."""
    carried = np.empty((len(values), now + 1 + paths.sizes["period"], len(techniques)))
    carried[:, : now + 1] = values[:, : now + 1]
    every = paths.transpose("series", "draw", "period", "category").values
    series, categories = ({str(name): at for at, name in enumerate(paths[of].values)} for of in ("series", "category"))
    columns = [categories[name] for name in techniques]
    for block, picked in enumerate(blocks):
        path = every[series[f"{block}|{key[0]}|{key[1]}"], : len(picked)][..., columns]
        model = np.log(np.maximum(path, _LEAST))
        start = np.log(np.maximum(values[picked[0], now], _LEAST))
        level = np.log(np.maximum(values[picked, now], _LEAST))
        carried[picked, now + 1 :] = softmax(level[:, None, :] + model - start, axis=-1)
    return carried


def _mode(names: pd.Series) -> str:
    return str(names.mode().iloc[0])
