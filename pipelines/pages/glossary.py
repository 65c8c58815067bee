"""Glossary of the pages: what a name of the record is called in a reader's words, and what it means."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Final

import pandas as pd

from shiftcast.forecast.telling.words import named

GLOSSARY: Final = "glossary.csv"


@cache
def glossary() -> pd.DataFrame:
    """Return the glossary.

    Returns
    -------
    DataFrame
        ``name, words, meaning``, a row a name; the words of names such as ``recast_2`` stand for them on every page.
    """
    with resources.files(__package__).joinpath(GLOSSARY).open(encoding="utf-8") as file:
        return pd.read_csv(file, dtype=str)


@cache
def _words() -> Mapping[str, str]:
    rows = glossary()
    return dict(zip(rows["name"], rows["words"], strict=True))


def worded(name: str) -> str:
    """Return a name of the record in a reader's words.

    Parameters
    ----------
    name
        Such as a definition, segment, leaf, workload, technique or measure.

    Returns
    -------
    str

    Examples
    --------
    >>> worded("recast_2"), worded("regional_cloud"), worded("deep or newer")
    ('hyperscalers, as NVIDIA counts since August 2026', 'regional cloud', 'deep learning and LLMs')
    """
    return _words().get(name, named(name))
