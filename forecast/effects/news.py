"""News between two records: rows that only one of them has, by subject, and every record in between."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shiftcast.features.frames import ALL, AnyFrame, DataFrame
from shiftcast.forecast.known import RULES, Frames, Known

_ABOUT: Final[Mapping[str, tuple[str, ...]]] = {
    "observations": ("measure", "vendor", "operator", "workload"), "claims": ("claim",), "hardware": ("source",),
    "throughput": ("source",), "assumptions": ("name",), "capacity": ("name",), "belief_rows": ("name",),
    "ceilings": ("name",), "rollouts": ("operator",), "traffic": ("operator",), "memberships": ("firm",),
    "definitions": ("about", "definition"), "operators": ("operator", "role"), "chips": ("chip",),
}  # fmt: skip
_DETAIL: Final = re.compile(r"[;,@]|:(?!//)")  # where a source goes on to say which record of it, and who else says so
_CALLED: Final = {"belief_rows": "beliefs"}
_MODEL, _REGISTRY = "share model", "workloads"
_BOTH, _NEW, _GONE = 0, 1, 2


@dataclass(frozen=True)
class Subject:
    """What some of the news are about.

    Attributes
    ----------
    label
        Such as ``observations: revenue nvidia``.
    known_at
        Day the newest of its rows could be known; none for what is no row.
    new, gone
        Rows that only the later record has, and only the earlier.
    example
        One row of it in words: period, value, unit and source where it has them.
    """

    label: str
    known_at: pd.Timestamp | None
    new: int
    gone: int
    example: str


@dataclass(frozen=True)
class _Rows:
    """Rows of one frame of both records: the later one's in its order, then those that only the earlier has."""

    rows: pd.DataFrame
    side: NDArray[np.int_]
    subject: NDArray[np.int_]


@dataclass(frozen=True)
class News:
    """What two records differ by, subject by subject in the order in which they became known.

    Attributes
    ----------
    before, after
        The records.
    subjects
        In the order of the day the newest row of each became known, then of the label.
    """

    before: Known
    after: Known
    subjects: tuple[Subject, ...]
    _rows: Mapping[str, _Rows]

    def record(self, taken: int) -> Frames:
        """Return the earlier record with the first subjects' news taken in.

        Parameters
        ----------
        taken
            How many subjects, from none to all; with all it is the later record, row for row.

        Returns
        -------
        Frames
            Every vintage, not cut to a day.
        """
        frames: dict[str, DataFrame[Any]] = {}
        for name, each in self._rows.items():
            inside = each.subject < taken
            keep = (each.side == _BOTH) | ((each.side == _NEW) & inside) | ((each.side == _GONE) & ~inside)
            frames[name] = each.rows[keep].reset_index(drop=True)
        labels = [each.label for each in self.subjects[:taken]]
        registry, learned = (
            (self.after if name in labels else self.before).history for name in (_REGISTRY, _MODEL)
        )  # fmt: skip
        return Frames(**frames, registry=registry.registry, learned=learned.learned)


def news_between(before: Known, after: Known) -> News:
    """Find what two records differ by.

    Parameters
    ----------
    before, after
        Records as known; compared in every vintage that each knew.

    Returns
    -------
    News
        No subjects where the two are alike.
    """
    sides = {name: _compared(getattr(before.history, name), getattr(after.history, name)) for name in RULES}
    found: dict[tuple[str, str], Subject] = {}
    for name, (rows, side) in sides.items():
        told = rows[side != _BOTH]
        for about, which in _groups(told, _ABOUT[name]):
            label = f"{_CALLED.get(name, name)}: {about}"
            here = side[side != _BOTH][which]
            found[name, about] = _subject(label, told[which], here)
    differ = {
        _REGISTRY: repr(before.registry) != repr(after.registry),  # what a file leaves out is NaN, which equals nothing
        _MODEL: before.learned != after.learned,
    }
    other = [Subject(label, None, 0, 0, "") for label, told in differ.items() if told]
    order = sorted(found, key=lambda key: (found[key].known_at, found[key].label))
    numbered = {key: len(other) + at for at, key in enumerate(order)}
    rows_of = {name: _Rows(rows, side, _numbers(rows, side, name, numbered)) for name, (rows, side) in sides.items()}
    return News(before, after, (*other, *(found[key] for key in order)), rows_of)


def _compared(old: DataFrame[AnyFrame], new: DataFrame[AnyFrame]) -> tuple[pd.DataFrame, NDArray[np.int_]]:
    """Return the later rows and behind them those that only the earlier record has, and which side each is of."""
    keys = [_keys(old.reindex(columns=new.columns)), _keys(new)]
    had, has = set(keys[0]), set(keys[1])
    gone = old.reindex(columns=new.columns)[[key not in has for key in keys[0]]]
    side = [_BOTH if key in had else _NEW for key in keys[1]] + [_GONE] * len(gone)
    rows = pd.concat([new, gone.astype(new.dtypes.to_dict())], ignore_index=True) if len(gone) else new
    return rows, np.array(side, dtype=int)


def _keys(rows: pd.DataFrame) -> list[tuple[str, ...]]:
    return list(rows.astype(str).itertuples(index=False, name=None))


def _about(rows: pd.DataFrame, columns: tuple[str, ...]) -> list[str]:
    """Return what each row is about: its labels, or the publication that sets many rows at once."""
    if columns == ("source",):
        return [_DETAIL.split(each, maxsplit=1)[0].strip() for each in rows["source"].astype(str)]
    parts = rows[list(columns)].astype(str).itertuples(index=False, name=None)
    return [" ".join(part for part in each if part not in {ALL, "", "none", "nan"}) for each in parts]


def _groups(rows: pd.DataFrame, columns: tuple[str, ...]) -> list[tuple[str, NDArray[np.bool_]]]:
    names = np.array(_about(rows, columns), dtype=object)
    return [(name, names == name) for name in dict.fromkeys(names)]


def _numbers(
    rows: pd.DataFrame, side: NDArray[np.int_], name: str, numbered: Mapping[tuple[str, str], int]
) -> NDArray[np.int_]:
    subject = np.full(len(rows), -1)
    changed = np.flatnonzero(side != _BOTH)
    subject[changed] = [numbered[name, about] for about in _about(rows.iloc[changed], _ABOUT[name])]
    return subject


def _subject(label: str, rows: pd.DataFrame, side: NDArray[np.int_]) -> Subject:
    day = "known_at" if "known_at" in rows else "stated_at"
    newest = rows.sort_values(day, kind="stable").iloc[-1]
    unit = f" {newest['unit']}" if "unit" in rows else ""
    shown: list[Callable[[pd.Series], str]] = [
        lambda row: f"{row['period_start']:%Y-%m-%d} to {row['period_end']:%Y-%m-%d}",
        lambda row: f"{row['value']:.6g}{unit}", lambda row: f"{row['mid']:.6g}{unit}", lambda row: str(row["source"]),
    ]  # fmt: skip
    wants = ("period_start", "value", "mid", "source")
    example = ", ".join(say(newest) for column, say in zip(wants, shown, strict=True) if column in rows)
    return Subject(label, newest[day], int((side == _NEW).sum()), int((side == _GONE).sum()), example)
