"""`shiftcast relabel`: a firm counted on the other side of the split, and what that changes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import pandas as pd
import typer
from rich.table import Table

from features.asof import known_by
from features.membership import MEMBERSHIPS, side_of
from features.quality import screen
from forecast.known import Settings
from forecast.sixty_forty.relabel import Relabelled, firm_spend, relabel
from forecast.split import REFERENCE, draw_split
from forecast.topdown import draw_revenue
from pipelines.options import as_day
from pipelines.screen import wide_console
from pipelines.sources.public_record import RECORDS
from pipelines.sources.table import read_table
from pipelines.split_command import known_at

FILE = "memberships.csv"
_SHOWN = 16


def relabel_firm(
    change: Annotated[str, typer.Argument(help="Such as coreweave=hyperscale.")],
    as_of: Annotated[str | None, typer.Option(help="Day the record is seen from; today if left out.")] = None,
    valid_from: Annotated[str | None, typer.Option(help="First day of the change; all of history if left out.")] = None,
    save: Annotated[Path | None, typer.Option(help="Append the dated membership to this file.")] = None,
    draws: Annotated[int, typer.Option(min=100, max=20000, help="Joint draws.")] = 2000,
    record: Annotated[Path, typer.Option(help="Folder of records.")] = RECORDS,
) -> None:
    """Restate history, offsets and forecast with a firm on the other side; the total does not change."""
    firm, equals, side = change.partition("=")
    if not equals:
        raise ValueError(f"change {change!r} is not of the form coreweave=hyperscale")
    day = as_day(as_of, "--as-of")
    now = side_of(known_by(read_memberships(record), day), firm, REFERENCE)
    if now == side:
        raise ValueError(f"firm {firm!r} already counts as {side} under {REFERENCE}; name the other side")
    since = None if valid_from is None else as_day(valid_from, "--valid-from")
    _show(_relabelled(firm, side, as_of, since, draws, record), f"{day:%Y-%m-%d}")
    if save is not None:
        _append(save, firm, side, since or pd.Timestamp("1970-01-01", tz="UTC"), day)


def read_memberships(folder: Path) -> pd.DataFrame:
    """Return the memberships of a folder of records.

    Raises
    ------
    ValueError
        If a row breaks a rule, naming its line.
    UnreadableFileError
        If there is no such file.
    """
    done = screen(read_table(folder / FILE), MEMBERSHIPS, source=FILE)
    if len(done.quarantine):
        first = done.quarantine.iloc[0]
        raise ValueError(
            f"{folder / FILE}: line {first['line']:.0f}, {first['column']} {first['value']!r}: {first['reason']}"
        )
    return done.rows


def _relabelled(
    firm: str, side: str, as_of: str | None, since: pd.Timestamp | None, draws: int, record: Path
) -> Relabelled:  # fmt: skip
    known, settings = known_at(as_of, record), Settings(draws=draws)
    revenue = draw_revenue(
        known.observations, origin=known.origin, through=settings.through, draws=draws, seed=settings.seed
    )
    split = draw_split(known.observations, revenue.quarters, draws=draws, seed=settings.seed)
    spend = firm_spend(known.observations, firm, revenue.quarters)
    return relabel(split, revenue.total, spend, revenue.quarters, firm=firm, to=side, seed=settings.seed,
                   valid_from=since)  # fmt: skip


def _show(done: Relabelled, as_of: str) -> None:
    console = wide_console()
    console.print(
        f"{done.firm} counted as {done.to}: hyperscale share of revenue, definition {REFERENCE}, as of {as_of}; "
        "the total does not change"
    )
    table = Table("quarter", "before", "after", f"{done.firm}, of both sides")
    for row in done.table.tail(_SHOWN).itertuples():
        table.add_row(row.quarter, f"{row.before:.1%}", f"{row.after:.1%}", f"{row.firm:.1%}")
    console.print(table)
    for row in done.offsets.itertuples():
        console.print(f"Offset of {row.definition}: {row.before:+.3f} before, {row.after:+.3f} after, logit")


def _append(path: Path, firm: str, side: str, since: pd.Timestamp, day: pd.Timestamp) -> None:
    row = pd.DataFrame([{
        "firm": firm, "definition": REFERENCE, "segment": side, "valid_from": f"{since:%Y-%m-%d}",
        "known_at": f"{day:%Y-%m-%d}", "evidence": "assumed", "confidence": "derived", "source": "shiftcast relabel",
        "note": "",
    }])  # fmt: skip
    row.to_csv(path, mode="a", index=False, header=not path.exists())
