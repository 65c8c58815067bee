"""Workload registry: workloads, their techniques from old to new, and the unit each counts its work in."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from shiftcast.features.frames import DataFrame, Workloads
from shiftcast.features.input_error import InputError

TRAINING = "training"
UNALLOCATED = "unallocated"


@dataclass(frozen=True)
class Task:
    """One technique of one workload.

    Attributes
    ----------
    workload, technique
        Names.
    unit
        Unit of its work.
    on_accelerator
        Whether it runs on accelerators; CPU work takes core-hours and no accelerator-hours.
    record_model, record_unit, bound
        Which throughput records speak for it and what scales an unmeasured generation.
    flop_per_unit, efficiency
        Work [FLOP] of a unit and the share of the 8-bit peak it reaches, for an origin without any record.
    precisions
        Number formats it may run in, the best first, such as ``("fp4", "fp8", "bf16")``; empty on CPUs.
    bytes_per_unit, memory_efficiency
        Memory traffic [B] of a unit, nought where none is counted, and the share of the bandwidth it reaches.
    min_domain
        Accelerators of one scale-up domain it needs at least.
    """

    workload: str
    technique: str
    unit: str
    on_accelerator: bool
    record_model: str
    record_unit: str
    bound: str
    flop_per_unit: float
    efficiency: float
    precisions: tuple[str, ...] = ()
    bytes_per_unit: float = 0.0
    memory_efficiency: float = 1.0
    min_domain: float = 1.0

    @property
    def name(self) -> str:
        """Workload and technique, such as ``recsys/llm``."""
        return f"{self.workload}/{self.technique}"


@dataclass(frozen=True)
class Registry:
    """All tasks, grouped by workload, techniques oldest first.

    Attributes
    ----------
    tasks
        The tasks, in order.
    """

    tasks: tuple[Task, ...]

    @property
    def workloads(self) -> tuple[str, ...]:
        """Workload names in order."""
        return tuple(dict.fromkeys(task.workload for task in self.tasks))

    def of(self, workload: str) -> tuple[Task, ...]:
        """Return one workload's tasks, oldest technique first.

        Parameters
        ----------
        workload
            Name of the workload.

        Returns
        -------
        tuple of Task
            Its tasks.

        Raises
        ------
        ValueError
            If the workload is not registered.
        """
        found = tuple(task for task in self.tasks if task.workload == workload)
        if not found:
            raise InputError(f"workload {workload!r} is not registered; known are {list(self.workloads)}")
        return found

    def techniques(self, workload: str) -> tuple[str, ...]:
        """Return one workload's techniques, oldest first.

        Parameters
        ----------
        workload
            Name of the workload.

        Returns
        -------
        tuple of str
            Names of its techniques.

        Raises
        ------
        ValueError
            If the workload is not registered.
        """
        return tuple(task.technique for task in self.of(workload))


def read_registry(rows: DataFrame[Workloads]) -> Registry:
    """Read the registry from its table, keeping the file's order of workloads.

    Parameters
    ----------
    rows
        Table of ``workloads.csv``.

    Returns
    -------
    Registry
        Tasks by workload, techniques by ``order``.
    """
    order = {name: position for position, name in enumerate(dict.fromkeys(rows["workload"]))}
    ordered = rows.assign(position=rows["workload"].map(order)).sort_values(["position", "order"])
    return Registry(
        tuple(
            Task(
                row.workload, row.technique, row.unit, row.runs_on == "accelerator",
                _text(row.record_model), _text(row.record_unit), _text(row.bound), float(row.flop_per_unit),
                float(row.efficiency), tuple(filter(None, _text(row.precisions).split(";"))),
                _number(row.bytes_per_unit, 0.0), _number(row.memory_efficiency, 1.0), _number(row.min_domain, 1.0),
            )
            for row in ordered.itertuples()
        )
    )  # fmt: skip


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _number(value: float, otherwise: float) -> float:
    return otherwise if pd.isna(value) else float(value)
