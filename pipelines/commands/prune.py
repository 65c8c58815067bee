"""`shiftcast prune`: what a store keeps of the past and nobody needs, listed, and with `--apply` removed."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Final, TypeAlias

import typer

from shiftcast.features.input_error import InputError
from shiftcast.forecast.spoken import number
from shiftcast.pipelines.state.guard import LOCK_SECONDS
from shiftcast.pipelines.state.root import default_root

if TYPE_CHECKING:
    from shiftcast.pipelines.doctor.fault import Fault

    Removal: TypeAlias = Callable[[], Sequence[Fault]]

AGE: Final = "90d"
_NEWEST: Final = 10
_KILO: Final = 1000
_UNITS: Final = ("bytes", "kB", "MB", "GB", "TB")
Keep = Annotated[
    int | None, typer.Option(min=1, help="Then remove old versions but this many of the newest: `shiftcast prune`.")
]
OlderThan = Annotated[
    str | None, typer.Option(help=f"With --keep, age up to which everything stays: {AGE} if left out.")
]


def prune(
    keep: Annotated[int, typer.Option(help="Newest versions of each model that stay, whatever their age.")] = _NEWEST,
    older_than: Annotated[
        str, typer.Option(help="Age up to which everything stays: hours, days or weeks, such as 90d.")
    ] = AGE,
    apply: Annotated[
        bool, typer.Option("--apply", help="Remove it; without, it is listed and nothing changes.")
    ] = False,
    wait: Annotated[float, typer.Option(min=0, help="Seconds to wait for a run under way.")] = LOCK_SECONDS,
    as_json: Annotated[bool, typer.Option("--json", help="Print the list as JSON.")] = False,
) -> None:
    """List old versions, runs, copies and ledger lines that nobody needs; remove them with --apply."""
    from shiftcast.pipelines.doctor import retention as ward  # noqa: PLC0415  (keeps --help fast)

    rule, root = ward.retention(keep, older_than), default_root()
    found = ward.prune(root, rule, wait=wait) if apply else ward.removable(root, rule)
    if as_json:
        rows = [{"kind": each.kind, "what": each.what, "bytes": each.size, "removed": apply} for each in found]
        sys.stdout.write(json.dumps(rows, indent=1) + "\n")
        return
    for each in found:
        done = "done: " if apply else ""
        sys.stdout.write(f"{each.kind}: {each.what}, {said_size(each.size)}; {done}{each.remedy}\n")
    sys.stdout.write(f"{said_of_all(found)} {'removed' if apply else 'to remove; nothing was changed, --apply does'}\n"
                     if found else "nothing to remove\n")  # fmt: skip


def removal(keep: int | None, older_than: str | None, *, wait: float) -> Removal | None:
    """Return what removes old things after a retrain that is told to; the rule is checked before it begins.

    Parameters
    ----------
    keep
        Newest versions that stay; nothing is removed if not given.
    older_than
        Age up to which everything stays; the usual one if not given.
    wait
        Longest wait for another run [s].

    Returns
    -------
    callable or None
        Gives what it removed; ``None`` where nothing is to be.

    Raises
    ------
    ValueError
        If the age is none, or nothing is to be removed at that age.
    """
    if keep is None:
        if older_than is not None:
            raise InputError("--older-than needs --keep N: how many of the newest versions stay")
        return None
    from shiftcast.pipelines.doctor import retention as ward  # noqa: PLC0415  (keeps --help fast)

    rule = ward.retention(keep, AGE if older_than is None else older_than)
    return lambda: ward.prune(default_root(), rule, wait=wait)


def tell_retrained(
    outcome: Mapping[str, str | None], said: str, remove: Removal | None, *, as_json: bool, quiet: bool
) -> None:
    """Print what became of a retrain, and remove what it is told to; a removal that fails takes nothing from the news.

    Parameters
    ----------
    outcome
        As JSON tells it.
    said
        The same in words.
    remove
        As :func:`removal` gives it.
    as_json
        Whether JSON is printed.
    quiet
        Whether no words are.
    """
    aloud = not (as_json or quiet)
    if aloud:
        sys.stdout.write(f"{said}\n")
    removed: dict[str, int | str | None] = {}
    try:
        gone = () if remove is None else remove()
        removed = {} if remove is None else {"removed": len(gone)}
    except Exception as error:
        removed = {"removed": None, "why": str(error)}
        raise
    finally:
        if as_json:
            sys.stdout.write(json.dumps({**outcome, **removed}) + "\n")
    if aloud and gone:
        sys.stdout.write(f"{said_of_all(gone)} removed\n")


def said_of_all(found: Sequence[Fault]) -> str:
    """Return how many things a removal concerns, and what it gives back.

    Parameters
    ----------
    found
        What is removed.

    Returns
    -------
    str
    """
    return f"{len(found)} thing{'s' * (len(found) != 1)}, {said_size(sum(each.size for each in found))}"


def said_size(size: float) -> str:
    """Return a size in the largest unit that it has one of.

    Parameters
    ----------
    size
        Bytes.

    Returns
    -------
    str

    Examples
    --------
    >>> said_size(30_947_000), said_size(12)
    ('30.9 MB', '12 bytes')
    """
    unit = 0
    while size >= _KILO and unit < len(_UNITS) - 1:
        size, unit = size / _KILO, unit + 1
    return f"{number(size)} {_UNITS[unit]}"
