"""Tables that answers are read from: published rows of one part, found at once, and the split by quarter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import pandas as pd
import xarray as xr

from shiftcast.features.arrays import Array
from shiftcast.features.calendars import quarter_label
from shiftcast.features.frames import DataFrame, Forecasts
from shiftcast.features.input_error import InputError, nearest
from shiftcast.forecast.draws import QUANTILES
from shiftcast.forecast.leaves import SEGMENT_OF
from shiftcast.forecast.views.part import MEASURES, forecast_periods, hyperscale_share, periods
from shiftcast.forecast.views.rows import level_names

Key = tuple[str, ...]
PART: Final = ("segment", "leaf", "workload", "technique")
CLAIMED: Final = 0.60  # the keynote's figure, asked about and never assumed
_KEY: Final = (*PART, "measure")


@dataclass(frozen=True)
class Published:
    """A forecasts frame with an index; the frame's sort order keeps the rows of one part together.

    Attributes
    ----------
    rows
        Forecasts frame (:data:`features.frames.Forecasts`).
    """

    rows: DataFrame[Forecasts]

    @cached_property
    def _blocks(self) -> Mapping[Key, slice]:
        codes = np.stack([pd.factorize(self.rows[name])[0] for name in _KEY], axis=-1)
        starts = np.flatnonzero(np.r_[True, (np.diff(codes, axis=0) != 0).any(axis=1)])
        names = [tuple(map(str, key)) for key in self.rows[list(_KEY)].iloc[starts].itertuples(index=False)]
        return {key: slice(a, b) for key, a, b in zip(names, starts, [*starts[1:], len(codes)], strict=True)}

    @cached_property
    def _values(self) -> Array:
        return np.asarray(self.rows["value"], dtype=np.float64)

    @cached_property
    def _levels(self) -> Array:
        return np.asarray(self.rows["quantile"], dtype=np.float64)

    def of(self, measure: str, part: Mapping[str, str]) -> DataFrame[Forecasts]:
        """Return the rows of one part and measure.

        Parameters
        ----------
        measure
            One of :data:`forecast.views.part.MEASURES`.
        part
            ``segment, leaf, workload, technique``, each named.

        Returns
        -------
        DataFrame
            Rows of the forecasts frame, one a quarter and level.

        Raises
        ------
        ValueError
            Naming the first field that no row has, beside those before it, and what it may be.
        """
        rows: DataFrame[Forecasts] = self.rows.iloc[self._block(measure, part)].reset_index(drop=True)
        return rows

    def marks(self, measure: str, part: Mapping[str, str], levels: tuple[float, ...]) -> Array | None:
        """Return mean and quantiles, shape (quarters ahead, 1 + levels), or ``None`` where a level was not published.

        Parameters
        ----------
        measure, part
            As in :meth:`of`.
        levels
            Quantile levels, in (0, 1).

        Returns
        -------
        ndarray or None
            Mean, then the levels in order, in the unit of the measure.

        Raises
        ------
        ValueError
            As :meth:`of` does.
        """
        block = self._block(measure, part)
        each = self._levels[block]
        known = each[: len(each) // max(int(np.isnan(each).sum()), 1)].tolist()
        if not set(levels) <= set(known):
            return None
        return self._values[block].reshape(-1, len(known))[:, [0, *(known.index(level) for level in levels)]]

    def _block(self, measure: str, part: Mapping[str, str]) -> slice:
        block = self._blocks.get((*(part[name] for name in PART), measure))
        if block is None or measure not in MEASURES:
            raise _unknown(self.rows, {"measure": measure, **part})
        return block


def _unknown(rows: DataFrame[Forecasts], asked: Mapping[str, str]) -> ValueError:
    if asked["measure"] not in MEASURES:
        return InputError(
            f"measure {asked['measure']!r} is not forecast; {nearest(asked['measure'], MEASURES)}choose one of "
            f"{', '.join(MEASURES)}; "
            "shares are asked with share, when and split, which need their base"
        )
    for column, value in asked.items():
        kept = rows[rows[column] == value]
        if kept.empty:
            known = sorted(rows[column].unique())
            leaves = [*SEGMENT_OF] if column == "segment" else []
            hint = f"{value!r} is a leaf: give it as leaf; " if value in leaves else nearest(value, [*known, *leaves])
            return InputError(f"no forecast has {column} {value!r}; {hint}choose one of {', '.join(known)}")
        rows = kept
    return InputError(f"no forecast of {dict(asked)}")  # only if the frame is not sorted by its key


def share_table(cube: xr.Dataset, *, base: str, definition: str) -> pd.DataFrame:
    """Return the hyperscale share by quarter: quantiles, how likely the claimed share is, and what it rests on.

    Parameters
    ----------
    cube
        Joint draws.
    base
        ``revenue, gpu_hours, accelerators`` or ``watts``.
    definition
        Membership the share follows, such as ``recast_2``.

    Returns
    -------
    DataFrame
        ``quarter, kind, q025 ... q975, at_least_60, base, definition, as_of``; shares as fractions.
    """
    share = hyperscale_share(cube, base=base, definition=definition)
    table = pd.DataFrame(np.quantile(share, QUANTILES, axis=0).T, columns=level_names(QUANTILES))
    table.insert(0, "quarter", [quarter_label(end) for end in periods(cube)])
    table.insert(1, "kind", np.where(forecast_periods(cube), "forecast", "estimate"))
    return table.assign(
        at_least_60=(share >= CLAIMED).mean(axis=0), base=base, definition=definition, as_of=cube.attrs["origin"]
    )
