import pytest

from shiftcast.forecast import answering
from shiftcast.forecast.answering import answer_rows, answer_text
from shiftcast.forecast.support import OutOfSupportError


def test_nothing_asked_is_refused(forecaster):
    with pytest.raises(ValueError, match="no question was asked; give at least one row"):
        answer_rows(forecaster, [])


def test_answers_that_grow_too_long_are_refused(forecaster, monkeypatch):
    monkeypatch.setattr(answering, "MOST_ROWS", 15)
    question = {"question": "quantiles", "measure": "power"}
    with pytest.raises(OutOfSupportError, match="row 1: the answers pass 15 rows; ask fewer at once"):
        answer_rows(forecaster, [question, question])


def test_a_number_that_json_does_not_know_is_never_printed():
    with pytest.raises(ValueError, match="Out of range"):
        answer_text([{"value": float("nan")}])
