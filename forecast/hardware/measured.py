"""Cost ratios and utilisations that operators measured, pooled with an effect of each operator, as assumptions.

An operator's figures make one effect y_i with variance v_i; y_i = mu + u_i + e_i, where u_i, of spread tau, is the
operator's own. The world's mean over operators is mu, known to its standard error, and its mean effect, whose spread
is tau over the root of the number of operators that make it.

Reference: Paule and Mandel (1982) for tau; Hartung and Knapp (2001) for the standard error with few operators.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from scipy.special import expit, logit, ndtri, stdtrit

from shiftcast.features.frames import ALL, AssumptionRows, DataFrame, Observations, Traffic
from shiftcast.features.input_error import InputError
from shiftcast.features.series import select
from shiftcast.forecast.once import once

FEWEST: Final = 2  # operators: one alone says nothing of how far operators lie apart
_EXACT: Final = 1e-12  # variance of a figure without error
_TAIL: Final = 0.9  # high of an assumption is its 90th percentile


@dataclass(frozen=True)
class Kind:
    """A kind of assumption that is pooled from observations, named ``KIND.TECHNIQUE``.

    Attributes
    ----------
    measure
        Measure of its observations.
    definition
        Pattern of their definitions.
    """

    measure: str
    definition: str


KINDS: Final[Mapping[str, Kind]] = {
    "ratio": Kind("cost_ratio", r"^(?!same_technique).*_over_"),  # newer technique over what it replaced, a request
    "mfu": Kind("utilisation", r"^mfu_"),
}


@dataclass(frozen=True)
class Pooled:
    """What operators say together, on the scale of the assumption (logarithm or logit).

    Attributes
    ----------
    mean, error
        Mean over operators, and its standard error.
    between
        Spread tau between operators.
    operators
        Their names, in order.
    """

    mean: float
    error: float
    between: float
    operators: tuple[str, ...]

    def sd(self, *, makers: float) -> float:
        """Return the spread of the mean over some operators, as a normal with the same 80 % interval.

        Parameters
        ----------
        makers
            Number of operators that make the mean.

        Returns
        -------
        float

        Examples
        --------
        >>> Pooled(0.0, 0.0, 1.0, ("a", "b")).sd(makers=4.0)
        0.5
        """
        few = float(stdtrit(len(self.operators) - 1, _TAIL) / ndtri(_TAIL))
        return float(np.hypot(few * self.error, self.between / np.sqrt(makers)))

    def quantiles(self, *, makers: float) -> tuple[float, float, float]:
        """Return the 10th, 50th and 90th percentiles of the mean over some operators, on the same scale.

        Parameters
        ----------
        makers
            Number of operators that make the mean.

        Returns
        -------
        tuple of float
        """
        half = float(ndtri(_TAIL)) * self.sd(makers=makers)
        return self.mean - half, self.mean, self.mean + half


def operator_figures(observations: DataFrame[Observations], name: str, *, shape: str) -> DataFrame[Observations]:
    """Return what operators measured of one assumption, with each figure on the scale of its shape.

    Parameters
    ----------
    observations
        Rows known at the origin, one a figure.
    name
        Kind and technique, such as ``ratio.sequence``.
    shape
        ``lognormal`` or ``logitnormal``.

    Returns
    -------
    DataFrame
        The rows, with ``effect`` and ``variance`` beside each.

    Raises
    ------
    ValueError
        If a figure is not on that scale, naming it.
    """
    kind, _, technique = name.partition(".")
    rows = select(observations, measure=KINDS[kind].measure, technique=technique, stage="flow")
    rows = rows[rows["definition"].str.contains(KINDS[kind].definition) & (rows["operator"] != ALL)]
    rows = rows[rows["workload"] != "training"]
    most = 1.0 if shape == "logitnormal" else np.inf
    for row in rows[~((rows["value"] > 0) & (rows["value"] < most))].head(1).itertuples():
        raise InputError(
            f"observations: {row.measure} {row.definition} of {row.operator} is {row.value:g}; give a figure between 0 "
            f"and {most:g}, or it cannot be pooled"
        )
    slope = rows["value"] * (1 - rows["value"] if shape == "logitnormal" else 1)
    effect = logit(rows["value"]) if shape == "logitnormal" else np.log(rows["value"])
    rows = rows.assign(effect=effect, variance=(rows["sd"] / slope) ** 2)
    figures: DataFrame[Observations] = rows.sort_values(["operator", "definition"])
    return figures


def pool_operators(figures: DataFrame[Observations]) -> Pooled:
    """Pool figures over operators by a random-effects meta-analysis; figures of one operator are averaged first.

    Parameters
    ----------
    figures
        From :func:`operator_figures`, of at least two operators.

    Returns
    -------
    Pooled

    Examples
    --------
    >>> pooled = pool_operators(pd.DataFrame({"operator": ["a", "b", "b"], "effect": [0.0, 0.5, 1.5],
    ...                                       "variance": [0.01] * 3}))
    >>> round(pooled.mean, 2), pooled.operators
    (0.44, ('a', 'b'))
    """
    from statsmodels.stats.meta_analysis import combine_effects  # noqa: PLC0415  (slow to load; few commands pool)

    by = figures.groupby("operator")
    effect, count = by["effect"].mean(), by.size()
    variance = np.maximum((by["variance"].mean() + by["effect"].var(ddof=0)) / count, _EXACT)
    with np.errstate(divide="ignore"):  # I2 of figures that agree exactly, which is not read
        found = combine_effects(effect.to_numpy(), variance.to_numpy(), method_re="iterated", use_t=True)
    error = max(float(found.sd_eff_w_re), float(found.sd_eff_w_re_hksj))
    return Pooled(float(found.mean_effect_re), error, float(np.sqrt(found.tau2)), tuple(map(str, effect.index)))


def makers_of_mean(traffic: DataFrame[Traffic]) -> float:
    """Return the number of equal operators that would weigh as those whose requests are known (inverse Simpson).

    Parameters
    ----------
    traffic
        Requests a day by operator and surface, known at the origin; the latest of a surface counts.

    Returns
    -------
    float
        At least one.

    Examples
    --------
    >>> day = pd.Timestamp("2026-01-01", tz="UTC")
    >>> rows = pd.DataFrame({"operator": ["a", "b", "c"], "surface": "feed", "known_at": day, "mid": [2.0, 2.0, 0.0]})
    >>> makers_of_mean(rows)
    2.0
    """
    if traffic.empty:
        return 1.0
    latest = traffic.sort_values("known_at").groupby(["operator", "surface"])["mid"].last()
    each = latest.groupby("operator").sum().to_numpy()
    return max(1.0, float(each.sum() ** 2 / (each**2).sum()))


def learn_measured(
    assumptions: DataFrame[AssumptionRows], observations: DataFrame[Observations], traffic: DataFrame[Traffic]
) -> DataFrame[AssumptionRows]:
    """Return assumptions in which what enough operators measured stands in the place of a judgement.

    A row that is no judgement but somebody's own measurement (evidence other than ``assumed``) stands as it is.

    Parameters
    ----------
    assumptions
        Assumptions of the record; those named ``ratio.TECHNIQUE`` and ``mfu.TECHNIQUE`` are judgements that stand until
        figures of two operators are known.
    observations, traffic
        Rows known at the origin.

    Returns
    -------
    DataFrame
        The same rows in the same order.
    """
    about = select(observations, measure=tuple(kind.measure for kind in KINDS.values()))
    return _with_learned(assumptions, about, makers_of_mean(traffic))


@once
def _with_learned(
    assumptions: DataFrame[AssumptionRows], observations: DataFrame[Observations], makers: float
) -> DataFrame[AssumptionRows]:
    rows = assumptions.to_dict("records")
    learned = [_learned(row, observations, makers) if _is_pooled(row) else row for row in rows]
    changed: DataFrame[AssumptionRows] = pd.DataFrame(learned, columns=assumptions.columns).astype(assumptions.dtypes)
    return changed


def _is_pooled(row: Mapping[str, object]) -> bool:
    kind, _, technique = str(row["name"]).partition(".")
    return kind in KINDS and bool(technique) and row["evidence"] == "assumed"


def _learned(row: dict[str, object], observations: DataFrame[Observations], makers: float) -> dict[str, object]:
    figures = operator_figures(observations, str(row["name"]), shape=str(row["shape"]))
    if figures["operator"].nunique() < FEWEST:
        return row
    pooled = pool_operators(figures)
    back = expit if row["shape"] == "logitnormal" else np.exp
    low, mid, high = (float(back(value)) for value in pooled.quantiles(makers=makers))
    return row | {
        "low": low, "mid": mid, "high": high, "known_at": figures["known_at"].max(), "evidence": "vendor",
        "source": f"observations of {', '.join(sorted(set(figures['definition'])))}",
        "note": f"pooled over {len(pooled.operators)} operators with an effect of each, spread {pooled.between:.2g}; "
        f"standard error {pooled.error:.2g}; {makers:.2g} operators make the world's mean",
    }  # fmt: skip
