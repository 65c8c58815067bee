"""The notebooks are stories that can be read without being run: with outputs and pictures, and nothing of a machine."""

import ast
import json
import re
from pathlib import Path

import nbformat
import pytest

import shiftcast

HERE = Path(__file__).resolve().parents[2] / "notebooks"
NOTEBOOKS = sorted(HERE.glob("*.ipynb"))
LIBRARIES = {"pandas", "pathlib", "shutil", "IPython"}
MACHINE = re.compile(r"/(?:work|home|root|tmp|usr|Users)/|\b\d+(?:\.\d+)? ?(?:s|ms) (?:wall|CPU)|ipykernel")
LARGEST = 300_000  # bytes of a notebook


def cells(path, kind):
    return [cell for cell in json.loads(path.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == kind]


def source(cell):
    """Return a cell's Python, without lines for the shell."""
    lines = "".join(cell["source"]).splitlines()
    return "\n".join(line for line in lines if not line.startswith(("!", "%")))


def outputs(path):
    return [output for cell in cells(path, "code") for output in cell["outputs"]]


def text_of(output):
    data = output.get("data", {})
    return "".join(output.get("text", "")) + "".join("".join(text) for text in data.values() if isinstance(text, list))


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def path(request):
    return request.param


def test_there_is_a_notebook_for_each_story():
    assert [path.stem.partition("_")[2] for path in NOTEBOOKS] == [
        "first_forecast", "my_own_fleet", "my_own_bill", "recsys_and_search", "sixty_forty", "plan_limits_site",
        "backtest_and_scorecard", "retrain_monitor_roll_back",
    ]  # fmt: skip


def test_a_notebook_begins_with_its_title_and_what_it_tells(path):
    title, _, lead = "".join(cells(path, "markdown")[0]["source"]).partition("\n")
    assert title.startswith("# ")
    assert len(lead.strip()) > 60


def test_every_cell_was_run_in_order_and_none_failed(path):
    assert [cell["execution_count"] for cell in cells(path, "code")] == list(range(1, len(cells(path, "code")) + 1))
    assert {output["output_type"] for output in outputs(path)} <= {"stream", "display_data", "execute_result"}


def test_a_notebook_shows_pictures_and_words(path):
    pictures = [output for output in outputs(path) if "image/svg+xml" in output.get("data", {})]
    assert pictures, "run `python notebooks/execute.py`"
    for picture in pictures:
        assert len("".join(picture["data"]["text/plain"])) > 40  # what is seen, for who does not see it
    assert [output for output in outputs(path) if output.get("name") == "stdout"]


def test_a_notebook_is_small_and_shows_nothing_of_the_machine_it_ran_on(path):
    assert path.stat().st_size <= LARGEST
    shown = [text_of(output) for output in outputs(path)]
    assert [MACHINE.search(text)[0] for text in shown if MACHINE.search(text)] == []
    assert [output for output in outputs(path) if output.get("name") == "stderr"] == []
    assert [text for text in shown if "\r" in text or "\x1b" in text] == []


def test_a_notebook_defines_nothing_and_imports_only_what_is_public(path):
    for cell in cells(path, "code"):
        for node in ast.walk(ast.parse(source(cell))):
            assert not isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Lambda), ast.unparse(node)
            if isinstance(node, ast.ImportFrom) and node.module == "shiftcast":
                assert {name.name for name in node.names} <= set(shiftcast.__all__)
            elif isinstance(node, ast.ImportFrom):
                assert node.module.split(".")[0] in LIBRARIES
            elif isinstance(node, ast.Import):
                assert {name.name.split(".")[0] for name in node.names} <= LIBRARIES


def test_what_a_run_leaves_beside_its_outputs_is_not_kept(path):
    notebook = json.loads(path.read_text(encoding="utf-8"))
    assert set(notebook["metadata"]) == {"kernelspec", "language_info"}
    assert [cell["metadata"] for cell in notebook["cells"]] == [{}] * len(notebook["cells"])
    assert [cell["id"] for cell in notebook["cells"]] == [f"cell-{place}" for place in range(len(notebook["cells"]))]


def test_a_notebook_is_valid_for_every_reader(path):
    nbformat.validate(nbformat.read(path, as_version=4))
