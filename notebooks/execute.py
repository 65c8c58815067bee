"""Run notebooks and keep their outputs: ``python notebooks/execute.py``, or with the names of some after it.

They run in order in a folder of their own, beside the data, with the store that the first one makes. What changes from
one run to the next without meaning is left out (times, ids, what was said on standard error), so that the same code
gives the same bytes.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import nbformat
from nbclient import NotebookClient

HERE: Final = Path(__file__).resolve().parent
MINUTES: Final = 20
STYLED: Final = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
KEPT: Final = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
               "language_info": {"name": "python"}}  # fmt: skip


def tidied(notebook: Any, work: str) -> Any:
    """Return a notebook without what a run leaves in it beside its outputs.

    Parameters
    ----------
    notebook
        As the kernel left it.
    work
        Folder it ran in, whose name no output may show.
    """
    notebook.metadata = nbformat.from_dict(KEPT)
    number = 0
    for place, cell in enumerate(notebook.cells):
        cell.id, cell.metadata = f"cell-{place}", nbformat.from_dict({})
        if cell.cell_type != "code":
            continue
        number += 1
        cell.execution_count = number
        cell.outputs = [each for each in cell.outputs if each.get("name") != "stderr"]
        for output in cell.outputs:
            if "text" in output:
                output.text = last_shown(output.text)
            if "metadata" in output:
                output.metadata = nbformat.from_dict({})
            if "execution_count" in output:
                output.execution_count = number
            if work in str(output):
                raise ValueError(f"cell {place} shows the folder it ran in: {str(output)[:200]}")
    nbformat.validate(notebook)
    return notebook


def last_shown(text: str) -> str:
    """Return what a terminal shows in the end: no colours, and of a line that was drawn again the last."""
    lines = STYLED.sub("", text).replace("\r\n", "\n").split("\n")
    return "\n".join(line.rpartition("\r")[2] for line in lines)


def execute(names: list[str]) -> None:
    """Run notebooks in order and write them with their outputs."""
    os.environ.update(COLUMNS="100", NO_COLOR="1")
    with TemporaryDirectory() as work:
        (Path(work) / "data").symlink_to(HERE / "data")
        for path in sorted(HERE.glob("*.ipynb")):
            if names and path.name not in names and not path.name.startswith("01"):
                continue
            notebook = nbformat.read(path, as_version=4)
            client = NotebookClient(notebook, timeout=60 * MINUTES, resources={"metadata": {"path": work}})
            client.execute()
            nbformat.write(tidied(notebook, work), path)
            sys.stderr.write(f"{path.name}: {path.stat().st_size / 1000:.0f} kB\n")


if __name__ == "__main__":
    execute(sys.argv[1:])
