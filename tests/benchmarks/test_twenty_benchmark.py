"""The twenty questions: the page shows what the script wrote, and each is a question that can be asked."""

import sys
from pathlib import Path

import pandas as pd
import pytest

from shiftcast.forecast.questions import read_question

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
import twenty

sys.path.pop(0)


def test_the_page_shows_the_results():
    page = twenty.PAGE.read_text(encoding="utf-8")
    shown = page.split(twenty.BEGIN)[1].split(twenty.END)[0].strip()
    assert shown == twenty.page_table(pd.read_csv(twenty.RESULTS))


def test_all_that_can_be_asked_are_in_the_results_each_in_time():
    results = pd.read_csv(twenty.RESULTS)
    asked = {each.number for each in twenty.TWENTY if twenty.known(each, jobs=False)}
    assert set(results["number"]) >= asked
    assert not [line for line in results["answer"] if line.startswith("refused")]
    assert results.loc[results["number"].isin(asked), "seconds"].max() < twenty.MOST  # the others are jobs


@pytest.mark.parametrize("each", twenty.asked_of_forecast(), ids=lambda each: f"{each.number} {each.name}")
def test_each_is_a_question_and_its_line_says_the_same(each):
    read = read_question({"question": each.name, **each.fields})
    start, ask, name, *fields = each.command.split(" ")
    assert (start, ask, name) == ("shiftcast", "ask", each.name)
    assert {text.partition("=")[0] for text in fields} == read.arguments.keys()


def test_they_are_numbered_from_one_to_twenty():
    assert [each.number for each in twenty.TWENTY] == list(range(1, 21))


def test_a_sentence_ends_neither_at_a_colon_nor_at_a_decimal_point():
    assert twenty.first_sentence("0.26 US dollars (8 in 10: 0.14 to 0.5): the least. More.") == (
        "0.26 US dollars (8 in 10: 0.14 to 0.5): the least."
    )


def test_the_line_of_a_job_ends_where_its_table_begins():
    assert twenty.first_paragraph("0 alarms; nothing\nto do\n┏━━━┓\n┃ a ┃\n\nMore.") == "0 alarms; nothing to do"
