"""Throughput at a service level: measured records as a monotone curve over the speed of one user.

A system serves more in total the slower each user is served. Points of one accelerator, model and setting are joined by
a monotone cubic (PCHIP) on logarithms; outside the measured range the curve refuses, or is constant at its end where
the caller allows it.

Reference: Fritsch and Carlson (1980), Monotone piecewise cubic interpolation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from scipy.interpolate import PchipInterpolator

from shiftcast.features.arrays import Array
from shiftcast.features.frames import EVIDENCE, DataFrame, Throughput
from shiftcast.features.input_error import InputError
from shiftcast.features.series import select
from shiftcast.forecast.support import OutOfSupportError

TIERS: Final = ("offline", "server", "interactive")  # MLPerf's: one setting at three service levels
_GROUP: Final = ["accelerator", "model", "setting", "precision", "unit"]


@dataclass(frozen=True)
class ServiceCurve:
    """Throughput of one accelerator against the speed of one user.

    Attributes
    ----------
    accelerator, model, setting, precision, unit
        Subject of the measurement; ``setting`` is ``mlperf`` or the input and output lengths.
    speeds
        Speed one user sees [token/s], rising, shape (points,).
    rates
        Throughput of one accelerator in ``unit``, never rising, shape (points,).
    evidence
        The weakest evidence among the points.
    sources
        Addresses of the records.
    """

    accelerator: str
    model: str
    setting: str
    precision: str
    unit: str
    speeds: Array
    rates: Array
    evidence: str
    sources: tuple[str, ...]

    def beyond(self, speed: Array) -> Array:
        """Return whether each speed lies outside the measured range.

        Parameters
        ----------
        speed
            Speed of one user [token/s], any shape.

        Returns
        -------
        ndarray of bool, the same shape
        """
        return np.asarray((speed < self.speeds[0]) | (speed > self.speeds[-1]))

    def at(self, speed: Array, *, clamp: bool = False) -> Array:
        """Return throughput at a service level, interpolated on logarithms.

        Parameters
        ----------
        speed
            Speed of one user [token/s], any shape.
        clamp
            Whether the curve is constant outside the measured range, instead of refusing; :meth:`beyond` flags where.

        Returns
        -------
        ndarray, the same shape
            Throughput of one accelerator in ``unit``.

        Raises
        ------
        OutOfSupportError
            If a speed lies outside the measured range and ``clamp`` is not set.

        Examples
        --------
        >>> curve = ServiceCurve("gb300", "m", "mlperf", "fp4", "output_token/s", np.array([10.0, 40.0]),
        ...                      np.array([8000.0, 2000.0]), "measured", ())
        >>> round(float(curve.at(np.array(20.0))))
        4000
        >>> curve.at(np.array(80.0))
        Traceback (most recent call last):
        shiftcast.forecast.support.OutOfSupportError: no record supports m on gb300 at 80 token/s a user: measured \
