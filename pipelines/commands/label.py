"""`shiftcast label`: rules proposed for the largest of what is unlabelled, as a file to confirm and complete."""

from __future__ import annotations

import csv
import io
import json
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Final

import typer

from shiftcast.features.frames import DIMENSIONS, LabelRules
from shiftcast.features.input_error import InputError
from shiftcast.features.label_words import GUESSED
from shiftcast.features.labels import UNLABELLED, guarded, unguarded
from shiftcast.pipelines.commands.ingest import Form, read_setting
from shiftcast.pipelines.commands.label_proposals import largest_of, propose
from shiftcast.pipelines.commands.options import as_day
from shiftcast.pipelines.sources.table import read_table

_LEARN: Final = "learn"
_COLUMNS: Final = ("field", "pattern", "segment", "leaf", "workload", "phase", "technique", "confirmed", "why")
_ANOTHER: Final = ("segment", "leaf")  # no name tells them


def label(
    source: Annotated[str, typer.Argument(help="Kind of the files, as for ingest; `learn` shows what rules teach.")],
    paths: Annotated[list[str], typer.Argument(help="Files, or patterns in quotes; for `learn`, the rules.")],
    labels: Annotated[Path | None, typer.Option(help="Rules there are already; they are kept, on top.")] = None,
    learned: Annotated[
        Path | None, typer.Option("--learn", help="Confirmed rules, or name and labels, to learn proposals from.")
    ] = None,
    constant: Annotated[
        list[str] | None, typer.Option("--set", help="Label of rows nothing else labels, as for ingest.")
    ] = None,
    anchor: Annotated[str | None, typer.Option(help="Moment that relative times count from.")] = None,
    zone: Annotated[str, typer.Option(help="Zone of times that name none.")] = "UTC",
    mapping: Annotated[Path | None, typer.Option("--map", help="Description of a table.")] = None,
    instances: Annotated[Path | None, typer.Option(help="More instance types, as for ingest.")] = None,
    cluster: Annotated[str, typer.Option(help="Cluster of the rows, as for ingest.")] = "",
    dates: Annotated[str, typer.Option(help="Order of dates: day-first or month-first.")] = "",
    delimiter: Annotated[str, typer.Option(help="Character between cells.")] = "",
    path_: Annotated[str, typer.Option("--path", help="Place of the rows in a JSON document.")] = "",
    sheet: Annotated[str, typer.Option(help="Sheet of a workbook, or a pattern; else the one with rows.")] = "",
    into: Annotated[str, typer.Option(help="The fleet that the files go to, as for ingest.")] = "",
    top: Annotated[int, typer.Option(min=1, max=1000, help="How many of each measure to propose for.")] = 100,
    output: Annotated[Path | None, typer.Option(help="File to write; standard output if left out.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the rules and what to do next as JSON.")] = False,
) -> None:
    """Propose labelling rules for the largest unlabelled rows; guesses are to be confirmed, gaps to be filled."""
    from shiftcast.pipelines.ingest.load import IngestRequest, read_files  # noqa: PLC0415  (keeps --help fast)

    if source == _LEARN:
        _show_lessons(paths)
        return
    _check_output(output, labels)
    better = None if learned is None else _lessons(learned).better
    form = Form(cluster, dates, delimiter, path_, sheet)
    setting = read_setting(anchor, zone, labels, constant or [], mapping, instances, form)
    request = IngestRequest(source, tuple(paths), setting, as_day(None, ""), Path("mlruns"))
    with TemporaryDirectory(prefix="shiftcast-label-") as folder:
        report, _, _ = read_files(request, Path(folder))
    lacking = [name for name, rows in report["unlabelled"]["by_dimension"].items() if rows]
    open_ = [name for name in GUESSED if name in lacking or (name == "phase" and "workload" in lacking)]
    groups = largest_of(report["unlabelled"]["largest"], top)
    proposed = [rule.row() for rule in propose(groups, top=top, better=better, dimensions=open_)]
    kept = [] if labels is None else _rows_of(labels)
    known = {(row["field"], row["pattern"]) for row in kept}
    fresh = [row for row in proposed if (row["field"], row["pattern"]) not in known]
    if output is not None or not as_json:
        _write(rules_text([*kept, *fresh]), output)
    lines = told(report, fresh, groups, lacking, source=source, paths=paths, output=output, into=into)
    if as_json:
        typer.echo(json.dumps({"rules": [*kept, *fresh], "unlabelled": report["unlabelled"], "next": lines}))
        return
    for line in lines:
        typer.echo(line, err=True)


