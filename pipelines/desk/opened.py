"""The forecast that a desk is opened on, held for as long as the desk is: a link shows the same page all that time."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from shiftcast.features.calendars import quarter_label
from shiftcast.forecast.answers import Forecaster
from shiftcast.forecast.questions import QUESTIONS
from shiftcast.forecast.views.answer import Answer
from shiftcast.forecast.views.part import forecast_periods, periods
from shiftcast.pipelines.pages.asked import Asked, Question
from shiftcast.pipelines.registry.answers import questions
from shiftcast.pipelines.registry.bundle import Bundle
from shiftcast.pipelines.serving.limits import WorkLimits
from shiftcast.pipelines.serving.work import check_work

_KEPT: Final = 256  # answers; all pages as they open ask about 50
_SLOW: Final[Mapping[str, str]] = {
    "impose": "This draws the forecast again, which takes about a minute.",
    "learn_next": "This weighs every figure of the record, which takes about a minute.",
}  # fmt: skip


@dataclass(frozen=True)
class _Shared(Asked):
    """Views of the report, asked of a forecast that keeps answers for others too."""

    ask: Callable[[Question], Answer] = field(kw_only=True, repr=False)

    def answer(self, question: Question) -> Answer:
        return self.ask(question)


@dataclass(frozen=True)
class Opened:
    """A registered forecast, and the store beside it.

    Attributes
    ----------
    bundle
        The forecast with its tables.
    root
        Folder of the store, with the planner's fleets.
    fleet
        Fleet that is shown where the address names none; may be empty.
    """

    bundle: Bundle
    root: Path
    fleet: str = ""
    _answers: OrderedDict[str, Future[Answer]] = field(
        default_factory=OrderedDict, init=False, compare=False, repr=False
    )
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, compare=False, repr=False)

    def answer(self, question: Mapping[str, Any]) -> Answer:
        """Return the answer to a question, kept for when its page is loaded again: the forecast does not change.

        A page that asks what another is asking waits for that answer.

        Parameters
        ----------
        question
            As :meth:`forecast.answers.Forecaster.answer` takes it.

        Returns
        -------
        Answer
            That of the forecast.

        Raises
        ------
        ValueError
            Naming the field that is wrong.
        OutOfSupportError
            If the forecast does not reach what is asked.
        """
        key = json.dumps(question, sort_keys=True, default=str)
        with self._lock:
            own = key not in self._answers
            kept = self._answers.setdefault(key, Future())
            self._answers.move_to_end(key)
            while len(self._answers) > _KEPT:
                self._answers.popitem(last=False)
        if own:
            self._fill(kept, key, question)
        return kept.result()

    def _fill(self, kept: Future[Answer], key: str, question: Mapping[str, Any]) -> None:
        """Answer for all who wait; a refusal is told to them and not kept."""
        try:
            check_work([question], WorkLimits())
            kept.set_result(self.forecaster.answer(question))
        except BaseException as error:  # whoever waits has to hear of it, whatever it is
            with self._lock:
                self._answers.pop(key, None)
            kept.set_exception(error)

    @cached_property
    def forecaster(self) -> Forecaster:
        """The object that answers."""
        return self.bundle.forecaster

    @cached_property
    def asked(self) -> Asked:
        """The forecast as views of the report ask it; its answers are kept with the others."""
        return _Shared(self.forecaster, ask=self.answer)

    @cached_property
    def examples(self) -> dict[str, dict[str, Any]]:
        """A question of each kind, as it can be asked of this forecast, by name."""
        return {str(each["question"]): each for each in questions(self.bundle)}

    @cached_property
    def quarters(self) -> tuple[str, ...]:
        """Labels of all quarters, those reported first."""
        return tuple(quarter_label(end) for end in periods(self.forecaster.cube))

    @cached_property
    def ahead(self) -> tuple[str, ...]:
        """Labels of the quarters ahead."""
        cube = self.forecaster.cube
        return tuple(quarter_label(end) for end in periods(cube)[forecast_periods(cube)])

    @property
    def definition(self) -> str:
        """Who counts as hyperscale in the forecast."""
        return str(self.forecaster.cube.attrs["definition"])

    @property
    def as_of(self) -> str:
        """Day that the forecast sees the world from."""
        return str(self.forecaster.cube.attrs["origin"])

    @staticmethod
    def takes(question: str) -> str:
        """Return what to know of the time that a question takes; nothing of most."""
        return _SLOW.get(question, "")

    def needs_more(self, question: str, given: Mapping[str, str]) -> bool:
        """Return whether a question is asked only once its form is sent: it needs a field, or takes long."""
        needed = {name for name, field in QUESTIONS[question].model_fields.items() if field.is_required()}
        return bool(needed - set(given)) or (question in _SLOW and not given)
