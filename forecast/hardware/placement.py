"""Placement: shares of a task's work over classes of chips, which separate accelerator demand from GPU demand.

Shares of one task's work over NVIDIA GPUs, AMD GPUs, TPU, custom silicon and CPUs add up to one. Where open and closed
models are placed differently, the segment's share of open models weights the two.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

import numpy as np
import pandas as pd

from shiftcast.features.arrays import Array
from shiftcast.features.frames import AssumptionRows, DataFrame, Hardware, Residency
from shiftcast.features.input_error import InputError
from shiftcast.features.scope import VENDOR
from shiftcast.forecast.draws import Assumptions
from shiftcast.forecast.market.chips import Chips
from shiftcast.forecast.support import OutOfSupportError
from shiftcast.forecast.workloads import Registry

MODELS: Final = ("open", "closed")
_NEAR_ONE: Final = 1e-6


def check_shares(shares: Mapping[str, float], *, where: str) -> None:
    """Raise if shares do not add up to one.

    Parameters
    ----------
    shares
        Name to share [1].
    where
        Subject and place of the shares, for the message.

    Raises
    ------
    ValueError
        If the shares do not add up to one, naming them and their sum, or one of them is negative.

    Examples
    --------
    >>> check_shares({"gpu": 0.7, "tpu": 0.2}, where="placement")
    Traceback (most recent call last):
    shiftcast.InputError: placement: gpu 0.7, tpu 0.2 add up to 0.9, not 1; correct one of them
    """
    for name, share in shares.items():
        if not share >= 0:
            raise InputError(f"{where}: {name} is {share:g}; a share lies between 0 and 1")
    total = math.fsum(shares.values())
    if abs(total - 1) > _NEAR_ONE:
        listed = ", ".join(f"{name} {share:g}" for name, share in shares.items())
        raise InputError(f"{where}: {listed} add up to {total:g}, not 1; correct one of them")


def check_placement(assumptions: DataFrame[AssumptionRows], registry: Registry, chips: Chips) -> None:
    """Raise if the medians of a task's placement rows do not add up to one, or a task on accelerators has none.

    Parameters
    ----------
    assumptions
        Assumptions frame; rows ``placement.WORKLOAD.TECHNIQUE.CLASS``, or with ``.open.CLASS`` and ``.closed.CLASS``.
    registry
        Tasks; those on accelerators need placement rows.
    chips
        Classes of chips that rows may end in.

    Raises
    ------
    ValueError
        If the medians do not add up to one, a row names no class of chip, or NVIDIA's is missing; it is named.
    """
    mids = dict(zip(assumptions["name"], assumptions["mid"], strict=True))
    for task in registry.tasks:
        if task.on_accelerator:
            _check_task(mids, f"placement.{task.name.replace('/', '.')}", chips.classes)


def _check_task(mids: Mapping[str, float], prefix: str, classes: tuple[str, ...]) -> None:
    under = {name.removeprefix(f"{prefix}."): mid for name, mid in mids.items() if name.startswith(f"{prefix}.")}
    groups = [f"{model}." for model in MODELS] if any(name.startswith("open.") for name in under) else [""]
    for group in groups:
        shares = {name.removeprefix(group): mid for name, mid in under.items() if name.startswith(group)}
        unknown = sorted(set(shares) - set(classes))
        if unknown or VENDOR not in shares:
            raise InputError(
                f"assumptions.csv: {prefix}.{group}{unknown[0] if unknown else VENDOR} "
                f"{'names no class of chip' if unknown else 'is missing'}; rows end in one of {', '.join(classes)}"
            )
        check_shares(shares, where=f"assumptions.csv: medians of {prefix}.{group}*")


def draw_placement(assumed: Assumptions, task: str, segment: str, chips: Chips) -> Array:
    """Draw a task's shares of work over the classes of chips in a segment.

    Parameters
    ----------
    assumed
        Sampled assumptions.
    task
        Name of the task, such as ``generative/llm``.
    segment
        ``hyperscale`` or ``rest``; it sets the share of open models where the two are placed differently.
    chips
        Classes of chips.

    Returns
    -------
    ndarray, shape (draws, classes)
        Shares of work [1] in the order of ``chips.classes``, summing to one.
    """
    prefix = f"placement.{task.replace('/', '.')}"
    names = assumed.names(prefix)
    if not any(name.startswith("open.") for name in names):
        return _normalised(assumed, prefix, chips)
    by_model = [_normalised(assumed, f"{prefix}.{model}", chips) for model in MODELS]
    is_open = assumed[f"open_models.{segment}"][:, None]
    return np.asarray(is_open * by_model[0] + (1 - is_open) * by_model[1])


def _normalised(assumed: Assumptions, prefix: str, chips: Chips) -> Array:
    like, names = assumed[f"{prefix}.{VENDOR}"], assumed.names(prefix)
    weights = [assumed[f"{prefix}.{name}"] if name in names else np.zeros_like(like) for name in chips.classes]
    stacked = np.stack(weights, axis=-1)
    return np.asarray(stacked / stacked.sum(axis=-1, keepdims=True))


def hours_over_nvidia(assumed: Assumptions, task: str, segment: str, chips: Chips) -> Array:
    """Return hours of each vendor's accelerators for an hour of NVIDIA GPUs: x_v / (x_nvidia r_v).

    Hours are work over throughput; r_v is the throughput of a vendor's accelerators relative to the NVIDIA fleet.

    Parameters
    ----------
    assumed
        Sampled assumptions.
    task
        Name of the task, such as ``generative/llm``.
    segment
        ``hyperscale`` or ``rest``.
    chips
        Classes of chips.

    Returns
    -------
    ndarray, shape (draws, vendors)
        Ratio of hours [1] in the order of ``chips.accelerators``; one for NVIDIA.
    """
    shares, own = draw_placement(assumed, task, segment, chips), chips.own
    relative = [
        np.ones(len(shares)) if vendor == VENDOR else assumed[f"relative_throughput.{vendor}"]
        for vendor in chips.accelerators
    ]
    return np.asarray(shares[:, : len(relative)] / shares[:, own : own + 1] / np.stack(relative, axis=-1))


def within_region(hardware: DataFrame[Hardware], residency: DataFrame[Residency], region: str) -> pd.DataFrame:
    """Return whether each accelerator may serve work that has to stay in a region.

    The latest rule known applies, one about a family before one about its vendor; without a rule an accelerator may.

    Parameters
    ----------
    hardware, residency
        Rows known at the origin (:data:`features.frames.Residency`).
    region
        Region as named in the residency rows.

    Returns
    -------
    DataFrame
        ``accelerator, allowed`` (bool) ``, because``.

    Raises
    ------
    OutOfSupportError
        If no rule about the region is known, naming the regions that have one.
    """
    rules = residency[residency["region"] == region].sort_values("known_at")
    if rules.empty:
        raise OutOfSupportError(
            f"region {region!r}",
            f"rules are known for {', '.join(sorted(set(residency['region']))) or 'no region'}",
            "add a row to residency.csv",
        )
    machines = hardware.drop_duplicates("accelerator", keep="last")
    found = [_rule(rules, row.vendor, row.family) for row in machines.itertuples()]
    return pd.DataFrame(
        {
            "accelerator": machines["accelerator"].to_numpy(),
            "allowed": [rule is None or rule["allowed"] == "yes" for rule in found],
            "because": ["no rule" if rule is None else str(rule["note"]) for rule in found],
        }
    )


def _rule(rules: DataFrame[Residency], vendor: str, family: str) -> pd.Series | None:
    mine = rules[(rules["vendor"] == vendor) | (rules["vendor"] == "all")]
    for wanted in (family, "all"):
        found = mine[mine["family"] == wanted]
        if len(found):
            return found.iloc[-1]
    return None
