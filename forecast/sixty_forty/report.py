"""Report of the split: the imposed share beside the free forecast, by quarter, with what imposing took."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import numpy as np
import pandas as pd
import xarray as xr
from scipy.special import expit, logit

from shiftcast.features.arrays import Array
from shiftcast.features.calendars import quarter_label
from shiftcast.forecast.identity.fit import WorldFit, with_split
from shiftcast.forecast.identity.world import draw_world
from shiftcast.forecast.known import Known, Settings
from shiftcast.forecast.leaves import segment_of_leaves
from shiftcast.forecast.sixty_forty.concentration import Concentration, concentrations
from shiftcast.forecast.sixty_forty.impose import impose_share, soft_share
from shiftcast.forecast.sixty_forty.modes import Imposed, observations_under
from shiftcast.forecast.sixty_forty.pooling import LEAST_ESS, strain, tilt
from shiftcast.forecast.views.contracted import LEVELS
from shiftcast.forecast.views.part import LEVEL_OF_BASE, forecast_periods, hyperscale_share, periods

LEAST_COVERAGE: Final = 0.76  # of an 80 % interval


@dataclass(frozen=True)
class SplitReport:
    """A split under a mode, beside the free one.

    Attributes
    ----------
    definition, base, as_of
        Whose share of what, seen from which day.
    imposed
        Mode, share and strength.
    table
        One row a quarter: ``quarter, kind, free_low80, free_median, free_high80, low80, median, high80, at_least``
        (probability that the free share is at least the claimed one), ``strain`` (of the claim against the free
        draws, standard deviations), ``divergence`` [nat] and ``ess`` of reweighting the free draws to the imposed
        mean, ``total_moved`` (mean ratio less one), ``covers`` (free draws within the imposed 80 % interval).
    concentration
        Over workloads, leaves and owners, in the free forecast.
    evidence
        ``statements`` the free split rests on, how many of them ``inexact``, and the ``ess`` these leave.
    memberships
        What saved memberships moved.
    leaf_news
        What statements about leaves moved below the top.
    """

    definition: str
    base: str
    as_of: str
    imposed: Imposed
    table: pd.DataFrame
    concentration: tuple[Concentration, ...]
    evidence: Mapping[str, float]
    memberships: str
    leaf_news: str

    @property
    def frame(self) -> pd.DataFrame:
        """The table with what it is of, what was imposed, and the concentration over each kind of part."""
        about = {"definition": self.definition, "base": self.base, "as_of": self.as_of, **asdict(self.imposed)}
        parts = {
            f"{name}_{each.over.partition(',')[0]}": getattr(each, name)
            for each in self.concentration for name in ("hhi", "effective", "top", "without_half")
        }  # fmt: skip
        return self.table.assign(**about, memberships=self.memberships, mean_covers=self.covers, **parts)

    @property
    def refused_by_pooling(self) -> list[str]:
        """Quarters in which entropy pooling to the imposed mean would leave too few draws."""
        return [str(name) for name in self.table.loc[self.table["ess"] < LEAST_ESS, "quarter"]]

    @property
    def covers(self) -> float:
        """Mean coverage of the imposed 80 % intervals over the quarters ahead, if the free forecast is right."""
        return float(self.table.loc[self.table["kind"] == "forecast", "covers"].mean())

    @property
    def overconfident(self) -> bool:
        """Whether those intervals would cover less than 76 %."""
        return self.covers < LEAST_COVERAGE


def split_report(fit: WorldFit, settings: Settings, imposed: Imposed, *, base: str, definition: str) -> SplitReport:
    """Forecast the split free and under a mode.

    Parameters
    ----------
    fit
        The fit of the whole record at an origin; only the state of the split is fitted again for a mode.
    settings
        Draws and seed, shared by both forecasts; the horizon is the fit's.
    imposed
        Mode, claimed share and strength.
    base
        ``revenue, gpu_hours, accelerators`` or ``watts``.
    definition
        Membership the share follows.

    Returns
    -------
    SplitReport
        The split by quarter, free and imposed.

    Raises
    ------
    ValueError
        If base and definition are not known together, or the mode cannot be applied.
    """

    def drawn(mode: Imposed) -> xr.Dataset:
        return world_under(fit, settings, mode)

    free = drawn(replace(imposed, mode="free"))
    return report_beside(fit.known, free, imposed, drawn, base=base, definition=definition)


def report_beside(
    known: Known, free_cube: xr.Dataset, imposed: Imposed, drawn: Callable[[Imposed], xr.Dataset], *, base: str,
    definition: str, concentrated: tuple[Concentration, ...] | None = None,
) -> SplitReport:  # fmt: skip
    """Return the split under a mode beside a free forecast that is there already.

    Parameters
    ----------
    known
        The record that it was drawn from.
    free_cube
        Draw cube of the free forecast.
    imposed, base, definition
        As :func:`split_report` takes them.
    drawn
        Draws the forecast under a mode; asked only where the mode changes what the split is fitted to.
    concentrated
        Concentration of the free forecast, where it is known already.

    Returns
    -------
    SplitReport
        The split by quarter, free and imposed.

    Raises
    ------
    ValueError
        As :func:`split_report` does.
    """
    free = hyperscale_share(free_cube, base=base, definition=definition)
    if imposed.mode in {"prior", "observation"}:
        cube = drawn(imposed)
        after, total = hyperscale_share(cube, base=base, definition=definition), _total(cube, base)
    else:
        after, total = impose(free_cube, imposed, base=base, definition=definition)
    moved = total / _total(free_cube, base) - 1
    return SplitReport(
        definition, base, f"{known.origin:%Y-%m-%d}", imposed, _table(free_cube, free, after, moved, imposed.share),
        concentrated or concentrations(free_cube, known),
        {name: float(free_cube.attrs[f"split_{name}"]) for name in ("statements", "inexact", "ess")},
        str(free_cube.attrs["memberships"]), str(free_cube.attrs["leaf_news"]),
    )  # fmt: skip


def world_under(fit: WorldFit, settings: Settings, imposed: Imposed) -> xr.Dataset:
    """Return the forecast drawn with the split fitted to what a mode lets it be fitted to.

    Parameters
    ----------
    fit, settings, imposed
        As :func:`split_report` takes them.

    Returns
    -------
    Dataset
        Draw cube.
    """
    under = with_split(fit, observations_under(fit.known.observations, imposed, fit.known.market))
    return draw_world(under, draws=settings.draws, seed=settings.seed).cube


def impose(cube: xr.Dataset, imposed: Imposed, *, base: str, definition: str) -> tuple[Array, Array]:
    """Impose a share on a cube's draws from its first forecast quarter on.

    Parameters
    ----------
    cube
        The free draw cube.
    imposed
        Mode, share and strength; ``free, soft`` or ``fixed``.
    base
        ``revenue, gpu_hours, accelerators`` or ``watts``.
    definition
        Membership the share follows.

    Returns
    -------
    share : ndarray, shape (draws, periods)
        Under the definition asked for.
    total : ndarray, shape (draws, periods)
        Of both sides, in the unit of the base's level.
    """
    share = hyperscale_share(cube, base=base, definition=definition)
    total = _total(cube, base)
    if imposed.mode == "free":
        return share, total
    ahead = np.flatnonzero(forecast_periods(cube))
    tolerance = 0.0 if imposed.mode == "fixed" else imposed.strength
    wanted = soft_share(share[:, ahead], imposed.share, tolerance)
    reference = hyperscale_share(cube, base=base, definition=cube.attrs["definition"])[:, ahead]
    own = expit(logit(wanted) - (logit(share[:, ahead]) - logit(reference)))
    levels, first = sides(cube, base)
    spread = np.log(levels[:, ahead]).std(axis=0).mean(axis=0)
    moved = impose_share(levels[:, ahead], first, own, relative_sd=spread, keep_total=imposed.keep_total)
    share, total = share.copy(), total.copy()
    share[:, ahead], total[:, ahead] = wanted, moved.sum(axis=-1)
    return share, total


def sides(cube: xr.Dataset, base: str) -> tuple[Array, Any]:
    """Return levels of the leaves of both sides, shape (draws, periods, leaves), and which are hyperscale.

    Parameters
    ----------
    cube
        The draw cube.
    base
        A key of :data:`forecast.views.part.LEVEL_OF_BASE`.

    Returns
    -------
    tuple of ndarray
        Levels in the unit of the base, and booleans, shape (leaves,).
    """
    segments = np.array(segment_of_leaves(cube))
    inside = np.isin(segments, ["hyperscale", "rest"])
    levels = cube[LEVEL_OF_BASE[base]].values
    whole = levels.sum(axis=-1) if base == "gpu_hours" else levels
    return np.asarray(whole[..., inside], dtype=np.float64), segments[inside] == "hyperscale"


def _total(cube: xr.Dataset, base: str) -> Array:
    return np.asarray(sides(cube, base)[0].sum(axis=-1))


def _table(cube: xr.Dataset, free: Array, after: Array, moved: Array, share: float) -> pd.DataFrame:
    low, high = np.quantile(after, [LEVELS["low80"], LEVELS["high80"]], axis=0)
    tilts = [tilt(free[:, i], float(after[:, i].mean())) for i in range(free.shape[1])]
    return pd.DataFrame({
        "quarter": [quarter_label(end) for end in periods(cube)],
        "kind": np.where(forecast_periods(cube), "forecast", "estimate"),
        **{f"free_{name}": np.quantile(free, level, axis=0) for name, level in LEVELS.items()},
        **{name: np.quantile(after, level, axis=0) for name, level in LEVELS.items()},
        "at_least": (free >= share).mean(axis=0),
        "strain": strain(logit(free), float(logit(share))),
        "divergence": [each.divergence for each in tilts],
        "ess": [each.ess for each in tilts],
        "total_moved": moved.mean(axis=0),
        "covers": ((free >= low) & (free <= high)).mean(axis=0),
    })  # fmt: skip
