"""Draw fans on a grid, for the pictures of all forecasts of series."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from textwrap import wrap
from typing import Any, Final

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

_LINE: Final = 50  # letters of a title beside others
SHOWN: Final = 12  # series at most; the rest is said in the title
BANDS: Final = ((0.025, 0.975, 0.15), (0.1, 0.9, 0.3))


def save_grid(names: Sequence[str], draw: Callable[[Axes, str], None], file: Path, *, total: int) -> None:
    """Write a picture with one panel a name, three in a row.

    Parameters
    ----------
    names
        Names of the series shown.
    draw
        Draws the series of a name on its axes.
    file
        Picture to write; its ending says the kind.
    total
        How many series there are, stated where not all are shown.
    """
    rows = (len(names) + 2) // 3
    figure = Figure(figsize=(5 * min(3, len(names)), 3.2 * rows), layout="constrained")
    axes = figure.subplots(rows, min(3, len(names)), squeeze=False).ravel()
    for axis, name in zip(axes, names, strict=False):
        draw(axis, name)
        axis.set_title(_in_lines(name), fontsize=10 if len(name) <= _LINE else 7)
    for axis in axes[len(names) :]:
        axis.set_visible(False)
    if total > len(names):
        figure.suptitle(f"{len(names)} of {total} series")
    figure.savefig(file)


def _in_lines(name: str) -> str:
    """Return a name as a title: broken, after a slash where there is one, and cut off after three lines.

    Examples
    --------
    >>> _in_lines("rest/enterprise/" + 3 * "a-long-label-indeed/").splitlines()
    ['rest/enterprise/a-long-label-indeed/', 'a-long-label-indeed/a-long-label-indeed/']
    """
    lines = wrap(name.replace("/", "/ "), _LINE, max_lines=3, placeholder=" ...", break_on_hyphens=False)
    return "\n".join(line.replace("/ ", "/") for line in lines)


def shade(axis: Axes, ahead: pd.DataFrame, colour: Any) -> None:
    """Draw the central 80 % and 95 % of quantile rows with a ``day`` column.

    Parameters
    ----------
    axis
        Axes to draw on.
    ahead
        Rows with ``quantile, day, value``, quantiles 0.025, 0.1, 0.9 and 0.975 among them.
    colour
        Colour, as matplotlib takes it.
    """
    for low, high, alpha in BANDS:
        edge = {q: ahead[(ahead["quantile"] - q).abs() < 1e-9].set_index("day").value for q in (low, high)}
        axis.fill_between(edge[low].index, edge[low], edge[high], color=colour, alpha=alpha, linewidth=0)
