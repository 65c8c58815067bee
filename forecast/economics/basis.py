"""Basis of questions of capacity and cost: the catalogue, measured rates and assumptions known on a day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import numpy as np
import pandas as pd
import xarray as xr

from shiftcast.features.arrays import Array
from shiftcast.features.frames import AssumptionRows, Ceilings, DataFrame, Hardware, Throughput, empty
from shiftcast.features.input_error import InputError
from shiftcast.features.scope import VENDOR
from shiftcast.features.series import select
from shiftcast.forecast.beliefs import Beliefs
from shiftcast.forecast.draws import Assumptions, sample_assumptions
from shiftcast.forecast.economics.power import Power
from shiftcast.forecast.support import OutOfSupportError

MODEL: Final = "deepseek-r1"
SCENARIO: Final = "server"


@dataclass(frozen=True)
class Basis:
    """The catalogue, rates and assumptions of one day, and how they are drawn.

    Attributes
    ----------
    origin
        Day they were known, midnight UTC.
    hardware, throughput
        Frames cut to the origin, latest vintage (:func:`forecast.known.cut`).
    assumptions, beliefs
        Assumptions frame of all files, and numbers that models start from.
    draws, seed
        Joint draws and the seed of their named streams.
    shipped
        Accelerators shipped in the forecast this belongs to, dims ``draw, quarter, segment, generation``, if any.
    ceilings
        Every vintage of the limits that were known.
    learned
        Assumption to its draws as history left them (:func:`forecast.draws.sample_assumptions`).
    """

    origin: pd.Timestamp
    hardware: DataFrame[Hardware]
    throughput: DataFrame[Throughput]
    assumptions: DataFrame[AssumptionRows]
    beliefs: Beliefs
    draws: int
    seed: int
    shipped: xr.DataArray | None = None
    ceilings: DataFrame[Ceilings] = field(default_factory=lambda: empty(Ceilings))
    learned: Mapping[str, Array] = field(default_factory=dict)

    @cached_property
    def drawn(self) -> Assumptions:
        """One value a draw of every assumption, the same for every question."""
        return sample_assumptions(self.assumptions, draws=self.draws, seed=self.seed, moved=self.learned)

    def values(self, name: str, given: Mapping[str, float]) -> Array:
        """Return draws of an assumption, shape (draws,), or the value the asker gave in all of them."""
        return np.full(self.draws, given[name]) if name in given else self.drawn[name]

    def pue(self, given: Mapping[str, float]) -> Array:
        """Return draws of facility power over IT power; the tail of the assumption below one counts as one."""
        return np.maximum(self.values("power.pue", given), 1.0)


def learned_of(cube: xr.Dataset) -> dict[str, Array]:
    """Return the draws of assumptions as history left them in a forecast, none of one made before it taught them.

    Parameters
    ----------
    cube
        The draw cube.

    Returns
    -------
    dict
        Assumption to draws, shape (draws,), as :func:`forecast.draws.sample_assumptions` takes them.
    """
    if "learned" not in cube:
        return {}
    values = cube["learned"].values.astype(np.float64)
    return dict(zip([str(name) for name in cube["assumption"].values], values.T, strict=True))


def check_given(basis: Basis, given: Mapping[str, float]) -> None:
    """Raise if a value was given for an assumption that is not known, or one outside its scale.

    Parameters
    ----------
    basis, given
        Basis, and name to the value that stands in for an assumption.

    Raises
    ------
    ValueError
        Naming the assumption and what it may be.
    """
    shapes = dict(zip(basis.assumptions["name"], basis.assumptions["shape"], strict=True))
    for name, value in given.items():
        if name not in shapes:
            close = ", ".join(sorted(known for known in shapes if known.partition(".")[0] == name.partition(".")[0]))
            raise InputError(f"assumption {name!r} is not known; known are {close or ', '.join(sorted(shapes))}")
        low, high = {"lognormal": (0, np.inf), "logitnormal": (0, 1), "normal": (-np.inf, np.inf)}[shapes[name]]
        if not (low < value <= high if shapes[name] != "normal" else np.isfinite(value)):
            raise InputError(
                f"{name} of {value:g} is outside its {shapes[name]} scale; give a value in ({low}, {high}]"
            )
    if given.get("power.pue", 1.0) < 1.0:
        raise InputError(f"PUE {given['power.pue']:g} is below one; facility power is at least IT power")


def join_assumptions(*parts: DataFrame[AssumptionRows]) -> DataFrame[AssumptionRows]:
    """Join the assumptions of several files.

    Returns
    -------
    DataFrame

    Raises
    ------
    ValueError
        If two files hold an assumption of the same name.
    """
    rows: DataFrame[AssumptionRows] = pd.concat(parts, ignore_index=True)
    twice = rows.loc[rows["name"].duplicated(), "name"]
    if len(twice):
        raise InputError(f"assumption {twice.iloc[0]!r} stands in two files; remove one of the rows")
    return rows


@dataclass(frozen=True)
class Machine:
    """One accelerator of the catalogue.

    Attributes
    ----------
    name, family
        Such as ``gb300`` of ``blackwell_ultra``.
    available_at
        First volume shipment, or the announced date.
    power
        Of one accelerator at the IT boundary.
    power_evidence
        Who stands behind it.
    domain
        Accelerators bought together: a rack of 72 or a server of 8.
    price, price_sd_log
        US dollars with its share of the system, missing where unknown; spread of its log.
    own_usd_hour
        An independent estimate of the cost of owning one for an hour, missing where unknown.
    """

    name: str
    family: str
    available_at: pd.Timestamp
    power: Power
    power_evidence: str
    domain: int
    price: float
    price_sd_log: float
    own_usd_hour: float


def machine(basis: Basis, name: str) -> Machine:
    """Return an accelerator from the latest row of it that was known.

    Parameters
    ----------
    basis, name
        Basis, and name of the accelerator.

    Returns
    -------
    Machine
        Its power [W at the IT boundary], price [USD/accelerator] and domain.

    Raises
    ------
    ValueError
        If the catalogue does not know it, naming those it knows.
    OutOfSupportError
        If it has no power figure at the IT boundary or no scale-up domain; other boundaries are not mixed in.
    """
    rows = select(basis.hardware, accelerator=name)
    if rows.empty:
        known = ", ".join(sorted(set(basis.hardware["accelerator"]) | set(basis.hardware["family"])))
        raise InputError(f"generation {name!r} is not in hardware.csv on {basis.origin:%Y-%m-%d}; known are {known}")
    row = rows.sort_values("known_at").iloc[-1]
    if pd.isna(row["it_kw"]):
        others = [f"{row[column]:g} {unit}" for column, unit in (("chip_w", "W_chip"), ("utility_kw", "kW_facility"))
                  if pd.notna(row[column])]  # fmt: skip
        known = " and ".join(others) or "no power at all"
        raise OutOfSupportError(
            f"power of {name}",
            f"its row of {row['known_at']:%Y-%m-%d} in hardware.csv has no it_kw (known: {known}, at another boundary)",
            "add its power at the IT boundary to the row",
        )
    if pd.isna(row["scale_up_domain"]):
        raise OutOfSupportError(
            f"purchases of {name}", "its row in hardware.csv has no scale_up_domain", "add how many are bought together"
        )
    spread = float(row["price_sd_log"] if pd.notna(row["price_sd_log"]) else basis.beliefs["purchases.price_sd_log"])
    return Machine(
        name, str(row["family"]), row["available_at"], Power(np.asarray(row["it_kw"] * 1e3), "it"),
        str(row["evidence"]), int(row["scale_up_domain"]), float(row["price_usd"]), spread, float(row["own_usd_hour"]),
    )  # fmt: skip


def generations(basis: Basis, asked: str | None) -> tuple[str, ...]:
    """Return the accelerators a name stands for: itself, those of a family, or all of NVIDIA's that are not cancelled.

    Parameters
    ----------
    basis, asked
        Basis, and name; all of NVIDIA's if not given.

    Returns
    -------
    tuple of str
        Accelerators by the day they became available.

    Raises
    ------
    ValueError
        If the name is neither an accelerator nor a family of the catalogue.
    """
    rows = basis.hardware[basis.hardware["status"] != "cancelled"].sort_values(["available_at", "accelerator"])
    if asked is None:
        return tuple(dict.fromkeys(select(rows, vendor=VENDOR)["accelerator"]))
    if asked in set(rows["accelerator"]):
        return (asked,)
    found = tuple(dict.fromkeys(select(rows, family=asked)["accelerator"]))
    if not found:
        machine(basis, asked)
    return found
