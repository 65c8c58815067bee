"""Screen of a load: rows in, stored and quarantined, totals, unlabelled rows, gaps, and names no table knows."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from shiftcast.features.frames import Throughput
from shiftcast.features.quality import Screened
from shiftcast.pipelines.commands.fitting import wide_console
from shiftcast.pipelines.engine.plan import CACHED, UNSERVED
from shiftcast.pipelines.ingest.load import Ingested
from shiftcast.pipelines.sources.catalogue import SOURCES

_SHOWN: Final = 10
_CLUES: Final = 3
_FIRST: Final = "gpu_hours"  # whose unlabelled rows are shown before those of other measures
_TOLD: Final = frozenset({*UNSERVED, CACHED})  # statuses that are told and add to no total


def show_sources() -> None:
    """Print every kind of file: what it is, how its times count, and what it cannot know."""
    table = Table(title="Sources", title_justify="left", box=None, show_header=False, padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    throughput = ("throughput", "MLPerf and InferenceX result tables, into the throughput frame", "dates",
                  "figures below a service level nobody measured")  # fmt: skip
    known = [(source.name, source.about, source.time_base, source.blind) for source in SOURCES.values()]
    for name, what, times, blind in (*known, throughput):
        table.add_row(Text(name, style="bold"), f"{what}\n  times: {times}\n  cannot know: {blind}")
    wide_console().print(table)


def show_ingested(done: Ingested, *, fleet: str = "", as_json: bool) -> None:
    """Print the data-quality report of a load.

    Parameters
    ----------
    done
        The load.
    fleet
        The fleet the rows are of; may be empty.
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
        f"   ({report['source']}, {_many(len(report['files']), 'file')}{_window(report)})"
    )
    _show_reasons(console, report)
    if report["totals"]:
        _show_totals(console, report)
    _show_missing(console, report)
    if report["commit"] is None:
        console.print("[red]nothing was stored: every row was set aside, or there was none[/red]")
        return
    _show_replaced(console, report)
    if not done.new:
        console.print(f"loaded before, as commit {report['commit']}: nothing changed")
    elif 2 * report["quarantined"] > report["rows"]:
        console.print(f"[red]most rows were set aside; commit {report['commit']} holds the rest[/red]")
    elif report["stored"] == 0 and not report.get("replaced"):
        console.print(f"nothing new: the store says all of it already; commit {report['commit']} notes the load")
    else:
        console.print(f"stored as commit {report['commit']} of {f'fleet {fleet}' if fleet else 'the store'}")
    if fleet:
        console.print(f"next: shiftcast fleet {fleet}")


def _show_replaced(console: Console, report: dict[str, Any]) -> None:
    """Print whose items the rows are, what they replaced, and what may be counted twice."""
    console.print(escape(f"kept under {', '.join(report['sources'])}, where a later view of an item replaces this one"))
    for source, replaced in _by_source(report.get("replaced", ())).items():
        sizes = [f"{each['total']:,.2f} {each['measure']}" for each in replaced if each["total"] is not None]
        size = f": {', '.join(sizes)} taken back" if sizes else ""
        views = _many(max(each["items"] for each in replaced), "earlier view")
        console.print(escape(f"  replaced {views} in {source}{size}"))
    for source in report.get("former", ()):
        console.print(escape(f"  withdrawn: the figures of {source} that an earlier version loaded"))
    if report.get("appended"):
        names = ", ".join(report["appended"][:_SHOWN])
        console.print(escape(
            f"  figures of {names} stand in the same period and add to these: they were stored without identities, by "
            "an earlier version or by `append`. If they are of the same work, load those files again"
        ), style="yellow")  # fmt: skip
    if report["idle_rules"]:
        more = f" and {len(report['idle_rules']) - _SHOWN} more" if len(report["idle_rules"]) > _SHOWN else ""
        console.print(escape(f"rules that fit no row: {'; '.join(report['idle_rules'][:_SHOWN])}{more}"))
    if report["same_bytes"]:
        console.print(escape(f"  the same bytes as another file, counted once: {', '.join(report['same_bytes'])}"))
    for each in report.get("beside", ()):
        console.print(escape(
            f"  {_many(each['rows'], 'new row')} of {each['measure']} in {each['source']} have no identity and fall "
            f"into a period of which {each['stored']:,} others are stored; all count. If these correct them, load with "
            "--restates, or name an identity with --map"
        ), style="yellow")  # fmt: skip
    if report["alike"]:
        console.print(f"[yellow]  {report['alike']:,} rows without an identity are alike in files of different names, "
                      "and each counts; if they are one series, --cluster NAME makes them one[/yellow]")  # fmt: skip


