"""Promotion: decide from backtests if a new forecast replaces the champion.

Two questions, two scores. Whether the model ships rather than a naive forecast is decided on CRPS, the rolling-origin
error: it judges the whole distribution that is published, where build cost reads one quantile and lets a forecast win
that leans the right way by luck. Whether a challenger replaces the champion is decided on what building to it would
have cost, no worse than the champion's, and on coverage, over the origins and horizons that both were scored on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from shiftcast.features.frames import ALL, DataFrame, Scores
from shiftcast.forecast.scoring.past import BENCHMARKS, GUIDED, MODEL

TOLERANCE: Final = 0.02  # relative: the same code on the same origins ties, and a tie has to let new data in
COVERAGE_LOSS: Final = 0.05
GATE: Final = "crps"
METRIC: Final = "build_cost"
_COVERAGE: Final = "coverage80"


@dataclass(frozen=True)
class Decision:
    """The decision on the alias of the champion.

    Attributes
    ----------
    promote
        Move the alias to the new forecast.
    reason
        Why, in one line.
    """

    promote: bool
    reason: str


@dataclass(frozen=True)
class Standing:
    """Means over a backtest of the whole.

    Attributes
    ----------
    crps
        Of log revenue [1].
    naive
        The same of each naive forecast, with guidance and without.
    cost
        Cost of building to the forecast [share of the actual].
    coverage
        Share of the actuals that fell within 80 % intervals [share].
    """

    crps: float
    naive: Mapping[str, float]
    cost: float
    coverage: float

    @property
    def finite(self) -> bool:
        """Whether every mean is a number."""
        return bool(np.isfinite([self.crps, self.cost, self.coverage, *self.naive.values()]).all())


def decide(challenger: DataFrame[Scores], champion: DataFrame[Scores] | None) -> Decision:
    """Compare a challenger's CRPS with the naive forecasts', and its build cost with the champion's.

    Parameters
    ----------
    challenger, champion
        Scores frames; ``None`` where there is no champion.

    Returns
    -------
    Decision
        A champion that shares no scored origin with the challenger, or has no decision score, is not compared with,
        and the reason says so.

    Examples
    --------
    >>> from shiftcast.features.frames import Scores, empty
    >>> decide(empty(Scores), None)
    Decision(promote=False, reason='not promoted: its scores are not finite')
    """
    mine = _by_origin(challenger)
    alone = standing(mine)
    refused = _against_naive(alone)
    if refused:
        return Decision(False, f"not promoted: {refused}")
    better = f"CRPS {alone.crps:.4f}, {_named(alone.naive)}; build cost {alone.cost:.4f} of demand"
    if champion is None:
        return Decision(True, f"promoted: first model; {better}")
    theirs = _by_origin(champion)
    common = mine.index.intersection(theirs.index)
    before = standing(theirs.loc[common])
    if len(common) == 0 or not np.isfinite([before.cost, before.coverage]).all():
        return Decision(True, f"promoted: the champion has no decision score to compare with; {better}")
    return _against_champion(standing(mine.loc[common]), before, len(common))


def standing(by_origin: pd.DataFrame) -> Standing:
    """Return the means of a backtest laid out as ``(origin, horizon)`` by ``(model, metric)``.

    Parameters
    ----------
    by_origin
        Scores with index ``(origin, horizon)`` and columns ``(model, metric)``.

    Returns
    -------
    Standing
        Mean scores; NaN where a model has none.
    """

    def mean(model: str, metric: str) -> float:
        return float(by_origin[model, metric].mean(skipna=False)) if (model, metric) in by_origin else float("nan")

    naive = {name: mean(name, GATE) for name in (*BENCHMARKS, *GUIDED)}
    return Standing(mean(MODEL, GATE), naive, mean(MODEL, METRIC), mean(MODEL, _COVERAGE))


def _by_origin(scores: DataFrame[Scores]) -> pd.DataFrame:
    whole = scores[(scores["measure"] == "log_revenue") & (scores["segment"] == ALL)]
    return whole.pivot_table(index=["origin", "horizon"], columns=["model", "metric"], values="value")


def _named(crps: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:.4f}" for name, value in crps.items())


def _against_naive(mine: Standing) -> str:
    """Return why naive forecasts keep a challenger out, or nothing."""
    if not mine.finite:
        return "its scores are not finite"
    better = {name: crps for name, crps in mine.naive.items() if mine.crps >= crps}
    return f"CRPS {mine.crps:.4f} is not below that of the naive {_named(better)}" if better else ""


def _against_champion(mine: Standing, before: Standing, common: int) -> Decision:
    where = f"over {common} origins and horizons in common"
    if mine.cost > before.cost * (1 + TOLERANCE):
        return Decision(
            False, f"not promoted: build cost {mine.cost:.4f} is worse than the champion's {before.cost:.4f} {where}"
        )
    if mine.coverage < before.coverage - COVERAGE_LOSS:
        return Decision(
            False, f"not promoted: 80 % coverage {mine.coverage:.2f} is below the champion's {before.coverage:.2f} "
            f"{where}"
        )  # fmt: skip
    return Decision(True, f"promoted: build cost {mine.cost:.4f}, the champion's {before.cost:.4f}, {where}")
