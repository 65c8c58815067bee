"""`shiftcast rollouts add` and `add-traffic`: rows of one's own, checked and written beside the ledger that ships."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from shiftcast.features.frames import Rollouts
from shiftcast.features.input_error import InputError
from shiftcast.pipelines.commands.options import as_day
from shiftcast.pipelines.sources.rollouts import with_row
from shiftcast.pipelines.state.guard import locked
from shiftcast.pipelines.store.durable import write_durably

_LOCK: Final = ".ledger.lock"
_LOCK_SECONDS: Final = 10.0
_CLASSES: Final = ", ".join(Rollouts.columns["technique_to"].isin)

Three = tuple[str, str, str]
Record = Annotated[Path, typer.Option(help="Your own folder of records; it is made, and never the one that ships.")]
Operator = Annotated[str, typer.Option(help="Who runs the surface.")]
Surface = Annotated[str, typer.Option(help="What its users see, or the system behind it.")]
Workload = Annotated[str, typer.Option(help="recsys, search or ads.")]
Start = Annotated[str, typer.Option(help="First day on which it may have happened, such as 2026-03-01.")]
End = Annotated[str, typer.Option(help="Last day of that, inclusive.")]
Source = Annotated[str, typer.Option(help="Address or description of where it was read.")]
KnownAt = Annotated[str | None, typer.Option(help="First day the world could know it; today if left out.")]
Segment = Annotated[str, typer.Option(help="hyperscale or rest; as in the ledger, your rows too, if left out.")]
Group = Annotated[str, typer.Option(help="giants (100 million users or a billion requests a day) or tail; likewise.")]
Evidence = Annotated[str, typer.Option(help="measured, independent, vendor (a company's own word) or assumed.")]
Confidence = Annotated[str, typer.Option(help="verified (read at its source), recalled, derived or secondary.")]
Note = Annotated[str, typer.Option(help="Wording of the source, and how it was read.")]


def add_move(
    record: Record,
    operator: Operator,
    surface: Surface,
    workload: Workload,
    stage: Annotated[str, typer.Option(help="retrieval, pre_rank, rank, re_rank, or end_to_end: all of the answer.")],
    technique_to: Annotated[str, typer.Option("--to", help=f"Class of technique after: {_CLASSES}.")],
    technique_from: Annotated[str, typer.Option("--from", help=f"Class of technique before: {_CLASSES}.")],
    event: Annotated[str, typer.Option(help="test, deployed (extent unstated), partial, full or rollback.")],
    start: Start,
    end: End,
    source: Source,
    serving: Annotated[str, typer.Option(help="online, nearline, offline, mixed or unstated.")] = "unstated",
    share: Annotated[
        Three | None,
        typer.Option(
            metavar="LOW MIDDLE HIGH", help="Part of the requests of surface and stage that --to takes: 0.25 0.3 0.35."
        ),
    ] = None,
    known_at: KnownAt = None,
    segment: Segment = "",
    group: Group = "",
    evidence: Evidence = "assumed",
    confidence: Confidence = "recalled",
    note: Note = "",
) -> None:
    """Add a move of your own, or of an operator you know more of, to the rollouts.csv of your folder of records."""
    cells = {
        "operator": operator, "segment": segment, "group": group, "surface": surface, "workload": workload,
        "stage": stage, "technique_from": technique_from, "technique_to": technique_to, "event": event,
        "serving": serving, **_three(("share_low", "share_mid", "share_high"), share), "period_start": start,
        "period_end": end, "known_at": _day(known_at), "evidence": evidence, "confidence": confidence,
        "source": source, "note": note,
    }  # fmt: skip
    _write(record, "rollouts.csv", cells)


def add_traffic(
    record: Record,
    operator: Operator,
    surface: Surface,
    workload: Workload,
    requests: Annotated[
        Three, typer.Option(metavar="LOW MIDDLE HIGH", help="Requests it answers in a day, such as 2e8 4e8 8e8.")
    ],
    start: Start,
    end: End,
    source: Source,
    known_at: KnownAt = None,
    segment: Segment = "",
    group: Group = "",
    evidence: Evidence = "assumed",
    confidence: Confidence = "recalled",
    note: Note = "",
) -> None:
    """Add the requests that a surface answers in a day, which weigh operators, to the traffic.csv of your folder."""
    cells = {
        "operator": operator, "segment": segment, "group": group, "surface": surface, "workload": workload,
        **_three(("low", "mid", "high"), requests), "period_start": start, "period_end": end,
        "known_at": _day(known_at), "evidence": evidence, "confidence": confidence, "source": source, "note": note,
    }  # fmt: skip
    _write(record, "traffic.csv", cells)


def _three(names: Three, stated: Three | None) -> dict[str, str]:
    return dict(zip(names, stated, strict=True)) if stated else {}


def _day(known_at: str | None) -> str:
    return f"{as_day(known_at, '--known-at'):%Y-%m-%d}"


def _write(folder: Path, name: str, cells: dict[str, str]) -> None:
    """Check the row, then write it under a lock, so that of two at once neither is lost; say where it stands."""
    with_row(folder, name, cells)  # before anything is made
    try:
        with locked(folder, _LOCK, wait=_LOCK_SECONDS):
            added = with_row(folder, name, cells)
            write_durably(added.path, added.content)
    except OSError as error:
        raise InputError(f"{folder}: cannot be written ({error.strerror}); give another --record") from None
    place = ", in place of the shipped row of the same key" if added.replaces else ""
    sys.stdout.write(f"{added.path}: line {added.line} added{place}; read it with --record {folder}\n")
