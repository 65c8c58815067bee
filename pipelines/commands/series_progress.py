"""Progress over many series, and messages beside the results, on standard error."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

LONG: Final = 500  # series from which progress is shown

errors = Console(stderr=True, soft_wrap=True)


@contextmanager
def progress_bar(total: int) -> Iterator[Callable[[int], None]]:
    """Show progress over ``total`` series on standard error where work is long and someone looks.

    Parameters
    ----------
    total
        Number of series.

    Yields
    ------
    Callable
        Takes the number of series done.
    """
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("left"),
    )
    hidden = total < LONG or not errors.is_terminal
    with Progress(*columns, console=errors, transient=True, disable=hidden) as bar:
        task = bar.add_task("series", total=total)
        yield lambda done: bar.update(task, completed=done)
