"""One measured rate and what it rests on: a record of a tier, or a point of the curve over the service level."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from shiftcast.features.series import select
from shiftcast.forecast.hardware.levels import find_curve, service_curves
from shiftcast.forecast.hardware.ratios import best_record


@dataclass(frozen=True)
class Rate:
    """Work per second of one accelerator.

    Attributes
    ----------
    value, unit
        The rate.
    basis
        Tier and software, or the point of the curve.
    evidence
        Who stands behind it; the weakest of the points.
    sources
        Where it was read.
    """

    value: float
    unit: str
    basis: str
    evidence: str
    sources: tuple[str, ...]


def measured_rate(
    throughput: pd.DataFrame, accelerator: str, *, model: str, unit: str, tier: str = "server",
    speed: float | None = None, software: str | None = None,
) -> Rate:  # fmt: skip
    """Return the measured rate of an accelerator on a model.

    Parameters
    ----------
    throughput
        Throughput rows known at the origin.
    unit
        Unit of the records, such as ``output_token/s``.
    tier
        Scenario of the record, where no speed is asked for.
    speed
        Service level [token/s a user]: the rate is read off the measured curve.
    software
        Of the record; the best record if left out.

    Raises
    ------
    OutOfSupportError
        If no record speaks for it, naming what there is.
    """
    rows = select(throughput, unit=unit, **({} if software is None else {"software": software}))
    if speed is None:
        row = best_record(rows, accelerator, model=model, scenario=tier)
        basis = f"{tier}, {row['software']}"
        return Rate(float(row["value"]), unit, basis, str(row["evidence"]), (str(row["source"]),))
    curve = find_curve(service_curves(rows), accelerator, model, unit=unit)
    basis = f"curve at {speed:g} token/s a user, {curve.setting}"
    return Rate(float(curve.at(np.array(speed))), unit, basis, curve.evidence, curve.sources)
