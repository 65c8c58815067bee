"""Asking by a plain mapping: rows of a table, or the whole answer, of whatever question has a method."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd
import xarray as xr

from shiftcast.features.frames import DataFrame, Forecasts
from shiftcast.forecast.questions import ANSWER, Question, read_question
from shiftcast.forecast.telling.form import plain_answer
from shiftcast.forecast.telling.ground import Ground
from shiftcast.forecast.telling.told import told
from shiftcast.forecast.views.ahead import Ahead
from shiftcast.forecast.views.answer import Answer
from shiftcast.forecast.views.provenance import Registered
from shiftcast.forecast.views.published import Published
from shiftcast.forecast.views.rows import answer_frame, check_context, plain_rows

if TYPE_CHECKING:
    from shiftcast.forecast.known import Known, Settings


class Asking:
    """What can be asked by a mapping; each question is a method of that name."""

    cube: xr.Dataset
    published: DataFrame[Forecasts]
    known: Known | None
    settings: Settings | None
    registered: Registered | None

    def ask(self, question: Mapping[str, Any]) -> pd.DataFrame:
        """Answer a question given as a mapping, the form that notebooks, files and services share.

        ``question`` is one of :data:`forecast.questions.QUESTIONS`; the other keys are the arguments of the method of
        that name, and ``mode, definition, as_of``, which the forecast must have been made under.

        Raises
        ------
        ValueError
            Naming the question or argument that is not known.
        OutOfSupportError
            If the forecast was made under another mode, definition or day, or does not reach so far.
        """
        return answer_frame(self._returned(self._read(question)))

    def answer(self, question: Mapping[str, Any]) -> Answer:
        """Answer as :meth:`ask` does, whole: words, table, units, what it rests on and does not know, provenance."""
        read = self._read(question)
        return told(read, self._returned(read), self._ground)

    def rows(self, question: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Answer in plain values: rows of the table, days as ISO text, missing values as ``None``.

        With the field ``form`` as ``answer`` there is one row, the whole answer
        (:func:`forecast.telling.form.plain_answer`).
        """
        read = self._read(question)
        if read.form == ANSWER:
            return [plain_answer(told(read, self._returned(read), self._ground))]
        if read.name == "quantiles":  # what services ask most, so without a frame in between
            return self._ahead.quantiles(**read.arguments)
        return plain_rows(answer_frame(self._returned(read)))

    def _returned(self, read: Question) -> Any:
        return getattr(self, read.name)(**read.arguments)

    def _read(self, question: Mapping[str, Any]) -> Question:
        check_context(self.cube, (read := read_question(question)).context)
        return read

    @cached_property
    def _ground(self) -> Ground:
        return Ground(self.cube, self.known, self.settings, self.registered)

    @cached_property
    def _ahead(self) -> Ahead:
        return Ahead(self.cube, Published(self.published))
