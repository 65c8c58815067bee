"""The page of frames says what their models say."""

import importlib.util
from pathlib import Path

from shiftcast.features.frames import FRAMES

MAKER = Path(__file__).resolve().parents[2] / "docs" / "make_frames.py"


def test_the_page_is_up_to_date_and_lists_every_frame():
    spec = importlib.util.spec_from_file_location("make_frames", MAKER)
    maker = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(maker)
    text = maker.PAGE.read_text(encoding="utf-8")
    assert maker.page() == text, "run `python docs/make_frames.py`"
    assert [line.removeprefix("## ") for line in text.splitlines() if line.startswith("## ")] == list(FRAMES)
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    assert len(rows) == sum(len(frame.columns) for frame in FRAMES.values())
    assert all(line.count("|") == 6 for line in rows)
