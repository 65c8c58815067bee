"""Rows of ceilings.csv beside an answer: the ceilings it rests on, and how long others say one waits."""

from __future__ import annotations

import pandas as pd

from shiftcast.features.calendars import quarter_label
from shiftcast.features.frames import Ceilings, DataFrame
from shiftcast.features.series import select
from shiftcast.forecast.views.answer import ASSUMED

_QUARTER_WEEKS = 13


def stated_rows(*rows: DataFrame[Ceilings]) -> pd.DataFrame:
    """Return rows of ceilings as an answer lists what it rests on.

    Parameters
    ----------
    rows
        Frames of ceilings.

    Returns
    -------
    DataFrame
        Columns :data:`forecast.views.answer.ASSUMED`; names are such as ``packaging.flow.all 2026-10 to 2026-12``.
    """
    listed = [
        {"name": f"{row.name}.{row.applies}.{row.scope} {row.period_start:%Y-%m} to {row.period_end:%Y-%m}",
         "low": row.low, "mid": row.mid, "high": row.high, "unit": row.unit, "evidence": row.evidence,
         "source": row.source}
        for each in rows for row in each.itertuples(index=False)
    ]  # fmt: skip
    return pd.DataFrame(listed, columns=list(ASSUMED))


def with_stated(assumed: pd.DataFrame, *rows: DataFrame[Ceilings]) -> pd.DataFrame:
    """Return assumptions of an answer with rows of ceilings below them.

    Parameters
    ----------
    assumed
        Columns :data:`forecast.views.answer.ASSUMED`.
    rows
        Frames of ceilings.

    Returns
    -------
    DataFrame
        The same columns.
    """
    stated = stated_rows(*rows)
    return pd.concat([assumed, stated], ignore_index=True) if len(stated) else assumed


def waits(ceilings: DataFrame[Ceilings]) -> DataFrame[Ceilings]:
    """Return the last that was said about each lead time.

    Parameters
    ----------
    ceilings
        Ceilings that were known.

    Returns
    -------
    DataFrame
        One row of ``lead_time`` a scope [week].
    """
    rows = select(ceilings, name="lead_time").sort_values(["scope", "period_end", "known_at"], kind="stable")
    last: DataFrame[Ceilings] = rows.drop_duplicates("scope", keep="last").reset_index(drop=True)
    return last


def waits_note(rows: DataFrame[Ceilings]) -> tuple[str, ...]:
    """Return what others say one waits as a note beside the dates of a plan; none where nothing was said.

    Parameters
    ----------
    rows
        From :func:`waits`.

    Returns
    -------
    tuple of str
        One note, or none.
    """
    spans = (rows[["low", "high"]] / _QUARTER_WEEKS).itertuples(index=False)
    said = [
        f"{scope} {span.low:.2g} to {span.high:.2g} ({quarter_label(end)})"
        for scope, end, span in zip(rows["scope"], rows["period_end"], spans, strict=True)
    ]
    text = f"Others state a wait in quarters, which the dates do not use: {', '.join(said)}."
    return (text,) if said else ()
