"""Answer to a contracted figure: the part it holds, all that adds up with it, and the measures that follow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
import xarray as xr

from shiftcast.features.arrays import Array
from shiftcast.features.frames import ALL
from shiftcast.forecast.doubts import Supported, doubt, figure
from shiftcast.forecast.spoken import number, percent, signed, within
from shiftcast.forecast.views.answer import ASSUMED, Answer
from shiftcast.forecast.views.contracted import LEVELS, Contracted, contract, node_name
from shiftcast.forecast.views.follows import what_follows
from shiftcast.forecast.views.part import Part, draws_of, unit_of
from shiftcast.forecast.views.rows import part_of
from shiftcast.forecast.views.spans import columns_of

_WORDS: Final = {"exactly": "held at", "at_most": "held to at most", "at_least": "held to at least"}
_READING: Final = (
    "Draws within the figure stay as they are; the others move to the nearest that add up. Other quarters do not move: "
    "hold each that a contract is about. Hours, accelerators and watts move in one ratio by leaf and task; machines "
    "that are missing are not bought, at the draw's price of one, and hours not served are latent."
)


@dataclass(frozen=True)
class Held:
    """A question about a figure that is contracted.

    Attributes
    ----------
    measure
        A measure of :data:`forecast.views.part.MEASURES`.
    period, value, bound, total
        As :func:`forecast.views.contracted.contract` takes them.
    segment, leaf, workload, technique
        What is contracted; a leaf brings its segment.
    sure
        Insist on a figure far beyond the forecast's 95 %.
    """

    measure: str
    period: str
    value: float
    segment: str = ALL
    leaf: str = ALL
    workload: str = ALL
    technique: str = ALL
    bound: str = "exactly"
    total: str = "moves"
    sure: bool = False

    @property
    def part(self) -> Part:
        """What is contracted."""
        return Part(**part_of(segment=self.segment, leaf=self.leaf, workload=self.workload, technique=self.technique))


def contract_answer(cube: xr.Dataset, asked: Held) -> Answer:
    """Return a measure with one part's figure held, in words, with every node and what follows of it.

    Parameters
    ----------
    cube
        The draw cube.
    asked
        Measure, part, period and figure.

    Returns
    -------
    Answer
        A row a node, before and after; ``what follows`` holds hours, machines, power and dollars.

    Raises
    ------
    ValueError
        As :func:`forecast.views.contracted.contract` does, or if the figure is far beyond the forecast.
    """
    measure, part, period, value, bound = asked.measure, asked.part, asked.period, asked.value, asked.bound
    at = list(columns_of(cube, measure, period).values())
    unit = unit_of(cube, measure).replace("/quarter", "/quarter" if len(at) == 1 else "/year")
    low, high = np.quantile(draws_of(cube, measure, part)[:, at].sum(axis=1), (0.025, 0.975)).tolist()
    supported = Supported(low, high, unit, "the forecast's 95 %")
    doubtful = doubt(f"contracted {measure}", value, supported, sure=asked.sure or not value > 0)
    done = contract(cube, measure, part, period=period, value=value, bound=bound, total=asked.total)
    free, kept = (each[done.nodes.hierarchy.position(done.node)] for each in (done.nodes.draws, done.draws))
    follows = what_follows(cube, done)
    says = (
        f"{_fan(kept)} {unit} of {measure} in {part.segment}/{part.leaf} in {period}, {_WORDS[bound]} {figure(value)}: "
        f"this moves {percent(done.held.mean())} of the draws. Free, it is {_fan(free)}. "
        f"{_whole(done)}{_followed(follows)}"
    )
    return Answer(
        f"{measure} with {done.node} {_WORDS[bound]} {figure(value)} {unit}", done.frame,
        pd.DataFrame(columns=list(ASSUMED)), (*doubtful, _READING), says=says.strip(),
        more={} if follows.empty else {"what follows": follows},
        units={f"{when}_{level}": unit for when in ("before", "after") for level in LEVELS} | {"moved": unit},
    )  # fmt: skip


def _fan(draws: Array) -> str:
    low, middle, high = np.quantile(draws, list(LEVELS.values()))
    return f"{number(middle)} ({within(number(low), number(high))})"


def _whole(done: Contracted) -> str:
    top = done.nodes.hierarchy.position(node_name(Part(), done.period))
    before, after = np.median(done.nodes.draws[top]), np.median(done.draws[top])
    return f"The total {'is kept' if done.total == 'kept' else f'goes from {number(before)} to {number(after)}'}. "


def _followed(follows: pd.DataFrame) -> str:
    if follows.empty:
        return ""
    own = follows.drop_duplicates("measure").set_index("measure")["moved"]
    told = (("gpu_hours", "accelerator-hours"), ("accelerators", "accelerators"), ("power", "MW"), ("spending", "USD"))
    return f"With it go, in the mean, {', '.join(f'{_signed(own[name])} {words}' for name, words in told)}."


def _signed(value: float) -> str:
    return signed(value)
