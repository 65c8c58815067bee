"""Tables that answers are read from: rows of the published frame, and the split by quarter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import pandas as pd
import xarray as xr

from features.calendars import quarter_label
from features.frames import ALL
from forecast.split import SEGMENT_OF
from forecast.views import MEASURES, forecast_periods, hyperscale_share, periods

CLAIMED: Final = 0.60  # the keynote's figure, asked about and never assumed
_LEVELS: Final = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)


def published_rows(published: pd.DataFrame, asked: Mapping[str, str]) -> pd.DataFrame:
    """Return the rows of a forecasts frame whose columns equal what was asked; a leaf implies its segment.

    Raises
    ------
    ValueError
        Naming the measures or parts there are.
    """
    if asked["measure"] not in MEASURES:
        raise ValueError(
            f"measure {asked['measure']!r} is not forecast; choose one of {', '.join(MEASURES)}; "
            "shares are asked with when and split, which need their base"
        )
    wanted = dict(asked)
    if wanted["leaf"] != ALL and wanted["segment"] == ALL:
        wanted["segment"] = SEGMENT_OF.get(wanted["leaf"], ALL)
    rows = published
    for column, value in wanted.items():
        kept = rows[rows[column] == value]
        if kept.empty:
            known = ", ".join(sorted(rows[column].unique()))
            raise ValueError(f"no forecast has {column} {value!r}; choose one of {known}")
        rows = kept
    return rows.reset_index(drop=True)


def share_table(cube: xr.Dataset, *, base: str, definition: str) -> pd.DataFrame:
    """Return the hyperscale share by quarter: quantiles, how likely the claimed share is, and what it rests on.

    Returns
    -------
    DataFrame
        ``quarter, kind, q025 ... q975, at_least_60, base, definition, as_of``; shares as fractions.
    """
    share = hyperscale_share(cube, base=base, definition=definition)
    table = pd.DataFrame(np.quantile(share, _LEVELS, axis=0).T, columns=[f"q{1000 * q:03.0f}" for q in _LEVELS])
    table.insert(0, "quarter", [quarter_label(end) for end in periods(cube)])
    table.insert(1, "kind", np.where(forecast_periods(cube), "forecast", "estimate"))
    return table.assign(
        at_least_60=(share >= CLAIMED).mean(axis=0), base=base, definition=definition, as_of=cube.attrs["origin"]
    )
