"""`shiftcast ingest`: exports into the store, or a throughput table into the record's frame."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pandas as pd
import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from shiftcast.features.frames import DIMENSIONS
from shiftcast.features.input_error import InputError
from shiftcast.features.instants import Clock, read_instants
from shiftcast.features.labels import KNOWN, Rules, rules_from_table
from shiftcast.pipelines.commands.options import as_day

if TYPE_CHECKING:
    from shiftcast.pipelines.ingest.load import IngestRequest
    from shiftcast.pipelines.sources.setting import Setting

_PACKAGE_COMMAND: Final = "throughput"


def ingest_files(
    source: Annotated[str, typer.Argument(help="Kind of the files, such as sacct or focus; `list` shows them all.")],
    paths: Annotated[
        list[str] | None, typer.Argument(help="Files, patterns in quotes, or - for standard input.")
    ] = None,
    anchor: Annotated[
        str | None, typer.Option(help="Moment that relative times count from, such as 2025-01-01.")
    ] = None,
    zone: Annotated[str, typer.Option(help="Zone of times that name none, such as Europe/Berlin.")] = "UTC",
    until: Annotated[
        str | None, typer.Option(help="Moment the export was made: what has no end ran until then.")
    ] = None,
    labels: Annotated[
        Path | None, typer.Option(help="Labelling rules: field,pattern and the labels they give.")
    ] = None,
    constant: Annotated[
        list[str] | None, typer.Option("--set", help="Label of rows nothing else labels, such as segment=rest.")
    ] = None,
    mapping: Annotated[
        Path | None,
        typer.Option("--map", help="What columns or metrics mean: a table of roles, or SQL."),
    ] = None,
    instances: Annotated[Path | None, typer.Option(help="More instance types: instance,accelerator,count.")] = None,
    cluster: Annotated[str, typer.Option(help="Cluster of the rows; else the file's own, else its folder.")] = "",
    dates: Annotated[str, typer.Option(help="Which comes first in 03/04/2026: day-first or month-first.")] = "",
    delimiter: Annotated[str, typer.Option(help="What stands between cells, such as tab, if not found.")] = "",
    path_: Annotated[str, typer.Option("--path", help="Where a JSON document has its rows, such as data.items.")] = "",
    sheet: Annotated[str, typer.Option(help="Sheet of a workbook where several have rows.")] = "",
    grain: Annotated[str, typer.Option(help="minute, hour, day, week, month or quarter.")] = "hour",
    engine: Annotated[str, typer.Option(help="duckdb on this machine, or spark.")] = "duckdb",
    master: Annotated[str | None, typer.Option(help="Spark master, such as spark://host:7077; this machine.")] = None,
    work: Annotated[str | None, typer.Option(help="Folder that Spark's workers share, such as s3a://bucket/x.")] = None,
    known_at: Annotated[str | None, typer.Option(help="First day the world could know the rows; today.")] = None,
    into: Annotated[str, typer.Option(help="A fleet of yours, such as mine, that the rows are of.")] = "",
    feed: Annotated[str, typer.Option(help="Name to store the rows under; a later load of it corrects it.")] = "",
    restates: Annotated[
        bool, typer.Option("--restates", help="Withdraw what the feed said before and now does not.")
    ] = False,
    output: Annotated[Path, typer.Option(help="File that `throughput` writes.")] = Path("shiftcast-out/throughput.csv"),
    as_json: Annotated[bool, typer.Option("--json", help="Print the data-quality report as JSON.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Show no progress.")] = False,
) -> None:
    """Load exports: every row is stored, or set aside with its reason; the same files twice change nothing."""
    from shiftcast.pipelines.ingest.load import IngestRequest  # noqa: PLC0415  (keeps --help fast)

    root = into_root(into)
    if _shown(source, paths, output, as_json=as_json) or not paths:
        return
    form = Form(cluster, dates, delimiter, path_, sheet)
    setting = _told(read_setting(anchor, zone, labels, constant or [], mapping, instances, form))
    last = None if until is None else as_moment(until, "--until")
    if source == "check":
        from shiftcast.pipelines.commands.ingest_check import check_files  # noqa: PLC0415  (keeps --help fast)

        check_files(paths, setting, last, as_json=as_json)
        return
    day = _day_known(root, known_at)
    _load(IngestRequest(source, tuple(paths), setting, day, root, grain, engine, master, work, last,
                        feed, restates=restates), into, as_json=as_json, quiet=quiet)  # fmt: skip


def _shown(source: str, paths: list[str] | None, output: Path, *, as_json: bool) -> bool:
    """Do what needs no store, a list of sources or a throughput table; return whether that was asked for."""
    from shiftcast.pipelines.commands.ingest_screen import show_sources, show_throughput  # noqa: PLC0415  (keeps --help fast)
    from shiftcast.pipelines.sources.throughput import load_throughput  # noqa: PLC0415  (keeps --help fast)

    if source == "list":
        show_sources()
        return True
    if not paths:
        raise InputError("give one or more files, patterns in quotes, or - for standard input")
    if source == _PACKAGE_COMMAND:
        show_throughput(load_throughput(paths, output), output, as_json=as_json)
        return True
    return False


def _told(setting: Setting) -> Setting:
    """Return a setting after telling of labels that no table knows: each makes one of its own."""
    from shiftcast.pipelines.sources.formats.words import own_words  # noqa: PLC0415  (keeps --help fast)

    sys.stderr.writelines(f"{said}\n" for said in own_words(setting.rules, setting.constants))
    return setting


def _day_known(root: Path, known_at: str | None) -> pd.Timestamp:
    """Return the day that rows are known; tell where it is today's and the clock may be slow."""
    from shiftcast.pipelines.ingest.clock import doubt_clock  # noqa: PLC0415  (keeps --help fast)

    day = as_day(known_at, "--known-at")
    doubt = "" if known_at else doubt_clock(root, day)
    sys.stderr.write(f"{doubt}\n" if doubt else "")
    return day


