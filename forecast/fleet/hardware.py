"""Figures of the catalogue about a fleet's accelerators: work of one over another, and power of one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from shiftcast.features.series import select
from shiftcast.forecast.economics.basis import Basis
from shiftcast.forecast.hardware.power import latest
from shiftcast.forecast.support import OutOfSupportError


@dataclass(frozen=True)
class Figure:
    """A figure of the catalogue.

    Attributes
    ----------
    value
        In the unit that its function states; NaN where nothing is known.
    source
        What it rests on, in plain words; empty where it needs none.
    """

    value: float
    source: str


def relative_work(basis: Basis, name: str, base: str) -> Figure:
    """Return the work of an hour of one accelerator over an hour of another.

    It is the median, over the models and service levels that both ran, of their best records; where they share none,
    the ratio of their 8-bit peaks, as much of it as the belief says arrives in work; and one where neither is known.

    Parameters
    ----------
    basis
        Catalogue, throughput records and beliefs.
    name, base
        Accelerators.

    Returns
    -------
    Figure
        [1].
    """
    if name == base:
        return Figure(1.0, "")
    best = basis.throughput[basis.throughput["accelerator"].isin([name, base]) & (basis.throughput["value"] > 0)]
    table = best.pivot_table(index=["model", "scenario", "unit"], columns="accelerator", values="value", aggfunc="max")
    both = table.dropna() if {name, base} <= set(table.columns) else table.iloc[:0]
    if len(both):
        return Figure(float((both[name] / both[base]).median()), f"measured, median of {len(both)} pairs of records")
    peaks = [_peak(basis, each) for each in (name, base)]
    if all(np.isfinite(peaks)):
        gain = basis.beliefs["generations.peak_gain"]
        return Figure(float((peaks[0] / peaks[1]) ** gain), f"ratio of peaks to the power {gain:g}, assumed")
    return Figure(1.0, "nothing on record, taken as one, assumed; say `work` of the offer, or add rows to hardware.csv")


def it_power(basis: Basis, name: str, told_kw: float | None = None) -> Figure:
    """Return the power of one accelerator with its host and network.

    Parameters
    ----------
    basis, name
        Catalogue and beliefs, and the accelerator.
    told_kw
        What the planner says it is [kW]; ``None`` takes the catalogue's.

    Returns
    -------
    Figure
        [W_it]; where the catalogue has the chip's alone, times the usual overhead of a server, which the source says.
    """
    if told_kw is not None:
        return Figure(told_kw * 1e3, "")
    rows = select(basis.hardware, accelerator=name)
    if len(rows):
        row = latest(basis.hardware, name)
        if pd.notna(row["it_kw"]):
            return Figure(float(row["it_kw"]) * 1e3, "")
        if pd.notna(row["chip_w"]):
            overhead = basis.beliefs["generations.server_overhead"]
            watts = float(row["chip_w"]) * overhead
            return Figure(watts, f"Power of {name} is assumed: {overhead:g} times its chip's {row['chip_w']:g} W.")
    return Figure(float("nan"), f"Power of {name} is not on record and left out; say its it_kw in fleet.toml.")


def _peak(basis: Basis, name: str) -> float:
    try:
        return float(latest(basis.hardware, name)["fp8_tflops"])
    except OutOfSupportError:
        return float("nan")
