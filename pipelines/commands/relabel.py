"""`shiftcast relabel`: a firm counted on the other side of the split, and what that changes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer
from rich.table import Table

from shiftcast.features.bounds import DRAWS
from shiftcast.features.input_error import InputError
from shiftcast.forecast.identity.sold import fit_top_down
from shiftcast.forecast.known import Settings
from shiftcast.forecast.sixty_forty.restated import relabelled
from shiftcast.forecast.split.relabel import Relabelled
from shiftcast.forecast.spoken import percent
from shiftcast.forecast.telling.judged import of_relabel
from shiftcast.pipelines.commands.fitting import wide_console
from shiftcast.pipelines.commands.giving import Places, Plot, bare_answer, check_places, draw
from shiftcast.pipelines.commands.noted import Output, write_noted
from shiftcast.pipelines.commands.options import as_day
from shiftcast.pipelines.commands.split import known_at
from shiftcast.pipelines.records import RECORDS

_SHOWN = 16
_ALWAYS = pd.Timestamp("1970-01-01", tz="UTC")


def relabel_firm(
    change: Annotated[str, typer.Argument(help="Such as coreweave=hyperscale.")],
    as_of: Annotated[str | None, typer.Option(help="Day the record is seen from; today if left out.")] = None,
    valid_from: Annotated[str | None, typer.Option(help="First day of the change; all of history if left out.")] = None,
    save: Annotated[Path | None, typer.Option(help="Append the dated membership to this file.")] = None,
    draws: Annotated[int, typer.Option(min=100, max=DRAWS, help="Joint draws.")] = 2000,
    seed: Annotated[int, typer.Option(min=0, help="Seed of every random number.")] = 20260826,
    record: Annotated[Path, typer.Option(help="Folder of records.")] = RECORDS,
    output: Output = None,
    plot: Plot = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the results as JSON.")] = False,
) -> None:
    """Restate history, offsets and forecast with a firm on the other side; the total does not change."""
    firm, equals, side = change.partition("=")
    if not equals:
        raise InputError(f"change {change!r} is not of the form coreweave=hyperscale")
    check_places(Places(output, plot))
    known = known_at(as_of, record)
    since = None if valid_from is None else as_day(valid_from, "--valid-from")
    settings = Settings(draws=draws, seed=seed)
    done = relabelled(fit_top_down(known, settings.through), settings, firm, side, valid_from=since)
    told, says = f"{done.firm} counted as {done.to}", of_relabel(done.table, {"firm": done.firm, "to": done.to})
    draw(bare_answer(told, done.table, says), plot)
    write_noted(done.table, output, known.origin, answer=says, lines=(told, *done.notes))
    if as_json:
        sys.stdout.write(done.frame.to_json(orient="records", double_precision=15) + "\n")
        sys.stderr.writelines(f"{note}\n" for note in done.notes)  # rows have no place for what is said of all
    else:
        wide_console().print(says, style="bold", markup=False)
        _show(done, f"{known.origin:%Y-%m-%d}")
    if save is not None:
        _append(save, done, since or _ALWAYS, known.origin)


def _show(done: Relabelled, as_of: str) -> None:
    console = wide_console()
    console.print(
        f"{done.firm} counted as {done.to}: hyperscale share of revenue, definition {done.reference}, as of {as_of}; "
        "the total does not change"
    )
    console.print("8 in 10 in brackets:")
    table = Table("quarter", "before", "after", f"{done.firm}, of both sides")
    for row in done.table.tail(_SHOWN).itertuples():
        table.add_row(row.quarter, *(_cell(row, name) for name in ("before", "after", "firm")))
    console.print(table)
    for note in done.notes:
        console.print(note, markup=False)
    for row in done.offsets.itertuples():
        console.print(f"Offset of {row.definition}: {row.before:+.3f} before, {row.after:+.3f} after, logit")


def _cell(row: Any, name: str) -> str:
    low, middle, high = (getattr(row, f"{name}{end}") for end in ("_low80", "", "_high80"))
    return f"{percent(middle)} ({percent(low)} to {percent(high)})"


def _append(path: Path, done: Relabelled, since: pd.Timestamp, day: pd.Timestamp) -> None:
    row = pd.DataFrame([{
        "firm": done.firm, "definition": done.reference, "segment": done.to, "valid_from": f"{since:%Y-%m-%d}",
        "known_at": f"{day:%Y-%m-%d}", "evidence": "assumed", "confidence": "derived", "source": "shiftcast relabel",
        "note": "",
    }])  # fmt: skip
    row.to_csv(path, mode="a", index=False, header=not path.exists())
