"""The questions that a report asks of a forecast, each once, with its whole answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from weakref import ref

import pandas as pd

from shiftcast.features.calendars import quarter_label
from shiftcast.forecast.answers import Forecaster
from shiftcast.forecast.views.answer import Answer
from shiftcast.forecast.views.part import forecast_periods, periods
from shiftcast.pipelines.drawing.panels import Moments
from shiftcast.pipelines.pages.view import Said, sentence
from shiftcast.pipelines.registry.bundle import Bundle

Question = Mapping[str, Any]
NEWEST, TOGETHER = "llm", "deep or newer"  # techniques that pages ask about
REVENUE: Final = "revenue"
BASES: Final = ("requests", "gpu_hours")


@dataclass(frozen=True)
class Asked:
    """A forecast that remembers its answers.

    Attributes
    ----------
    forecaster
        The forecast.
    """

    forecaster: Forecaster
    _answers: dict[tuple[tuple[str, Any], ...], Answer] = field(default_factory=dict, repr=False)

    def answer(self, question: Question) -> Answer:
        """Return the whole answer to a question, asked once.

        Parameters
        ----------
        question
            Its fields.

        Returns
        -------
        Answer
        """
        key = tuple(sorted(question.items()))
        if key not in self._answers:
            self._answers[key] = self.forecaster.answer(question)
        return self._answers[key]

    def table(self, question: Question) -> pd.DataFrame:
        """Return the table of an answer."""
        return self.answer(question).table

    def says(self, question: Question, *, asks: str = "") -> Said:
        """Return what an answer says, as a paragraph.

        Parameters
        ----------
        question
            Its fields.
        asks
            What it answers, in a reader's words.

        Returns
        -------
        Said
        """
        return Said(sentence(self.answer(question).says), asks, question)

    @property
    def horizon(self) -> str:
        """Last quarter of hardware, power and money."""
        return quarter_label(periods(self.forecaster.cube)[-1])

    @property
    def reported(self) -> str:
        """Last quarter that is not forecast."""
        cube = self.forecaster.cube
        return quarter_label(periods(cube)[~forecast_periods(cube)][-1])

    @property
    def today(self) -> str:
        """Day that the forecast is made, as ISO text."""
        return str(self.forecaster.cube.attrs["origin"])

    @property
    def definition(self) -> str:
        """Reference definition of hyperscale."""
        return str(self.forecaster.cube.attrs["definition"])

    @property
    def moments(self) -> Moments:
        """Day and quarter that pictures over time mark."""
        return Moments(today=self.today, reported=self.reported)


def asked_of(bundle: Bundle) -> Asked:
    """Return the questions asked of a bundle; of the same one again with the answers that there are.

    Parameters
    ----------
    bundle
        The forecast with its tables.

    Returns
    -------
    Asked
    """
    if _LATEST and _LATEST[0][0]() is bundle:
        return _LATEST[0][1]
    _LATEST[:] = [(ref(bundle), Asked(bundle.forecaster))]
    return _LATEST[0][1]


def forget() -> None:
    """Let go of the last forecast that was asked, which is as large as its draws."""
    _LATEST.clear()


_LATEST: list[tuple[ref[Bundle], Asked]] = []  # a report and its brief ask the same of the same bundle


def quantiles(measure: str, **part: str) -> dict[str, Any]:
    """Return the question for quantiles of a measure.

    Parameters
    ----------
    measure, **part
        Fields of ``quantiles``.

    Returns
    -------
    dict
    """
    return {"question": "quantiles", "measure": measure, **part}


def split(definition: str, base: str = REVENUE) -> dict[str, Any]:
    """Return the question for the hyperscale share.

    Parameters
    ----------
    definition, base
        Who counts as hyperscale, and what the share is of.

    Returns
    -------
    dict
    """
    return {"question": "split", "base": base, "definition": definition}


def when(technique: str, of: str, base: str, segment: str = "all") -> dict[str, Any]:
    """Return the question when techniques pass half.

    Parameters
    ----------
    technique, of, base, segment
        Fields of ``when``.

    Returns
    -------
    dict
    """
    return {"question": "when", "technique": technique, "of": of, "base": base, "segment": segment}