def into_root(fleet: str) -> Path:
    """Return the folder of state that rows go to: that of a fleet, or of all state where none is named.

    Parameters
    ----------
    fleet
        Name of the fleet; may be empty.

    Returns
    -------
    Path
        Absolute path.

    Raises
    ------
    ValueError
        If it is no name of a fleet.
    """
    from shiftcast.pipelines.fleet.place import fleet_root  # noqa: PLC0415  (keeps --help fast)
    from shiftcast.pipelines.state.root import default_root  # noqa: PLC0415  (keeps --help fast)

    return fleet_root(default_root(), fleet) if fleet else default_root()


def _load(request: IngestRequest, fleet: str, *, as_json: bool, quiet: bool) -> None:
    """Load files and print their report; leave with status 1 where nothing or little of them was stored."""
    from shiftcast.pipelines.commands.ingest_screen import show_ingested  # noqa: PLC0415  (keeps --help fast)
    from shiftcast.pipelines.ingest.load import ingest  # noqa: PLC0415  (keeps --help fast)

    with _progress(hidden=quiet or as_json) as tell:
        done = ingest(request, progress=tell)
    show_ingested(done, fleet=fleet, as_json=as_json)
    if lost(done.report):
        raise typer.Exit(1)


def lost(report: Mapping[str, Any]) -> bool:
    """Return whether a load stored nothing, or set aside most of its rows: a schedule should then stop and tell.

    Parameters
    ----------
    report
        Report of the load.

    Returns
    -------
    bool
        False too where all rows were stored before.

    Examples
    --------
    >>> lost({"commit": 3, "rows": 9, "quarantined": 5}), lost({"commit": 3, "rows": 9, "quarantined": 4})
    (True, False)
    """
    return report["commit"] is None or 2 * report["quarantined"] > report["rows"]


@dataclass(frozen=True)
class Form:
    """Options that say what a file does not tell of itself.

    Attributes
    ----------
    cluster, delimiter, path, sheet
        As in :class:`pipelines.sources.setting.Setting`.
    dates
        Order of day and month, as in :class:`features.instants.Clock`.
    """

    cluster: str = ""
    dates: str = ""
    delimiter: str = ""
    path: str = ""
    sheet: str = ""


def read_setting(
    anchor: str | None,
    zone: str,
    labels: Path | None,
    constants: list[str],
    mapping: Path | None,
    instances: Path | None,
    form: Form = Form(),
) -> Any:
    """Return the setting that options describe.

    Parameters
    ----------
    anchor, zone
        Moment that relative times count from, and zone of times that name none.
    labels, constants
        File of labelling rules, and ``label=value`` for rows that nothing else labels.
    mapping, instances
        Files that describe a table and further instance types.
    form
        What the file does not tell of itself.

    Returns
    -------
    Setting
        Clock, rules and tables.

    Raises
    ------
    ValueError
        If one of them cannot be read.
    """
    from shiftcast.pipelines.sources.formats.mapping import read_map  # noqa: PLC0415  (keeps --help fast)
    from shiftcast.pipelines.sources.setting import Setting  # noqa: PLC0415  (keeps --help fast)
    from shiftcast.pipelines.sources.table import read_table  # noqa: PLC0415  (keeps --help fast)

    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InputError(f"--zone {zone!r} is not a time zone such as Europe/Berlin") from None
    rules = Rules() if labels is None else rules_from_table(read_table(labels))
    clock = Clock(zone, None if anchor is None else as_moment(anchor, "--anchor"), form.dates)
    described = None if mapping is None else read_map(mapping)
    return Setting(
        clock, rules, _constants(constants), described, instances,
        cluster=form.cluster, delimiter=form.delimiter, path=form.path, sheet=form.sheet,
    )  # fmt: skip


def as_moment(text: str, option: str) -> pd.Timestamp:
    """Return a moment, UTC where it names no zone.

    Parameters
    ----------
    text
        A day or moment in ISO form.
    option
        Option it was given for, for the message.

    Returns
    -------
    Timestamp
        UTC.

    Raises
    ------
    ValueError
        If it is none.

    Examples
    --------
    >>> as_moment("2025-01-01", "--anchor")
    Timestamp('2025-01-01 00:00:00+0000', tz='UTC')
    """
    moment = read_instants(pd.Series([text], dtype=object), Clock()).values.iloc[0]
    if pd.isna(moment):
        raise InputError(f"{option} {text!r} is not a moment such as 2025-01-01 or 2025-01-01T12:00:00Z")
    return pd.Timestamp(moment)


def _constants(given: list[str]) -> dict[str, str]:
    labels = {}
    for text in given:
        name, equals, label = text.partition("=")
        if not equals or name not in DIMENSIONS or not label:
            raise InputError(f"--set {text!r} is not of the form segment=rest; dimensions are {', '.join(DIMENSIONS)}")
        if label not in KNOWN.get(name, (label,)):
            raise InputError(f"--set {text!r}: {name} is one of {', '.join(KNOWN[name])}")
        labels[name] = label
    return labels


@contextmanager
def _progress(*, hidden: bool) -> Iterator[Callable[[str, int], None]]:
    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=hidden or not sys.stderr.isatty()) as bar:
        task = bar.add_task("reading", total=None)
        yield lambda name, rows: bar.update(task, description=f"{name}: {rows:,} rows")
