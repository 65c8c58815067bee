"""`shiftcast rollouts`: the ledger of who moved which surface to which technique, and when."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any, Final

import pandas as pd
import typer
from rich.table import Table

from shiftcast.features.frames import DataFrame, Rollouts, Traffic
from shiftcast.features.input_error import InputError
from shiftcast.forecast.spoken import number
from shiftcast.pipelines.commands.fitting import wide_console
from shiftcast.pipelines.commands.noted import Output, check_output, write_noted
from shiftcast.pipelines.commands.options import as_day
from shiftcast.pipelines.commands.rollouts_add import add_move, add_traffic
from shiftcast.pipelines.commands.split import known_at
from shiftcast.pipelines.records import RECORDS

rollouts_app = typer.Typer(
    help="The ledger of who moved which surface to which technique, and when.",
    no_args_is_help=True,
    add_completion=False,
)
rollouts_app.command("add")(add_move)
rollouts_app.command("add-traffic")(add_traffic)

AsOf = Annotated[str | None, typer.Option(help="Day the record is seen from; today if left out.")]
Workload = Annotated[str | None, typer.Option(help="Only of this workload: recsys, search or ads.")]
RecordFolder = Annotated[Path, typer.Option(help="Folder of records.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the rows as JSON.")]
_IN_TIME: Final = ["period_start", "period_end", "operator", "surface"]


@rollouts_app.command("list")
def list_rollouts(
    workload: Workload = None,
    operator: Annotated[str | None, typer.Option(help="Only of this operator.")] = None,
    technique: Annotated[str | None, typer.Option(help="Only moves to this class of technique.")] = None,
    event: Annotated[str | None, typer.Option(help="Only test, deployed, partial, full or rollback.")] = None,
    group: Annotated[str | None, typer.Option(help="Only giants, or only the tail.")] = None,
    since: Annotated[str | None, typer.Option(help="Only what may have happened on this day or later.")] = None,
    as_of: AsOf = None,
    record: RecordFolder = RECORDS,
    output: Output = None,
    as_json: AsJson = False,
) -> None:
    """List every move known on a day, the earliest first: who, what, from and to which technique, on how much."""
    check_output(output)
    known = known_at(as_of, record)
    moves = known.rollouts
    wanted = {
        "workload": workload, "operator": operator, "technique_to": technique, "event": event, "group": group,
    }  # fmt: skip
    for column, value in wanted.items():
        moves = _only(moves, column, value)
    moves = (moves if since is None else moves[moves["period_end"] >= as_day(since, "--since")]).sort_values(_IN_TIME)
    write_noted(moves, output, known.origin)
    if as_json:
        sys.stdout.write(json.dumps(_plain(moves), indent=1) + "\n")
        return
    table = Table("when", "operator", "surface", "workload", "stage", "from", "to", "event", "traffic", "computed")
    for row in moves.itertuples():
        table.add_row(
            _when(row.period_start, row.period_end), row.operator, row.surface, row.workload, row.stage,
            row.technique_from, row.technique_to, row.event, _share(row.share_low, row.share_mid, row.share_high),
            row.serving,
        )  # fmt: skip
    console = wide_console()
    console.print(table)
    console.print(_counts(moves), soft_wrap=True)


@rollouts_app.command("show")
def show_operator(
    operator: Annotated[str, typer.Argument(help="As `shiftcast rollouts list` prints it.")],
    workload: Workload = None,
    as_of: AsOf = None,
    record: RecordFolder = RECORDS,
    as_json: AsJson = False,
) -> None:
    """Show one operator's moves with wording and source, and the requests its surfaces answer in a day."""
    known = known_at(as_of, record)
    moves = _only(_only(known.rollouts, "operator", operator), "workload", workload).sort_values(_IN_TIME)
    traffic = known.traffic[known.traffic["operator"] == operator]
    traffic = (traffic[traffic["workload"] == workload] if workload is not None else traffic).sort_values(_IN_TIME)
    if as_json:
        told = {"operator": operator, "rollouts": _plain(moves), "traffic": _plain(traffic)}
        sys.stdout.write(json.dumps(told, indent=1) + "\n")
    else:
        _show(moves, traffic)


def _only(rows: DataFrame[Rollouts], column: str, value: str | None) -> DataFrame[Rollouts]:
    if value is None:
        return rows
    known = sorted(set(rows[column]))
    if value not in known:
        raise InputError(f"rollouts.csv: {column} {value!r} has no row known that day; known are {', '.join(known)}")
    kept: DataFrame[Rollouts] = rows[rows[column] == value]
    return kept


def _show(moves: DataFrame[Rollouts], traffic: DataFrame[Traffic]) -> None:
    console = wide_console()
    for row in moves.itertuples():
        share = _share(row.share_low, row.share_mid, row.share_high)
        console.print(
            f"{_when(row.period_start, row.period_end)}  {row.surface}, {row.workload} {row.stage}: "
            f"{row.technique_from} to {row.technique_to}, {row.event}{share and f' on {share}'}, {row.serving}",
            markup=False,
            soft_wrap=True,
        )
        note = "" if pd.isna(row.note) else f"  {row.note}\n"
        told = f"{note}  {row.source} ({row.confidence}, known {row.known_at:%Y-%m-%d})"
        console.print(told, markup=False, soft_wrap=True)
    if traffic.empty:
        return
    table = Table("surface", "workload", "when", "requests a day", "80 %", "source", title="Traffic")
    for row in traffic.itertuples():
        table.add_row(
            row.surface, row.workload, _when(row.period_start, row.period_end), number(row.mid),
            f"{number(row.low)} to {number(row.high)}", row.source,
        )  # fmt: skip
    console.print(table)


def _when(start: pd.Timestamp, end: pd.Timestamp) -> str:
    first, last = f"{start:%Y-%m}", f"{end:%Y-%m}"
    return first if first == last else f"{first} to {last}"


def _share(low: float, mid: float, high: float) -> str:
    return "" if pd.isna(mid) else f"{mid:.0%} ({low:.0%}-{high:.0%})"


def _counts(moves: pd.DataFrame) -> str:
    """Return how many moves and operators each side of the split and each group has."""
    groups = moves.groupby(["segment", "group"])["operator"].agg(["size", "nunique"])
    said = [f"{segment} {group} {row['size']} by {row['nunique']}" for (segment, group), row in groups.iterrows()]
    return f"{len(moves)} moves by {moves['operator'].nunique()} operators: {', '.join(said) or 'none'}"


def _plain(rows: pd.DataFrame) -> list[dict[str, Any]]:
    days = {name: rows[name].dt.strftime("%Y-%m-%d") for name in ("period_start", "period_end", "known_at")}
    return [
        {str(name): None if pd.isna(value) else value for name, value in row.items()}
        for row in rows.assign(**days).to_dict("records")
    ]
