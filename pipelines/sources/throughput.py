"""Read throughput tables of MLPerf and InferenceX to the throughput frame: work per second of one accelerator.

MLPerf counts output tokens, InferenceX input and output; the units keep them apart. What cannot be compared (mixed
systems, open division, costs, ratios, samples of another unit) is quarantined with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final

import pandas as pd

from shiftcast.features.frames import Quarantine, Throughput, conform
from shiftcast.features.quality import Screened, screen
from shiftcast.pipelines.records import RECORDS
from shiftcast.pipelines.sources.opening import STANDARD_INPUT, expand, name_files
from shiftcast.pipelines.sources.setting import accelerator_names
from shiftcast.pipelines.sources.table import UnreadableFileError, read_table

_TOKENS: Final = {"tokens/s": "output_token/s", "samples/s": "sample/s", "queries/s": "sample/s"}
_FLAGS: Final = {
    "unit_suspect": "its unit is in doubt",
    "mixed_accelerators": "it mixes accelerators",
    "cpu_only": "it ran on processors, counted a node",
    "open_division": "it is of the open division, whose rules anyone sets",
    "MaxQ": "its power was capped",
}
_RATES: Final = {"total tok/s/gpu", "total tok/s/chip"}
_SEVERAL: Final = re.compile(r" / | vs | and |, ")
Row = Mapping[str, str]


class _Rejected(Exception):  # noqa: N818  (it carries a reason, it is not an error of the program)
    def __init__(self, column: str, reason: str) -> None:
        super().__init__(reason)
        self.column, self.reason = column, reason


def load_throughput(patterns: Sequence[str], output: Path) -> Screened[Throughput]:
    """Read result tables and write the rows of the throughput frame as CSV, ready for a folder of records.

    Parameters
    ----------
    patterns
        Paths and patterns of CSV files.
    output
        CSV file to write; its folder is made.

    Returns
    -------
    Screened
        Rows of ``Throughput``, their lines, and the quarantine.

    Raises
    ------
    UnreadableFileError
        If a file is neither form.
    """
    names = name_files(expand(patterns))
    if STANDARD_INPUT in names:
        raise UnreadableFileError("throughput tables are read from files; give a path instead of -")
    parts = [_screened(read_table(Path(path)), name) for path, name in names.items()]
    rows = conform(pd.concat([each.rows for each in parts], ignore_index=True), Throughput)
    quarantine = conform(pd.concat([each.quarantine for each in parts], ignore_index=True), Quarantine)
    output.parent.mkdir(parents=True, exist_ok=True)
    dated = rows.assign(**{name: rows[name].dt.strftime("%Y-%m-%d") for name in ("measured_at", "known_at")})
    dated.to_csv(output, index=False)
    return Screened(rows, quarantine, tuple(line for each in parts for line in each.lines))


def _screened(table: pd.DataFrame, name: str) -> Screened[Throughput]:
    read = _form(table, name)
    good: list[dict[str, object]] = []
    quarantined: list[dict[str, object]] = []
    for row in table.to_dict("records"):
        cells = {str(key): str(value).strip() for key, value in row.items()}
        try:
            good.append({**read(cells), "line": row["line"], "surplus": row["surplus"]})
        except _Rejected as fault:
            quarantined.append({"source": name, "line": row["line"], "column": fault.column,
                          "value": cells.get(fault.column, ""), "reason": fault.reason})  # fmt: skip
    raw = pd.DataFrame(good, columns=[*Throughput.columns, "line", "surplus"], dtype=object)
    screened = screen(raw, Throughput, source=name)
    whole = pd.concat(
        [screened.quarantine, pd.DataFrame(quarantined, columns=list(Quarantine.columns))], ignore_index=True
    )
    return Screened(screened.rows, conform(whole, Quarantine), screened.lines)


def _form(table: pd.DataFrame, name: str) -> Callable[[Row], dict[str, object]]:
    for column, read in (("per_accel", _mlperf), ("interactivity", _inferencex)):
        if column in table.columns:
            return read
    raise UnreadableFileError(
        f"{name}: has neither per_accel (MLPerf) nor interactivity (InferenceX); it has {', '.join(table.columns[:20])}"
    )


def _mlperf(row: Row) -> dict[str, object]:
    for flag, reason in _FLAGS.items():
        if flag in row.get("quality_flag", ""):
            raise _Rejected("quality_flag", f"{reason}; it cannot be compared")
    unit = _TOKENS.get(row["metric"].lower())
    if unit is None:
        raise _Rejected("metric", "is not Tokens/s, Samples/s or Queries/s")
    return _row(row, row["accelerator"], row["scenario"].lower(), unit, row["per_accel"], {
        "software": f"MLPerf {row['round']}, {row['submitter']}, {row['system']}", "interactivity": "",
        "evidence": "measured", "source": f"{row.get('source', '')} {row.get('source_path', '')}".strip() or "MLPerf",
        "note": f"{row.get('n_accel', '')} accelerators, {row.get('availability', '')}",
    })  # fmt: skip


def _inferencex(row: Row) -> dict[str, object]:
    if row["metric"].lower() not in _RATES:
        raise _Rejected("metric", "is a cost, a ratio or a rate per megawatt, not work per second of one accelerator")
    if _SEVERAL.search(row["gpu"]):
        raise _Rejected("gpu", "names several accelerators")
    speed = re.match(r"\d+(?:\.\d+)?", row["interactivity"])
    return _row(row, row["gpu"], row["workload"], "total_token/s", row["value"], {
        "software": row.get("framework") or "unstated", "interactivity": speed[0] if speed else "",
        "evidence": "independent", "source": row.get("source") or "InferenceX", "note": row.get("note", ""),
    })  # fmt: skip


def _row(row: Row, accelerator: str, scenario: str, unit: str, value: str, rest: Row) -> dict[str, object]:
    if _SEVERAL.search(accelerator) or (found := accelerator_names().find(accelerator)) is None:
        raise _Rejected("gpu" if "gpu" in row else "accelerator", "is no accelerator that the table of names knows")
    workload, technique = _workload(row["model"])
    return {
        "accelerator": found[0], "workload": workload, "technique": technique, "model": row["model"].lower(),
        "scenario": scenario or "unstated", "precision": row.get("precision", "").lower() or "unstated",
        "measured_at": row["date"], "known_at": row["date"], "value": value, "unit": unit,
        "confidence": row.get("confidence") or "recalled", **rest,
    }  # fmt: skip


@cache
def _models() -> tuple[tuple[str, str, str], ...]:
    rows = read_table(RECORDS / "throughput_models.csv").to_dict("records")
    return tuple((str(row["model"]), str(row["workload"]), str(row["technique"])) for row in rows)


def _workload(model: str) -> tuple[str, str]:
    for start, workload, technique in _models():
        if model.lower().startswith(start):
            if not workload:
                raise _Rejected("model", "counts samples of another unit than its successors")
            return workload, technique
    raise _Rejected("model", "stands for no workload in throughput_models.csv")
