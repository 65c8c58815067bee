"""The commands, links and examples of the pages are true."""

import ast
import re
import shlex
from pathlib import Path

import pytest
import typer

import shiftcast
from shiftcast.forecast.known import Settings
from shiftcast.pipelines.commands.listed import load

SMALL = Settings(draws=200, through="2028Q4")  # as `small_world` was drawn
ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("**/*.md"), ROOT / "pipelines/records/README.md"])
COMMANDS = (
    "pip install -c constraints.txt -e . && shiftcast run",
    "pip install -c constraints.txt -e '.[test]' && pytest",
)
LINK = re.compile(r"\]\(([^)#\s]+)")
BLOCK = re.compile(r"(?P<mark><!-- runnable -->\n)?^```(?P<kind>\w*)\n(?P<text>.*?)^```", re.MULTILINE | re.DOTALL)


CODE = re.compile(r"`(shiftcast [^`]+)`|^(shiftcast (?:[^\n]*\\\n)*[^\n]*)", re.MULTILINE)
SKETCH = re.compile(r"\.\.|[\[\]|]|\b(?:SOURCE|PATH|N|H|DIR)\b")  # shows what can stand somewhere; it cannot be typed


def command_lines():
    """Return every line that calls the command, from blocks and from text, without what only sketches one."""
    found = {
        " ".join((inline or block).replace("\\\n", " ").split()).split(" && ")[0]
        for page in PAGES if page.name != "CHANGELOG.md"
        for inline, block in CODE.findall(page.read_text(encoding="utf-8"))
    }  # fmt: skip
    return sorted(line for line in found if not SKETCH.search(line))


LINES = command_lines()


def blocks(kind, *, marked=False):
    return [
        pytest.param(found["text"], id=f"{page.name}:{number}")
        for page in PAGES
        for number, found in enumerate(BLOCK.finditer(page.read_text(encoding="utf-8")))
        if found["kind"] == kind and bool(found["mark"]) >= marked
    ]


@pytest.mark.parametrize("command", COMMANDS)
def test_the_two_commands_stand_on_lines_of_their_own(command):
    assert command in README.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_to_files_point_at_something(page):
    links = [link for link in LINK.findall(page.read_text(encoding="utf-8")) if "://" not in link]
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("text", blocks("python"))
def test_python_examples_are_python(text):
    assert ast.parse(text).body


@pytest.fixture(scope="module")
def champion(small_world, known_on, record):
    from shiftcast.pipelines.job.assemble import assemble  # noqa: PLC0415  (brings the models)

    return assemble(small_world, known_on(), record, digest="example", settings=SMALL).forecaster


@pytest.mark.parametrize("text", blocks("python", marked=True))
def test_runnable_examples_run(text, champion, monkeypatch, tmp_path):
    """A block after ``<!-- runnable -->`` runs with a small forecast in the champion's place."""
    monkeypatch.setattr(shiftcast, "open_forecaster", lambda *_, **__: champion)
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": "example"}
    exec(compile(text, "example", "exec"), names)  # noqa: S102  (our own pages)
    assert set(names) - {"__name__", "__builtins__"}


def test_there_are_examples_and_command_lines_to_try():
    assert len(blocks("python", marked=True)) >= 3
    assert len(LINES) >= 50


@pytest.mark.parametrize("line", LINES)
def test_the_command_line_takes_what_a_page_says(line):
    words = shlex.split(line)[1:]
    if words[0] not in {"--version", "-h", "--help"}:
        parsed(load(words[0]), words[1:])


def parsed(command, words):
    """Parse a command line without running it; a file need not be there."""
    if not words:  # the page only names it
        return
    context = command.make_context(command.name, list(words))
    if isinstance(command, typer.core.TyperGroup):
        _, inner, rest = command.resolve_command(context, [*context._protected_args, *context.args])
        parsed(inner, rest)


def test_the_counts_of_the_record_are_those_of_the_record(record):
    published = int((record.observations["evidence"] != "assumed").sum())
    for page in (README, ROOT / "docs/start.md"):
        assert f"ome {round(published, -2):,} published figures" in page.read_text(encoding="utf-8")
    assert f"- {len(record.assumptions)} assumptions," in README.read_text(encoding="utf-8")
