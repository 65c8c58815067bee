"""Generation ratios from measured records: throughput per accelerator, per watt of the chip, per kW of IT."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from shiftcast.features.frames import EVIDENCE, DataFrame, Hardware, Throughput
from shiftcast.features.input_error import InputError
from shiftcast.features.series import select
from shiftcast.forecast.hardware.levels import check_positive
from shiftcast.forecast.hardware.power import power_kw
from shiftcast.forecast.support import OutOfSupportError


@dataclass(frozen=True)
class Ratio:
    """Ratio of one generation to another on the same model and tier.

    Attributes
    ----------
    old, new, model, scenario, unit
        The two accelerators, and the measurement they share.
    per_accelerator, per_chip_watt, per_it_kw
        New over old [1]; NaN where a power figure is missing.
    old_software, new_software
        Software of each record.
    same_software
        Whether both ran on the same benchmark round; if not, the ratio contains software gain as well.
    evidence
        The weaker of the two.
    missing
        Reason why a ratio by power is missing; empty if none is.
    """

    old: str
    new: str
    model: str
    scenario: str
    unit: str
    per_accelerator: float
    per_chip_watt: float
    per_it_kw: float
    old_software: str
    new_software: str
    same_software: bool
    evidence: str
    missing: str


def best_record(
    throughput: DataFrame[Throughput], accelerator: str, *, model: str, scenario: str, software: str | None = None
) -> pd.Series:
    """Return the record of highest throughput of an accelerator on a model and tier.

    Parameters
    ----------
    throughput
        Throughput rows known at the origin.
    accelerator
        Name of the accelerator.
    model
        Name of the model.
    scenario
        Tier of the records.
    software
        Software of the records; any if left out.

    Returns
    -------
    Series
        One row of ``throughput``.

    Raises
    ------
    OutOfSupportError
        If there is none, naming those measured on the accelerator.
    """
    mine = select(throughput, accelerator=accelerator)
    rows = select(mine, model=model, scenario=scenario)
    rows = rows if software is None else select(rows, software=software)
    check_positive(rows)
    if rows.empty:
        known = sorted({f"{row.model} {row.scenario}" for row in mine.itertuples()})
        raise OutOfSupportError(
            f"{model} {scenario} on {accelerator}{'' if software is None else f' under {software}'}",
            f"measured on it are {'; '.join(known) or 'no models'}",
            "choose one of them or add a row to throughput.csv",
        )
    return rows.sort_values("value").iloc[-1]


def generation_ratio(old: pd.Series, new: pd.Series, hardware: DataFrame[Hardware]) -> Ratio:
    """Return the ratio of two records, by accelerator and by power at two boundaries.

    Parameters
    ----------
    old, new
        Throughput rows of the same model, scenario and unit (:func:`best_record`).
    hardware
        Catalogue rows known at the origin.

    Returns
    -------
    Ratio

    Raises
    ------
    ValueError
        If the two do not measure the same thing.
    """
    for column in ("model", "scenario", "unit"):
        if old[column] != new[column]:
            raise InputError(
                f"{old['accelerator']} has {column} {old[column]!r} and {new['accelerator']} {new[column]!r}; "
                "a ratio needs two records of the same thing"
            )
    ratio = float(new["value"] / old["value"])
    chip, chip_missing = _power_ratio(hardware, old, new, "chip")
    by_it, it_missing = _power_ratio(hardware, old, new, "it")
    rounds = [_round(str(row["software"])) for row in (old, new)]
    return Ratio(
        str(old["accelerator"]), str(new["accelerator"]), str(old["model"]), str(old["scenario"]), str(old["unit"]),
        ratio, ratio / chip, ratio / by_it, str(old["software"]), str(new["software"]), rounds[0] == rounds[1],
        max((str(old["evidence"]), str(new["evidence"])), key=EVIDENCE.index),
        "; ".join(filter(None, (chip_missing, it_missing))),
    )  # fmt: skip


def _round(software: str) -> str:
    """Return the round a record belongs to; the submitter after the comma does not matter."""
    return software.partition(",")[0]


def _power_ratio(hardware: DataFrame[Hardware], old: pd.Series, new: pd.Series, boundary: str) -> tuple[float, str]:
    try:
        powers = [power_kw(hardware, str(row["accelerator"]), boundary=boundary) for row in (old, new)]
    except OutOfSupportError as refusal:
        return float("nan"), str(refusal)
    return powers[1] / powers[0], ""
