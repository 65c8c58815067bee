"""Generations of the fleet from the hardware catalogue, and throughput by generation from measured records."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array
from shiftcast.features.frames import EVIDENCE, DataFrame, Hardware, Throughput
from shiftcast.features.input_error import InputError
from shiftcast.features.scope import VENDOR
from shiftcast.features.series import select
from shiftcast.forecast.hardware.equivalents import UNIT
from shiftcast.forecast.hardware.growth import BASE_DAY
from shiftcast.forecast.hardware.levels import check_positive
from shiftcast.forecast.hardware.roofline import roofline
from shiftcast.forecast.once import once
from shiftcast.forecast.workloads import Task


@dataclass(frozen=True)
class GenerationPrior:
    """Beliefs that stand in for what a catalogue or the throughput records lack.

    Attributes
    ----------
    server_overhead
        IT power over chip power [1].
    peak_gain
        Part of a peak's log gain that arrives in work done [1].
    price_sd_log
        Spread of the log price [1].
    """

    server_overhead: float
    peak_gain: float
    price_sd_log: float


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
    records
        The accelerators whose throughput records speak for each, itself first.
    new
        Whether claims that name the vendor's products mean it.
    peak_gain
        Part of a peak's log gain that arrives where nothing was measured [1].
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
    records: tuple[tuple[str, ...], ...]
    new: tuple[bool, ...]
    peak_gain: float


@once
def nvidia_generations(hardware: DataFrame[Hardware], prior: GenerationPrior) -> Generations:
    """Read the generations of NVIDIA's fleet from catalogue rows known at an origin.

    Each family is represented by its largest scale-up domain with a price, the latest known row of it. A figure that
    is missing is carried from the family before in proportion to the 8-bit peak, and named in ``filled``.

    Parameters
    ----------
    hardware
        Hardware rows known at an origin.
    prior
        Beliefs for what they lack.

    Returns
    -------
    Generations
        Oldest first.

    Raises
    ------
    ValueError
        If no row for H100, the unit of equivalents, is known.
    """
    rows = select(hardware, vendor=VENDOR, status=("shipping", "announced"))
    rows = rows.sort_values("known_at").groupby("accelerator", as_index=False).last()
    if UNIT not in set(rows["accelerator"]):
        raise InputError(f"the hardware catalogue knows no {UNIT} row at this origin; choose one after 2022-09")
    rows = rows.dropna(subset=["fp8_tflops", "available_at"])
    first = rows.groupby("family")["available_at"].transform("min")
    rows = rows.assign(available_at=first, priced=rows["price_usd"].notna(), own=rows["available_at"])
    rows = rows.sort_values(["priced", "scale_up_domain", "own"]).groupby("family", as_index=False).last()
    rows = rows.sort_values("available_at", ignore_index=True)
    filled = _fill(rows, prior)
    peak = rows["fp8_tflops"].to_numpy()
    unit = select(hardware, accelerator=UNIT)["fp8_tflops"].dropna().iloc[-1]
    return Generations(
        tuple(rows["family"]), tuple(rows["accelerator"]), pd.DatetimeIndex(rows["available_at"]),
        rows["price_usd"].to_numpy(), rows["price_sd_log"].to_numpy(), rows["it_kw"].to_numpy(), peak / unit, peak,
        rows["hbm_tbs"].to_numpy(), filled,
        tuple((row.accelerator, *_listed(row.records_with)) for row in rows.itertuples()),
        tuple(rows["new_product"] == "yes"), prior.peak_gain,
    )  # fmt: skip


def _listed(cell: object) -> tuple[str, ...]:
    """Return the names in a cell, none where it is empty."""
    return tuple(filter(None, cell.split(";"))) if isinstance(cell, str) else ()


def _fill(rows: DataFrame[Hardware], prior: GenerationPrior) -> tuple[str, ...]:
    """Fill what is missing; change ``rows``.

    Power takes the chip's times a server's usual overhead; all else is carried forward (then back), in proportion to
    the square root of the peak.
    """
    filled = [f"{family}.it_kw" for family in rows.loc[rows["it_kw"].isna() & rows["chip_w"].notna(), "family"]]
    rows["it_kw"] = rows["it_kw"].fillna(rows["chip_w"] / 1e3 * prior.server_overhead)
    peak = np.sqrt(rows["fp8_tflops"])
    for column in ("price_usd", "it_kw", "hbm_tbs", "price_sd_log"):
        missing = rows[column].isna()
        scaled = (rows[column] / peak).ffill().bfill() * peak
        rows[column] = rows[column].fillna(prior.price_sd_log if column == "price_sd_log" else scaled)
        filled += [f"{family}.{column}" for family in rows.loc[missing, "family"]]
    return tuple(filled)


@dataclass(frozen=True)
class GenerationThroughput:
    """Work per second of one accelerator of each generation, and what each figure rests on.

    Attributes
    ----------
    value
        Work per second [unit/s], shape (generations,).
    days
        The day whose software each figure is of: software gain counts from there.
    evidence
        ``measured``, ``independent`` or ``vendor`` for records, ``scaled`` from the nearest measured generation, or
        ``roofline``.
    """

    value: Array
    days: pd.DatetimeIndex
    evidence: tuple[str, ...]

    @property
    def measured(self) -> tuple[bool, ...]:
        """Whether each generation has records of its own."""
        return tuple(each in EVIDENCE for each in self.evidence)


def generation_throughput(
    throughput: DataFrame[Throughput], generations: Generations, task: Task
) -> GenerationThroughput:
    """Return work per second of one accelerator of each generation for one task.

    Records of a family are pooled by their median over scenarios. A generation without any is scaled from the
    nearest measured one by the square root of the peak that bounds it. Where no generation was measured, the
    roofline stands in: assumptions of the workload registry.

    Parameters
    ----------
    throughput
        Throughput rows known at the origin.
    generations
        The fleet's generations.
    task
        Names the records that speak for it, what bounds it, and its roofline.

    Returns
    -------
    GenerationThroughput
        Work per second of one accelerator [unit/s], shape (generations,), its days and evidence.

    Raises
    ------
    ValueError
        If a record is not positive.
    """
    rows = select(throughput, unit=task.record_unit)
    rows = rows[rows["model"].str.startswith(task.record_model)]
    check_positive(rows)
    rows = rows[["accelerator", "value", "measured_at", "evidence"]]
    pooled = [rows[rows["accelerator"].isin(names)] for names in generations.records]
    known = np.flatnonzero([len(each) > 0 for each in pooled])
    if not len(known):
        return _roofline(generations, task)
    peak = {"compute": generations.fp8_tflops, "memory": generations.hbm_tbs}[task.bound]
    every = np.arange(len(pooled))
    nearest = known[np.abs(every[:, None] - known[None, :]).argmin(axis=1)]
    medians = np.array([pooled[place]["value"].median() for place in nearest])
    return GenerationThroughput(
        medians * (peak / peak[nearest]) ** generations.peak_gain,
        pd.DatetimeIndex([pooled[place]["measured_at"].median() for place in nearest]),
        tuple(_weakest(pooled[place]) if place in known else "scaled" for place in every),
    )


def _roofline(generations: Generations, task: Task) -> GenerationThroughput:
    value = roofline(
        generations.fp8_tflops * 1e12, generations.hbm_tbs * 1e12, flop_per_unit=task.flop_per_unit,
        efficiency=task.efficiency, bytes_per_unit=task.bytes_per_unit, memory_efficiency=task.memory_efficiency,
    )  # fmt: skip
    return GenerationThroughput(value, pd.DatetimeIndex([BASE_DAY] * len(value)), ("roofline",) * len(value))


def _weakest(rows: pd.DataFrame) -> str:
    return str(max(rows["evidence"], key=EVIDENCE.index))
