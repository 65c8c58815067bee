"""Progress of a run on standard error: a line a step, and below it, where someone looks, the time that is left."""

from __future__ import annotations

import re
import time
from types import TracebackType
from typing import Final, Self

from rich.console import Console
from rich.progress import BarColumn, ProgressColumn, SpinnerColumn, Task, TimeElapsedColumn
from rich.progress import Progress as Bar
from rich.text import Text

_BEGINS: Final = {  # part of a whole run that is over when a step begins, as measured on 2,000 draws
    "opening the model store": 0.04,
    "fitting: revenue, split, tokens, technique shares": 0.10,
    "revenue, split and technique shares": 0.15,
    "history teaches intensity, throughput, utilisation and prices": 0.23,
    "top-down: price, installed base; bottom-up: volumes, intensity, throughput": 0.27,
    "demand and sales meet, within what can be supplied": 0.28,
    "backtest over past origins": 0.36,
    "answers to a question of each kind, to hold later versions to": 0.57,
    "quantiles and report": 0.83,
    "registering with MLflow": 0.90,
    "publishing": 0.94,
}
_COUNTED: Final = re.compile(r"\((\d+) of (\d+)\)$")  # a step that is one of several whole runs
_KNOWN: Final = 0.08  # part that has to be over before the rest is told
_MINUTE: Final = 60


class TimeLeft:
    """How much of the work is over, and how long the rest may take.

    Parameters
    ----------
    start
        Second of a clock at which the work began.
    """

    def __init__(self, start: float) -> None:
        self._start = start
        self._one, self._of = 0, 1
        self._whole: float | None = None
        self.part = 0.0

    def began(self, line: str, now: float) -> None:
        """Take note that a step began.

        Parameters
        ----------
        line
            Text of the step.
        now
            Second of the same clock.
        """
        if found := _COUNTED.search(line):
            self._one, self._of = int(found[1]) - 1, int(found[2])
            part = self._one / self._of
        elif line in _BEGINS:
            part = (self._one + _BEGINS[line]) / self._of
        else:
            return
        self.part = max(self.part, part)
        if self.part >= _KNOWN:
            self._whole = (now - self._start) / self.part

    def says(self, now: float) -> str:
        """Return the time left in words, or nothing while it is not known.

        Parameters
        ----------
        now
            Second of the same clock.

        Returns
        -------
        str
            Such as ``about 40 s left``.
        """
        if self._whole is None:
            return ""
        left = self._whole - (now - self._start)
        if left < 1:
            return "a moment left"
        return f"about {left:.0f} s left" if left < 2 * _MINUTE else f"about {left / _MINUTE:.0f} min left"


class _Left(ProgressColumn):
    """The time left, told anew each time the line is drawn."""

    def __init__(self, left: TimeLeft) -> None:
        super().__init__()
        self._left = left

    def render(self, task: Task) -> Text:
        return Text(self._left.says(time.monotonic()), style="progress.remaining")


class Progress:
    """One line a step on standard error with the seconds it took, and the time left while someone looks.

    Parameters
    ----------
    shown
        Whether anything is printed.
    """

    def __init__(self, *, shown: bool) -> None:
        self._console = Console(stderr=True, quiet=not shown, highlight=False)
        self._start = time.monotonic()
        self._left = TimeLeft(self._start)
        columns = (SpinnerColumn(), BarColumn(20), TimeElapsedColumn(), _Left(self._left))
        hidden = not shown or not self._console.is_terminal
        self._bar = Bar(*columns, console=self._console, transient=True, disable=hidden, refresh_per_second=4)
        self._task = self._bar.add_task("", total=1.0)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()
        if kind is None:
            self.step("done")

    def step(self, line: str) -> None:
        """Print a step.

        Parameters
        ----------
        line
            Text of the step.
        """
        now = time.monotonic()
        self._left.began(line, now)
        self._console.print(f"[dim]{now - self._start:6.1f} s[/dim]  {line}")
        self._bar.update(self._task, completed=self._left.part)
