"""Draw the answer to a question about capacity and cost: fans where it has paths, else bars with intervals."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from shiftcast.features.input_error import InputError
from shiftcast.forecast.views.answer import Answer

_LEVELS: Final = {"plan": "to plan for", "can_serve": "can be served", "limit": "budget"}
_BARS: Final = (("work_day", "work a day"), ("usd_million", "US dollars a million units"))


def save_answer(answer: Answer, file: Path) -> None:
    """Write the picture of an answer.

    Parameters
    ----------
    answer
        Answer with its table, and its paths where it has some.
    file
        Picture to write; its ending says the kind, such as ``.png``.

    Raises
    ------
    ValueError
        If the folder is not there or the kind of picture is not known.
    """
    if not file.parent.is_dir():
        raise InputError(f"{file.parent} is not a folder; give --plot a path within one")
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    figure.suptitle(answer.question, fontsize=10)
    if answer.paths is not None:
        _fans(figure, answer.paths)
    else:
        _bars(figure, answer.table)
    try:
        figure.savefig(file)
    except ValueError as error:
        raise InputError(f"{file}: {error}; name the picture such as answer.png") from None


def _fans(figure: Figure, paths: pd.DataFrame) -> None:
    """Draw median and 80 % interval of each panel over time, and the levels they are held against."""
    axis = figure.subplots()
    for name, rows in paths.groupby("panel", sort=False):
        (line,) = axis.plot(rows["x"], rows["median"], label=str(name))
        axis.fill_between(rows["x"], rows["low80"], rows["high80"], alpha=0.2, color=line.get_color(), linewidth=0)
        for level in [each for each in _LEVELS if each in rows]:
            axis.plot(rows["x"], rows[level], linestyle="--", color=line.get_color(), label=_LEVELS[level])
    axis.tick_params(axis="x", rotation=90, labelsize=7)
    axis.set(ylabel=paths["unit"].iloc[0] if "unit" in paths else "accelerators", ylim=(0, None))
    axis.legend(fontsize=8)


def _bars(figure: Figure, table: pd.DataFrame) -> None:
    """Draw one bar a row with its 80 % interval."""
    stem, label = next(each for each in _BARS if f"{each[0]}_median" in table)
    names = [
        f"{row.generation} {row.life:g} y" if "life" in table else str(row.generation) for row in table.itertuples()
    ]
    middle = table[f"{stem}_median"].to_numpy()
    reach = np.abs(np.stack([table[f"{stem}_low80"], table[f"{stem}_high80"]]) - middle)
    axis = figure.subplots()
    axis.bar(names, middle, yerr=reach, capsize=3)
    axis.tick_params(axis="x", rotation=90 if len(names) > 6 else 0, labelsize=8)
    axis.set(ylabel=f"{label} [{table['unit'].iloc[0]}]")
