"""`shiftcast claim draft`: a transcript or note as draft claims, for a person to confirm."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from shiftcast.features.number_words import words_from_rows
from shiftcast.features.relative_dates import phrases_from_rows
from shiftcast.forecast.claims.draft import Drafts, Wording, draft_claims
from shiftcast.pipelines.commands.options import as_day
from shiftcast.pipelines.records import RECORDS
from shiftcast.pipelines.sources.table import UnreadableFileError, read_table
from shiftcast.pipelines.tables.writing import write_table

LIMIT: Final = 16 << 20  # bytes of one text


def draft(
    file: Annotated[str, typer.Argument(help="Text in UTF-8, any language of the tables; - for standard input.")],
    stated_at: Annotated[str, typer.Option(help="Day it was said; relative dates count from it.")],
    speaker: Annotated[str, typer.Option(help="Who said it.")] = "unstated",
    output: Annotated[Path | None, typer.Option(help="File to write; CSV on standard output if left out.")] = None,
) -> None:
    """Draft claims from a transcript: figures, bounds and windows, opinion apart from disclosure, to be confirmed."""
    data = read_text(file)
    name = "standard input" if file == "-" else Path(file).name
    source = f"{name} sha256:{hashlib.sha256(data.encode()).hexdigest()[:16]}"
    drafts = draft_claims(data, speaker=speaker, stated_at=as_day(stated_at, "--stated-at"), source=source,
                          wording=read_wording())  # fmt: skip
    write_table(drafts.rows, output)
    _tell(drafts)


def read_text(file: str) -> str:
    """Return a text.

    Parameters
    ----------
    file
        Path, or ``-`` for standard input.

    Returns
    -------
    str
        The text.

    Raises
    ------
    UnreadableFileError
        If it cannot be read, is too long, or is not UTF-8.
    """
    try:
        if file == "-":
            data = sys.stdin.buffer.read(LIMIT + 1)
        else:
            with Path(file).open("rb") as stream:
                data = stream.read(LIMIT + 1)
    except OSError as error:
        raise UnreadableFileError(f"{file}: cannot be read ({error.strerror}); check the path") from None
    if len(data) > LIMIT:
        raise UnreadableFileError(f"{file}: is over {LIMIT >> 20} MiB; give one talk or note at a time")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableFileError(f"{file}: byte {error.start} is not UTF-8; save the text as UTF-8") from None


def read_wording() -> Wording:
    """Return the tables that ship: number words, phrases of time, wording, aliases and known names.

    Returns
    -------
    Wording
        Tables of all languages.
    """
    rows = {name: read_table(RECORDS / f"{name}.csv").to_dict("records")
            for name in ("number_words", "relative_dates", "wording", "aliases", "terms")}  # fmt: skip
    return Wording(
        words_from_rows([{str(k): v for k, v in row.items()} for row in rows["number_words"]]),
        phrases_from_rows([{str(k): v for k, v in row.items()} for row in rows["relative_dates"]]),
        [{str(key): str(value) for key, value in row.items()} for row in rows["wording"]],
        {str(row["alias"]): str(row["name"]) for row in rows["aliases"]},
        {str(row["term"]): str(row["kind"]) for row in rows["terms"]},
    )


def _tell(drafts: Drafts) -> None:
    kinds = drafts.rows["kind"].value_counts().to_dict()
    counted = f"{kinds.get('disclosure', 0)} disclosures, {kinds.get('opinion', 0)} opinions"
    typer.echo(f"{len(drafts.rows)} drafts: {counted}; confirm each before it goes to claims.csv", err=True)
    for alias, name in drafts.mended:
        typer.echo(f"read {alias!r} as {name!r}", err=True)
    if drafts.unresolved:
        typer.echo(f"names no table knows: {', '.join(drafts.unresolved)}", err=True)
