"""The commands, links and examples of the pages are true."""

import ast
import re
from pathlib import Path

import pytest

import shiftcast

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("**/*.md"), ROOT / "pipelines/records/README.md"])
COMMANDS = (
    "pip install -c constraints.txt -e . && shiftcast run",
    "pip install -c constraints.txt -e '.[test]' && pytest",
)
LINK = re.compile(r"\]\(([^)#\s]+)")
BLOCK = re.compile(r"(?P<mark><!-- runnable -->\n)?^```(?P<kind>\w*)\n(?P<text>.*?)^```", re.MULTILINE | re.DOTALL)


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


@pytest.mark.parametrize("text", blocks("python", marked=True))
def test_runnable_examples_run(text, small_world, monkeypatch, tmp_path):
    """A block after ``<!-- runnable -->`` runs with a small forecast in the champion's place."""
    from shiftcast.forecast.answers import Forecaster  # noqa: PLC0415
    from shiftcast.forecast.views.part import forecast_frame  # noqa: PLC0415
    from shiftcast.pipelines.sources.public_record import read_record  # noqa: PLC0415

    made = Forecaster(small_world.cube, forecast_frame(small_world.cube, model="shiftcast"), read_record().claims)
    monkeypatch.setattr(shiftcast, "open_forecaster", lambda *_, **__: made)
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": "example"}
    exec(compile(text, "example", "exec"), names)  # noqa: S102  (our own pages)
    assert set(names) - {"__name__", "__builtins__"}
