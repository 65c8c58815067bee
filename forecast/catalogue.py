"""The fleet's generations from the hardware catalogue, and throughput by generation from measured records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from features.series import select
from forecast.draws import Array

_PEAK_GAIN: Final = 0.5  # share of a peak's log gain that arrives: Rubin over GB300 is 3.3 by peak and 1.97 as measured


@dataclass(frozen=True)
class Generations:
    """Generations of one vendor in order of availability, one representative accelerator each.

    Attributes
    ----------
    names
        Family names.
    accelerators
        The accelerator that stands for each.
    available_at
        First volume shipment of any accelerator of the family.
    price, price_sd_log
        US dollars an accelerator with its share of the system; spread of its log.
    it_kw
        Power at the IT boundary [kW].
    h100e
        H100-equivalents by peak 8-bit rate.
    fp8_tflops, hbm_tbs
        Peaks that scale throughput where nothing was measured.
    filled
        What was not in the catalogue and was carried from the generation before, as "name.column".
    """

    names: tuple[str, ...]
    accelerators: tuple[str, ...]
    available_at: pd.DatetimeIndex
    price: Array
    price_sd_log: Array
    it_kw: Array
    h100e: Array
    fp8_tflops: Array
    hbm_tbs: Array
    filled: tuple[str, ...]


def nvidia_generations(hardware: pd.DataFrame) -> Generations:
    """Read the generations of NVIDIA's fleet from catalogue rows known at an origin.

    Each family is represented by its largest scale-up domain with a price, the latest known row of it. A figure that
    is missing is carried from the family before in proportion to the 8-bit peak, and named in ``filled``.

    Raises
    ------
    ValueError
        If no row for H100, the unit of equivalents, is known.
    """
    rows = select(hardware, vendor="nvidia", status=("shipping", "announced"))
    rows = rows.sort_values("known_at").groupby("accelerator", as_index=False).last()
    if "h100" not in set(rows["accelerator"]):
        raise ValueError("the hardware catalogue knows no h100 row at this origin; choose one after 2022-09")
    rows = rows.dropna(subset=["fp8_tflops", "available_at"])
    first = rows.groupby("family")["available_at"].transform("min")
    rows = rows.assign(available_at=first, priced=rows["price_usd"].notna(), own=rows["available_at"])
    rows = rows.sort_values(["priced", "scale_up_domain", "own"]).groupby("family", as_index=False).last()
    rows = rows.sort_values("available_at", ignore_index=True)
    filled = _fill(rows)
    peak = rows["fp8_tflops"].to_numpy()
    unit = select(hardware, accelerator="h100")["fp8_tflops"].dropna().iloc[-1]
    return Generations(
        tuple(rows["family"]), tuple(rows["accelerator"]), pd.DatetimeIndex(rows["available_at"]),
        rows["price_usd"].to_numpy(), rows["price_sd_log"].to_numpy(), rows["it_kw"].to_numpy(), peak / unit, peak,
        rows["hbm_tbs"].to_numpy(), filled,
    )  # fmt: skip


def _fill(rows: pd.DataFrame) -> tuple[str, ...]:
    """Carry missing figures forward (then back), in proportion to the square root of the peak; change ``rows``."""
    filled = []
    peak = np.sqrt(rows["fp8_tflops"])
    for column in ("price_usd", "it_kw", "hbm_tbs", "price_sd_log"):
        missing = rows[column].isna()
        scaled = (rows[column] / peak).ffill().bfill() * peak
        rows[column] = rows[column].fillna(0.4 if column == "price_sd_log" else scaled)
        filled += [f"{family}.{column}" for family in rows.loc[missing, "family"]]
    return tuple(filled)


def measured_throughput(
    throughput: pd.DataFrame, generations: Generations, *, model: str, unit: str, bound: str
) -> tuple[Array, tuple[bool, ...]]:
    """Return work per second of one accelerator of each generation, and whether it was measured.

    Records of a family are pooled by their median over scenarios. A generation without any is scaled from the
    nearest measured one by the square root of the peak that bounds it.

    Parameters
    ----------
    throughput
        Throughput rows known at the origin.
    model
        Model names that begin with this are read; empty for all.
    unit
        Unit of the records.
    bound
        ``compute`` or ``memory``: what scales an unmeasured generation.

    Raises
    ------
    ValueError
        If no record of that model and unit is known for any generation.
    """
    rows = select(throughput, unit=unit)
    rows = rows[rows["model"].str.startswith(model)]
    values = np.array([_median(rows, name) for name in generations.accelerators])
    measured = np.isfinite(values)
    if not measured.any():
        raise ValueError(
            f"no throughput record of model {model or 'any'!r} in {unit!r} is known at this origin for "
            f"{list(generations.accelerators)}; choose a later origin or add a record to throughput.csv"
        )
    peak = {"compute": generations.fp8_tflops, "memory": generations.hbm_tbs}[bound]
    known = np.flatnonzero(measured)
    nearest = known[np.abs(np.arange(len(values))[:, None] - known[None, :]).argmin(axis=1)]
    return np.where(measured, values, values[nearest] * (peak / peak[nearest]) ** _PEAK_GAIN), tuple(measured.tolist())


_SIBLINGS: Final = {"h100": ("h100", "h200"), "gb200": ("gb200", "b200"), "gb300": ("gb300", "b300")}


def _median(rows: pd.DataFrame, accelerator: str) -> float:
    mine = rows[rows["accelerator"].isin(_SIBLINGS.get(accelerator, (accelerator,)))]
    return float(mine["value"].median()) if len(mine) else float("nan")