from 10 to 40; ask within the range, clamp, or add a row to throughput.csv
        """
        outside = self.beyond(speed)
        if outside.any() and not clamp:
            worst = float(np.asarray(speed)[outside].ravel()[0])
            raise OutOfSupportError(
                f"{self.model} on {self.accelerator} at {worst:g} token/s a user",
                f"measured from {self.speeds[0]:g} to {self.speeds[-1]:g}",
                "ask within the range, clamp, or add a row to throughput.csv",
            )
        if len(self.speeds) == 1:
            return np.full(np.shape(speed), self.rates[0])
        log_speed = np.log(np.clip(speed, self.speeds[0], self.speeds[-1]))
        return np.asarray(np.exp(PchipInterpolator(np.log(self.speeds), np.log(self.rates))(log_speed)))


def service_curves(throughput: DataFrame[Throughput]) -> tuple[ServiceCurve, ...]:
    """Return a curve for each accelerator, model, setting and number format with a known service level.

    Of several records at one speed the best counts, whatever its software; a faster level with more total throughput
    replaces a slower one, so that rates never rise.

    Parameters
    ----------
    throughput
        Throughput rows known at the origin (:data:`features.frames.Throughput`).

    Returns
    -------
    tuple of ServiceCurve
        Sorted by accelerator, model, setting, precision and unit.

    Raises
    ------
    ValueError
        If a record is not positive.
    """
    rows = throughput.dropna(subset=["interactivity"])
    check_positive(rows)
    setting = rows["scenario"].where(~rows["scenario"].isin(TIERS), "mlperf")
    return tuple(_curve(each) for _, each in rows.assign(setting=setting).groupby(_GROUP, sort=True))


def _curve(rows: pd.DataFrame) -> ServiceCurve:
    best = rows.groupby("interactivity")["value"].max().sort_index()
    rates = np.maximum.accumulate(best.to_numpy()[::-1])[::-1]
    accelerator, model, setting, precision, unit = (str(rows[name].iloc[0]) for name in _GROUP)
    return ServiceCurve(
        accelerator, model, setting, precision, unit, best.index.to_numpy(dtype=np.float64), rates,
        max(rows["evidence"], key=EVIDENCE.index), tuple(sorted(set(rows["source"]))),
    )  # fmt: skip


def check_positive(throughput: DataFrame[Throughput]) -> None:
    """Raise if a throughput record is not positive, naming the accelerator, model, value and source.

    Parameters
    ----------
    throughput
        Throughput rows (:data:`features.frames.Throughput`).

    Raises
    ------
    ValueError
        If a record is not positive; the first one is named.
    """
    for row in throughput[~(throughput["value"] > 0)].head(1).itertuples():
        raise InputError(
            f"throughput.csv: {row.accelerator} on {row.model} ({row.scenario}) has {row.value:g} {row.unit}, which is "
            f"not positive; correct or remove the row read at {row.source}"
        )


def find_curve(curves: tuple[ServiceCurve, ...], accelerator: str, model: str, *, unit: str) -> ServiceCurve:
    """Return the curve of an accelerator and model with the most points.

    Parameters
    ----------
    curves
        Curves to choose from.
    accelerator
        Name of the accelerator.
    model
        Name of the model.
    unit
        Unit of the records, such as ``output_token/s``.

    Returns
    -------
    ServiceCurve

    Raises
    ------
    OutOfSupportError
        If there is none, naming the models measured on that accelerator.
    """
    found = [curve for curve in curves if (curve.accelerator, curve.model, curve.unit) == (accelerator, model, unit)]
    if not found:
        models = sorted({curve.model for curve in curves if (curve.accelerator, curve.unit) == (accelerator, unit)})
        raise OutOfSupportError(
            f"{model} on {accelerator} in {unit} at a service level",
            f"measured on it are {', '.join(models) or 'no models'}",
            "choose one of them or add rows with an interactivity to throughput.csv",
        )
    return max(found, key=lambda curve: (len(curve.speeds), curve.rates[0]))


@dataclass(frozen=True)
class Levels:
    """Measured curves of a fleet's accelerators, for :func:`level_factors`.

    Attributes
    ----------
    accelerators
        Names, in order of generation.
    curves
        Accelerator to its curve, of those that have one.
    usual
        Median speed of the records [token/s].
    """

    accelerators: tuple[str, ...]
    curves: Mapping[str, ServiceCurve]
    usual: float


def read_levels(
    throughput: DataFrame[Throughput], accelerators: tuple[str, ...], *, unit: str, points: int = 3
) -> Levels:
    """Return the measured curves of accelerators.

    Parameters
    ----------
    throughput
        Throughput rows known at the origin.
    accelerators
        Names, in order of generation.
    unit
        Unit of the records, such as ``output_token/s``.
    points
        Fewest points of a curve that is used.

    Returns
    -------
    Levels
    """
    rows = select(throughput, unit=unit).dropna(subset=["interactivity"])
    curves = {each.accelerator: each for each in service_curves(rows) if len(each.speeds) >= points}
    return Levels(accelerators, curves, float(rows["interactivity"].median()))


def level_factors(levels: Levels, speed: Array) -> Array:
    """Return throughput at a service level over that at the median level of the records, by accelerator.

    An accelerator without a curve takes the curve of the nearest one that has one, in the order given. Beyond its range
    a curve is constant. All ones where no curve is known.

    Parameters
    ----------
    levels
        From :func:`read_levels`.
    speed
        Speed of one user [token/s], shape (draws,).

    Returns
    -------
    ndarray, shape (draws, accelerators)
        Factor on throughput [1].
    """
    names, curves = levels.accelerators, levels.curves
    measured = [place for place, name in enumerate(names) if name in curves]
    if not measured:
        return np.ones((len(speed), len(names)))
    usual = np.array([levels.usual])
    own = {
        place: curves[names[place]].at(speed, clamp=True) / curves[names[place]].at(usual, clamp=True)
        for place in measured
    }
    nearest = [min(measured, key=lambda place: abs(place - wanted)) for wanted in range(len(names))]
    return np.stack([own[place] for place in nearest], axis=-1)
