"""Run the blocks of the pages, and write what the commands of ``console`` blocks answer into them.

``python docs/page_blocks.py FOLDER`` asks the store of a default `shiftcast run` below FOLDER (`FOLDER/mlruns`) and
writes each answer below its command, in every page or in those named after it; a line may end in ``| head -5``.
Tests run the same blocks on a small store.
"""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path
from typing import Final, NamedTuple

from typer.testing import CliRunner

from shiftcast.pipelines.cli import app

ROOT: Final = Path(__file__).resolve().parents[1]
COMMANDS: Final = ("console", "bash", "python")  # blocks that do something
OTHERS: Final = ("text", "csv", "toml", "json", "yaml", "sql")  # blocks that show something
NOT_RUN: Final = "not run:"
FOUND: Final = 3  # what commands end with that found something to say, such as alarms
ABSENT: Final = {"docs/ingest/labels.md": "rules.csv"}  # what a page makes itself
PARTLY: Final = "the lines of shiftcast are run:"
SHOWN: Final = {"docs/ingest/tables.md": ("report.csv", "map.csv", "query.sql")}  # tables of a page that its lines read
BLOCK: Final = re.compile(
    r"(?:^<!-- (?P<mark>[^\n]*) -->\n)?^```(?P<kind>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)
WIDTH: Final = "92"  # columns of a page's block
HEAD: Final = re.compile(r"\s*\|\s*head -(?:n ?)?(\d+)\s*$")


class Block(NamedTuple):
    """A fenced block of a page.

    Attributes
    ----------
    page
        The page, by its path in the checkout.
    line
        Number of the line of its fence.
    mark
        Text of the comment on the line before, or nothing.
    kind
        Language of the block.
    text
        What it holds.
    """

    page: str
    line: int
    mark: str
    kind: str
    text: str


class Ended(NamedTuple):
    """How a command ended.

    Attributes
    ----------
    line
        The command.
    code
        Its exit code.
    output
        What it printed: its answer, or what it said on standard error where it gave none.
    """

    line: str
    code: int
    output: str


def pages() -> list[Path]:
    """Return the pages of the site that lie in the checkout."""
    return sorted([ROOT / "README.md", *(ROOT / "docs").glob("**/*.md"), ROOT / "pipelines/records/README.md"])


def blocks(path: Path) -> Iterator[Block]:
    """Yield the blocks of a page."""
    text = path.read_text(encoding="utf-8")
    for found in BLOCK.finditer(text):
        line = text.count("\n", 0, found.start("text"))
        yield Block(path.relative_to(ROOT).as_posix(), line, found["mark"] or "", found["kind"], found["text"])


def lines_of(block: Block) -> list[str]:
    """Return the commands of a block: its lines after a dollar, or all of them."""
    text = block.text.replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    if block.kind == "console":
        lines = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
    return [" ".join(line.split()) for line in lines]


def answers_of(block: Block) -> list[tuple[str, str]]:
    """Return each command of a ``console`` block with the answer that stands below it."""
    if block.kind != "console":
        return []
    parts = re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]
    return [
        (" ".join(line.split()), answer.strip("\n")) for line, _, answer in (each.partition("\n") for each in parts)
    ]


def answered(line: str, folder: Path) -> Ended:
    """Run one command of shiftcast in a folder and return how it ended.

    Parameters
    ----------
    line
        The command as typed; a ``| head -5`` at its end is understood.
    folder
        Where it is typed.

    Returns
    -------
    Ended
        Exit code, and the lines it printed.

    Raises
    ------
    ValueError
        If the line is no command of shiftcast.
    """
    head = HEAD.search(line)
    words = shlex.split(HEAD.sub("", line))
    if words[0] != "shiftcast":
        raise ValueError(f"{line!r} is no command of shiftcast; mark its block with `<!-- not run: why -->`")
    with chdir(folder):
        done = CliRunner().invoke(app, words[1:], prog_name="shiftcast", env={"COLUMNS": WIDTH, "NO_COLOR": "1"})
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        return Ended(line, 2, f"shiftcast: {done.exception}")
    printed = [each.rstrip() for each in (done.stdout or done.output).strip("\n").splitlines()]
    shown = printed[: int(head[1])] if head else printed
    return Ended(line, done.exit_code, "\n".join(shown))


def filled(text: str, folder: Path) -> str:
    """Return a page with every ``console`` block answered anew."""

    def anew(found: re.Match[str]) -> str:
        if found["kind"] != "console" or (found["mark"] or "").startswith(NOT_RUN):
            return found[0]
        parts = []
        for line in lines_of(Block("", 0, "", "console", found["text"])):
            ended = answered(line, folder)
            sys.stderr.write(f"{ended.code}  {line}\n")
            if ended.code not in {0, FOUND}:
                raise SystemExit(f"{line}: {ended.output[-400:]}; no page was written with this answer")
            parts += [f"$ {line}", ended.output, ""]
        mark = f"<!-- {found['mark']} -->\n" if found["mark"] else ""
        return f"{mark}```console\n" + "\n".join(parts).strip("\n") + "\n```"

    return BLOCK.sub(anew, text)


def main(folder: str, *names: str) -> None:
    """Write the answers into the pages."""
    place = Path(folder).resolve()
    link = place / "notebooks"
    if not link.exists():
        link.symlink_to(ROOT / "notebooks")
    for path in [Path(name).resolve() for name in names] or pages():
        text = path.read_text(encoding="utf-8")
        new = filled(text, place)
        if new != text:
            path.write_text(new, encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
