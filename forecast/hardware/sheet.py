"""Catalogue of accelerators as tidy tables: generations with power and ramps, rates, ratios, software series, fits."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Final

import numpy as np
import pandas as pd

from shiftcast.features.calendars import QUARTER_DAYS
from shiftcast.features.frames import DataFrame, Hardware, Throughput
from shiftcast.forecast.draws import Assumptions
from shiftcast.forecast.hardware.equivalents import h100_equivalents
from shiftcast.forecast.hardware.fungibility import fungibility
from shiftcast.forecast.hardware.levels import check_positive
from shiftcast.forecast.hardware.ratios import Ratio, generation_ratio
from shiftcast.forecast.hardware.software import software_series
from shiftcast.forecast.support import OutOfSupportError
from shiftcast.forecast.workloads import Registry

_QUARTER: Final = pd.Timedelta(days=QUARTER_DAYS)
_RAMP: Final = (0.1, 0.5, 0.9)
_BY_WORK: Final = ("llama2-70b-99.9", "server")  # the model and tier that most accelerators since the H100 ran


@dataclass(frozen=True)
class Catalogue:
    """Catalogue of accelerators known on one day; every table is tidy.

    Attributes
    ----------
    generations
        A row an accelerator: ``accelerator, vendor, family, status, available_at, formats, scale_up_domain, chip_kw,
        it_kw, utility_kw`` [kW at the chip, IT and facility boundary] ``, price_usd, h100e`` (by specification)
        ``, h100e_by_work`` (on one model and tier) ``, half_ramp_low, half_ramp, half_ramp_high`` (when half of the
        vendor's accelerator revenue is of it or newer: 10th, 50th and 90th percentile) ``, evidence, missing``.
    rates
        Best record of each accelerator, model, tier and unit, with its evidence and work per IT joule [unit/J].
    ratios
        Each generation over the one before it (:class:`forecast.hardware.ratios.Ratio`).
    software
        Gain on installed hardware from round to round (:func:`forecast.hardware.software.software_series`).
    fits
        Fit of every task and accelerator (:func:`forecast.hardware.fungibility.fungibility`).
    """

    generations: pd.DataFrame
    rates: pd.DataFrame
    ratios: pd.DataFrame
    software: pd.DataFrame
    fits: pd.DataFrame


def catalogue(
    hardware: DataFrame[Hardware], throughput: DataFrame[Throughput], registry: Registry, assumed: Assumptions
) -> Catalogue:
    """Return the catalogue as known at an origin.

    Parameters
    ----------
    hardware, throughput
        Rows known at the origin.
    registry
        Workloads and techniques, whose tasks are matched to accelerators.
    assumed
        Sampled rows ``ramp.lag`` and, for a family of its own, ``ramp.lag.FAMILY`` [quarter].

    Returns
    -------
    Catalogue

    Raises
    ------
    ValueError
        If a throughput record is not positive.
    """
    check_positive(throughput)
    machines = hardware.sort_values("known_at").drop_duplicates("accelerator", keep="last")
    return Catalogue(
        _generations(machines, throughput, assumed), _rates(machines, throughput), _ratios(machines, throughput),
        software_series(throughput), fungibility(hardware, registry),
    )  # fmt: skip


def _generations(machines: pd.DataFrame, throughput: DataFrame[Throughput], assumed: Assumptions) -> pd.DataFrame:
    table = machines.assign(chip_kw=machines["chip_w"] / 1e3)
    for name, given in {
        "h100e": {"kind": "specification"},
        "h100e_by_work": {"kind": "work", "model": _BY_WORK[0], "scenario": _BY_WORK[1]},
    }.items():
        try:
            found = h100_equivalents(machines, throughput, **given).set_index("accelerator")["h100e"]
        except OutOfSupportError:  # at an origin before the H100 there is no unit
            found = pd.Series(dtype=np.float64)
        table[name] = table["accelerator"].map(found).astype("float64")
    for level, name in zip(_RAMP, ("half_ramp_low", "half_ramp", "half_ramp_high"), strict=True):
        lag = [float(np.quantile(assumed.get(f"ramp.lag.{family}", "ramp.lag"), level)) for family in table["family"]]
        table[name] = (table["available_at"] + np.array(lag) * _QUARTER).dt.floor("D")
    empty = {"it_kw": "power at the IT boundary", "price_usd": "price", "formats": "number formats"}
    gaps = table[list(empty)].isna().to_numpy()
    table["missing"] = [", ".join(np.array(list(empty.values()))[row]) for row in gaps]
    kept = [
        "accelerator", "vendor", "family", "status", "available_at", "formats", "scale_up_domain", "chip_kw", "it_kw",
        "utility_kw", "price_usd", "h100e", "h100e_by_work", "half_ramp_low", "half_ramp", "half_ramp_high",
        "evidence", "missing",
    ]  # fmt: skip
    return table.sort_values(["available_at", "accelerator"])[kept].reset_index(drop=True)


def _rates(machines: pd.DataFrame, throughput: DataFrame[Throughput]) -> pd.DataFrame:
    same = ["workload", "technique", "model", "scenario", "unit", "accelerator"]
    best = throughput.sort_values("value").drop_duplicates(same, keep="last")
    kw = best["accelerator"].map(machines.set_index("accelerator")["it_kw"]).astype("float64")
    kept = [*same, "precision", "interactivity", "value", "per_it_joule", "software", "measured_at", "evidence"]
    return best.assign(per_it_joule=best["value"] / (kw * 1e3)).sort_values(same)[kept].reset_index(drop=True)


def _ratios(machines: pd.DataFrame, throughput: DataFrame[Throughput]) -> pd.DataFrame:
    same = ["model", "scenario", "unit"]
    best = throughput.sort_values("value").drop_duplicates([*same, "accelerator"], keep="last")
    records = {name: rows.set_index(same, drop=False) for name, rows in best.groupby("accelerator")}
    found: list[Ratio] = []
    later = machines.dropna(subset=["compared_with"]).sort_values(["available_at", "accelerator"])
    for old, new in zip(later["compared_with"], later["accelerator"], strict=True):
        if old in records and new in records:
            both = records[old].index.intersection(records[new].index).sort_values()
            found += [generation_ratio(records[old].loc[each], records[new].loc[each], machines) for each in both]
    return pd.DataFrame([asdict(each) for each in found], columns=list(Ratio.__dataclass_fields__))
