"""Fungibility of tasks and accelerators: supported number formats, scale-up domains, and the reason of each refusal."""

from __future__ import annotations

from typing import Final

import pandas as pd

from shiftcast.features.frames import DataFrame, Hardware
from shiftcast.features.input_error import InputError
from shiftcast.forecast.workloads import Registry, Task

PEAKS: Final = {"bf16": "bf16_tflops", "fp8": "fp8_tflops", "int8": "fp8_tflops", "fp4": "fp4_tflops"}


def fungibility(hardware: DataFrame[Hardware], registry: Registry) -> pd.DataFrame:
    """Return the matrix of tasks and accelerators as a tidy frame.

    A task fits where the accelerator supports one of its number formats and its scale-up domain is large enough. Where
    the catalogue lacks the column the fit is ``unknown``, not ``no``.

    Parameters
    ----------
    hardware
        Catalogue rows known at the origin.
    registry
        Tasks; those on CPUs have no row.

    Returns
    -------
    DataFrame
        ``task, accelerator, fits`` (yes, no, unknown) ``, precision`` (the best that both support) ``, peak_tflops``
        [TFLOP/s dense] ``, because``.

    Raises
    ------
    ValueError
        If a task or an accelerator names a number format that is not known.
    """
    machines = hardware.sort_values("known_at").drop_duplicates("accelerator", keep="last")
    machines = machines.sort_values(["available_at", "accelerator"])
    rows = [
        {"task": task.name, "accelerator": machine["accelerator"], **fit(task, machine)}
        for task in registry.tasks if task.on_accelerator
        for _, machine in machines.iterrows()
    ]  # fmt: skip
    columns = ["task", "accelerator", "fits", "precision", "peak_tflops", "because"]
    return pd.DataFrame(rows, columns=columns)


def fit(task: Task, machine: pd.Series) -> dict[str, object]:
    """Return whether a task fits an accelerator, the number format and its peak, and the reason if not.

    Parameters
    ----------
    task
        Task of the registry.
    machine
        Row of the catalogue (:data:`features.frames.Hardware`).

    Returns
    -------
    dict
        ``fits`` (yes, no, unknown), ``precision``, ``peak_tflops`` [TFLOP/s dense], ``because``.

    Raises
    ------
    ValueError
        If either names a number format that is not known.
    """
    formats = machine["formats"].split(";") if isinstance(machine["formats"], str) else []
    unknown = [name for name in (*task.precisions, *formats) if name not in PEAKS]
    if unknown:
        raise InputError(
            f"number format {unknown[0]!r} of {task.name} or {machine['accelerator']} is not known; "
            f"choose from {', '.join(PEAKS)} in workloads.csv and hardware.csv"
        )
    shared = [name for name in task.precisions if name in formats]
    domain = machine["scale_up_domain"]
    if formats and not shared:
        return _answer(
            "no", "", None, f"it runs in {', '.join(task.precisions)}, the accelerator in {', '.join(formats)}"
        )
    if domain < task.min_domain:
        return _answer("no", "", None, f"needs {task.min_domain:g} accelerators in one domain, there are {domain:g}")
    if not formats or (pd.isna(domain) and task.min_domain > 1):
        return _answer("unknown", "", None, f"{'scale_up_domain' if formats else 'formats'} not on record")
    return _answer("yes", shared[0], machine[PEAKS[shared[0]]], "")


def _answer(fits: str, precision: str, peak: float | None, because: str) -> dict[str, object]:
    return {"fits": fits, "precision": precision, "peak_tflops": peak, "because": because}
