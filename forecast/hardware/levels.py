"""Throughput at a service level: measured records as a curve over the speed that one user sees.

A system serves more in total the slower each user is served. Points of one accelerator, model and setting are joined
by a monotone cubic (PCHIP) on logarithms; outside the measured range the curve refuses, or is held at its end where
the caller says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from scipy.interpolate import PchipInterpolator

from shiftcast.features.arrays import Array
from shiftcast.features.frames import EVIDENCE
from shiftcast.features.input_error import InputError
from shiftcast.features.series import select
from shiftcast.forecast.support import OutOfSupportError

TIERS: Final = ("offline", "server", "interactive")  # MLPerf's: one setting at three service levels
_GROUP: Final = ["accelerator", "model", "setting", "precision", "unit"]


@dataclass(frozen=True)
class ServiceCurve:
    """Work per second of one accelerator against the speed one user sees.

    Attributes
    ----------
    accelerator, model, setting, precision, unit
        What was measured; ``setting`` is ``mlperf`` or the input and output lengths.
    speeds
        Speed one user sees [token/s], rising, shape (points,).
    rates
        Work per second of one accelerator in ``unit``, never rising, shape (points,).
    evidence
        The weakest evidence among the points.
    sources
        Where they were read.
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
        """Return whether each speed [token/s] lies outside the measured range, in the shape of ``speed``."""
        return np.asarray((speed < self.speeds[0]) | (speed > self.speeds[-1]))

    def at(self, speed: Array, *, clamp: bool = False) -> Array:
        """Return work per second at a service level, in the shape of ``speed``.

        Parameters
        ----------
        speed
            Speed one user sees [token/s].
        clamp
            Hold the curve at its ends outside the measured range, instead of refusing; :meth:`beyond` flags where.

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


def service_curves(throughput: pd.DataFrame) -> tuple[ServiceCurve, ...]:
    """Return a curve for each accelerator, model, setting and number format with a known service level.

    Of several records at one speed the best counts, whatever software it took; a faster level that also does more in
    total replaces a slower one, so that rates never rise.

    Parameters
    ----------
    throughput
        Throughput rows known at the origin (:data:`features.frames.THROUGHPUT`).

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


def check_positive(throughput: pd.DataFrame) -> None:
    """Raise if a throughput record is not positive, naming the accelerator, model, value and source.

    Raises
    ------
    ValueError
        For the first record that is not.
    """
    for row in throughput[~(throughput["value"] > 0)].head(1).itertuples():
        raise InputError(
            f"throughput.csv: {row.accelerator} on {row.model} ({row.scenario}) has {row.value:g} {row.unit}, which is "
            f"not positive; correct or remove the row read at {row.source}"
        )


def find_curve(curves: tuple[ServiceCurve, ...], accelerator: str, model: str, *, unit: str) -> ServiceCurve:
    """Return the curve of an accelerator and model with the most points.

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


def level_factors(
    throughput: pd.DataFrame, accelerators: tuple[str, ...], speed: Array, *, unit: str, points: int = 3
) -> Array:
    """Return throughput at a service level over that at the level records were taken at, by accelerator.

    An accelerator without a curve of at least ``points`` points takes the curve of the nearest one that has one, in
    the order given. Speeds outside a curve are held at its ends. All ones where no curve is known.

    Parameters
    ----------
    throughput
        Throughput rows known at the origin.
    accelerators
        Names, in order of generation.
    speed
        Speed one user sees [token/s], shape (draws,).
    unit
        Unit of the records.

    Returns
    -------
    ndarray, shape (draws, accelerators)
    """
    rows = select(throughput, unit=unit).dropna(subset=["interactivity"])
    curves = {each.accelerator: each for each in service_curves(rows) if len(each.speeds) >= points}
    held = [place for place, name in enumerate(accelerators) if name in curves]
    if not held:
        return np.ones((len(speed), len(accelerators)))
    usual = np.array([rows["interactivity"].median()])
    own = {
        place: curves[accelerators[place]].at(speed, clamp=True) / curves[accelerators[place]].at(usual, clamp=True)
        for place in held
    }
    nearest = [min(held, key=lambda place: abs(place - wanted)) for wanted in range(len(accelerators))]
    return np.stack([own[place] for place in nearest], axis=-1)
