"""Draw a forecast again from the one fit of its record: a claimed share imposed, a firm relabelled."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from shiftcast.forecast.identity.fit import WorldFit, fit_world
from shiftcast.forecast.known import Known, Settings
from shiftcast.forecast.sixty_forty.modes import imposed_as
from shiftcast.forecast.sixty_forty.report import SplitReport, split_report
from shiftcast.forecast.sixty_forty.restated import relabelled
from shiftcast.forecast.split.relabel import Relabelled


@dataclass(frozen=True)
class Redrawn:
    """A record and the settings it is drawn with; the fit is made at the first question and kept.

    Attributes
    ----------
    known
        The record cut to an origin.
    settings
        Draws, seed and horizon.
    """

    known: Known
    settings: Settings

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
        return split_report(self.fit, self.settings, imposed, base=base, definition=definition)

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
        return relabelled(self.fit.top_down, self.settings, firm, to, valid_from=valid_from)
