"""H100-equivalents of accelerators, by specification or by measured work, always labelled with the basis."""

from __future__ import annotations

from typing import Final

import pandas as pd

from shiftcast.features.frames import EVIDENCE, DataFrame, Hardware, Throughput
from shiftcast.features.input_error import InputError
from shiftcast.features.series import select
from shiftcast.forecast.hardware.levels import check_positive
from shiftcast.forecast.hardware.power import latest
from shiftcast.forecast.support import OutOfSupportError

KINDS: Final = ("specification", "work")
UNIT: Final = "h100"  # one accelerator of it is the unit H100e of every equivalent


def h100_equivalents(
    hardware: DataFrame[Hardware], throughput: DataFrame[Throughput], *, kind: str, model: str | None = None,
    scenario: str | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Return the number of H100 that one accelerator of each kind is equivalent to, with the basis.

    Parameters
    ----------
    hardware, throughput
        Hardware and throughput rows known at the origin (:data:`features.frames.Hardware`).
    kind
        ``specification``: ratio of dense 8-bit peaks. ``work``: ratio of the best measured throughput on one model
        and tier, which must be named.
    model, scenario
        Model and tier of the records; needed for ``work``, not read otherwise.

    Returns
    -------
    DataFrame
        ``accelerator, h100e [H100e], kind, basis, evidence``.

    Raises
    ------
    ValueError
        If the kind is not known, or ``work`` comes without model and scenario.
    OutOfSupportError
        If the H100 was not measured on that model and tier.
    """
    if kind == "specification":
        return _by_specification(hardware)
    if kind != "work" or model is None or scenario is None:
        raise InputError(
            f"kind {kind!r} with model {model!r}: choose specification, or work with a model and a scenario"
        )
    rows = select(throughput, model=model, scenario=scenario)
    check_positive(rows)
    best = rows.sort_values("value").drop_duplicates("accelerator", keep="last").set_index("accelerator")
    if UNIT not in best.index:
        raise OutOfSupportError(
            f"H100-equivalents by work on {model} {scenario}",
            f"measured are {', '.join(sorted(best.index)) or 'no accelerators'}",
            f"choose a model that {UNIT} ran, or add its row to throughput.csv",
        )
    unit = best.loc[UNIT]
    table = pd.DataFrame(
        {
            "accelerator": best.index, "h100e": (best["value"] / unit["value"]).to_numpy(), "kind": kind,
            "basis": [f"{model} {scenario}, {one} over {unit['software']}" for one in best["software"]],
            "evidence": [max(one, unit["evidence"], key=EVIDENCE.index) for one in best["evidence"]],
        }
    )  # fmt: skip
    return table.sort_values("h100e", ignore_index=True)


def _by_specification(hardware: DataFrame[Hardware]) -> pd.DataFrame:
    unit = float(latest(hardware, UNIT)["fp8_tflops"])
    rows = hardware.sort_values("known_at").drop_duplicates("accelerator", keep="last").dropna(subset=["fp8_tflops"])
    table = pd.DataFrame(
        {
            "accelerator": rows["accelerator"], "h100e": rows["fp8_tflops"] / unit, "kind": "specification",
            "basis": "dense 8-bit peak", "evidence": rows["evidence"],
        }
    )  # fmt: skip
    return table.sort_values(["h100e", "accelerator"], ignore_index=True)
