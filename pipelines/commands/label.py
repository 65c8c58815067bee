"""`shiftcast label`: rules proposed for the largest of what is unlabelled, as a file to complete."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Final

import typer

from shiftcast.features.frames import DIMENSIONS, LabelRules
from shiftcast.features.labels import UNLABELLED
from shiftcast.pipelines.commands.ingest import read_setting
from shiftcast.pipelines.commands.options import as_day
from shiftcast.pipelines.records import RECORDS
from shiftcast.pipelines.sources.table import read_table

_FORMULA: Final = ("=", "+", "-", "@", "\t")
_PARTS: Final = "; "


def label(
    source: Annotated[str, typer.Argument(help="Kind of the files, as for ingest.")],
    paths: Annotated[list[str], typer.Argument(help="Files, or patterns in quotes.")],
    labels: Annotated[Path | None, typer.Option(help="Rules there are already.")] = None,
    anchor: Annotated[str | None, typer.Option(help="Moment that relative times count from.")] = None,
    zone: Annotated[str, typer.Option(help="Zone of times that name none.")] = "UTC",
    mapping: Annotated[Path | None, typer.Option("--map", help="Description of a table.")] = None,
    top: Annotated[int, typer.Option(min=1, max=20, help="How many of each measure to propose for.")] = 10,
    output: Annotated[Path | None, typer.Option(help="File to write; standard output if left out.")] = None,
) -> None:
    """Propose labelling rules for the largest unlabelled rows; guesses are to be confirmed, gaps to be filled."""
    from shiftcast.pipelines.ingest.load import IngestRequest, read_files  # noqa: PLC0415  (keeps --help fast)

    setting = read_setting(anchor, zone, labels, [], mapping, None)
    request = IngestRequest(source, tuple(paths), setting, as_day(None, ""), Path("mlruns"))
    with TemporaryDirectory(prefix="shiftcast-label-") as folder:
        report, _, _ = read_files(request, Path(folder))
    text = rules_text(propose(report["unlabelled"]["largest"], top=top))
    if output is None:
        typer.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8")
    typer.echo(f"{report['unlabelled']['rows']} of {report['stored']} rows {UNLABELLED}; complete the rules, then "
               "give them to `shiftcast ingest --labels`", err=True)  # fmt: skip


def propose(largest: Sequence[Mapping[str, Any]], *, top: int) -> list[dict[str, str]]:
    """Return one rule for each of the largest groups of unlabelled rows.

    Parameters
    ----------
    largest
        ``clue, measure, total`` of groups, the largest first within a measure.
    top
        Most rules for each measure.

    Returns
    -------
    list
        Rules as rows of :class:`features.frames.LabelRules`; labels are guessed from words in the name, or empty.

    Examples
    --------
    >>> rule = propose([{"clue": "partition=a; name=bert-rank-#", "measure": "gpu_hours", "total": 9.0}], top=1)[0]
    >>> rule["field"], rule["pattern"], rule["workload"], rule["technique"]
    ('name', 'bert-rank-*', 'search', 'deep')
    """
    rules: dict[tuple[str, str], dict[str, str]] = {}
    taken: dict[str, int] = {}
    for each in largest:
        taken[each["measure"]] = taken.get(each["measure"], 0) + 1
        if taken[each["measure"]] > top or not each["clue"]:
            continue
        rule = _rule(each["clue"])
        rules.setdefault((rule["field"], rule["pattern"]), rule)
    return list(rules.values())


def _rule(clue: str) -> dict[str, str]:
    """Return a rule for a clue: on the first part that a hint speaks of, else on its first part that says anything."""
    parts = [part.partition("=")[::2] for part in clue.split(_PARTS) if "=" in part]
    hints = [(field, text, _hint(text)) for field, text in parts if text != "*"] or [("any", "*", {})]
    field, text, labels = next((each for each in hints if each[2]), hints[0])
    pattern = "*".join(text.split("#")) if text else "*"
    return {"field": field, "pattern": pattern, **dict.fromkeys(DIMENSIONS, ""), **labels}


def _hint(text: str) -> dict[str, str]:
    return next((dict(labels) for word, labels in _hints() if word in text.lower()), {})


@cache
def _hints() -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    names = ("workload", "phase", "technique")
    rows = read_table(RECORDS / "label_hints.csv").to_dict("records")
    return tuple((str(row["word"]), tuple((name, str(row[name])) for name in names if row[name])) for row in rows)


def rules_text(rules: Sequence[Mapping[str, str]]) -> str:
    """Return rules as CSV; a name that a spreadsheet would run as a formula is given a space in front.

    Parameters
    ----------
    rules
        From :func:`propose`.

    Returns
    -------
    str
        CSV with the columns of :data:`features.labels.RULES`.

    Examples
    --------
    >>> rules_text([{"field": "name", "pattern": "=cmd()", "workload": "other"}]).splitlines()[1][:13]
    'name, =cmd(),'
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, list(LabelRules.columns), lineterminator="\n", restval="")
    writer.writeheader()
    for rule in rules:
        guarded = f" {rule['pattern']}" if rule["pattern"].startswith(_FORMULA) else rule["pattern"]
        writer.writerow({**rule, "pattern": guarded})
    return text.getvalue()
