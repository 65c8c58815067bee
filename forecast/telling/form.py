"""An answer as plain values, the same from every door, and the JSON Schema of it and of its rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from shiftcast.forecast.telling.columns import rows_schema
from shiftcast.forecast.views.answer import Answer, Picture
from shiftcast.forecast.views.provenance import Provenance
from shiftcast.forecast.views.rows import plain_rows

Cell = str | float | int | bool | None | list[Any] | dict[str, Any]


class AnswerForm(BaseModel):
    """A whole answer in plain values; days are ISO text, what is missing is null."""

    model_config = ConfigDict(extra="forbid")

    question: str = Field(description="what was asked, in one line")
    says: str = Field(description="the answer in plain words: figure, unit, 8 in 10 interval, date; then why")
    rows: list[dict[str, Cell]] = Field(description="the table, as the form `rows` gives it")
    units: dict[str, str] = Field(description="unit of each column of figures; `share` for parts of one")
    more: dict[str, list[dict[str, Cell]]] = Field(description="further tables by what they show")
    assumed: list[dict[str, Cell]] = Field(description="the assumptions it rests on, with evidence and source")
    notes: list[str] = Field(description="what it does not know, and how to read it")
    picture: Picture | None = Field(description="the picture that shows it, described")
    provenance: Provenance | None = Field(description="what it is of, which forecast gave it, how much is assumed")


def plain_answer(answer: Answer) -> dict[str, Any]:
    """Return an answer as plain values, in the form of :class:`AnswerForm`.

    Parameters
    ----------
    answer
        The answer.

    Returns
    -------
    dict
        ``question, says, rows, units, more, assumed, notes, picture, provenance``.

    Examples
    --------
    >>> import pandas as pd
    >>> plain_answer(Answer("q", pd.DataFrame({"n": [2]}), pd.DataFrame(), ("a note",), says="Two."))["rows"]
    [{'n': 2}]
    """
    return {
        "question": answer.question, "says": answer.says, "rows": plain_rows(answer.table),
        "units": dict(answer.units), "more": {title: plain_rows(rows) for title, rows in answer.more.items()},
        "assumed": plain_rows(answer.assumed), "notes": list(answer.notes),
        "picture": None if answer.picture is None else asdict(answer.picture),
        "provenance": None if answer.provenance is None else asdict(answer.provenance),
    }  # fmt: skip


def answer_schema() -> dict[str, Any]:
    """Return the JSON Schema of the answer form, with that of the rows of every question among its definitions.

    Returns
    -------
    dict
        JSON Schema, draft 2020-12; ``$defs`` has ``rows of QUESTION``, of one row.

    Examples
    --------
    >>> answer_schema()["$defs"]["rows of concentration"]["required"]
    ['over', 'hhi', 'effective', 'top', 'without_half']
    """
    whole: Mapping[str, Any] = TypeAdapter(AnswerForm).json_schema()
    rows = {f"rows of {name}": schema for name, schema in rows_schema().items()}
    return {**whole, "$schema": "https://json-schema.org/draft/2020-12/schema", "$defs": {**whole["$defs"], **rows}}