def _lessons(path: Path) -> Any:
    from shiftcast.pipelines.commands.label_lessons import learn_from  # noqa: PLC0415  (keeps --help fast)

    return learn_from(path)


def _show_lessons(paths: Sequence[str]) -> None:
    if len(paths) != 1:
        raise InputError(f"`shiftcast label {_LEARN}` takes one file of rules or corrections, not {len(paths)}")
    for line in _lessons(Path(paths[0])).lines():
        typer.echo(line)


def _check_output(output: Path | None, labels: Path | None) -> None:
    """Refuse to write over a file that a person may have completed."""
    if output is not None and output.exists() and (labels is None or output.resolve() != labels.resolve()):
        raise InputError(
            f"{output} is there already; give --labels {output} too to keep and extend it, or another name"
        )


def _rows_of(path: Path) -> list[dict[str, str]]:
    table = read_table(path)
    columns = [name for name in LabelRules.columns if name in table]
    return [{name: unguarded(str(row[name]).strip()) for name in columns} for row in table.to_dict("records")]


def _write(text: str, output: Path | None) -> None:
    if output is None:
        typer.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8")


def told(
    report: Mapping[str, Any],
    rules: Sequence[Mapping[str, str]],
    groups: Sequence[Mapping[str, Any]],
    lacking: Sequence[str],
    *,
    source: str,
    paths: Sequence[str],
    output: Path | None,
    into: str = "",
) -> list[str]:
    """Return what to do next with proposed rules.

    Parameters
    ----------
    report
        Of the files read: ``stored``, ``unlabelled``.
    rules, groups
        Rows that were proposed, and the groups of rows they were proposed for.
    lacking
        Dimensions some rows lack.
    source, paths, output, into
        As given on the command line.

    Returns
    -------
    list of str
        Lines for a person.
    """
    counted = ", ".join(f"{name} {report['unlabelled']['by_dimension'][name]:,}" for name in lacking)
    rows = report["unlabelled"]["rows"]
    first = f"{rows:,} of {report['stored']:,} rows {UNLABELLED}" + (f" ({counted})" if counted else "")
    if not rows:
        return [first]
    held = sum({each["clue"]: each["rows"] for each in groups}.values())
    small = [f"their groups hold {held:,} of these rows; smaller groups are left out"] if held < rows else []
    gaps = sum(not any(rule.get(name) for name in DIMENSIONS) for rule in rules)
    where = "the rules above" if output is None else str(output)
    constants = " ".join(f"--set {name}={name.upper()}" for name in _ANOTHER if name in lacking)
    command = " ".join(["shiftcast ingest", source, *map(shlex.quote, paths), "--labels", str(output or "rules.csv")])
    place = f" --into {into}" if into else ""
    return [
        first,
        f"{len(rules)} rules proposed: {len(rules) - gaps} with guessed labels; {gaps} gaps label nothing until filled",
        *small,
        f"1. check {where}: correct labels, fill gaps, write yes under confirmed",
        f"2. {command}{place} {constants}".rstrip(),
    ]


def rules_text(rules: Sequence[Mapping[str, str]]) -> str:
    """Return rules as CSV; no cell runs as a formula in a spreadsheet.

    Parameters
    ----------
    rules
        Rows of :class:`features.frames.LabelRules`; cells may be left out.

    Returns
    -------
    str
        CSV that ``ingest --labels`` reads as it is.

    Examples
    --------
    >>> rules_text([{"field": "name", "pattern": "=cmd()", "workload": "other"}]).splitlines()[1][:13]
    "name,'=cmd(),"
    """
    more = [name for name in LabelRules.columns if name not in _COLUMNS and any(rule.get(name) for rule in rules)]
    text = io.StringIO()
    writer = csv.DictWriter(text, [*_COLUMNS[:-2], *more, *_COLUMNS[-2:]], lineterminator="\n", restval="",
                            extrasaction="ignore")  # fmt: skip
    writer.writeheader()
    for rule in rules:
        writer.writerow({name: guarded(cell) for name, cell in rule.items()})
    return text.getvalue()
