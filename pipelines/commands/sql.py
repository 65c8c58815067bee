"""`shiftcast sql`: one SELECT over stored usage and the champion's tables, or what there is to select from."""

from __future__ import annotations

import json
import sys
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import pandas as pd
import typer
from rich.markup import escape
from rich.table import Table

from shiftcast.pipelines.commands.fitting import wide_console
from shiftcast.pipelines.commands.noted import Output, check_output, notes_of
from shiftcast.pipelines.commands.options import as_day
from shiftcast.pipelines.fleet.place import known_root
from shiftcast.pipelines.state.root import default_root

if TYPE_CHECKING:
    from collections.abc import Mapping

    import duckdb

    from shiftcast.pipelines.publish.sql import Rows

_ROWS: Final = 40


def sql(
    statement: Annotated[str, typer.Argument(help="One SELECT; without it tables and columns are listed.")] = "",
    as_of: Annotated[str | None, typer.Option(help="Day the usage was known on; today if left out.")] = None,
    fleet: Annotated[str | None, typer.Option(help="A fleet whose usage and forecast are read.")] = None,
    rows: Annotated[int, typer.Option(min=1, help="Most rows on the screen.")] = _ROWS,
    seconds: Annotated[
        float | None, typer.Option(min=0.001, help="Longest time to compute; no end if left out.")
    ] = None,
    output: Output = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print all rows as JSON.")] = False,
    root: Annotated[Path | None, typer.Option(help="Folder of the store; mlruns here if left out.")] = None,
) -> None:
    """Read stored usage and the champion's forecasts with SQL; nothing can be changed and no file be reached."""
    from shiftcast.pipelines.publish.sql import limited, open_sql, parts, read_only  # noqa: PLC0415  (DuckDB: keeps --help fast)
    from shiftcast.pipelines.tables.workbook import Beside  # noqa: PLC0415  (likewise)
    from shiftcast.pipelines.tables.writing import table_writer  # noqa: PLC0415  (likewise)

    check_output(output)
    place, day = root or default_root(), as_day(as_of, "--as-of")
    own = None if fleet is None else known_root(place, fleet)
    more = {} if fleet is None else _of_fleet(place, fleet)
    database = open_sql(place, as_of=day, usage_root=own, statement=statement or None, more=more)
    if not statement:
        _list(database)
        return
    found = read_only(database, statement)
    with limited(database, seconds):
        if output is not None:
            with table_writer(output, Beside(notes_of(lines=(statement,), as_of=day))) as write:
                for part in parts(found):
                    write(part)
        if as_json:
            _print_json(pd.concat(list(parts(found))))
        elif output is None:
            _show(list(islice(parts(found, rows_at_once=rows), 2))[-1], found, rows)


def _of_fleet(root: Path, fleet: str) -> Mapping[str, Rows]:
    from shiftcast.pipelines.fleet.sql_tables import fleet_tables  # noqa: PLC0415  (keeps --help fast)

    return fleet_tables(root, fleet)


def _print_json(rows: pd.DataFrame) -> None:
    dated = rows.assign(**{name: _day_or_time(rows[name]) for name in rows.select_dtypes(["datetime", "datetimetz"])})
    sys.stdout.write(json.dumps(json.loads(dated.to_json(orient="records", double_precision=15)), indent=1) + "\n")


def _show(some: pd.DataFrame, found: duckdb.DuckDBPyRelation, most: int) -> None:
    console = wide_console()
    table = Table(*map(_shown, some.columns))
    dated = some.assign(**{name: _day_or_time(some[name]) for name in some.select_dtypes(["datetime", "datetimetz"])})
    for row in dated.itertuples(index=False):
        table.add_row(*map(_shown, row))
    console.print(table)
    count = len(some) if len(some) < most else found.count("*").fetchall()[0][0]
    if count > len(some):
        console.print(f"the first {len(some):,} of {count:,} rows; more with --rows N, all with --output FILE")


def _list(database: duckdb.DuckDBPyConnection) -> None:
    from shiftcast.pipelines.fleet.sql_tables import FLEET  # noqa: PLC0415  (likewise)
    from shiftcast.pipelines.publish.sql import FORECAST, ROWS, STORED  # noqa: PLC0415  (DuckDB: keeps --help fast)

    console, told = wide_console(), {**STORED, **FORECAST, **FLEET}
    names = [name for (name,) in database.execute("SELECT table_name FROM duckdb_tables()").fetchall()]
    for name in sorted(names, key=lambda each: (list(told).index(each) if each in told else len(told), each)):
        columns = database.execute(f'DESCRIBE "{name}"').fetchall()
        count = database.execute(f'SELECT count(*) FROM "{name}"').fetchall()[0][0]  # noqa: S608  (a table of ours)
        console.print(f"[bold]{name}[/bold]: {told.get(name, ROWS)} ({count:,} rows)")
        console.print("  " + escape(", ".join(f"{column[0]} {column[1].lower()}" for column in columns)))
    missing = [name for name in told if name not in {*names, *FLEET}]
    if missing:
        told_how = "load usage with `shiftcast ingest`, forecast with `shiftcast run`"
        console.print(f"not there: {', '.join(missing)}; {told_how}")


def _day_or_time(column: pd.Series) -> pd.Series:
    days = bool((column.dropna() == column.dropna().dt.floor("D")).all())
    return column.dt.strftime("%Y-%m-%d" if days else "%Y-%m-%dT%H:%M:%SZ")


def _shown(cell: object) -> str:
    """Return a cell for the screen, without characters that steer a terminal."""
    if cell is None or cell is pd.NA or (isinstance(cell, float) and pd.isna(cell)):
        return ""
    text = f"{cell:.6g}" if isinstance(cell, float) else str(cell)
    return "".join(letter if letter.isprintable() else " " for letter in text)
