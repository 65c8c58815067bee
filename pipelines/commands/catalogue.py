"""`shiftcast catalogue` and `shiftcast convert`: figures of accelerators, and a daily volume converted on one."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any, Final

import pandas as pd
import typer
from rich.table import Table

from shiftcast.features.frames import AnyFrame, DataFrame, Hardware, Residency, check, conform
from shiftcast.features.quality import screen
from shiftcast.features.scope import VENDOR
from shiftcast.forecast.draws import sample_assumptions
from shiftcast.forecast.economics.doubted import doubt_power
from shiftcast.forecast.hardware.levels import TIERS
from shiftcast.forecast.hardware.placement import within_region
from shiftcast.forecast.hardware.power import power_kw
from shiftcast.forecast.hardware.rates import Rate, measured_rate
from shiftcast.forecast.hardware.sheet import Catalogue, catalogue
from shiftcast.forecast.hardware.sizing import Sizing, size_demand
from shiftcast.forecast.known import Known, cut
from shiftcast.pipelines.commands.fitting import wide_console
from shiftcast.pipelines.commands.noted import Output, check_output, write_noted
from shiftcast.pipelines.commands.split import known_at
from shiftcast.pipelines.records import RECORDS
from shiftcast.pipelines.sources.table import UnreadableFileError, read_table

AsOf = Annotated[str | None, typer.Option(help="Day the record is seen from; today if left out.")]
RecordFolder = Annotated[Path, typer.Option(help="Folder of records.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the results as JSON.")]
_DRAWS: Final = 2000
_COLUMNS: Final = 10  # accelerators of the matrix that fit a line


def show_catalogue(
    add: Annotated[Path | None, typer.Option(help="CSV file of further hardware rows.")] = None,
    region: Annotated[str | None, typer.Option(help="Also show what may serve work that stays in it.")] = None,
    as_of: AsOf = None,
    record: RecordFolder = RECORDS,
    output: Output = None,
    as_json: AsJson = False,
) -> None:
    """List accelerators with power, ramps, measured throughput and its evidence, ratios, and what can run where."""
    check_output(output)
    known = with_rows(known_at(as_of, record), add)
    done = open_catalogue(known)
    allowed = None if region is None else region_table(known, record, region)
    more = {name: table for name, table in {**vars(done), "region": allowed}.items() if table is not None}
    write_noted(more.pop("generations"), output, known.origin, more=more)
    if as_json:
        sys.stdout.write(json.dumps(catalogue_json(done, known, allowed), indent=1) + "\n")
    else:
        _show(done, known, allowed)


def convert_demand(
    requests: Annotated[float, typer.Option(help="Requests a day.")],
    work: Annotated[float, typer.Option(help="Work a request, in the unit of the records, such as output tokens.")],
    accelerator: Annotated[str, typer.Option(help="Generation, such as gb300.")],
    model: Annotated[str, typer.Option(help="Model the records speak for, such as deepseek-r1.")],
    unit: Annotated[str, typer.Option(help="Unit of the records.")] = "output_token/s",
    speed: Annotated[float | None, typer.Option(help="Speed one user sees [token/s]; else the tier.")] = None,
    tier: Annotated[str, typer.Option(help="Scenario of the record, such as server or 8k in/1k out.")] = "server",
    software: Annotated[str | None, typer.Option(help="Software of the record; the best if left out.")] = None,
    utilisation: Annotated[float, typer.Option(help="Mean share of provisioned accelerators that is busy.")] = 0.5,
    pue: Annotated[float, typer.Option(help="Facility over IT power.")] = 1.2,
    sure: Annotated[bool, typer.Option(help="Insist on a volume far beyond what the world's AI could serve.")] = False,
    as_of: AsOf = None,
    record: RecordFolder = RECORDS,
    output: Output = None,
    as_json: AsJson = False,
) -> None:
    """Convert a daily volume to GPU-hours, accelerators and megawatts on one generation at a service level."""
    check_output(output)
    known = known_at(as_of, record)
    rate = measured_rate(
        known.throughput, accelerator, model=model, unit=unit, tier=tier, speed=speed, software=software
    )
    it_kw = power_kw(known.hardware, accelerator, boundary="it")
    size = size_demand(requests, work, rate.value, it_kw=it_kw, utilisation=utilisation, pue=pue)
    doubtful = doubt_power(known.ceilings, size.megawatts, sure=sure, of=f"{requests:g} requests a day: power")
    given = {"accelerator": accelerator, "model": model, "it_kw": it_kw, "utilisation": utilisation, "pue": pue}
    write_noted(pd.DataFrame([{**given, **asdict(rate), **asdict(size)}]), output, known.origin, lines=doubtful)
    if as_json:
        answer = {"as_of": f"{known.origin:%Y-%m-%d}", **given, "rate": asdict(rate), **asdict(size),
                  "notes": list(doubtful)}  # fmt: skip
        sys.stdout.write(json.dumps(answer, indent=1) + "\n")
    else:
        _show_size(f"{model} on {accelerator}, as of {known.origin:%Y-%m-%d}", rate, size)
        wide_console().print(f"{it_kw:g} kW IT each, PUE {pue:g}, utilisation {utilisation:.0%}")
        for note in doubtful:
            wide_console().print(note, markup=False)


def open_catalogue(known: Known) -> Catalogue:
    """Return the catalogue of a record as known on a day; the same tables as the command prints.

    Parameters
    ----------
    known
        The record cut to a day.

    Returns
    -------
    Catalogue
        Tables of accelerators.
    """
    ramps = known.assumptions[known.assumptions["name"].str.startswith("ramp.")]
    return catalogue(known.hardware, known.throughput, known.registry, sample_assumptions(ramps, draws=_DRAWS, seed=0))


def with_rows(known: Known, path: Path | None) -> Known:
    """Return the record with hardware rows from a user's file; rows known after the day do not count.

    Parameters
    ----------
    known
        The record cut to a day.
    path
        CSV file of hardware rows; none added if not given.

    Returns
    -------
    Known
        The record with those rows, cut to the same day.

    Raises
    ------
    UnreadableFileError
        If a row breaks a rule, naming file, line, column, value and reason: an answer asked for by hand is not given
        on part of a file.
    """
    if path is None:
        return known
    rows = read_rows(path, Hardware)
    both = pd.concat([known.history.hardware, rows]).drop_duplicates(list(Hardware.key), keep="last")
    return cut(replace(known.history, hardware=check(conform(both, Hardware), Hardware)), known.origin)


def read_rows(path: Path, frame: type[AnyFrame]) -> DataFrame[AnyFrame]:
    """Read a file as rows of a frame, refusing the file for its first bad row.

    Parameters
    ----------
    path
        CSV file.
    frame
        Contract of the rows.

    Returns
    -------
    DataFrame
        Rows of the frame.

    Raises
    ------
    UnreadableFileError
        Naming file, line, column, value and reason, or a column of the key that is missing.
    """
    table = read_table(path)
    missing = [name for name in frame.key if name not in table]
    if missing:
        raise UnreadableFileError(f"{path}: column {missing[0]!r} is missing; give {', '.join(frame.key)} and figures")
    screened = screen(table, frame, source=path.name)
    for fault in screened.quarantine.itertuples():
        raise UnreadableFileError(
            f"{path}: line {fault.line:.0f}: column {fault.column!r} holds {fault.value!r}: {fault.reason}"
        )
    return check(screened.rows, frame)


def region_table(known: Known, record: Path, region: str) -> pd.DataFrame:
    """Return which accelerators may serve work that stays in a region, by the rules known on the day.

    Parameters
    ----------
    known
        The record cut to a day.
    record
        Folder of records, for ``residency.csv``.
    region
        Name of the region.

    Returns
    -------
    DataFrame
        One row an accelerator, with the rule that decides.

    Raises
    ------
    OutOfSupportError
        If no rule about the region is known.
    """
    rules = read_rows(record / "residency.csv", Residency)
    return within_region(known.hardware, rules[rules["known_at"] <= known.origin], region)


def catalogue_json(done: Catalogue, known: Known, allowed: pd.DataFrame | None) -> dict[str, Any]:
    """Return the catalogue as plain values; dates as text, what is missing as null.

    Parameters
    ----------
    done
        The catalogue.
    known
        The record cut to a day.
    allowed
        Table of a region, if one was asked for.

    Returns
    -------
    dict
        Name to rows, with the day and the boundaries of power.
    """
    tables = {**vars(done), **({} if allowed is None else {"region": allowed})}
    return {
        "as_of": f"{known.origin:%Y-%m-%d}",
        "power": {"chip_kw": "kW at the chip", "it_kw": "kW at the IT boundary", "utility_kw": "kW at the meter"},
        **{name: json.loads(table.to_json(orient="records", date_format="iso")) for name, table in tables.items()},
    }


def _show(done: Catalogue, known: Known, allowed: pd.DataFrame | None) -> None:
    console = wide_console()
    console.print(
        f"Accelerators as of {known.origin:%Y-%m-%d}; power of one in kW at the chip, IT and utility boundary"
    )
    table = Table("accelerator", "status", "available", "half of revenue, 80 %", "domain", "chip", "IT", "utility",
                  "H100e spec", "H100e work")  # fmt: skip
    for row in done.generations.itertuples():
        table.add_row(
            row.accelerator, row.status, f"{row.available_at:%Y-%m}",
            f"{row.half_ramp_low:%Y-%m} to {row.half_ramp_high:%Y-%m}" if row.vendor == VENDOR else "",
            *(_text(each) for each in (row.scale_up_domain, row.chip_kw, row.it_kw, row.utility_kw, row.h100e,
                                       row.h100e_by_work)),
        )  # fmt: skip
    console.print(table)
    _show_ratios(done)
    _show_fits(done)
    for row in () if allowed is None else allowed.itertuples():
        console.print(f"{row.accelerator}: {'may' if row.allowed else 'may not'} serve there ({row.because})")
    for row in done.generations[done.generations["missing"] != ""].itertuples():
        console.print(f"{row.accelerator}: no record of {row.missing}")
    console.print(f"{len(done.rates)} measured rates and {len(done.software)} steps of software: --json")


def _show_fits(done: Catalogue) -> None:
    fits = done.fits.assign(said=done.fits["precision"].where(done.fits["fits"] == "yes", done.fits["fits"]))
    matrix = fits.pivot_table(index="task", columns="accelerator", values="said", aggfunc="first", sort=False)
    for start in range(0, len(matrix.columns), _COLUMNS):
        part = matrix.iloc[:, start : start + _COLUMNS]
        grid = Table("runs in", *part.columns)
        for name, cells in zip(part.index, part.to_numpy(), strict=True):
            grid.add_row(str(name), *cells)
        wide_console().print(grid)


def _show_ratios(done: Catalogue) -> None:
    table = Table("generation", "tier", "models", "per accelerator", "per chip W", "per IT kW", "evidence")
    tiers = done.ratios[done.ratios["scenario"].isin(TIERS)]
    for (old, new, tier), rows in tiers.groupby(["old", "new", "scenario"], sort=False):
        spans = [_span(rows[name]) for name in ("per_accelerator", "per_chip_watt", "per_it_kw")]
        table.add_row(f"{new} over {old}", tier, str(len(rows)), *spans, ", ".join(sorted(set(rows["evidence"]))))
    wide_console().print(table)


def _show_size(about: str, rate: Rate, size: Sizing) -> None:
    console = wide_console()
    console.print(f"{about}: {rate.value:,.0f} {rate.unit} ({rate.basis}; {rate.evidence})")
    console.print(
        f"{size.busy_hours:,.0f} busy accelerator-hours a day, {size.provisioned_hours:,.0f} provisioned: "
        f"{size.accelerators:,.0f} accelerators, of which {size.busy:,.0f} are busy on average; "
        f"{size.megawatts:.2f} MW of facility power"
    )


def _span(values: pd.Series) -> str:
    known = values.dropna()
    if known.empty:
        return "no power figure"
    low, high = known.min(), known.max()
    return f"{low:.2f}" if len(known) == 1 else f"{known.median():.2f} ({low:.2f}-{high:.2f})"


def _text(value: float) -> str:
    return "" if pd.isna(value) else format(value, ".4g")
