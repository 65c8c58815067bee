"""Publish one folder of report and tables, swapped in whole, so that a reader sees the old or the new."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import shutil
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pandas as pd

from shiftcast.features.input_error import InputError
from shiftcast.forecast.views.short import forecast_in_short
from shiftcast.pipelines.pages.asked import asked_of, forget
from shiftcast.pipelines.publish.overview import WIDTH, overview
from shiftcast.pipelines.publish.report import write_brief
from shiftcast.pipelines.registry.bundle import Bundle
from shiftcast.pipelines.state.folder_lock import SECONDS, alone_in
from shiftcast.pipelines.tables.formulas import guarded_frame
from shiftcast.pipelines.tables.places import check_folder

REPORT: Final = "report.html"
BRIEF: Final = "brief.md"
PICTURE: Final = "forecast.png"
DIGEST: Final = "digest.txt"
SUMMARY: Final = "summary.csv"
PUBLISHED: Final = (
    REPORT, BRIEF, PICTURE, DIGEST, SUMMARY, "forecasts.csv", "forecasts.parquet", "claims.csv", "quarantine.csv",
    "scores.csv",
)  # fmt: skip
_NEW: Final = ".new"
_MAKING, _LEFT = ".shiftcast-new", ".shiftcast-old"  # ends of names that no folder of a user's has
_IN_THE_WAY: Final = "is in the way of publishing"
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
    if former.exists() and not out.exists() and not _foreign(former):  # a swap in two steps that died between them
        former.rename(out)
    if out.exists() and not out.is_dir():
        raise InputError(f"{out}: is a file, not a folder; give another --out")
    for place, fate in ((out, "publishing would delete"), (_fresh(out), _IN_THE_WAY), (former, _IN_THE_WAY)):
        foreign = _foreign(place)
        if foreign:
            raise InputError(
                f"{place}: holds {foreign[0]!r}, which no run published and {fate}; give a new or empty folder as --out"
            )
    check_folder(out if _filled_in_place(out) else out.parent)
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
    with _alone(out):
        fresh = _fresh(out)
        for leftover in (fresh, _former(out)):
            shutil.rmtree(leftover, ignore_errors=True)
        if published_digest(out) == bundle.summary.digest:
            return
        fresh.mkdir()
        try:
            _write(bundle, fresh, place_report)
        finally:
            forget()
        check()
        _swap(fresh, out)


def half_published(out: Path) -> list[Path]:
    """Return the folders beside a publication that a run which died was making or swapping out.

    Where one is being published now, by a run on whatever store, there are none.

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
    beside = (_fresh(out), *([_former(out)] if out.exists() else []))
    found = [path for path in beside if path.exists() and not _foreign(path)]
    if not found:
        return []
    try:
        with _alone(out, wait=0):
            return found
    except InputError:
        return []


def remove_half(out: Path, path: Path) -> None:
    """Remove what a run that died was making or swapping out.

    Parameters
    ----------
    out, path
        Folder that is published to, and what :func:`half_published` found beside it.

    Raises
    ------
    ValueError
        If it is being published there again.
    OSError
        If it cannot be removed.
    """
    with _alone(out.resolve(), wait=0):
        if path.exists():
            shutil.rmtree(path)


def published_digest(out: Path) -> str:
    """Return the digest of the forecast that a folder holds whole.

    Parameters
    ----------
    out
        Folder that is published to.

    Returns
    -------
    str
        Empty where the folder is not there, or lacks a file.
    """
    whole = all((out / name).is_file() for name in PUBLISHED)
    return (out / DIGEST).read_text(encoding="utf-8", errors="replace") if whole else ""


@contextlib.contextmanager
def _alone(out: Path, wait: float = SECONDS) -> Iterator[None]:
    """Hold the lock of the folder around a publication, and of its own where that stays: another may not be in it."""
    with alone_in(out.parent, wait=wait), alone_in(out, wait=wait) if out.is_dir() else contextlib.nullcontext():
        yield


