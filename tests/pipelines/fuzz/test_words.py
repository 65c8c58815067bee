"""Words made at random for every command, in an empty folder: an answer or one line, never a trace."""

import io
import sys

import click
import pytest
import typer
from hypothesis import strategies as st

from shiftcast.pipelines import cli
from shiftcast.pipelines.commands.listed import load

CODES = {0, 1, 2, 3}
STARTS = {"run", "retrain", "replay", "desk", "serve", "mcp", "schedule", "monitor"}  # which serve, fit or run hooks
SLOW = {"series", "volume", "shares", "hierarchy", "fit"}  # which fit what they are given
VALUES = st.one_of(
    st.sampled_from([
        "", "-", "--", "0", "-1", "1e309", "nan", "2027Q4", "2027-13", "rest", "llm", "gpu_hours", "a=b", "a=b=c", "=",
        "4,5,6", "h\u00e9", "\u202e", "*", "[", "{}", "%s", "none.csv", "x" * 300, "champion", "v0", "\x1b[31m",
    ]),
    st.text(st.characters(exclude_characters="/\x00", exclude_categories=["Cs"]), max_size=10),
    st.integers(-5, 10**12).map(str),
)  # fmt: skip


def commands(group, path=()):
    """Yield each command below a group with its words."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if hasattr(command, "list_commands"):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name), command


@pytest.fixture(scope="module")
def calls():
    """Return a strategy of calls: a command, options and arguments of its own, and others."""
    found = dict(commands(typer.main.get_command(cli.app)))
    found = {words: command for words, command in found.items() if not {*words} & (STARTS | SLOW)}
    assert len(found) > 40

    def of(words):
        options = [name for each in found[words].params for name in each.opts if name.startswith("-")]
        options = [name for name in options if name not in {"--root"}]
        one = st.one_of(st.sampled_from(options or ["--no"]), VALUES, VALUES, st.sampled_from(["--no", "-x", "--help"]))
        return st.lists(one, max_size=5).map(lambda more: (list(words), more))

    return st.sampled_from(sorted(found)).flatmap(of)


def test_any_words_end_in_an_answer_or_in_one_line(hunt, calls, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(cli, "careful_streams", lambda: None)
    assert load("ask") is not None

    def check(call):
        words, more = call
        out, err = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.TextIOWrapper(io.BytesIO(), "utf-8")
        with monkeypatch.context() as patch:
            patch.setattr(sys, "argv", ["shiftcast", *words, *more])
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b""), "utf-8"))
            patch.setattr(sys, "stdout", out)
            patch.setattr(sys, "stderr", err)
            with pytest.raises(SystemExit) as end:
                cli.main()
        err.flush()
        said = err.buffer.getvalue().decode()
        assert end.value.code in CODES
        assert "Traceback" not in said
        assert end.value.code != 1 or len(said.strip().splitlines()) <= 2, said

    hunt(check, calls, examples=8)
