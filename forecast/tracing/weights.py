"""Weight of each row of the record in a figure: the spread that goes with its subject, times its part in telling it.

A weight is no sensitivity to an error of the row. The first factor is the squared correlation of the figure's draws,
on a scale without bounds, with the normal scores of the subject's: the part of its variance that goes with the subject.
Subjects overlap, so the parts do not add up to one. The second is the row's share of the precision of all rows that
speak of the subject, 1 / (error squared + walk squared x quarters before the forecast): old and vague rows tell little.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
import pandas as pd
from scipy.special import logit

from shiftcast.features.arrays import Array
from shiftcast.features.frames import ALL
from shiftcast.forecast.draws import Z90
from shiftcast.forecast.tracing.subjects import Subject
from shiftcast.forecast.views.settled import explained

MEANING: Final = (
    "weight: the part of the figure's variance that goes with the subject, times the row's part of the precision of "
    "all rows on that subject; subjects overlap, so weights do not add up to one"
)
COLUMNS: Final = (
    "weight", "subject", "about", "figure", "low", "high", "unit", "valid", "known_at", "evidence", "confidence",
    "source", "file",
)  # fmt: skip
ABOUT: Final = {
    "assumptions": ("name",), "ceilings": ("name", "applies", "scope"), "traffic": ("operator", "surface"),
    "rollouts": ("operator", "surface", "stage", "event"),
    "observations": ("measure", "definition", "stage", "segment", "leaf", "operator", "bound"),
}  # fmt: skip
_UNITS: Final = {"rollouts": "1", "traffic": "request/day"}
_EDGE: Final = 1e-12
_LEAST_ERROR: Final = 1e-3  # of a figure that is given without any
_TOO_WIDE: Final = 1.0  # error of a row that gives none, as a share of its figure
_QUARTER: Final = 91.3125  # days


def unbounded(figure: Array, *, share: bool) -> Array:
    """Return draws on a scale without bounds: log, or logit of a share.

    Parameters
    ----------
    figure
        Draws, shape (draws,), at least nought.
    share
        Whether they are shares [1].

    Returns
    -------
    ndarray, shape (draws,)

    Examples
    --------
    >>> unbounded(np.array([0.5]), share=True).tolist(), unbounded(np.array([1.0]), share=False).tolist()
    ([0.0], [0.0])
    """
    if share:
        return np.asarray(logit(np.clip(figure, _EDGE, 1 - _EDGE)))
    return np.log(np.maximum(figure, _EDGE))


def weighed_rows(x: Array, subjects: Iterable[Subject], origin: pd.Timestamp) -> pd.DataFrame:
    """Return the rows that a figure rests on, the heaviest first.

    Parameters
    ----------
    x
        Draws of the figure on a scale without bounds, shape (draws,).
    subjects
        What it may rest on; one whose correlation chance could give is left out.
    origin
        Day of the forecast.

    Returns
    -------
    DataFrame
        :data:`COLUMNS`; ``valid`` and ``known_at`` are days as ISO text, ``file`` the kind of file the row is of.
    """
    found = []
    for subject in subjects:
        _, count = np.unique(subject.draws, return_counts=True)
        part = explained(subject.draws, len(x) ** 2 / float((count**2).sum()), x) if x.std() > _EDGE else None
        if part is not None and part > 0:
            found.append(_told(subject, origin).assign(weight=lambda rows, of=part: of * rows["weight"]))
    if not found:
        return pd.DataFrame(columns=list(COLUMNS))
    rows = pd.concat(found, ignore_index=True)[list(COLUMNS)]
    return rows.sort_values("weight", ascending=False, kind="stable", ignore_index=True)


def about_of(rows: pd.DataFrame, frame: str) -> pd.Series:
    """Return in a few words what each row of a frame is about.

    Parameters
    ----------
    rows
        Rows with the columns of :data:`ABOUT`.
    frame
        Name of the frame.

    Returns
    -------
    Series of str

    Examples
    --------
    >>> about_of(pd.DataFrame({"name": ["power"], "applies": ["flow"], "scope": ["all"]}), "ceilings").tolist()
    ['power flow']
    """
    words = rows[list(ABOUT[frame])].astype(str).replace(ALL, "")
    return words.agg(" ".join, axis=1).str.split().str.join(" ")


def _told(subject: Subject, origin: pd.Timestamp) -> pd.DataFrame:
    """Return the rows of a subject in one shape, with the part of its precision that each has."""
    pieces = [_piece(subject, frame, rows, origin) for frame, rows in subject.rows.items() if len(rows)]
    told = pd.concat(pieces, ignore_index=True)
    return told.assign(weight=told["weight"] / told["weight"].sum())


def _piece(subject: Subject, frame: str, rows: pd.DataFrame, origin: pd.Timestamp) -> pd.DataFrame:
    """Return rows of one frame, with their precision on the subject as weight."""
    middle, low, high = _figures(rows)
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.abs(high - low) / (2 * Z90) / np.abs(middle)
    error = np.maximum(np.where(np.isfinite(error), error, _TOO_WIDE), _LEAST_ERROR)
    valid = rows["period_end"] if "period_end" in rows else rows["known_at"]
    age = np.maximum((origin - valid).dt.days.to_numpy(dtype=np.float64) / _QUARTER, 0.0)
    about = about_of(rows, frame)
    return pd.DataFrame({
        "weight": 1.0 / (error**2 + subject.walk**2 * age), "subject": subject.name, "about": about,
        "figure": middle, "low": low, "high": high, "unit": rows["unit"] if "unit" in rows else _UNITS[frame],
        "valid": valid.dt.strftime("%Y-%m-%d"), "known_at": rows["known_at"].dt.strftime("%Y-%m-%d"),
        "evidence": rows["evidence"], "confidence": rows["confidence"], "source": rows["source"],
        "file": f"{frame}{'_*' if frame == 'observations' else ''}.csv",
    })  # fmt: skip


def _figures(rows: pd.DataFrame) -> tuple[Array, Array, Array]:
    """Return each row's figure with its 10 and 90 % points, missing where it gives none."""
    if "value" in rows:
        value, sd = (rows[name].to_numpy(dtype=np.float64) for name in ("value", "sd"))
        return value, value - Z90 * sd, value + Z90 * sd
    names = ("mid", "low", "high") if "mid" in rows else ("share_mid", "share_low", "share_high")
    middle, low, high = (rows[name].to_numpy(dtype=np.float64) for name in names)
    return middle, low, high
