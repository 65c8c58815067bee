"""Actuals: the figures a published forecast can be scored against, by calendar quarter."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array
from shiftcast.features.asof import latest_known, latest_vintage
from shiftcast.features.calendars import calendar_quarters, nvidia_quarters, overlap_weights, quarter_label
from shiftcast.features.frames import ALL, DataFrame, Observations
from shiftcast.features.series import fiscal_revenue, select
from shiftcast.forecast.market.facts import Market
from shiftcast.forecast.scoring.leaf_backtest import scored_statements
from shiftcast.forecast.scoring.past import first_known
from shiftcast.forecast.views.part import MEASURES

COLUMNS: Final = ("segment", "leaf", "measure", "base", "definition", "period_end", "value", "unit", "known_at")
_FIRST: Final = "2015Q1"
_STAGE: Final = {"gpu_hours": "flow", "accelerators": "stock", "power": "stock"}


def actuals(observations: DataFrame[Observations], as_of: pd.Timestamp, market: Market) -> pd.DataFrame:
    """Return every figure that is known of what the forecaster publishes.

    Data-centre revenue is reported by fiscal quarter and mapped day by day, for calendar quarters that are wholly
    reported; a stated share of it gives the share under its definition, and under the reference definition the
    revenue of both segments. Measured hours, accelerators and power of a segment or leaf are taken as they are.

    Parameters
    ----------
    observations
        Every vintage known on ``as_of``.
    as_of
        Last day of knowledge.
    market
        How each definition of the split is read.

    Returns
    -------
    DataFrame
        ``segment, leaf, measure, base, definition, period_end, value, unit, known_at``, one row a figure; ``value``
        in the unit of the measure, ``known_at`` the day its last part became known.

    Raises
    ------
    ValueError
        If no revenue is known.
    """
    quarters = calendar_quarters(_FIRST, quarter_label(as_of))
    latest = latest_known(observations, as_of)
    revenue = fiscal_revenue(latest, "data_center", as_of)
    known = first_known(observations).reindex(revenue.index)
    blocks = [_quarterly(revenue, known, quarters).assign(segment=ALL, measure="spending")]
    for definition, rows in scored_statements(latest, market).groupby("definition"):
        blocks.extend(_shares(str(definition), rows, revenue, quarters, market.split.reference))
    named = [block.assign(leaf=ALL) for block in blocks]
    filled = {"base": "none", "definition": market.split.reference, "unit": "USD/quarter"}
    table = pd.concat([*named, _measured(observations)], ignore_index=True).fillna(filled)
    return table[list(COLUMNS)].sort_values(["period_end", "measure", "segment", "definition"], ignore_index=True)


def _quarterly(levels: pd.Series, known: pd.Series, quarters: pd.DatetimeIndex) -> pd.DataFrame:
    """Return fiscal levels by calendar quarter, for quarters every day of which they cover."""
    ends = pd.DatetimeIndex(levels.index)
    weights = _weights(ends, quarters)
    starts = quarters - pd.offsets.QuarterBegin(startingMonth=1)
    days = np.asarray((quarters - starts).days + 1, dtype=np.float64)
    lengths = _lengths(ends)
    whole = np.isclose((weights * lengths[:, None]).sum(axis=0), days)
    last = [known.to_numpy()[weights[:, column] > 0].max() for column in np.flatnonzero(whole)]
    values = levels.to_numpy() @ weights[:, whole]
    return pd.DataFrame({"period_end": quarters[whole], "value": values, "known_at": pd.to_datetime(last, utc=True)})


def _fiscal(ends: pd.DatetimeIndex) -> pd.DataFrame:
    return nvidia_quarters(ends[-1]).set_index("period_end").loc[ends].reset_index()


def _weights(ends: pd.DatetimeIndex, quarters: pd.DatetimeIndex) -> Array:
    return overlap_weights(pd.DatetimeIndex(_fiscal(ends)["period_start"]), ends, quarters)


def _lengths(ends: pd.DatetimeIndex) -> Array:
    return np.asarray((ends - pd.DatetimeIndex(_fiscal(ends)["period_start"])).days + 1, dtype=np.float64)


def _shares(
    definition: str, rows: DataFrame[Observations], revenue: pd.Series, quarters: pd.DatetimeIndex, reference: str
) -> list[pd.DataFrame]:  # fmt: skip
    """Return the share by calendar quarter under a definition, and under the reference what each segment spent."""
    stated = rows.drop_duplicates("period_end", keep="last").set_index("period_end").sort_index()
    stated = stated[stated.index.isin(revenue.index)]
    if stated.empty:
        return []
    whole = revenue.reindex(stated.index)
    total = _quarterly(whole, stated["known_at"], quarters)
    above = _quarterly(whole * stated["value"], stated["known_at"], quarters)
    share = above.assign(value=above["value"] / total["value"], measure="share", segment="hyperscale", base="revenue",
                         definition=definition, unit="1")  # fmt: skip
    if definition != reference:
        return [share]
    below = total.assign(value=total["value"] - above["value"], segment="rest", measure="spending")
    return [share, above.assign(segment="hyperscale", measure="spending"), below]


def _measured(observations: DataFrame[Observations]) -> pd.DataFrame:
    """Return measured levels of a segment or leaf over one calendar quarter."""
    rows = observations[observations["measure"].isin(MEASURES) & (observations["evidence"] == "measured")]
    rows = select(latest_vintage(rows), operator=ALL, user=ALL, workload=ALL, technique=ALL, bound=("=", "~"))
    rows = rows[rows["stage"] == rows["measure"].map(_STAGE)]
    begins = pd.DatetimeIndex(rows["period_end"] + pd.offsets.QuarterEnd(0)) - pd.offsets.QuarterBegin(startingMonth=1)
    ends = rows["period_end"] == rows["period_end"] + pd.offsets.QuarterEnd(0)
    whole = ends & ((rows["stage"] == "stock") | (rows["period_start"] == begins))
    return rows.loc[whole, ["segment", "leaf", "measure", "period_end", "value", "unit", "known_at"]]
