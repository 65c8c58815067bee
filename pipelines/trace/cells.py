"""From a row of a written table to the cell of the forecast it is, and whether that still gives the same figure."""

from __future__ import annotations

import math
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from shiftcast.features.arrays import Array
from shiftcast.features.calendars import as_midnight, quarter_label
from shiftcast.features.frames import ALL
from shiftcast.features.input_error import InputError
from shiftcast.forecast.support import OutOfSupportError
from shiftcast.forecast.views.scenario import BASE
from shiftcast.pipelines.trace.written import Written

_PART: Final = ("segment", "leaf", "workload", "technique")
_SAME: Final = 1e-6  # relative; the draws are kept in single precision
_MEAN: Final = "mean"


@dataclass(frozen=True)
class Stated:
    """A figure that a table states.

    Attributes
    ----------
    asked
        Fields of the question `audit` about its cell.
    statistic
        ``mean``, or the level of a quantile as text.
    value
        As the table has it.
    """

    asked: Mapping[str, str]
    statistic: str
    value: float

    def compared(self, draws: Array, place: str) -> str:
        """Say whether the forecast gives the figure that the table states.

        Parameters
        ----------
        draws
            Of the cell in the forecast, shape (draws,).
        place
            Where the figure stands.

        Returns
        -------
        str
            One line.
        """
        own = float(draws.mean() if self.statistic == _MEAN else np.quantile(draws, float(self.statistic)))
        named = _MEAN if self.statistic == _MEAN else f"{float(self.statistic):g} quantile"
        said = f"{place} states {self.value:.6g}; the {named} of this forecast is {own:.6g}"
        if math.isclose(self.value, own, rel_tol=_SAME):
            return f"{said}: the same"
        return f"{said}: another figure. It is of another version, part or scenario; name them with options"


def stated_in(row: Written, given: Mapping[str, str], origin: str) -> Stated | None:
    """Return the cell of a forecast that a row is about, or nothing where it is about another thing.

    Parameters
    ----------
    row
        Row of a table with ``measure`` and a quarter.
    given
        Part and base as options name them; they come before what the row and its command say.
    origin
        Day of the forecast it is looked up in, ISO text.

    Returns
    -------
    Stated or None

    Raises
    ------
    OutOfSupportError
        If the row is of a forecast of another day, or of a scenario.
    ValueError
        If the row has several figures and none is named, or one that is no number.
    """
    cells = row.cells
    if "measure" not in cells or not {"quarter", "period_end"} & cells.keys():
        return None
    if cells.get("as_of", origin) != origin:
        raise OutOfSupportError(
            f"{row.place} is of the forecast of {cells['as_of']}, and this one is of {origin}; name its version with "
            "--version"
        )
    if cells.get("scenario", BASE) != BASE:
        raise OutOfSupportError(f"{row.place} is under scenario {cells['scenario']!r}; figures of the base are audited")
    said = _command_fields(row.notes.get("command", ""))
    part = {name: given.get(name) or cells.get(name) or said.get(name, ALL) for name in _PART}
    quarter = cells.get("quarter") or quarter_label(as_midnight(cells["period_end"]))
    asked = {"measure": cells["measure"], "period": quarter, **part}
    if cells["measure"] == "share":
        asked |= {"base": cells.get("base", "none"), "stated_under": cells.get("definition", "")}
    statistic, text = _figure(row)
    try:
        return Stated(asked, statistic, float(text))
    except ValueError:
        raise InputError(f"{row.place} holds {text!r} where a figure is looked for; name a column of figures") from None


def _figure(row: Written) -> tuple[str, str]:
    """Return which statistic of a row is meant, and its cell."""
    cells, column = row.cells, row.column
    if column in {"", "value"} and "value" in cells:
        return cells.get("quantile") or _MEAN, cells["value"]
    levels = {name: _level(name) for name in cells if _level(name)}
    if not column:
        column = next((name for name, level in levels.items() if level == "0.5"), "")
    if column not in levels:
        first = next(iter(levels), "value")
        raise InputError(f"{row.place} has the figures {', '.join(levels)}; name one, as {row.place}:{first}")
    return levels[column], cells[column]


def _level(column: str) -> str:
    """Return the statistic of a column, empty of one that holds none.

    Examples
    --------
    >>> _level("q025"), _level("q999.5"), _level("mean"), _level("quarter")
    ('0.025', '0.9995', 'mean', '')
    """
    number = column.removeprefix("q")
    if column == _MEAN:
        return _MEAN
    plain = number.replace(".", "", 1)
    return f"{float(number) / 1000:g}" if column.startswith("q") and plain.isdigit() else ""


def _command_fields(command: str) -> dict[str, str]:
    """Return the part that a command names, as ``leaf=sovereign`` or ``--leaf sovereign``."""
    words = shlex.split(command)
    found = {}
    for place, word in enumerate(words):
        name, equals, value = word.removeprefix("--").partition("=")
        if name in _PART:
            found[name] = value if equals else words[place + 1] if place + 1 < len(words) else ALL
    return found