def _write(bundle: Bundle, fresh: Path, place_report: Callable[[Bundle, Path], object]) -> None:
    """Write every file of a publication; one forecaster answers for all of them."""
    place_report(bundle, fresh / REPORT)
    write_brief(bundle, fresh / BRIEF)
    forecasts = bundle.tables["forecasts"]
    forecaster = asked_of(bundle).forecaster
    overview(forecaster).save(fresh / PICTURE, width=WIDTH)
    forecasts.to_parquet(fresh / "forecasts.parquet", index=False)
    guarded_frame(forecast_in_short(forecasts)).to_csv(fresh / SUMMARY, index=False)
    tables = {"forecasts": forecasts, "claims": forecaster.claims(),
              **{name: bundle.tables[name] for name in ("quarantine", "scores")}}  # fmt: skip
    for name, rows in tables.items():
        guarded_frame(_days_as_text(rows)).to_csv(fresh / f"{name}.csv", index=False)
    (fresh / DIGEST).write_text(bundle.summary.digest, encoding="utf-8")


def _days_as_text(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows with days as in the records, each formatted once: pandas takes seconds to format them row by row."""
    days = rows.select_dtypes("datetimetz")
    texts = {name: rows[name].map({day: f"{day:%Y-%m-%d}" for day in rows[name].dropna().unique()}) for name in days}
    return rows.assign(**texts)


def _former(out: Path) -> Path:
    return out.with_name(f".{out.name}{_LEFT}")


def _fresh(out: Path) -> Path:
    return out / _MAKING if _filled_in_place(out) else out.with_name(f".{out.name}{_MAKING}")


def _filled_in_place(out: Path) -> bool:
    """Return whether a folder stays where it is: it cannot be swapped for another, or somebody works in it."""
    if not out.is_dir():
        return False
    return not os.access(out.parent, os.W_OK) or _is_stuck(out) or _is_around(out)


def _is_stuck(out: Path) -> bool:
    """Return whether its parent, such as /tmp, lets nobody but owners move what lies in it."""
    parent = out.parent.stat()
    return bool(parent.st_mode & stat.S_ISVTX) and os.geteuid() not in {0, parent.st_uid, out.stat().st_uid}


def _is_around(out: Path) -> bool:
    """Return whether it is the working directory, or around it: a swap would leave whoever works there in none."""
    try:
        here = Path.cwd()
    except FileNotFoundError:  # it was removed
        return False
    return out in (here, *here.parents)


def _foreign(folder: Path) -> list[str]:
    """Return what a folder holds that no run published."""
    if not folder.is_dir():
        return [folder.name] if folder.exists() else []
    ours = {*PUBLISHED, *(f".{name}{_NEW}" for name in PUBLISHED), _MAKING}
    return sorted({path.name for path in folder.iterdir()} - ours)


def _swap(fresh: Path, out: Path) -> None:
    kept = _given(out, fresh)  # who may read it stays as it was
    for name in PUBLISHED:
        _given(out / name, fresh / name)
    try:
        if fresh.parent == out or (not kept and os.access(out, os.W_OK)):
            _fill(fresh, out)
        elif not out.exists():
            fresh.rename(out)
        elif not _exchange(fresh, out):
            out.rename(_former(out))
            fresh.rename(out)
    except OSError as error:
        if error.errno not in {errno.EBUSY, errno.EXDEV} or not out.is_dir():
            raise
        _fill(fresh, out)  # a mount point stays where it is
    for leftover in (fresh, _former(out)):
        shutil.rmtree(leftover, ignore_errors=True)


def _given(former: Path, fresh: Path) -> bool:
    """Give a fresh file or folder the owner, group and mode of the former; return whether the group could be given."""
    if not former.exists():
        return True
    there = former.stat()
    for owner in (there.st_uid, -1) if sys.platform != "win32" else ():  # nobody but root may give away
        with contextlib.suppress(OSError):
            os.chown(fresh, owner, there.st_gid)
            break
    shutil.copymode(former, fresh)
    return fresh.stat().st_gid == there.st_gid


def _fill(fresh: Path, out: Path) -> None:
    """Put each file in its place whole; the digest goes first and comes last, which tells a mixture from a whole."""
    (out / DIGEST).unlink(missing_ok=True)
    for name in (*(each for each in PUBLISHED if each != DIGEST), DIGEST):
        part = out / f".{name}{_NEW}"
        part.unlink(missing_ok=True)  # one that is left may not be writable
        shutil.copy(fresh / name, part)
        _given(out / name if name != DIGEST else fresh / name, part)
        part.replace(out / name)


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two folders in one step; return whether this system and file system can."""
    if sys.platform != "linux":
        return False
    swap = getattr(ctypes.CDLL(None), "renameat2", None)
    return swap is not None and swap(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE) == 0