def _by_source(replaced: Iterable[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for each in replaced:
        found.setdefault(each["source"], []).append(each)
    return found


def _window(report: dict[str, Any]) -> str:
    if report["first"] is None:
        return ""
    return f", {str(report['first'])[:16]} to {str(report['last'])[:16]} UTC"


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


def _show_reasons(console: Console, report: dict[str, Any]) -> None:
    for each in report["reasons"][:_SHOWN]:
        text = f"  {each['count']:,} set aside: {each['column']} {each['value']!r} {each['reason']}"
        console.print(f"[yellow]{escape(text)} ({escape(each['source'])} line {each['line']})[/yellow]")
    if len(report["reasons"]) > _SHOWN:
        console.print(
            f"[yellow]  and {len(report['reasons']) - _SHOWN} further reasons, in the store's quarantine[/yellow]"
        )


def _show_totals(console: Console, report: dict[str, Any]) -> None:
    """Print the total of each measure, the statuses it is made of, and those that are told and not in it."""
    table = Table(show_edge=False, title="Total of these files, each item once", title_justify="left")
    for heading in ("measure", "rows", "total", "unit", "of it", "not in it"):
        table.add_column(heading, justify="right" if heading in {"rows", "total"} else "left")
    measures: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for each in report["totals"]:
        measures.setdefault((each["measure"], each["unit"]), []).append(each)
    for (measure, unit), parts in measures.items():
        held = [each for each in parts if each["status"] not in _TOLD]
        sized = [each["total"] for each in held if each["total"] is not None]
        total = f"{sum(sized):,.2f}" if sized else ""
        rows = f"{sum(each['rows'] for each in held):,}"
        beside = [each for each in parts if each["status"] in _TOLD]
        table.add_row(measure, rows, total, unit, _parts(held), _parts(beside))
    console.print(table)


def _parts(parts: Iterable[Mapping[str, Any]]) -> str:
    """Return the statuses, the largest first, each with its total or else its rows."""
    sizes = {each["status"]: each["rows"] if each["total"] is None else each["total"] for each in parts}
    largest = sorted(sizes.items(), key=lambda item: -item[1])
    return ", ".join(f"{status} {size:,.2f}".removesuffix(".00") for status, size in largest)


def _show_missing(console: Console, report: dict[str, Any]) -> None:
    """Print what the load lacks: labels, ends, readings, known names."""
    unlabelled, gaps = report["unlabelled"], report["gaps"]
    if unlabelled["rows"]:
        by_name = ", ".join(f"{name} {count:,}" for name, count in unlabelled["by_dimension"].items() if count)
        console.print(
            f"{_many(unlabelled['rows'], 'row')} unlabelled ({by_name}); `shiftcast label` proposes rules. "
            "The largest, # for numbers:"
        )
        for each in sorted(unlabelled["largest"], key=lambda each: each["measure"] != _FIRST)[:_CLUES]:
            size = _many(each["rows"], "row") if each["total"] is None else f"{each['total']:,.1f} {each['unit']}"
            console.print(escape(f"  {each['measure']}: {size}: {each['clue']}"))
    if report["open_spans"]:
        console.print(
            f"counted up to {str(report['last'])[:16]} UTC, as their rows tell no end: "
            f"{_many(report['open_spans'], 'span')}; --until says otherwise"
        )
    if gaps["count"]:
        first = gaps["longest"][0]
        console.print(
            escape(f"{_many(gaps['count'], 'gap')}, the longest {first['from']} to {first['to']} in {first['track']}")
        )
    if report["clock_jumps"] or report["counter_resets"]:
        console.print(
            f"{_many(report['clock_jumps'], 'clock jump')}, {_many(report['counter_resets'], 'counter reset')}"
        )
    if report["unresolved"]:
        names = list(report["unresolved"])
        console.print("[yellow]not known or not counted; the page of the source says what to do:[/yellow]")
        for name in names[:_SHOWN]:
            console.print(f"[yellow]  {escape(name)}[/yellow]")
        if len(names) > _SHOWN:
            console.print(f"[yellow]  and {len(names) - _SHOWN} more, which --json lists[/yellow]")


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
