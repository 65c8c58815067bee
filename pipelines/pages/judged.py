"""View of dated claims: those that the forecast can judge first, in plain words, then why the others are not judged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pandas as pd

from shiftcast.forecast.spoken import percent
from shiftcast.forecast.telling.words import figure
from shiftcast.pipelines.drawing.bars import bars
from shiftcast.pipelines.drawing.picture import Picture
from shiftcast.pipelines.pages.asked import Asked
from shiftcast.pipelines.pages.cells import bounded, day, text
from shiftcast.pipelines.pages.glossary import worded
from shiftcast.pipelines.pages.view import Said, Source, Table, View

CLAIMS: Final[Mapping[str, str]] = {"question": "claims"}
_HALF: Final = 1 / 2
_BOTH: Final = 2  # ends of a range
_TOLD: Final = 5  # claims told in sentences
_LIKELY: Final = (
    (0.9, "all but sure"),
    (0.66, "likely"),
    (0.34, "open"),
    (0.1, "unlikely"),
    (0.0, "all but ruled out"),
)


def claims(asked: Asked) -> View:
    """Return every dated claim with the odds the draws give it.

    Parameters
    ----------
    asked
        The forecast.

    Returns
    -------
    View
    """
    measures = asked.forecaster.known_claims.set_index(["claim", "reading"])["measure"]
    table = asked.table(CLAIMS).join(measures[~measures.index.duplicated()], on=["claim", "reading"])
    judged = table.dropna(subset=["probability"]).sort_values("stated_at", ascending=False, kind="stable")
    others = table[table["probability"].isna()]
    likely = int((judged["probability"] > _HALF).sum())
    title = f"{likely} of {len(judged)} public claims that can be judged are more likely than not to hold as worded"
    tables = [Table("Claims that can be judged, the latest first", _judged(judged), ("said", "forecast", "as worded",
                                                                                   "at least"))]  # fmt: skip
    if len(others):
        tables.append(Table("Claims that are not judged, and why", _unjudged(others)))
    return View(
        "claims", "Claims judged", title if len(judged) else "No public claim can be judged",
        says=(asked.says(CLAIMS), *(Said(in_words(row)) for row in judged.to_dict("records")[:_TOLD])),
        pictures=(_odds(judged),) if len(judged) else (), tables=tuple(tables), notes=asked.answer(CLAIMS).notes,
        sources=_sources(asked),
    )  # fmt: skip


def in_words(row: Mapping[Any, Any]) -> str:
    """Return a claim and what the forecast makes of it, in a sentence or two.

    Parameters
    ----------
    row
        A row of the claims, judged.

    Returns
    -------
    str

    Examples
    --------
    >>> import pandas as pd
    >>> row = {"speaker": "A firm", "stated_at": pd.Timestamp("2026-03-16"), "bound": ">=", "low": 1e12, "high": None,
    ...        "unit": "USD", "median": 1.2e12, "probability": 0.87, "at_least": 0.87}
    >>> in_words(row)
    'A firm, 2026-03-16: at least 1 trillion US dollars. Likely (87 %); the forecast has 1.2 trillion US dollars.'
    """
    odds = next(words for floor, words in _LIKELY if row["probability"] >= floor)
    return (
        f"{row['speaker']}, {day(row['stated_at'])}: {_said(row)}. {odds[:1].upper()}{odds[1:]} "
        f"({percent(row['probability'])}); the forecast has {figure(row['median'], _unit(row))}."
    )


def _odds(judged: pd.DataFrame) -> Picture:
    ranked = judged.sort_values("probability", ascending=False, kind="stable").to_dict("records")
    rows = pd.DataFrame([{"label": _named(row), "median": row["probability"]} for row in ranked])
    return bars(rows, title="Odds of each claim as worded", unit="share")


def _said(row: Mapping[Any, Any]) -> str:
    ends = list(dict.fromkeys(figure(row[name], _unit(row)) for name in ("low", "high") if not pd.isna(row[name])))
    said = bounded("=" if len(ends) == _BOTH else str(row["bound"]), " to ".join(ends))
    of = worded(str(row["measure"])) if row.get("measure") else ""
    return " ".join(filter(None, [of, said]))


def _unit(row: Mapping[Any, Any]) -> str:
    return "share" if str(row["unit"]) == "1" else str(row["unit"])


def _judged(rows: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        [{"claim": _named(row), "who and when": f"{row['speaker']}, {day(row['stated_at'])}", "in their words":
          text(row["statement"]), "said": _said(row), "forecast": figure(row["median"], _unit(row)),
          "as worded": percent(row["probability"]), "at least": percent(row["at_least"])}
         for row in rows.to_dict("records")]
    )  # fmt: skip


def _unjudged(rows: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        [{"claim": _named(row), "who and when": f"{row['speaker']}, {day(row['stated_at'])}", "in their words":
          text(row["statement"]), "not judged because": text(row["note"])} for row in rows.to_dict("records")]
    )  # fmt: skip


def _named(row: Mapping[Any, Any]) -> str:
    return str(row["claim"]) if row["reading"] == "main" else f"{row['claim']} ({row['reading']})"


def _sources(asked: Asked) -> tuple[Source, ...]:
    rows = asked.forecaster.known_claims
    return tuple(
        Source(str(source), ", ".join(dict.fromkeys(own["claim"]))) for source, own in rows.groupby("source", sort=True)
    )
