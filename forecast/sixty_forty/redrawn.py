"""Draw a forecast again from the one fit of its record: a claimed share imposed, a firm relabelled."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import pandas as pd
import xarray as xr

from shiftcast.forecast.identity.fit import WorldFit, fit_world
from shiftcast.forecast.identity.sold import TopDownFit, fit_top_down
from shiftcast.forecast.known import Known, Settings
from shiftcast.forecast.sixty_forty.concentration import Concentration, concentrations
from shiftcast.forecast.sixty_forty.modes import Imposed, imposed_as
from shiftcast.forecast.sixty_forty.report import SplitReport, report_beside, world_under
from shiftcast.forecast.sixty_forty.restated import relabelled
from shiftcast.forecast.split.relabel import Relabelled

_ANY: Final = 0.5  # share of a mode that imposes none


@dataclass(frozen=True)
class Redrawn:
    """A record and the settings it is drawn with; the fit is made at the first question and kept.

    Attributes
    ----------
    known
        The record cut to an origin.
    settings
        Draws, seed and horizon.
    cube
        The forecast that is drawn of them already, if there is one: every statement of the record is in it.
    """

    known: Known
    settings: Settings
    cube: xr.Dataset | None = None

    @cached_property
    def fit(self) -> WorldFit:
        """The fit all questions draw from."""
        return fit_world(self.known, self.settings.through)

    def impose(
        self, mode: str, *, base: str, definition: str, share: float | None, strength: float, total: str
    ) -> SplitReport:
        """Return the split under a mode beside the free one (:func:`forecast.sixty_forty.report.split_report`).

        Parameters
        ----------
        mode, share, strength, total
            As in :func:`forecast.sixty_forty.modes.imposed_as`.
        base, definition
            As in :func:`forecast.sixty_forty.report.split_report`.

        Returns
        -------
        SplitReport
            The split by quarter, free and imposed.
        """
        imposed = imposed_as(self.known, mode, share=share, strength=strength, total=total)
        return report_beside(
            self.known, self._free, imposed, self._drawn, base=base, definition=definition,
            concentrated=self._concentrated,
        )  # fmt: skip

    @cached_property
    def _concentrated(self) -> tuple[Concentration, ...]:
        return concentrations(self._free, self.known)

    @cached_property
    def _top_down(self) -> TopDownFit:
        return fit_top_down(self.known, self.settings.through)

    @cached_property
    def _free(self) -> xr.Dataset:
        """The forecast with nothing imposed; every question after the first takes it as it is."""
        return self._drawn(Imposed("free", _ANY))

    def _drawn(self, imposed: Imposed) -> xr.Dataset:
        """Return the forecast under a mode: the one that is there, where the mode leaves the record as it is."""
        there = self.cube is not None and self.cube.sizes["draw"] == self.settings.draws
        if self.cube is not None and there and imposed.mode == "observation":
            return self.cube
        return world_under(self.fit, self.settings, imposed)

    def relabel(self, firm: str, to: str, valid_from: pd.Timestamp | None) -> Relabelled:
        """Return the split with a firm on the other side (:func:`forecast.sixty_forty.restated.relabelled`).

        Parameters
        ----------
        firm, to
            Name of the firm, and ``hyperscale`` or ``rest``.
        valid_from
            First day it counts there, midnight UTC; all of history if not given.

        Returns
        -------
        Relabelled
            The split by quarter, before and after.
        """
        return relabelled(self._top_down, self.settings, firm, to, valid_from=valid_from)
