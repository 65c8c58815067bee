"""Shares beside volumes: fit what a share file, or the categories of the volume file itself, say of every series."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd

from shiftcast.features.input_error import InputError
from shiftcast.forecast.migration import fit_shares
from shiftcast.pipelines.commands.series_progress import progress_bar
from shiftcast.pipelines.series.files import read_series
from shiftcast.pipelines.series.volumes import VolumeQuestion
from shiftcast.pipelines.sources.learned import load_learned

COLUMNS = ("series", "group", "period_end", "category", "value", "n")


def with_shares(question: VolumeQuestion, own: pd.DataFrame | None, file: Path | None) -> VolumeQuestion:
    """Return a question with the fitted shares of its series, where there are any.

    Parameters
    ----------
    question
        The question, without shares.
    own
        Share rows of the volume file's own categories, if it has them.
    file
        File of share histories, if one is given.

    Returns
    -------
    VolumeQuestion

    Raises
    ------
    ValueError
        If both are given, or the share rows are refused.
    """
    if own is not None and file is not None:
        raise InputError("the file has a column 'category' of its own; leave out --shares, or drop the column")
    try:
        rows = own if file is None else read_series(file, COLUMNS)
        if rows is None:
            return question
        with progress_bar(rows["series"].nunique() if "series" in rows else 0) as advance:
            learned = load_learned().whole
            fit = fit_shares(
                rows, horizon=question.horizon, learned=learned, reading=question.reading, progress=advance
            )
    except InputError as problem:
        raise InputError(f"shares{'' if file is None else f' of {file}'}: {problem}") from problem
    return replace(question, shares=fit)
