"""Study of figures on one output: indices of each, the interval it would leave, and its worth for a decision."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array
from shiftcast.forecast.draws import stream
from shiftcast.forecast.effects.decisions import Decision
from shiftcast.forecast.effects.figures import Figure
from shiftcast.forecast.effects.indices import first_order, interval, left_out
from shiftcast.forecast.effects.shapley import joint_effects
from shiftcast.forecast.effects.worth import worth_of_knowing, worth_of_measuring

SHOWN: Final = 10  # figures of a table
TOGETHER: Final = 6  # figures whose joint effects are found
INNER: Final = (0.1, 0.9)
_NEAR: Final = (45, 55)  # per cent of the draws of a figure that are its middle


class Study:
    """Indices of figures on an output.

    Parameters
    ----------
    figures
        Figures with their draws.
    output
        Draws of the log of a measure, shape (draws,).
    seed
        Of what chance is measured on.

    Attributes
    ----------
    order
        Positions of the figures that tell more than chance, the largest index first, at most :data:`SHOWN`.
    floor
        Index that chance could give [1].
    joint
        Effects of the first :data:`TOGETHER` taken together.
    """

    def __init__(self, figures: Sequence[Figure], output: Array, seed: int) -> None:
        self.figures, self.output, self._seed = figures, output, seed
        inputs = np.stack([each.values for each in figures], axis=-1)
        found = first_order(inputs, output, stream(seed, "effects.chance"))
        self.share, self.degree, self.floor = found.share, found.degree, found.floor
        falling = np.argsort(-found.share, kind="stable")
        self.order = [int(at) for at in falling if found.share[at] > found.floor][:SHOWN]
        self.joint = joint_effects(inputs[:, self.order[:TOGETHER]], output)

    def row(self, at: int) -> dict[str, Any]:
        """Return the indices of a figure, and the interval that knowing it would leave.

        Parameters
        ----------
        at
            Position of the figure, one of :attr:`order`.

        Returns
        -------
        dict
            ``figure, kind, share, share_low80, share_high80, shapley, total`` [1], ``left_low80, left_high80`` in the
            unit of the measure, and ``narrower`` [1].
        """
        figure, share, rank = self.figures[at], float(self.share[at]), self.order.index(at)
        random, degree = stream(self._seed, f"effects.{figure.name}"), int(self.degree[at])
        low, high = interval(figure.values, self.output, share, degree, random)
        joint = rank < TOGETHER
        return {
            "figure": figure.name, "kind": figure.kind, "share": share, "share_low80": low, "share_high80": high,
            "shapley": float(self.joint.shapley[rank]) if joint else np.nan,
            "total": float(self.joint.total[rank]) if joint else np.nan, **self._left(figure.values, degree),
        }  # fmt: skip

    def _left(self, values: Array, degree: int) -> dict[str, float]:
        mean = left_out(values, self.output, degree)
        middle = np.percentile(values, _NEAR)
        centre = float(np.median(mean[(values >= middle[0]) & (values <= middle[1])]))
        low, high = np.quantile(self.output - mean, INNER)
        before = np.quantile(self.output, INNER)
        return {
            "left_low80": float(np.exp(centre + low)), "left_high80": float(np.exp(centre + high)),
            "narrower": float(1 - (high - low) / (before[1] - before[0])),
        }  # fmt: skip


class Worth:
    """Worth of figures for a decision.

    Parameters
    ----------
    figures
        Figures with their draws.
    wanted
        The decision.
    error, sample
        Standard error of one measurement over the figure [1], and how many are taken.
    seed
        Of the errors, and of what chance is measured on.

    Attributes
    ----------
    everything
        Expected cost of not knowing anything more, which is the worth of knowing all [USD].
    """

    def __init__(
        self, figures: Sequence[Figure], wanted: Decision, *, error: float, sample: int, seed: int
    ) -> None:  # fmt: skip
        self.figures, self.wanted, self.error, self.sample, self._seed = figures, wanted, error, sample, seed
        inputs = np.stack([each.values for each in figures], axis=-1)
        self._found = first_order(inputs, np.log(wanted.need), stream(seed, "effects.worth"))
        self.everything = wanted.stakes.expected_cost(wanted.need)

    def row(self, at: int) -> dict[str, float]:
        """Return what a figure is worth [USD], nothing where it tells no more of the need than chance.

        Parameters
        ----------
        at
            Position of the figure.

        Returns
        -------
        dict
            ``usd_perfect`` known exactly, and ``usd_sample`` measured with error, which is never more.
        """
        if self._found.share[at] <= self._found.floor:
            return {"usd_perfect": 0.0, "usd_sample": 0.0}
        figure, decided, degree = self.figures[at], self.wanted, int(self._found.degree[at])
        perfect = worth_of_knowing(decided.need, figure.values, degree, decided.stakes)
        sampled = worth_of_measuring(
            decided.need, figure.values, degree, decided.stakes, error=self.error, sample=self.sample,
            random=stream(self._seed, f"effects.measured.{figure.name}"),
        )  # fmt: skip
        return {"usd_perfect": perfect, "usd_sample": min(sampled, perfect)}

    def table(self) -> pd.DataFrame:
        """Return the figures worth most, a row each: ``figure, kind, usd_perfect, usd_sample, evidence, source``."""
        told = np.flatnonzero(self._found.share > self._found.floor)
        first = told[np.argsort(-self._found.share[told], kind="stable")][: 2 * SHOWN]
        rows = [
            {"figure": each.name, "kind": each.kind, **self.row(int(at)), "evidence": each.evidence,
             "source": each.source} for at in first for each in [self.figures[at]]
        ]  # fmt: skip
        columns = ["figure", "kind", "usd_perfect", "usd_sample", "evidence", "source"]
        table = pd.DataFrame(rows, columns=columns).sort_values("usd_perfect", ascending=False, kind="stable")
        return table.head(SHOWN).reset_index(drop=True)
