"""No code that runs brings a drawing library of its own: there is one way to make a picture."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
LIBRARY = re.compile(r"^\s*(?:import|from) (matplotlib|plotly|altair|seaborn|bokeh|vl_convert)\b", re.MULTILINE)


def test_only_the_room_of_drawing_knows_a_library_that_draws():
    files = [
        path for room in ("features", "forecast", "pipelines", "shiftcast") for path in (ROOT / room).rglob("*.py")
    ]
    found = {
        path.relative_to(ROOT).as_posix(): set(LIBRARY.findall(path.read_text(encoding="utf-8"))) for path in files
    }
    assert {name: libraries for name, libraries in found.items() if libraries} == {
        "pipelines/drawing/files.py": {"vl_convert"}, "pipelines/drawing/rendered.py": {"vl_convert"},
    }  # fmt: skip
