"""Read rows about a share as exact logit figures by quarter, and as statements of any other kind.

An exact or "about" figure of one quarter is a normal observation on the logit scale (delta method). Everything else
keeps its own likelihood: bounds and "just over" as worded; a figure over a longer window, or looking forward, as the
average over it, weighted by what flowed; a stock as such an average since it began; a multiple as growth on a year
before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from shiftcast.features.arrays import Array
from shiftcast.features.calendars import covered_share
from shiftcast.features.input_error import InputError
from shiftcast.forecast.statements.conditioning import Statement
from shiftcast.forecast.statements.wording import OF_BOUND, Hearing

_EXACT: Final = ("=", "~")
_LONG: Final = 120  # days; more than one quarter
_YEAR: Final = 4  # quarters
_LEAST_SD: Final = 1e-4


@dataclass(frozen=True)
class StateRows:
    """Rows about a share on the quarters and definitions of its state.

    Attributes
    ----------
    exact
        Logits of exact figures, missing where there are none, shape (quarters, definitions).
    variance
        Of those logits, same shape; one where there is none.
    statements
        All other rows; each speaks of the vector of logits by quarter followed by the offsets of all definitions but
        the first.
    used
        How many rows lie within the quarters.
    """

    exact: Array
    variance: Array
    statements: tuple[Statement, ...]
    used: int


def read_rows(
    rows: pd.DataFrame,
    quarters: pd.DatetimeIndex,
    definitions: tuple[str, ...],
    *,
    noise: Mapping[str, float],
    flows: Mapping[str, Array],
    hearing: Hearing,
) -> StateRows:
    """Read share rows on the quarters of a state.

    Parameters
    ----------
    rows
        ``period_start, period_end, value, sd, bound, definition``; ``stage``, ``base`` and ``measure`` where they are
        not a flow, revenue and share.
    quarters
        Ends of consecutive quarters; rows whose middle lies outside them are not used.
    definitions
        The reference definition first.
    noise
        Definition to extra noise a row carries [logit].
    flows
        Base to what flowed in each quarter, shape (quarters,), in any unit; equal where a base has none.
    hearing
        Beliefs about what rows mean as worded.

    Returns
    -------
    StateRows
        Exact figures and variances, shape (quarters, definitions), the other statements, and how many rows were used.
    """
    inside = _inside(rows, quarters)
    linear = _is_linear(inside)
    exact, variance = _cells(statement_logits(inside[linear], hearing.edge), quarters, definitions, noise)
    reader = _Reader(quarters, definitions, noise, flows, hearing)
    statements = tuple(reader.statement(row) for row in inside[~linear].to_dict("records"))
    return StateRows(exact, variance, statements, len(inside))


def middles(rows: pd.DataFrame) -> pd.Series:
    """Return the day a row is dated by: the middle of its period, or the end of a stock's.

    Parameters
    ----------
    rows
        Rows with ``period_start`` and ``period_end``, and ``stage`` where there are stocks.

    Returns
    -------
    Series
        Days, UTC, on the index of the rows.
    """
    middle = rows["period_start"] + (rows["period_end"] - rows["period_start"]) / 2
    return middle.where(rows["stage"] != "stock", rows["period_end"]) if "stage" in rows else middle


def statement_logits(rows: pd.DataFrame, edge: float) -> pd.DataFrame:
    """Return exact figures on the logit scale, by the delta method.

    Parameters
    ----------
    rows
        Rows of :func:`read_rows` that are exact figures of a share.
    edge
        How far from the edge a share stated as 0 or 1 is read [share].

    Returns
    -------
    DataFrame
        ``middle`` (day), ``definition``, ``logit`` and ``logit_sd`` [logit], with sd(logit) = sd / (s (1 - s)).
    """
    share = rows["value"].clip(edge, 1 - edge)
    spread = rows["sd"].clip(lower=_LEAST_SD) / (share * (1 - share))
    return pd.DataFrame(
        {"middle": middles(rows), "definition": rows["definition"], "logit": logit(share), "logit_sd": spread}
    )


def _inside(rows: pd.DataFrame, quarters: pd.DatetimeIndex) -> pd.DataFrame:
    """Return the rows dated within the quarters, with every column, in an order of their own."""
    usual = {"stage": "flow", "base": "revenue", "measure": "share"}
    given = rows.assign(**{name: rows.get(name, other) for name, other in usual.items()})
    middle = middles(given)
    kept = given[(middle > quarters[0] - pd.offsets.MonthEnd(3)) & (middle <= quarters[-1])]
    return kept.sort_values(["definition", "measure", "stage", "period_end", "period_start", "bound", "value"],
                            kind="stable", ignore_index=True)  # fmt: skip


def _is_linear(rows: pd.DataFrame) -> Any:
    short = (rows["period_end"] - rows["period_start"]).dt.days <= _LONG
    flow = (rows["stage"] == "flow") & (rows["measure"] == "share")
    return (rows["bound"].isin(_EXACT) & short & flow).to_numpy(dtype=bool)


def _cells(
    read: pd.DataFrame, quarters: pd.DatetimeIndex, definitions: tuple[str, ...], noise: Mapping[str, float]
) -> tuple[Array, Array]:
    """Return logits and variances by quarter and definition, pooling exact figures that share a cell."""
    precision = np.zeros((len(quarters), len(definitions)))
    weighted = np.zeros_like(precision)
    for cell, row in zip(quarters.searchsorted(read["middle"]), read.itertuples(), strict=True):
        column = definitions.index(str(row.definition))
        weight = 1.0 / (row.logit_sd**2 + noise.get(definitions[column], 0.0) ** 2)
        precision[cell, column] += weight
        weighted[cell, column] += weight * row.logit
    seen = precision > 0
    variance = np.where(seen, 1.0 / np.where(seen, precision, 1.0), 1.0)
    return np.where(seen, weighted * variance, np.nan), variance


@dataclass(frozen=True)
class _Reader:
    quarters: pd.DatetimeIndex
    definitions: tuple[str, ...]
    noise: Mapping[str, float]
    flows: Mapping[str, Array]
    hearing: Hearing

    def statement(self, row: Mapping[Any, Any]) -> Statement:
        """Return what one row says beyond an exact figure of one quarter."""
        value, sd = float(row["value"]), max(float(row["sd"]), _LEAST_SD)
        name = f"{row['bound']} {value:.4g} {row['definition']} {row['period_end']:%Y-%m-%d}"
        wording, skew = OF_BOUND[str(row["bound"])], self.hearing.skew
        if row["measure"] == "multiple":
            return Statement(name, self._growth(row), wording, float(np.log(value)), sd / value, skew)
        own = self.noise.get(str(row["definition"]), 0.0) * value * (1 - value)
        window = self._window(row)
        if len(window) == 1:
            spread = float(np.hypot(sd, own))
            return Statement(name, self._average(row, window, np.ones(1)), wording, value, spread, skew)
        weight = self._flow(row)[window] * self._covered(row)[window]
        spread = float(np.sqrt(sd**2 + own**2 + self.hearing.window_sd**2))
        return Statement(name, self._average(row, window, weight / weight.sum()), wording, value, spread, skew)

    def _average(self, row: Mapping[Any, Any], window: Any, weight: Array) -> Callable[[Array], Array]:
        """Return the share under the row's definition, averaged over a window."""
        offset = self._offset(row)

        def share(vector: Array) -> Array:
            return np.asarray(expit(vector[..., window] + offset(vector)) @ weight)

        return share

    def _growth(self, row: Mapping[Any, Any]) -> Callable[[Array], Array]:
        """Return the log growth on a year before of what the share is of."""
        now, offset = self._cell(row), self._offset(row)
        if now < _YEAR:
            raise InputError(
                f"growth stated for {row['period_end']:%Y-%m-%d} looks back before {self.quarters[0]:%Y-%m-%d}, the "
                "first quarter of the state; begin it a year earlier or drop the row"
            )
        flow = np.log(self._flow(row))

        def growth(vector: Array) -> Array:
            pair = np.log(expit(vector[..., [now - _YEAR, now]] + offset(vector)))
            return np.asarray(pair[..., 1] - pair[..., 0] + flow[now] - flow[now - _YEAR])

        return growth

    def _offset(self, row: Mapping[Any, Any]) -> Callable[[Array], Array]:
        column = self.definitions.index(str(row["definition"]))
        at = len(self.quarters) + column - 1
        return (lambda vector: vector[..., [at]]) if column else (lambda vector: np.zeros_like(vector[..., :1]))

    def _cell(self, row: Mapping[Any, Any]) -> int:
        return int(self.quarters.searchsorted(row["period_start"] + (row["period_end"] - row["period_start"]) / 2))

    def _window(self, row: Mapping[Any, Any]) -> Any:
        long = (row["period_end"] - row["period_start"]).days > _LONG
        if not long and row["stage"] == "flow":
            return np.array([self._cell(row)])
        found = np.flatnonzero(self._covered(row) * self._flow(row) > 0)
        return found if len(found) else np.array([self._cell(row)])

    def _covered(self, row: Mapping[Any, Any]) -> Array:
        return covered_share(row["period_start"], row["period_end"], self.quarters)

    def _flow(self, row: Mapping[Any, Any]) -> Array:
        return self.flows.get(str(row["base"]), np.ones(len(self.quarters)))
