"""`shiftcast shares`: share histories in, means and quantiles of their future out."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial as bound
from pathlib import Path
from typing import Annotated, Final

import pandas as pd
import typer

from shiftcast.features.bounds import DRAWS
from shiftcast.features.reading import HOLD, Reading
from shiftcast.features.shares import check_share_rows
from shiftcast.features.volumes import Treatments
from shiftcast.forecast.migration import Learned, ShareFit, draw_shares, fit_shares, share_quantiles
from shiftcast.forecast.migration.learned import LearnedFamily
from shiftcast.forecast.migration.references import REFERENCES, reference_rows
from shiftcast.forecast.views.crossing import crossing_dates, read_condition
from shiftcast.pipelines.commands.dates import AsOf, FiscalEnd, Frequency, Order, Partial, Zone, as_reading
from shiftcast.pipelines.commands.noted import KINDS, TABLES, check_output, notes_of
from shiftcast.pipelines.commands.series_engine import HERE, Engine, Master, path, spread_asked, wanted_places
from shiftcast.pipelines.commands.series_progress import errors, progress_bar
from shiftcast.pipelines.publish.shares_plot import save_plot
from shiftcast.pipelines.series.files import read_series
from shiftcast.pipelines.sources.learned import load_learned
from shiftcast.pipelines.spread.shares import spread_shares
from shiftcast.pipelines.tables.writing import write_table

USUAL: Final = 2000  # joint draws
COLUMNS: Final = ("series", "group", "period_end", "category", "value", "n")
NO_BETTER: Final = 0.99  # ratio from which the model is called no better than last value

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def main() -> None:
    """Forecast how shares of techniques move."""


@app.command()
def shares(
    file: Annotated[str, typer.Argument(help=f"{TABLES}: series,group,period_end,category,value[,n]")],
    horizon: Annotated[int, typer.Option(help="periods ahead, of each series' own step")],
    draws: Annotated[int, typer.Option(min=1, max=DRAWS, help="joint draws")] = USUAL,
    seed: Annotated[int, typer.Option(help="the same seed gives the same bytes")] = 0,
    output: Annotated[str | None, typer.Option(help=f"{KINDS}; CSV on standard output without")] = None,
    plot: Annotated[Path | None, typer.Option(help="picture of history and fan to write")] = None,
    newcomer: Annotated[str | None, typer.Option(help="name of a next generation not yet in the file")] = None,
    without_learned: Annotated[str | None, typer.Option(help="reference set to leave out of what was learned")] = None,
    crossing: Annotated[
        list[str] | None, typer.Option(help="say when a condition is first met, such as 'llm>=0.5'; repeat for more")
    ] = None,
    reference: Annotated[
        list[str] | None, typer.Option(help=f"write a textbook curve beside it: {', '.join(REFERENCES)}")
    ] = None,
    by_set: Annotated[
        bool, typer.Option(help="leave out of each series what was learned on the set before '|'")
    ] = False,
    learned: Annotated[
        Path | None, typer.Option(help="learned numbers, from shiftcast.pipelines.series.train_migration")
    ] = None,
    frequency: Frequency = None,
    zone: Zone = None,
    dates: Order = "",
    fiscal_end: FiscalEnd = 0,
    as_of: AsOf = None,
    partial: Partial = HOLD,
    engine: Engine = HERE,
    master: Master = None,
) -> None:
    """Forecast the shares of a file: mean and quantiles by category, and the skill against last value."""
    reading = as_reading(frequency, zone, dates, fiscal_end, as_of, partial)
    check_output(path(output) if engine == HERE else None)  # elsewhere workers know their places
    conditions = [read_condition(text) for text in crossing or []]
    family = load_learned(learned)
    picked = family.without(without_learned) if without_learned else family.whole
    answer = bound(forecast_history, horizon=horizon, draws=draws, seed=seed, newcomer=newcomer, learned=picked,
                   by_set=family if by_set else None, reading=reading)  # fmt: skip
    if spread_asked(engine, master, {"--plot": plot, "--crossing": crossing}):
        found = bound(with_references, answer=answer, references=tuple(reference or ()))
        manifest = spread_shares(file, COLUMNS, found, wanted_places({"forecast": output}), master)
        tell_treated(manifest.treatments)
        if "skill" in manifest.tables:
            tell_skill(manifest.tables["skill"])
        return
    history = read_series(Path(file), COLUMNS)
    forecast, fits = with_references(history, answer, tuple(reference or ()))
    crossings = [crossing_dates(draw_shares(fit, draws=draws, seed=seed), conditions) for fit in fits if conditions]
    lines = lines_of(fits)
    write_table(forecast, path(output), notes=notes_of(lines=lines, as_of=as_of))
    if plot is not None:
        save_plot(check_share_rows(history, reading.clock), forecast, plot)
    for line in lines:
        errors.print(line, markup=False, highlight=False)
    for table in crossings:
        tell_crossings(table)


def with_references(
    history: pd.DataFrame,
    answer: Callable[[pd.DataFrame], tuple[pd.DataFrame, list[ShareFit]]],
    references: tuple[str, ...],
) -> tuple[pd.DataFrame, list[ShareFit]]:
    """Return the quantile frame of a history with textbook curves below it, and the fits.

    Parameters
    ----------
    history
        Share histories.
    answer
        From histories to their quantile frame and fits.
    references
        Names of the curves, if any.

    Returns
    -------
    tuple
        Quantile frame, and the fits.
    """
    forecast, fits = answer(history)
    curves = [reference_rows(fit, name) for name in references for fit in fits]
    return (pd.concat([forecast, *curves], ignore_index=True) if curves else forecast), fits


def forecast_history(
    history: pd.DataFrame,
    horizon: int,
    draws: int,
    seed: int,
    newcomer: str | None,
    learned: Learned,
    by_set: LearnedFamily | None = None,
    reading: Reading | None = None,
) -> tuple[pd.DataFrame, list[ShareFit]]:
    """Return the quantile frame of a history and the fits behind it.

    With ``by_set``, the text of a series up to ``|`` names a reference set, and what was learned from it is
    left out: so accuracy on the reference histories is reported honestly.

    Parameters
    ----------
    history
        Share histories: ``series, period_end, category, value`` [share].
    horizon
        Periods ahead.
    draws, seed
        Joint draws and the seed of their streams.
    newcomer
        Name of a category without a share so far, if any.
    learned
        What the share model learned on all reference histories.
    by_set
        What it learned with each reference set left out.
    reading
        How dates are read, the frequency of series with one period, and when figures were taken.

    Returns
    -------
    tuple
        Quantile frame, and the fits.
    """
    if by_set is None:
        parts = {"": (history, learned)}
    else:
        names = history["series"].astype(str).str.split("|").str[0]
        parts = {name: (history[names == name], by_set.without(name)) for name in sorted(names.unique())}
    frames, fits = [], []
    for rows, numbers in parts.values():
        with progress_bar(rows["series"].nunique() if "series" in rows else 0) as advance:
            fit = fit_shares(rows, horizon=horizon, learned=numbers, newcomer=newcomer, reading=reading)
            frames.append(share_quantiles(fit, draws=draws, seed=seed, progress=advance))
        fits.append(fit)
    return (frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True)), fits


def lines_of(fits: list[ShareFit]) -> list[str]:
    """Return what was treated in the rows, and the skill against last value, a line each.

    Parameters
    ----------
    fits
        Fits of all parts of a history.

    Returns
    -------
    list of str
        As they are printed, and written beside a table.
    """
    skill = pd.concat([fit.skill for fit in fits]).dropna().groupby(["histories", "horizon"], as_index=False)
    means = skill.agg(ratio=("ratio", "mean"), count=("series", "nunique"))
    treated = sum((fit.treated for fit in fits), Treatments())
    return [*(f"treated: {line}" for line in treated.lines()), *skill_lines(means)]


def tell_treated(treated: Treatments) -> None:
    """Print what was treated in the rows, to standard error.

    Parameters
    ----------
    treated
        Counts of treatments.
    """
    for line in treated.lines():
        errors.print(f"treated: {line}", markup=False, highlight=False)


def tell_skill(skill: pd.DataFrame) -> None:
    """Print the skill against last value, by class of history, to standard error.

    Parameters
    ----------
    skill
        ``histories, horizon, ratio, count``: mean ratio, and the number of series.
    """
    for line in skill_lines(skill):
        errors.print(line, highlight=False)


def skill_lines(skill: pd.DataFrame) -> list[str]:
    """Return the skill against last value, by class of history, a line each.

    Parameters
    ----------
    skill
        As :func:`tell_skill` takes it.

    Returns
    -------
    list of str
        As they are printed, and written beside a table.
    """
    lines = []
    for kind, part in skill.groupby("histories"):
        texts = ", ".join(f"{h} ahead {r:.2f}" for h, r in zip(part.horizon, part.ratio, strict=True))
        lines += [f"skill on {kind} histories ({part['count'].max()} series), CRPS over last value's: {texts}"]
        if (part.ratio >= NO_BETTER).any():
            lines += ["  nothing beats last value where that is 1: read the spread, not the path"]
    return lines


def tell_crossings(table: pd.DataFrame) -> None:
    """Print by when each fraction of the draws meets each condition, to standard error.

    Parameters
    ----------
    table
        From :func:`forecast.views.crossing.crossing_dates`.
    """
    for (series, condition), rows in table.groupby(["series", "condition"], sort=False):
        dated = rows[rows["statistic"] == "quantile"]
        days = dated["period_end"].dt.strftime("%Y-%m-%d").fillna("after the horizon")
        texts = ", ".join(f"{level:.0%} {day}" for level, day in zip(dated["quantile"], days, strict=True))
        never = rows.loc[rows["statistic"] == "not_by_horizon", "probability"].item()
        errors.print(
            f"{series}: {condition} by: {texts}; not by the horizon {never:.0%}", markup=False, highlight=False
        )


if __name__ == "__main__":
    app()
