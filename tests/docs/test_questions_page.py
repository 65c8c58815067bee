"""The page of questions says what their schemas say."""

import importlib.util
from pathlib import Path

MAKER = Path(__file__).resolve().parents[2] / "docs" / "make_questions.py"


def test_page_and_schemas_are_up_to_date():
    spec = importlib.util.spec_from_file_location("make_questions", MAKER)
    maker = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(maker)
    text = maker.PAGE.read_text(encoding="utf-8")
    assert maker.page(text) == text, "run `python docs/make_questions.py`"
    assert maker.ANSWERS.read_text(encoding="utf-8") == maker.answers(), "run `python docs/make_questions.py`"
    assert maker.SCHEMA.read_text(encoding="utf-8") == maker.schema(), "run `python docs/make_questions.py`"
