"""Map the accelerator names of a file to the generations they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from shiftcast.pipelines.sources.setting import accelerator_names
from shiftcast.pipelines.sources.sieve import Sieve


@dataclass(frozen=True)
class Named:
    """Labels of the accelerators that rows name.

    Attributes
    ----------
    labels
        ``accelerator`` and ``vendor`` of each row, shape (rows,); empty without a name column.
    unresolved
        Names that no table knows.
    """

    labels: Mapping[str, pd.Series] = field(default_factory=dict)
    unresolved: tuple[str, ...] = ()


def label_accelerators(sieve: Sieve, *columns: str) -> Named:
    """Return accelerator and vendor by the first of the columns the file has; nothing if it has none.

    Parameters
    ----------
    sieve
        Rows of a chunk.
    *columns
        Names the column may have, the first that is there counts.

    Returns
    -------
    Named
        Labels of the rows.
    """
    return name_accelerators(sieve.text(*columns)) if sieve.has(*columns) else Named()


def name_accelerators(texts: pd.Series) -> Named:
    """Return accelerator and vendor of each name; empty where no table knows it, or it lists several.

    Parameters
    ----------
    texts
        Name in each row, shape (rows,); empty where there is none.

    Returns
    -------
    Named
        Labels of the rows.

    Examples
    --------
    >>> named = name_accelerators(pd.Series(["NVIDIA A100-SXM4-80GB", "", "Quux 9"], dtype=object))
    >>> named.labels["accelerator"].tolist(), named.unresolved
    (['a100', '', ''], ('Quux 9',))
    """
    codes, names = pd.factorize(texts.replace("{}", ""))
    found = [None if str(name).count(":") > 1 else accelerator_names().find(str(name)) for name in names]
    pairs = np.array([pair or ("", "") for pair in found], dtype=object).reshape(-1, 2)
    unknown = tuple(str(name) for name, pair in zip(names, found, strict=True) if pair is None and str(name))
    chosen = pairs[codes] if len(pairs) else np.full((len(texts), 2), "", dtype=object)
    return Named(
        {"accelerator": pd.Series(chosen[:, 0], dtype=object), "vendor": pd.Series(chosen[:, 1], dtype=object)}, unknown
    )
