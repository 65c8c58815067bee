"""`shiftcast split`: the claimed split under a mode, beside the forecast that imposes nothing."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.table import Table

from shiftcast.features.bounds import DRAWS
from shiftcast.features.calendars import calendar_quarters
from shiftcast.forecast.identity.fit import fit_world
from shiftcast.forecast.identity.revenue import FIRST_QUARTER
from shiftcast.forecast.known import Known, Settings
from shiftcast.forecast.sixty_forty.modes import MODES, imposed_as
from shiftcast.forecast.sixty_forty.report import SplitReport, split_report
from shiftcast.forecast.sixty_forty.revisions import revisions
from shiftcast.forecast.spoken import percent
from shiftcast.forecast.statements.prior import share_prior
from shiftcast.forecast.telling.judged import of_impose
from shiftcast.pipelines.commands.fitting import wide_console
from shiftcast.pipelines.commands.giving import Places, Plot, bare_answer, check_places, draw
from shiftcast.pipelines.commands.noted import Output, write_noted
from shiftcast.pipelines.commands.options import as_day
from shiftcast.pipelines.records import RECORDS
from shiftcast.pipelines.sources.public_record import read_record

_STATED: Final = 1e-3  # width of an 80 % interval below which a share is known rather than estimated


def split(
    definition: Annotated[str | None, typer.Option(help="Who counts as hyperscale; the reference if left out.")] = None,
    base: Annotated[str, typer.Option(help="Share of what: revenue, gpu_hours, accelerators, watts.")] = "revenue",
    mode: Annotated[str, typer.Option(help=f"One of {', '.join(MODES)}.")] = "observation",
    as_of: Annotated[str | None, typer.Option(help="Day the record is seen from; today if left out.")] = None,
    since: Annotated[str | None, typer.Option(help="Also show what was published after this day revised.")] = None,
    share: Annotated[float | None, typer.Option(help="Share claimed; the keynote's if left out.")] = None,
    strength: Annotated[float, typer.Option(min=0, help="Soft and prior: standard deviation [logit].")] = 0.1,
    move_total: Annotated[bool, typer.Option("--move-total", help="Soft and fixed: let the total move.")] = False,
    draws: Annotated[int, typer.Option(min=100, max=DRAWS, help="Joint draws.")] = 2000,
    seed: Annotated[int, typer.Option(min=0, help="Seed of every random number.")] = 20260826,
    record: Annotated[Path, typer.Option(help="Folder of records.")] = RECORDS,
    output: Output = None,
    plot: Plot = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the results as JSON.")] = False,
) -> None:
    """Show the hyperscale share free and under a mode, with definition, base, as-of date and what imposing took."""
    check_places(Places(output, plot))
    known = known_at(as_of, record)
    imposed = imposed_as(known, mode, share=share, strength=strength, total="moves" if move_total else "kept")
    settings, under = Settings(draws=draws, seed=seed), definition or known.market.split.reference
    fit = fit_world(known, settings.through)
    report = split_report(fit, settings, imposed, base=base, definition=under)
    says = of_impose(report.frame, {"base": base, "mode": mode})
    draw(bare_answer(header(report), report.table, says), plot)
    write_noted(report.table, output, known.origin, answer=says, lines=(header(report),))
    if as_json:
        sys.stdout.write(json.dumps(report_json(report), indent=1) + "\n")
    else:
        wide_console().print(says, style="bold", markup=False)
        show(report)
        show_revisions(known, since)


def known_at(as_of: str | None, record: Path) -> Known:
    """Return the record as known on a day, and print on standard error which rows were quarantined.

    Parameters
    ----------
    as_of
        Day the record is seen from; today if not given.
    record
        Folder of records.

    Returns
    -------
    Known
        The record cut to the day.
    """
    found = read_record(record)
    for row in found.quarantine.itertuples():
        sys.stderr.write(f"set aside: {row.source} line {row.line:.0f}, {row.column} {row.value!r}: {row.reason}\n")
    return found.as_of(as_day(as_of, "--as-of"))


def show_revisions(known: Known, since: str | None) -> None:
    """Print how each statement published after a day revised the share, under the reference definition.

    Parameters
    ----------
    known
        The record cut to a day.
    since
        Day after which statements were published; nothing is printed if not given.
    """
    if since is None:
        return
    quarters = calendar_quarters(FIRST_QUARTER, Settings().through)
    prior, day = share_prior(known.beliefs, "share.split"), as_day(since, "--since")
    news = revisions(known.history.observations, quarters, market=known.market, prior=prior, since=day)
    for row in news.itertuples():
        wide_console().print(
            f"Revision of {row.known_at:%Y-%m-%d}, {row.statements} under {row.definition}: {row.quarter} "
            f"{percent(row.before)} to {percent(row.after)}, horizon {row.revision_end:+.1%}"
        )


def header(report: SplitReport) -> str:
    """Return the first line of a printed split.

    Parameters
    ----------
    report
        The split.

    Returns
    -------
    str
        One line.
    """
    imposed = report.imposed
    firmness = f", strength {imposed.strength:g} logit" if imposed.mode in {"soft", "prior"} else ""
    total = "forecast"
    if imposed.mode in {"soft", "fixed"}:
        total = "kept" if imposed.keep_total else "free to move"
    return (
        f"Hyperscale share of {report.base}, definition {report.definition}, as of {report.as_of}; "
        f"mode {imposed.mode} at {percent(imposed.share)}{firmness}; total {total}"
    )


def report_json(report: SplitReport) -> dict[str, Any]:
    """Return a report as plain values.

    Parameters
    ----------
    report
        The split.

    Returns
    -------
    dict
        Values that JSON takes.
    """
    return {
        "definition": report.definition, "base": report.base, "as_of": report.as_of, **asdict(report.imposed),
        "quarters": json.loads(report.table.to_json(orient="records")),
        "concentration": [asdict(each) for each in report.concentration],
        "evidence": dict(report.evidence), "memberships": report.memberships, "leaf_news": report.leaf_news,
        "covers": report.covers, "overconfident": report.overconfident, "refused_by_pooling": report.refused_by_pooling,
    }  # fmt: skip


def show(report: SplitReport) -> None:
    """Print a report for a person.

    Parameters
    ----------
    report
        The split.
    """
    console = wide_console()
    console.print(header(report))
    basis = report.evidence
    console.print(
        f"Free split: {basis['statements']:.0f} statements, {basis['inexact']:.0f} of them bounds, windows, stocks or "
        f"growth, which leave {percent(basis['ess'])} of the draws effective in one step"
    )
    console.print(f"Leaves moved by statements: {report.leaf_news}. Saved memberships applied: {report.memberships}")
    reached = f"P(>= {percent(report.imposed.share)}), free"
    headings = ("quarter", "free (80 %)", report.imposed.mode + " (80 %)", reached, "strain", "KL [nat]", "ESS",
                "total moved")  # fmt: skip
    table = Table(*headings)
    for row in report.table.itertuples():
        table.add_row(
            f"{row.quarter}{'' if row.kind == 'forecast' else ' est.'}",
            f"{percent(row.free_median)} ({percent(row.free_low80)} to {percent(row.free_high80)})",
            f"{percent(row.median)} ({percent(row.low80)} to {percent(row.high80)})",
            percent(row.at_least), _strain(row.strain, row.free_high80 - row.free_low80), f"{row.divergence:.2f}",
            percent(row.ess), f"{row.total_moved:+.2%}",
        )  # fmt: skip
    console.print(table)
    if report.refused_by_pooling and report.imposed.mode != "free":
        console.print(
            f"[yellow]Reweighting the free draws to this mean is refused in {', '.join(report.refused_by_pooling)}: "
            "below 5 % of the draws stay effective, so the view contradicts the forecast there.[/yellow]"
        )
    if report.overconfident:
        console.print(
            f"[yellow]Its 80 % intervals are too narrow or off: by the free forecast they cover "
            f"{percent(report.covers)} of what may come. Use this mode to reproduce a figure, not to forecast.[/yellow]"
        )
    for each in report.concentration:
        console.print(
            f"Concentration over {each.over}: HHI {each.hhi:.3f}, effective number {each.effective:.1f}; "
            f"if {each.top} halved, {percent(each.without_half)} of the whole is left"
        )


def _strain(deviations: float, width: float) -> str:
    """Return how far the claim lies from the free share, which has next to no spread where it was stated.

    Examples
    --------
    >>> _strain(2.5, 0.06), _strain(288.5, 0.0001)
    ('+2.50 sd', 'stated')
    """
    return f"{deviations:+.2f} sd" if width > _STATED else "stated"
