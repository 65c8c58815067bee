"""`shiftcast scorecard` and `shiftcast override`: scores of every forecast, beside naive ones, claims and people."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

import pandas as pd
import typer
from rich.table import Column, Table

from shiftcast.features.calendars import quarter_end, quarter_label
from shiftcast.features.frames import ALL
from shiftcast.features.input_error import InputError
from shiftcast.forecast.claims.check import past_claims
from shiftcast.forecast.claims.odds import ClaimReading
from shiftcast.forecast.claims.registry import distinct
from shiftcast.forecast.scoring.scorecard import card_rows, card_summary, target_rows
from shiftcast.pipelines.commands.fitting import wide_console
from shiftcast.pipelines.commands.noted import check_output, write_noted
from shiftcast.pipelines.commands.options import as_day
from shiftcast.pipelines.ingest.stored_usage import UseUsage, stored_usage
from shiftcast.pipelines.job.overrides import add_override
from shiftcast.pipelines.job.vintages import score_card
from shiftcast.pipelines.records import RECORDS
from shiftcast.pipelines.registry.champion import open_bundle
from shiftcast.pipelines.sources.market import shipped_market
from shiftcast.pipelines.sources.public_record import Record, read_record
from shiftcast.pipelines.state.root import StoreError, default_root

_UNITS: Final = {
    "spending": "USD/quarter", "share": "1", "gpu_hours": "accelerator_hour/quarter", "accelerators": "accelerator",
    "power": "MW_facility",
}  # fmt: skip


def scorecard(
    target: Annotated[str | None, typer.Option(help="Quarter, such as 2026Q2; means over all if left out.")] = None,
    as_of: Annotated[str | None, typer.Option(help="Score what came by this day; today if left out.")] = None,
    record: Annotated[Path, typer.Option(help="Folder of records.")] = RECORDS,
    usage: UseUsage = False,
    output: Annotated[Path | None, typer.Option(help="Also write every score: .csv, .xlsx, .parquet or .json.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the rows as JSON.")] = False,
) -> None:
    """Score every forecast ever made for a quarter, beside naive forecasts, public claims and human overrides."""
    check_output(output)
    day = as_day(as_of, "--as-of")
    known = stored_usage(usage, default_root())(read_record(record), day)
    period_end = None if target is None else quarter_end(target)
    card, unreadable = score_card(default_root(), known, day, period_end=period_end)
    if output is not None:
        write_scores(card, output, day)
    if as_json:
        sys.stdout.write(card.to_json(orient="records", date_format="iso") + "\n")
    elif period_end is None:
        show_summary(card, unreadable)
    else:
        show_target(card, unreadable, period_end, claims_about(known, day, period_end))


def override(
    target: Annotated[str, typer.Argument(help="Quarter, such as 2027Q1.")],
    low: Annotated[float, typer.Option(help="10th percentile.")],
    mid: Annotated[float, typer.Option(help="Median.")],
    high: Annotated[float, typer.Option(help="90th percentile.")],
    who: Annotated[str, typer.Option(help="Who judges so.")],
    reason: Annotated[str, typer.Option(help="Why it differs from the forecast.")],
    measure: Annotated[str, typer.Option(help=f"One of {', '.join(_UNITS)}.")] = "spending",
    segment: Annotated[str, typer.Option(help="hyperscale, rest or all.")] = ALL,
    leaf: Annotated[str, typer.Option(help="Leaf of the segment, or all.")] = ALL,
    definition: Annotated[str | None, typer.Option(help="Who counts as hyperscale; the reference if left out.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was logged as JSON.")] = False,
) -> None:
    """Log a human judgement of a figure; it changes no forecast, and `shiftcast scorecard` scores it beside them."""
    if measure not in _UNITS:
        raise InputError(f"--measure {measure!r} is not published; choose one of {', '.join(_UNITS)}")
    under = definition or shipped_market().split.reference
    row = {
        "made_at": as_day(None, "--made-at"), "who": who, "segment": segment, "leaf": leaf, "measure": measure,
        "base": "revenue" if measure == "share" else "none", "definition": under,
        "period_end": quarter_end(target), "low": low, "mid": mid, "high": high, "unit": _UNITS[measure],
        "reason": reason,
    }  # fmt: skip
    count = len(add_override(default_root(), row))
    if as_json:
        days = {name: f"{row[name]:%Y-%m-%d}" for name in ("made_at", "period_end")}
        sys.stdout.write(json.dumps({**row, **days, "overrides": count}) + "\n")
    else:
        sys.stdout.write(f"logged: {mid:g} {_UNITS[measure]} for {target}; {count} overrides in all\n")


def claims_about(record: Record, as_of: pd.Timestamp, period_end: pd.Timestamp) -> pd.DataFrame:
    """Return the claims whose window has passed and reaches into a quarter, with actuals; none without a champion.

    Parameters
    ----------
    record
        The record as read.
    as_of
        Last day of knowledge, midnight UTC.
    period_end
        Last day of the quarter.

    Returns
    -------
    DataFrame
        Rows of :func:`forecast.claims.check.past_claims`.
    """
    try:
        cube = open_bundle(root=default_root()).cube
    except StoreError:
        return pd.DataFrame()
    claims, reading = distinct(record.as_of(as_of).claims), ClaimReading(**record.beliefs.of("claims"))
    begins = period_end - pd.offsets.QuarterBegin(startingMonth=1)
    here = claims[(claims["window_start"] <= period_end) & (claims["window_end"] >= begins)]
    past = [past_claims(cube, here, speaker, reading) for speaker in here["speaker"].unique()]
    return pd.concat(past or [pd.DataFrame()])


def show_target(card: pd.DataFrame, unreadable: Sequence[str], period_end: pd.Timestamp, claims: pd.DataFrame) -> None:
    """Print every forecast of a quarter by figure.

    Parameters
    ----------
    card
        Scores by figure and model.
    unreadable
        Versions that could not be read, a line each.
    period_end
        Last day of the quarter.
    claims
        From :func:`claims_about`.
    """
    console = wide_console()
    console.print(f"Every forecast made for {quarter_label(period_end)}, against what came")
    for name, rows in [] if card.empty else target_rows(card, period_end):
        first = rows.iloc[0]
        table = Table("made as of", "by", "quarters ahead", "median (80 %)", "error", "CRPS", "build cost", "in 80 %",
                      title=f"{name}: {first['actual']:.4g} {first['unit']}", title_justify="left")  # fmt: skip
        for row in rows.itertuples():
            by = f"{row.model} {row.vintage}" if row.model in {"shiftcast", "override"} else str(row.model)
            cost = "" if pd.isna(row.build_cost) else f"{row.build_cost:.1%}"
            table.add_row(
                f"{row.origin:%Y-%m-%d}", by, f"{row.horizon:.0f}", f"{row.median:.4g} ({row.low:.4g}-{row.high:.4g})",
                f"{row.median / row.actual - 1:+.1%}", f"{row.crps:.3f}", cost, "yes" if row.coverage80 else "no",
            )  # fmt: skip
        console.print(table)
    if card.empty:
        console.print("No forecast in the store was made before its figures were known; run `shiftcast replay`.")
    for claim in claims.itertuples():
        console.print(
            f"Claim {claim.claim} ({claim.stated_at:%Y-%m-%d}): {claim.bound} {claim.low:.4g}; "
            f"came {claim.actual:.4g}; held {claim.held:.0%}"
        )
    _show_unreadable(unreadable)


def show_summary(card: pd.DataFrame, unreadable: Sequence[str]) -> None:
    """Print means over all vintages by figure, and by horizon for the whole, against the naive forecasts.

    Parameters
    ----------
    card
        Scores by figure and model.
    unreadable
        Versions that could not be read, a line each.
    """
    console = wide_console()
    if card.empty:
        console.print("Nothing has come yet of what the store's forecasts are about; run `shiftcast replay`.")
    else:
        console.print(_summary_table(card_summary(card), "Vintages against naive forecasts made on the same days"))
        whole = card[(card["segment"] == ALL) & (card["measure"] == "spending")]
        by_horizon = card_summary(whole, ("measure", "horizon"))
        console.print(_summary_table(by_horizon, "Data-centre spending by quarters ahead"))
    _show_unreadable(unreadable)


def _summary_table(rows: pd.DataFrame, title: str) -> Table:
    before = ("crps", "crps_over_last_value", "crps_over_drift", "bias", "mase")
    after = ("build_cost", "build_cost_over_last_value", "build_cost_over_drift")
    headings = ("n", "CRPS", "/ last value", "/ drift", "bias", "MASE", Column("cover", no_wrap=True), "build cost",
                "/ last value", "/ drift")  # fmt: skip
    table = Table(Column("figure", no_wrap=True), *headings, title=title, title_justify="left")
    for row in rows.to_dict("records"):
        labels = [f"{row[name]:.0f} quarters" if name == "horizon" else str(row[name])
                  for name in ("measure", "segment", "definition", "horizon") if name in row]  # fmt: skip
        cover = "/".join(f"{100 * row[name]:.0f}" for name in ("coverage50", "coverage80", "coverage95"))
        table.add_row(" ".join(labels), str(row["figures"]), *(_number(row[name]) for name in before), cover,
                      *(_number(row[name]) for name in after))  # fmt: skip
    return table


def _number(value: float) -> str:
    return "" if pd.isna(value) else f"{value:.3f}"


def _show_unreadable(unreadable: Sequence[str]) -> None:
    for reason in unreadable:
        wide_console().print(f"[yellow]{reason}[/yellow]")


def write_scores(card: pd.DataFrame, path: Path, as_of: pd.Timestamp) -> None:
    """Write a card as a scores frame.

    Parameters
    ----------
    card
        Scores by figure and model.
    path
        File to write.
    as_of
        Day that the scores are seen from.
    """
    rows = card_rows(card) if len(card) else pd.DataFrame()
    if len(rows):
        rows = rows.assign(origin=rows["origin"].dt.strftime("%Y-%m-%d"))
    write_noted(rows, path, as_of)
