"""Screen of a load: rows in, stored and quarantined, totals, unlabelled rows, gaps, and names no table knows."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from shiftcast.features.frames import Throughput
from shiftcast.features.quality import Screened
from shiftcast.pipelines.commands.screen import wide_console
from shiftcast.pipelines.ingest.load import Ingested
from shiftcast.pipelines.sources.catalogue import SOURCES

_SHOWN: Final = 10


def show_sources() -> None:
    """Print every kind of file: what it is, how its times count, and what it cannot know."""
    table = Table(title="Sources", title_justify="left", box=None, show_header=False, padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    throughput = ("throughput", "MLPerf and InferenceX result tables, into the throughput frame", "dates",
                  "figures below a service level nobody measured")  # fmt: skip
    known = [(source.name, source.about, source.time_base, source.blind) for source in SOURCES.values()]
    for name, what, times, blind in (*known, throughput):
        table.add_row(f"[bold]{escape(name)}[/bold]", escape(f"{what}\n  times: {times}\n  cannot know: {blind}"))
    Console().print(table)


def show_ingested(done: Ingested, *, as_json: bool) -> None:
    """Print the data-quality report of a load.

    Parameters
    ----------
    done
        The load.
    as_json
        Print the report as JSON.
    """
    report = done.report
    if as_json:
        sys.stdout.write(json.dumps(report, indent=1, default=str) + "\n")
        return
    console = wide_console()
    repeated = f" + {report['repeated']:,} repeated" if report["repeated"] else ""
    console.print(
        f"{report['rows']:,} rows in = {report['stored']:,} stored{repeated} + {report['quarantined']:,} set aside"
        f"   ({report['source']}, {len(report['files'])} files, {_window(report)})"
    )
    _show_reasons(console, report)
    _show_totals(console, report)
    _show_missing(console, report)
    _show_replaced(console, report)
    if report["commit"] is None:
        console.print("[red]nothing was stored: every row was set aside, or there was none[/red]")
    elif 2 * report["quarantined"] > report["rows"]:
        console.print(f"[red]most rows were set aside; commit {report['commit']} holds the rest[/red]")
    elif done.new:
        console.print(f"stored as commit {report['commit']} of the store")
    else:
        console.print(f"loaded before, as commit {report['commit']}: nothing changed")


def _show_replaced(console: Console, report: dict[str, Any]) -> None:
    """Print whose items the rows are, what they replaced, and what may be counted twice."""
    console.print(escape(f"items of {', '.join(report['sources'])}: the same ones in a later load replace these"))
    for each in report.get("replaced", ()):
        size = "" if each["total"] is None else f", {each['total']:,.2f} {each['unit']} of {each['measure']} taken back"
        console.print(escape(f"  replaced {each['items']:,} earlier views of {each['source']}{size}"))
    for source in report.get("former", ()):
        console.print(escape(f"  withdrawn: the figures of {source} that an earlier version loaded"))
    if report["same_bytes"]:
        console.print(escape(f"  the same bytes as another file, counted once: {', '.join(report['same_bytes'])}"))
    if report["alike"]:
        console.print(f"[yellow]  {report['alike']:,} rows without an identity are alike in files of different names, "
                      "and each counts; if they are one series, --cluster NAME makes them one[/yellow]")  # fmt: skip


def _window(report: dict[str, Any]) -> str:
    return f"{str(report['first'])[:16]} to {str(report['last'])[:16]} UTC"


def _show_reasons(console: Console, report: dict[str, Any]) -> None:
    for each in report["reasons"][:_SHOWN]:
        text = f"  {each['count']:,} set aside: {each['column']} {each['value']!r} {each['reason']}"
        console.print(f"[yellow]{escape(text)} ({escape(each['source'])} line {each['line']})[/yellow]")
    if len(report["reasons"]) > _SHOWN:
        console.print(
            f"[yellow]  and {len(report['reasons']) - _SHOWN} further reasons, in the store's quarantine[/yellow]"
        )


def _show_totals(console: Console, report: dict[str, Any]) -> None:
    table = Table(show_edge=False, title="Total of these files, each item once", title_justify="left")
    for heading, side in (
        ("measure", "left"),
        ("status", "left"),
        ("rows", "right"),
        ("total", "right"),
        ("unit", "left"),
    ):
        table.add_column(heading, justify=side)  # type: ignore[arg-type]
    for each in report["totals"]:
        total = "" if each["total"] is None else f"{each['total']:,.2f}"
        table.add_row(escape(each["measure"]), escape(each["status"]), f"{each['rows']:,}", total, escape(each["unit"]))
    console.print(table)


def _show_missing(console: Console, report: dict[str, Any]) -> None:
    """Print what the load lacks: labels, ends, readings, known names."""
    unlabelled, gaps = report["unlabelled"], report["gaps"]
    if unlabelled["rows"]:
        by_name = ", ".join(f"{name} {count:,}" for name, count in unlabelled["by_dimension"].items() if count)
        console.print(
            f"{unlabelled['rows']:,} rows unlabelled ({by_name}); the largest, and `shiftcast label` for rules:"
        )
        for each in unlabelled["largest"][:3]:
            size = f"{each['rows']:,} rows" if each["total"] is None else f"{each['total']:,.1f} {each['unit']}"
            console.print(escape(f"  {each['measure']}: {size}: {each['clue']}"))
    if report["open_spans"]:
        console.print(f"{report['open_spans']:,} spans without end run until {report['last']}; --until says otherwise")
    if gaps["count"]:
        first = gaps["longest"][0]
        console.print(
            escape(f"{gaps['count']:,} gaps, the longest {first['from']} to {first['to']} in {first['track']}")
        )
    if report["clock_jumps"] or report["counter_resets"]:
        console.print(f"{report['clock_jumps']:,} clock jumps, {report['counter_resets']:,} counter resets")
    if report["unresolved"]:
        names = list(report["unresolved"])
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        console.print(escape(f"not known or not counted: {'; '.join(names[:_SHOWN])}{more}"))


def show_throughput(screened: Screened[Throughput], output: Path, *, as_json: bool) -> None:
    """Print what a throughput table came to.

    Parameters
    ----------
    screened
        Rows kept and quarantined.
    output
        File that was written.
    as_json
        Print counts as JSON.
    """
    stored, quarantined = len(screened.rows), len(screened.quarantine)
    counts = {"rows": stored + quarantined, "stored": stored, "quarantined": quarantined, "output": str(output)}
    if as_json:
        sys.stdout.write(json.dumps(counts) + "\n")
        return
    console = wide_console()
    console.print(
        f"{counts['rows']:,} rows in = {stored:,} kept + {quarantined:,} set aside; written to {escape(str(output))}"
    )
    for reason, count in screened.quarantine["reason"].value_counts().head(_SHOWN).items():
        console.print(f"[yellow]  {count:,} set aside: {escape(str(reason))}[/yellow]")
