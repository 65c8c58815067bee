"""Check records against the rules of a frame: a row that breaks one is quarantined with the reason.

Nothing is dropped: rows in = rows kept + rows quarantined, each with file, line, column, value and reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise
from typing import Generic

import pandas as pd

from shiftcast.features.frames import (
    AnyFrame,
    Claims,
    Column,
    DataFrame,
    FrameModel,
    Observations,
    Quarantine,
    Rollouts,
    Traffic,
    conform,
    empty,
)
from shiftcast.features.frames.rollouts import TECHNIQUES
from shiftcast.features.units import MEASURES, convert

_CONVERTED = {Observations.title: ("value", "sd"), Claims.title: ("low", "high")}
_PERCENTILES = {
    Rollouts.title: ("share_low", "share_mid", "share_high"), Traffic.title: ("low", "mid", "high"),
}  # fmt: skip
_SPANS = (("period_start", "period_end"), ("window_start", "window_end"))


@dataclass(frozen=True)
class Screened(Generic[AnyFrame]):
    """The outcome of checking a file's records.

    Attributes
    ----------
    rows
        Rows that keep the frame's contract, in its dtypes, units and order.
    quarantine
        Frame ``Quarantine``: a row for each record that broke a rule.
    lines
        Line in the file of each kept row, shape (rows,).
    """

    rows: DataFrame[AnyFrame]
    quarantine: DataFrame[Quarantine]
    lines: tuple[int, ...]


@dataclass(frozen=True)
class Fault:
    """The rule that one record breaks.

    Attributes
    ----------
    column
        Column at fault.
    value
        Text of the cell.
    reason
        The rule, and the remedy.
    """

    column: str
    value: str
    reason: str


def screen(raw: pd.DataFrame, frame: type[AnyFrame], *, source: str) -> Screened[AnyFrame]:
    """Check every record against a frame and convert its units.

    Parameters
    ----------
    raw
        Text cells under the frame's column names, ``line``, the line of each record in the file, and ``surplus``,
        cells beyond the header, where there are any.
    frame
        The frame the records should become.
    source
        File name, for the quarantine.

    Returns
    -------
    Screened
        ``rows`` in the frame's dtypes, units and order; ``quarantine`` with the reasons.
    """
    faults: list[tuple[int, Fault]] = []
    good: list[dict[str, object]] = []
    for record in raw.to_dict("records"):
        line = int(record["line"])
        try:
            good.append({"line": line, **_row({str(k): v for k, v in record.items()}, frame)})
        except _Rejected as rejected:
            faults.append((line, rejected.fault))
    kept, lines, repeated = _without_duplicates(good, frame)
    return Screened(kept, _quarantine(source, faults + repeated), lines)


class _Rejected(Exception):  # noqa: N818  (it carries a fault, it is not an error of the program)
    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.reason)
        self.fault = fault


def _row(record: dict[str, object], frame: type[FrameModel]) -> dict[str, object]:
    for name in frame.columns:
        if name not in record:
            raise _Rejected(Fault(name, "", f"column {name!r} is missing; add it to the header"))
    if record.get("surplus"):
        text = str(record["surplus"])
        raise _Rejected(Fault("surplus", text, "there are more cells than headings; quote the cell with the comma"))
    cells = {name: _cell(name, str(record[name]), column) for name, column in frame.columns.items()}
    _check_spans(cells)
    if frame.title == Claims.title:
        _check_range_stated(cells)
    if frame.title in _PERCENTILES:
        _check_happened(cells)
        _check_operator(str(cells["operator"]))
        _check_taken_back(cells)
        _check_percentiles(cells, _PERCENTILES[frame.title])
    if frame.title in _CONVERTED:
        _to_canonical(cells, _CONVERTED[frame.title])
    return cells


def _cell(name: str, text: str, column: Column) -> object:
    text = text.strip()
    if not text.isascii() and any("\udc80" <= character <= "\udcff" for character in text):
        readable = text.encode("utf-8", "surrogateescape").decode("latin-1")
        raise _Rejected(Fault(name, readable, "bytes are not UTF-8; save the file as UTF-8"))
    if not text:
        if column.nullable:
            return None
        raise _Rejected(Fault(name, text, f"{name} is empty; it needs a {column.kind}: {column.description}"))
    if column.kind == "date":
        return _date(name, text)
    if column.kind == "number":
        return _number(name, text, column)
    if column.isin and text not in column.isin:
        raise _Rejected(Fault(name, text, f"{name} must be one of {', '.join(column.isin)}"))
    return text


def _date(name: str, text: str) -> pd.Timestamp:
    try:
        return _day(text)
    except ValueError:
        raise _Rejected(Fault(name, text, f"{name} is not a date of the form 2026-07-26")) from None


@lru_cache(maxsize=4096)  # a record says most days many times, and reading one takes a third of a millisecond
def _day(text: str) -> pd.Timestamp:
    return pd.Timestamp(pd.to_datetime(text, format="%Y-%m-%d", utc=True))


def _number(name: str, text: str, column: Column) -> float:
    try:
        number = float(text)
    except ValueError:
        raise _Rejected(Fault(name, text, f"{name} is not a number")) from None
    low = float("-inf") if column.ge is None else column.ge
    high = float("inf") if column.le is None else column.le
    if not (low <= number <= high) or number in {float("inf"), float("-inf")}:
        raise _Rejected(Fault(name, text, f"{name} must be finite and within {low:g} to {high:g}"))
    return number


def _check_spans(cells: dict[str, object]) -> None:
    for start, end in _SPANS:
        first, last = cells.get(start), cells.get(end)
        if isinstance(first, pd.Timestamp) and isinstance(last, pd.Timestamp) and last < first:
            raise _Rejected(Fault(end, f"{last:%Y-%m-%d}", f"{end} is before {start} {first:%Y-%m-%d}"))


def _check_happened(cells: dict[str, object]) -> None:
    end, known = cells["period_end"], cells["known_at"]
    if isinstance(end, pd.Timestamp) and isinstance(known, pd.Timestamp) and known < end:
        reason = f"known_at is before period_end {end:%Y-%m-%d}; a move or a count is known once it has happened"
        raise _Rejected(Fault("known_at", f"{known:%Y-%m-%d}", reason))


def _check_operator(name: str) -> None:
    if "|" in name or name.startswith("unnamed ") or not name.isprintable():
        reason = "forecasts print names, part them at '|', call those nobody names 'unnamed ...'; write it otherwise"
        raise _Rejected(Fault("operator", name, reason))


def _check_taken_back(cells: dict[str, object]) -> None:
    before, after = (cells.get(name) for name in ("technique_from", "technique_to"))
    newer = TECHNIQUES[TECHNIQUES.index("deep") :]  # those before are of one age
    if cells.get("event") == "rollback" and after in newer and before not in newer[newer.index(str(after)) :]:
        reason = f"a rollback goes from the class it leaves, and not to a newer one than {before}; swap them"
        raise _Rejected(Fault("technique_to", str(after), reason))


def _check_range_stated(cells: dict[str, object]) -> None:
    low, high = cells.get("low"), cells.get("high")
    if isinstance(low, float) and isinstance(high, float) and low > high:
        reason = f"low is above high {high:g}; swap them, or leave one empty where only one figure was stated"
        raise _Rejected(Fault("low", f"{low:g}", reason))


def _check_percentiles(cells: dict[str, object], columns: tuple[str, ...]) -> None:
    stated = {name: number for name in columns if isinstance(number := cells[name], float)}
    if stated and list(stated) != list(columns):
        missing = next(name for name in columns if name not in stated)
        raise _Rejected(Fault(missing, "", f"{missing} is empty; give all of {', '.join(columns)}, or none"))
    for before, name in pairwise(columns):
        if stated and stated[name] < stated[before]:
            raise _Rejected(Fault(name, f"{stated[name]:g}", f"{name} is below {before} {stated[before]:g}; swap them"))


def _to_canonical(cells: dict[str, object], columns: tuple[str, ...]) -> None:
    """Convert the row's numbers to its measure's unit and range; change ``cells``."""
    measure = MEASURES.get(str(cells["measure"]))
    if measure is None:
        known = ", ".join(MEASURES)
        raise _Rejected(Fault("measure", str(cells["measure"]), f"measure is not registered; known are {known}"))
    unit = str(cells["unit"])
    try:
        factor = _factor(unit, measure.unit)
    except ValueError as error:
        raise _Rejected(Fault("unit", unit, str(error))) from None
    for column in columns:
        number = cells[column]
        if isinstance(number, float):
            cells[column] = number * factor
            if column != "sd":
                _check_range(column, number * factor, measure.low, measure.high, measure.unit)
    cells["unit"] = measure.unit


def _check_range(column: str, number: float, low: float | None, high: float | None, unit: str) -> None:
    if (low is not None and number < low) or (high is not None and number > high):
        span = f"{'-inf' if low is None else low} to {'inf' if high is None else high} {unit}"
        raise _Rejected(Fault(column, f"{number:g}", f"{column} is outside {span}; check the figure and its unit"))


@cache
def _factor(unit: str, to: str) -> float:
    return convert(1.0, unit, to)


def _without_duplicates(
    good: list[dict[str, object]], frame: type[AnyFrame]
) -> tuple[DataFrame[AnyFrame], tuple[int, ...], list[tuple[int, Fault]]]:
    if not good:
        return empty(frame), (), []
    table = pd.DataFrame(good)
    repeated = table.duplicated(list(frame.key), keep="first")
    faults = [
        (
            int(line),
            Fault(
                frame.key[-1],
                str(value),
                f"another row has the same key ({', '.join(frame.key)}); correct or remove one of them",
            ),
        )
        for line, value in zip(table.loc[repeated, "line"], table.loc[repeated, frame.key[-1]], strict=True)
    ]
    kept = table[~repeated].sort_values(list(frame.key), kind="stable")  # as conform sorts
    return conform(kept, frame), tuple(kept["line"]), faults


def _quarantine(source: str, faults: list[tuple[int, Fault]]) -> DataFrame[Quarantine]:
    rows = [
        {
            "source": source,
            "line": float(line),
            "column": fault.column,
            "value": fault.value,
            "reason": fault.reason,
        }
        for line, fault in faults
    ]
    return conform(pd.DataFrame(rows), Quarantine) if rows else empty(Quarantine)
