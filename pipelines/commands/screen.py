"""Screen of a run: a short table, the crossings, the split and the report's path."""

from __future__ import annotations

from typing import Any, Final

import pandas as pd
from rich.console import Console
from rich.table import Table

from shiftcast.features.calendars import quarter_label
from shiftcast.forecast.spoken import percent, within
from shiftcast.forecast.views.crossing_answer import Crossing
from shiftcast.pipelines.commands.fitting import wide_console
from shiftcast.pipelines.job.run import RunResult
from shiftcast.pipelines.publish.publication import REPORT

_MEASURES: Final = {
    "accelerators": ("accelerators live", 1e6, "M"),
    "gpu_hours": ("busy GPU-hours", 1e9, "B/quarter"),
    "power": ("facility power", 1e3, "GW"),
    "spending": ("spending", 1e9, "$B/quarter"),
}
_YEAR_END, _YEARS_SHOWN = 12, 3
_PLACES: Final = (("all", "all"), ("hyperscale", "all"), ("rest", "all"))


def demand_rows(result: RunResult) -> list[dict[str, Any]]:
    """Return median and 80 % interval of each measure at the end of each year ahead, by segment.

    Parameters
    ----------
    result
        Outcome of a run.

    Returns
    -------
    list of dict
        ``measure, unit, segment, quarter, median, low80, high80``.
    """
    rows = result.bundle.tables["forecasts"]
    whole = rows[(rows["workload"] == "all") & (rows["technique"] == "all") & (rows["leaf"] == "all")]
    table = []
    for measure, (name, scale, unit) in _MEASURES.items():
        for segment, _ in _PLACES:
            mine = whole[(whole["measure"] == measure) & (whole["segment"] == segment)]
            ends = [(end, group) for end, group in mine.groupby("period_end") if end.month == _YEAR_END]
            for end, group in ends[-_YEARS_SHOWN:]:
                low, middle, high = (_quantile(group, level) / scale for level in (0.1, 0.5, 0.9))
                table.append({"measure": name, "unit": unit, "segment": segment, "quarter": quarter_label(end),
                              "median": middle, "low80": low, "high80": high})  # fmt: skip
    return table


def _quantile(rows: pd.DataFrame, level: float) -> float:
    return float(rows.loc[rows["quantile"] == level, "value"].iloc[0])


def result_json(result: RunResult) -> dict[str, Any]:
    """Return the printed results as plain values.

    Parameters
    ----------
    result
        Outcome of a run.

    Returns
    -------
    dict
        Values that JSON takes.
    """
    forecaster = result.bundle.forecaster
    split = forecaster.split(base="revenue", definition=result.bundle.cube.attrs["definition"])
    return {
        "origin": result.bundle.summary.origin, "version": result.version, "reused": result.reused,
        "decision": result.reason, "report": str(result.out / REPORT),
        "quarantined": result.bundle.summary.quarantined,
        "demand": demand_rows(result),
        "crossings": [each.row() for each in forecaster.crossings()],
        "split": split.to_dict("records"),
        "claims": _plain(forecaster.claims()),
    }  # fmt: skip


def _plain(claims: pd.DataFrame) -> list[dict[str, Any]]:
    dated = claims.assign(stated_at=claims["stated_at"].dt.strftime("%Y-%m-%d"))
    return [
        {str(name): None if pd.isna(value) else value for name, value in row.items()}
        for row in dated.to_dict("records")
    ]


def show_result(result: RunResult) -> None:
    """Print the results for a person.

    Parameters
    ----------
    result
        Outcome of a run.
    """
    console = wide_console()
    summary = result.bundle.summary
    state = "unchanged, nothing computed" if result.reused else result.reason
    console.print(f"\n[bold]shiftcast[/bold] forecast as of {summary.origin}, model version {result.version}: {state}")
    console.print(_demand_table(result))
    console.print(_crossing_table(result.bundle.forecaster.crossings()))
    _show_split(console, result)
    if summary.quarantined:
        console.print(f"[yellow]{summary.quarantined} rows set aside: {result.out / 'quarantine.csv'}[/yellow]")
    for workload, reason in summary.missing.items():
        console.print(f"[yellow]{workload} is not modelled: {reason}[/yellow]")
    console.print(f"Report: [bold]{result.out / REPORT}[/bold]\n")


def _demand_table(result: RunResult) -> Table:
    rows = demand_rows(result)
    quarters = list(dict.fromkeys(row["quarter"] for row in rows))
    table = Table(title="Demand for NVIDIA data-centre GPUs: median (80 % interval)", title_justify="left")
    for heading in ("", "segment", *quarters):
        table.add_column(heading, justify="left" if heading in {"", "segment"} else "right")
    for (measure, unit, segment), cells in _by_line(rows).items():
        table.add_row(f"{measure} [{unit}]" if segment == "all" else "", segment, *cells, end_section=segment == "rest")
    return table


def _by_line(rows: list[dict[str, Any]]) -> dict[tuple[str, str, str], list[str]]:
    lines: dict[tuple[str, str, str], list[str]] = {}
    for row in rows:
        cell = f"{row['median']:.3g} ({row['low80']:.3g}-{row['high80']:.3g})"
        lines.setdefault((row["measure"], row["unit"], row["segment"]), []).append(cell)
    return lines


def _crossing_table(crossings: list[Crossing]) -> Table:
    table = Table(
        title="When newer techniques pass half: the odds, and median and 80 % interval of the quarter if it lies ahead",
        title_justify="left",
    )
    years = list(crossings[0].by)[1::2] if crossings else []
    never = f"not by {crossings[0].horizon}" if crossings else "never"
    for heading in ("share", "already", *(f"by {year}" for year in years), never, "if ahead", "80 %"):
        table.add_column(heading)
    for each in crossings:
        odds = (each.already, *(each.by[year] for year in years), each.never)
        ahead = f"{each.early_within} to {each.late_within}" if each.early_within else "-"
        table.add_row(each.question, *(f"{odd:.0%}" for odd in odds), each.middle_within or "-", ahead)
    return table


def _show_split(console: Console, result: RunResult) -> None:
    definition = result.bundle.cube.attrs["definition"]
    split = result.bundle.forecaster.split(base="revenue", definition=definition)
    last, final = split[split["kind"] == "estimate"].iloc[-1], split.iloc[-1]
    console.print(
        f"Split (hyperscale share of data-centre revenue, definition {definition}, as of {final['as_of']}): "
        f"{percent(last['q500'])} in {last['quarter']}; {percent(final['q500'])} in {final['quarter']} "
        f"({within(percent(final['q100']), percent(final['q900']))}); at least 60 % then with "
        f"probability {percent(final['at_least_60'])}. The keynote's 60 % is a statement under an unstated definition, "
        "not an input."
    )
