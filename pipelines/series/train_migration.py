"""Train the share model's learned numbers on a folder of reference histories, or on a user's own panel."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Final

import pandas as pd
import typer
from rich.console import Console

from shiftcast.features.input_error import InputError
from shiftcast.forecast.migration.boosted import trial
from shiftcast.forecast.migration.learned import to_json
from shiftcast.forecast.migration.learning import learning_rows
from shiftcast.forecast.migration.rolling import Origin, rolling_origins
from shiftcast.forecast.migration.training import learn_family
from shiftcast.pipelines.series.files import NO_NUMBER

EVALUATION_ONLY: Final = ("riaa_music", "steam_hw", "tiobe")  # licences allow evaluation, not training
COLUMNS: Final = ("series", "period", "category", "share", "observed")

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
errors = Console(stderr=True, soft_wrap=True)


@app.command()
def train(
    data: Annotated[Path, typer.Option(help="folder of CSV files, one a set: series,period,category,share,observed")],
    output: Annotated[Path, typer.Option(help="JSON file of learned numbers to write")],
    origins: Annotated[int, typer.Option(help="origins taken of each set")] = 18,
    boosted: Annotated[
        bool, typer.Option(help="also try the boosted member on sets left out, and say whether it wins")
    ] = False,
    leave_out: Annotated[
        list[str] | None, typer.Option(help="set not to learn from, besides those that never are")
    ] = None,
) -> None:
    """Learn weights, scale, newcomers and calibration from every set, and from all but each one."""
    never = {*EVALUATION_ONLY, *(leave_out or [])}
    try:
        sets = {name: path for name, path in set_files(data).items() if name not in never}
        taken = [origin for name, path in sets.items() for origin in set_origins(name, path, origins)]
        family = learn_family(taken)
    except (InputError, OSError) as problem:
        errors.print(f"error: {problem}", style="red", markup=False, highlight=False)
        raise typer.Exit(2) from problem
    if boosted and family.left_out:
        verdict = trial(learning_rows(taken), dict(family.left_out))
        result = "wins: worth adding" if verdict.wins else "stays out"
        errors.print(
            f"boosted member {result}: loss {verdict.with_it:.4f} with, {verdict.without:.4f} without it",
            highlight=False,
        )
    output.write_text(json.dumps(to_json(family), separators=(",", ":")) + "\n")
    errors.print(f"learned from {len(sets)} sets, {len(taken)} panels; wrote {output}", highlight=False)


def set_files(data: Path) -> dict[str, Path]:
    """Return the files of a folder by set name.

    Parameters
    ----------
    data
        Folder of CSV files.

    Returns
    -------
    dict of str to Path
        Path by name of the set, the file's name up to the first dot.
    """
    return {path.name.split(".")[0]: path for path in sorted(data.glob("*.csv*"))}


def set_origins(name: str, path: Path, count: int) -> list[Origin]:
    """Return the rolling origins of one file.

    Parameters
    ----------
    name
        Name of the set.
    path
        CSV of ``series, period, category, share, observed``.
    count
        Origins wanted.

    Returns
    -------
    list of Origin
        Histories cut to each origin, with what followed.

    Raises
    ------
    ValueError
        If a column is missing.
    """
    numbers = {name: [*NO_NUMBER, "NA"] for name in ("share", "observed")}  # elsewhere null and NA are names
    history = pd.read_csv(path, dtype={"series": str, "category": str}, keep_default_na=False, na_values=numbers)
    missing = [column for column in COLUMNS if column not in history.columns]
    if missing:
        raise InputError(f"set {name!r}: column {missing[0]!r} is missing; give {', '.join(COLUMNS)}")
    return list(rolling_origins(history.assign(period=pd.to_datetime(history["period"])), name, count=count))


if __name__ == "__main__":
    app()
