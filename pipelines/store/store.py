"""Store usage: batches committed whole, corrections as later rows, reads exact as of a day.

Below ``store`` in the folder of all state: ``FORMAT``, the log (one file a commit), ``batches`` (the files it names),
``snapshots`` (dated, immutable copies) and ``staging`` (what is being written). Readers take no lock.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import ibis.expr.types as ir
import pandas as pd

from shiftcast.features.frames import DataFrame, Quarantine, Usage, conform, empty
from shiftcast.features.input_error import InputError
from shiftcast.pipelines.engine.stream import collect
from shiftcast.pipelines.state.guard import locked
from shiftcast.pipelines.state.root import StoreError
from shiftcast.pipelines.store import log, reading
from shiftcast.pipelines.store.durable import disk_full_told, move_durably, sha256, sync
from shiftcast.pipelines.store.files import (
    QUARANTINE_FILE,
    USAGE_FILE,
    WITHDRAWN_FILE,
    checked,
    read_quarantine,
    write_quarantine,
    write_usage,
)
from shiftcast.pipelines.store.formats import check_format, cut_short, write_format
from shiftcast.pipelines.store.rewriting import withdraw_missing, write_compacted
from shiftcast.pipelines.store.settled import settled
from shiftcast.pipelines.store.staging import batches, mark_committed, mark_left, refuse_lost, staged, sweep

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Appended:
    """The outcome of a load.

    Attributes
    ----------
    entry
        The commit that holds the rows.
    new
        False if the same content had been loaded before; nothing was changed then.
    told
        What a load of items did beside what was stored: ``known``, rows that told nothing new; ``replaced``, what was
        taken back by source, measure and unit; ``former``, appended sources that it withdraws, ``appended``, those
        that stand beside it in its period.
    """

    entry: log.Entry
    new: bool
    told: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Store:
    """The store of usage below a folder of state.

    Attributes
    ----------
    root
        Folder of state, such as ``mlruns``; it need not be there yet.
    """

    root: Path

    @property
    def folder(self) -> Path:
        """Where its files are."""
        return self.root / "store"

    def entries(self) -> list[log.Entry]:
        """Return every commit in order, compactions among them.

        Raises
        ------
        StoreError
            If there is no store, it is of another version, or its log is damaged.
        """
        if not check_format(self.folder):
            raise StoreError(f"{self.folder}: no usage is stored here; load some with `shiftcast ingest` first")
        there = batches(self.folder)
        entries = log.read_log(self.folder)
        try:
            refuse_lost(self.folder, there, entries)
        except StoreError:
            if not cut_short(self.folder):  # one that is taken back loses its commits before their batches
                raise
        return entries

    def loaded(self, source_digest: str) -> log.Entry | None:
        """Return the commit that loaded a content, or ``None``; ask before doing the work of a load.

        Parameters
        ----------
        source_digest
            SHA-256 that :meth:`append` was called with.

        Returns
        -------
        Entry or None

        Raises
        ------
        StoreError
            As :meth:`entries`; a store that is not there yet has loaded nothing.
        """
        entries = log.read_log(self.folder) if check_format(self.folder) else []
        return log.load_of(entries, source_digest)

    def append(
        self, usage: ir.Table | pd.DataFrame, quarantine: DataFrame[Quarantine] | None, source_digest: str,
        known_at: datetime, *, restates: bool = False,
    ) -> Appended:  # fmt: skip
        """Commit usage and the rows quarantined with it; all of it is there afterwards, or nothing.

        Parameters
        ----------
        usage
            What :func:`pipelines.engine.aggregate` returns, or a usage frame.
        quarantine
            Quarantined rows, frame ``Quarantine``.
        source_digest
            SHA-256 of everything that decides the rows (content, labels, options); the same again changes nothing.
        known_at
            First day the world could know the rows, midnight UTC.
        restates
            Whether this is all that its sources have to say: figures of theirs known before that are not in it are
            withdrawn from ``known_at`` on. Without it they stay.

        Returns
        -------
        Appended
            The commit, and whether it is new.

        Raises
        ------
        ValueError
            If rows break the frame's contract, or the digest or day is none.
        StoreError
            If the store is damaged, of another version or held by another process for ten minutes, the usage cannot
            be computed, or the disk is full; the store is as it was.
        """
        day = _checked(source_digest, known_at)
        before = self.loaded(source_digest)
        if before is not None:
            mark_left(self.folder, before)
            return Appended(before, new=False)
        with disk_full_told(self.folder), staged(self.folder) as fresh:
            rows, sources = write_usage(fresh / USAGE_FILE, usage, day)
            counts = {USAGE_FILE: rows}
            counts[QUARANTINE_FILE] = write_quarantine(
                fresh / QUARANTINE_FILE, empty(Quarantine) if quarantine is None else quarantine
            )
            draft = log.draft(log.LOAD, f"{day:%Y-%m-%d}", source_digest, sources)
            with self.writing() as entries:
                before = log.load_of(entries, source_digest)
                if before is not None:  # another process was loading it at the same time
                    return Appended(before, new=False)
                if restates:
                    counts[WITHDRAWN_FILE] = withdraw_missing(self.folder, entries, sources, day, fresh)
                return Appended(self.commit(fresh, draft, counts, entries), new=True)

    def as_of(self, day: datetime, **equal: str | tuple[str, ...]) -> DataFrame[Usage]:
        """Return the usage known on a day.

        Parameters
        ----------
        day
            Last day of knowledge, inclusive, timezone-aware.
        **equal
            Columns that have to equal a value, or one of several, such as ``grain="hour"``.

        Returns
        -------
        DataFrame
            Frame ``Usage``, one row a figure.

        Raises
        ------
        ValueError
            If a column is none of the frame's.
        StoreError
            If there is no store, or a file is missing or altered.
        """
        return settled(self, lambda: conform(collect(reading.selected(self.table(day), equal)), Usage))

    def table(self, day: datetime) -> ir.Table:
        """Return the usage known on a day as an Ibis table, where it may not fit in memory.

        Parameters
        ----------
        day
            Last day of knowledge, inclusive, timezone-aware.

        Returns
        -------
        Table
            Frame ``Usage`` on DuckDB, in no order.
        """
        return reading.usage_as_of(self.folder, self.entries(), day)

    def quarantine(self) -> DataFrame[Quarantine]:
        """Return every quarantined row.

        Returns
        -------
        DataFrame
            Frame ``Quarantine``.
        """
        return settled(
            self, lambda: read_quarantine(checked(self.folder, log.visible(self.entries()), QUARANTINE_FILE))
        )

    def compact(self) -> log.Entry | None:
        """Write the rows of all batches, superseded ones too, into one.

        Returns
        -------
        Entry or None
            The commit; ``None`` where there were fewer than two batches.

        Raises
        ------
        StoreError
            As :meth:`append` does.
        """
        with disk_full_told(self.folder), staged(self.folder) as fresh, self.writing() as entries:
            parts = log.visible(entries)
            if len(parts) < 2:
                return None
            counts, draft = write_compacted(self.folder, parts, fresh)
            done = self.commit(fresh, draft, counts, entries)
            sweep(self.folder, [*entries, done])
            return done

    @contextmanager
    def writing(self) -> Iterator[list[log.Entry]]:
        """Hold the lock, with the store made if need be and what dead processes left swept.

        Yields
        ------
        list of Entry
            Entries of the log.
        """
        with locked(self.folder, "store.lock"):
            check_format(self.folder)
            write_format(self.folder)
            for name in ("log", "batches"):
                (self.folder / name).mkdir(exist_ok=True)
            entries = log.read_log(self.folder)
            sweep(self.folder, entries)
            yield entries

    def commit(self, fresh: Path, draft: log.Entry, counts: Mapping[str, int], entries: list[log.Entry]) -> log.Entry:
        """Make a batch count; call it within :meth:`writing`.

        Parameters
        ----------
        fresh
            Folder of the staged batch.
        draft
            Its entry, without number, predecessor and files.
        counts
            Rows by name of its files.
        entries
            All entries of the log.

        Returns
        -------
        Entry
            The entry as written.
        """
        number = len(entries) + 1
        entry = replace(
            draft, number=number, previous=log.last_digest(self.folder, entries),
            folder=f"batches/{number:08d}-{draft.digest[:12]}",
            files={name: (sha256(fresh / name), rows) for name, rows in counts.items()},
        )  # fmt: skip
        sync(fresh)
        move_durably(fresh, self.folder / entry.folder)
        log.write_entry(self.folder, entry)
        mark_committed(self.folder / entry.folder)
        return entry


def _checked(source_digest: str, known_at: datetime) -> pd.Timestamp:
    if not _DIGEST.fullmatch(source_digest):
        raise InputError(f"source digest {source_digest!r} is not a SHA-256 in hexadecimal; hash the content")
    return reading.utc_day(known_at)
