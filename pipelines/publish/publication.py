"""Publish one folder of report and tables, swapped in whole, so that a reader sees the old or the new."""

from __future__ import annotations

import ctypes
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pandas as pd

from shiftcast.features.input_error import InputError
from shiftcast.forecast.views.short import forecast_in_short
from shiftcast.pipelines.publish.overview import WIDTH, overview
from shiftcast.pipelines.publish.report import write_brief
from shiftcast.pipelines.registry.bundle import Bundle
from shiftcast.pipelines.tables.formulas import guarded_frame

REPORT: Final = "report.html"
BRIEF: Final = "brief.md"
PICTURE: Final = "forecast.png"
DIGEST: Final = "digest.txt"
SUMMARY: Final = "summary.csv"
PUBLISHED: Final = (
    REPORT, BRIEF, PICTURE, DIGEST, SUMMARY, "forecasts.csv", "forecasts.parquet", "claims.csv", "quarantine.csv",
    "scores.csv",
)  # fmt: skip
_HERE, _EXCHANGE = -100, 2  # AT_FDCWD and RENAME_EXCHANGE of Linux


def prepare(out: Path) -> Path:
    """Return the folder to publish to, after checking that replacing it deletes nothing but a publication.

    Parameters
    ----------
    out
        Folder to publish to; it need not be there yet.

    Returns
    -------
    Path
        Its absolute path.

    Raises
    ------
    ValueError
        If it is no folder, or holds something that a run did not publish.
    """
    out = out.resolve()
    former = _former(out)
    if former.exists() and not out.exists():  # a swap in two steps that died between them
        former.rename(out)
    if out.exists() and not out.is_dir():
        raise InputError(f"{out}: is a file, not a folder; give another --out")
    foreign = sorted({path.name for path in out.iterdir()} - set(PUBLISHED)) if out.exists() else []
    if foreign:
        raise InputError(
            f"{out}: holds {foreign[0]!r}, which no run published and publishing would delete; "
            "give a new or empty folder as --out"
        )
    return out


def publish(
    bundle: Bundle, out: Path, place_report: Callable[[Bundle, Path], object], *, check: Callable[[], object] = bool
) -> None:
    """Swap a fresh folder of report and tables in for the last one.

    A folder that already holds this forecast, whole, is left as it is.

    Parameters
    ----------
    bundle
        Forecast with its tables.
    out
        Folder to publish to.
    place_report
        Puts the report of a bundle at a path.
    check
        Called just before the swap; it may raise.

    Raises
    ------
    ValueError
        As :func:`prepare` does.
    """
    out = prepare(out)
    digest = bundle.summary.digest
    fresh = out.with_name(f".{out.name}.new")
    for leftover in (fresh, _former(out)):
        shutil.rmtree(leftover, ignore_errors=True)
    if _holds(out, digest):
        return
    fresh.mkdir(parents=True)
    place_report(bundle, fresh / REPORT)
    write_brief(bundle, fresh / BRIEF)
    forecasts = bundle.tables["forecasts"]
    overview(bundle.forecaster).save(fresh / PICTURE, width=WIDTH)
    forecasts.to_parquet(fresh / "forecasts.parquet", index=False)
    guarded_frame(forecast_in_short(forecasts)).to_csv(fresh / SUMMARY, index=False)
    tables = {"forecasts": forecasts, "claims": bundle.forecaster.claims(),
              **{name: bundle.tables[name] for name in ("quarantine", "scores")}}  # fmt: skip
    for name, rows in tables.items():
        guarded_frame(_days_as_text(rows)).to_csv(fresh / f"{name}.csv", index=False)
    (fresh / DIGEST).write_text(digest, encoding="utf-8")
    check()
    _swap(fresh, out)


def half_published(out: Path) -> list[Path]:
    """Return the folders beside a publication that a run which died was making or swapping out.

    Parameters
    ----------
    out
        Folder that is published to.

    Returns
    -------
    list of Path
        Folders that are there.
    """
    out = out.resolve()
    beside = (out.with_name(f".{out.name}.new"), *([_former(out)] if out.exists() else []))
    return [path for path in beside if path.exists()]


def _holds(out: Path, digest: str) -> bool:
    whole = all((out / name).is_file() for name in PUBLISHED)
    return whole and (out / DIGEST).read_text(encoding="utf-8") == digest


def _days_as_text(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows with days as in the records, each formatted once: pandas takes seconds to format them row by row."""
    days = rows.select_dtypes("datetimetz")
    texts = {name: rows[name].map({day: f"{day:%Y-%m-%d}" for day in rows[name].dropna().unique()}) for name in days}
    return rows.assign(**texts)


def _former(out: Path) -> Path:
    return out.with_name(f".{out.name}.old")


def _swap(fresh: Path, out: Path) -> None:
    if not out.exists():
        fresh.rename(out)
    elif _exchange(fresh, out):
        shutil.rmtree(fresh)
    else:
        out.rename(_former(out))
        fresh.rename(out)
        shutil.rmtree(_former(out))


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two folders in one step; return whether this system and file system can."""
    if sys.platform != "linux":
        return False
    swap = getattr(ctypes.CDLL(None), "renameat2", None)
    return swap is not None and swap(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE) == 0
