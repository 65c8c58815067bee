"""Tell how history taught a drawn world, and how demand, sales and ceilings met in it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array
from shiftcast.features.calendars import quarter_label
from shiftcast.forecast.identity.world import World
from shiftcast.forecast.leaves import SOLD_LEAVES
from shiftcast.pipelines.registry.chain import Chain, EvidenceRow, LearnedRow

_SHOWN = (0.1, 0.5, 0.9)


def chain_of(world: World) -> Chain:
    """Return the chain of one world, for its summary.

    Parameters
    ----------
    world
        The drawn world.

    Returns
    -------
    Chain
        Medians over draws.
    """
    taught, served_in = world.taught, world.meeting.correction.shape[1]
    quarters = world.sales.revenue.quarters[-served_in:]
    first, last = world.sales.revenue.first_forecast - len(world.sales.revenue.quarters), -1
    past = range(served_in + first)
    had = world.sales.hours[..., : len(SOLD_LEAVES)].sum(axis=-1)
    served = world.meeting.parts.sum(axis=(2, 3)) + world.meeting.unallocated.sum(axis=2)
    wanted = served + world.meeting.latent[..., : len(SOLD_LEAVES)].sum(axis=2)
    grown = {
        "demand": had[:, last] / had[:, first - 1] * np.exp(world.pooled.gap[:, -1]),
        "sales": had[:, last] / had[:, first - 1],
        "wanted": wanted[:, last] / wanted[:, first - 1],
        "served": served[:, last] / served[:, first - 1],
    }
    return Chain(
        learned=tuple(LearnedRow(**row) for row in _records(taught.parameters)),
        evidence=tuple(EvidenceRow(**row) for row in _records(taught.evidence)),
        ess=taught.ess,
        signal=float((1 - taught.parameters["narrowed"].to_numpy(dtype=float).clip(max=1.0) ** 2).sum()),
        unseen=tuple(np.quantile(taught.sampling.assumed["unseen.share"], _SHOWN).tolist()),
        correction={quarter_label(quarters[at]): _median(world.meeting.correction[:, at]) for at in past},
        growth={name: _median(values) for name, values in grown.items()},
        demand_weight=world.pooled.weight,
    )


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


def _median(values: Array) -> float:
    return float(np.median(values))
