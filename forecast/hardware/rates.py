"""One measured throughput with its basis: a record of a tier, or a point of the curve over the service level."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shiftcast.features.frames import DataFrame, Throughput
from shiftcast.features.series import select
from shiftcast.forecast.hardware.levels import find_curve, service_curves
from shiftcast.forecast.hardware.ratios import best_record


@dataclass(frozen=True)
class Rate:
    """Throughput of one accelerator with its evidence.

    Attributes
    ----------
    value, unit
        Throughput and its unit, such as ``output_token/s``.
    basis
        Tier and software, or the point of the curve.
    evidence
        Evidence class of the record, the weakest among the points of a curve.
    sources
        Addresses of the records.
    """

    value: float
    unit: str
    basis: str
    evidence: str
    sources: tuple[str, ...]


def measured_rate(
    throughput: DataFrame[Throughput], accelerator: str, *, model: str, unit: str, tier: str = "server",
    speed: float | None = None, software: str | None = None,
) -> Rate:  # fmt: skip
    """Return the measured throughput of an accelerator on a model.

    Parameters
    ----------
    throughput
        Throughput rows known at the origin.
    accelerator
        Name of the accelerator.
    model
        Name of the model.
    unit
        Unit of the records, such as ``output_token/s``.
    tier
        Scenario of the record; not read where a speed is given.
    speed
        Service level [token/s a user]; the throughput is then read off the measured curve.
    software
        Software of the record; the best record of any if left out.

    Returns
    -------
    Rate

    Raises
    ------
    OutOfSupportError
        If there is no such record, naming those there are.
    """
    rows = select(throughput, unit=unit, **({} if software is None else {"software": software}))
    if speed is None:
        row = best_record(rows, accelerator, model=model, scenario=tier)
        basis = f"{tier}, {row['software']}"
        return Rate(float(row["value"]), unit, basis, str(row["evidence"]), (str(row["source"]),))
    curve = find_curve(service_curves(rows), accelerator, model, unit=unit)
    basis = f"curve at {speed:g} token/s a user, {curve.setting}"
    return Rate(float(curve.at(np.array(speed))), unit, basis, curve.evidence, curve.sources)
