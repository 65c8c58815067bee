"""The twenty questions: the page shows what the script wrote, and each is a question that can be asked."""

import sys
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

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


WHY = twenty.TWENTY[4]


@pytest.fixture
def store(monkeypatch):
    """Return a function that puts versions of so many days into the store that is opened; the last is champion."""

    def holds(days):
        versions = [SimpleNamespace(version=number, tags={twenty.ORIGIN_TAG: day} if day else {})
                    for number, day in enumerate(days, start=1)]  # fmt: skip
        monkeypatch.setattr(twenty, "open_store", lambda _root, make: versions)
        monkeypatch.setattr(twenty, "all_versions", lambda found: found)
        monkeypatch.setattr(twenty, "champion_version", lambda found: found[-1])

    return holds


def test_the_forecast_before_is_the_newest_of_an_earlier_day(store):
    store([*["2026-05-01"] * 10, "2026-11-30", None, "2026-11-30"])
    assert twenty.earlier(Path("some")) == "10"
    assert twenty.of_store(WHY, Path("some")).command == "shiftcast why --from 10"
    assert twenty.of_store(twenty.TWENTY[0], Path("some")) is twenty.TWENTY[0]


def test_a_forecast_is_not_compared_with_itself(store):
    store(["2026-11-30", "2026-11-30"])
    with pytest.raises(SystemExit, match=r"some has no version of an earlier day .* run `shiftcast run --origin DAY`"):
        twenty.of_store(WHY, Path("some"))
    row = pd.read_csv(twenty.RESULTS).set_index("number").loc[5]
    number = row["command"].removeprefix("shiftcast why --from ")
    assert f"of forecast {number} to" in row["answer"]
    assert not row["answer"].startswith("+0 ")


@pytest.mark.parametrize(("days", "vintage", "made"), [(["2026-11-30"], True, ["2026-08-30"]),
                                                       (["2026-11-30"], False, []),
                                                       (["2026-05-01", "2026-11-30"], True, [])])  # fmt: skip
def test_jobs_run_in_a_copy_with_a_forecast_of_an_earlier_day(days, vintage, made, store, monkeypatch, tmp_path):
    store(days)
    (tmp_path / "mlruns").mkdir()
    (tmp_path / "mlruns" / "kept").touch()
    ran, moved = [], []

    def invoke(_self, _app, words):
        ran.append(words)
        return SimpleNamespace(exit_code=0)

    monkeypatch.setattr(twenty.CliRunner, "invoke", invoke)
    monkeypatch.setattr(twenty, "relocate", moved.append)
    with twenty.workshop(tmp_path / "mlruns", vintage=vintage) as copy:
        assert (copy / "kept").exists()
        assert copy != tmp_path / "mlruns"
    assert moved == [copy]
    assert not copy.exists()
    assert [words[words.index("--origin") + 1] for words in ran] == made
    assert all(words[words.index("--root") + 1] == str(copy) for words in ran)


@pytest.mark.parametrize("vintages", [None, Path("two")])
def test_each_is_asked_of_its_store_and_a_job_publishes_beside_the_copy(vintages, monkeypatch, tmp_path):
    copy, wanted = tmp_path / "mlruns", []

    @contextmanager
    def workshop(_root, *, vintage):
        wanted.append(vintage)
        yield copy

    forecaster = SimpleNamespace(answer=lambda _: None)
    monkeypatch.setattr(twenty, "workshop", workshop)
    monkeypatch.setattr(twenty, "open_forecaster", lambda root: forecaster)
    monkeypatch.setattr(twenty, "of_store", lambda each, _: each)
    monkeypatch.setattr(twenty, "answered", lambda each, _, store: (each.number, store, Path.cwd()))
    here, asked = Path.cwd(), [each for each in twenty.TWENTY if each.number in {1, 5, 15, 17}]
    rows = twenty.ask_all(asked, Path("own"), vintages)
    why = (5, vintages, here) if vintages else (5, copy, tmp_path)
    assert rows == [(1, Path("own"), here), why, (15, copy, tmp_path), (17, Path("own"), here)]
    assert wanted == [vintages is None]


def test_questions_that_are_not_asked_keep_their_rows(monkeypatch, tmp_path):
    asked = []

    def ask_all(questions, _root, vintages):
        asked.append([each.number for each in questions])
        return [{"number": each.number, "answer": f"new, of {vintages}", "seconds": 1.0} for each in questions]

    results, page = tmp_path / "twenty.csv", tmp_path / "page.md"
    results.write_text(twenty.RESULTS.read_text(encoding="utf-8"), encoding="utf-8")
    page.write_text(twenty.PAGE.read_text(encoding="utf-8"), encoding="utf-8")
    for name, value in (("ask_all", ask_all), ("RESULTS", results), ("PAGE", page)):
        monkeypatch.setattr(twenty, name, value)
    for words in ([], ["--jobs"], ["--vintages", "two"], ["--vintages", "two", "--only", "5"]):
        monkeypatch.setattr(sys, "argv", ["twenty.py", *words])
        before = pd.read_csv(results)
        twenty.main()
        after = pd.read_csv(results)
        assert [*after["number"]] == [*range(1, 21)]
        kept = ~after["number"].isin(asked[-1])
        pd.testing.assert_frame_equal(after[kept], before[kept], check_dtype=False)
    jobs = {5, 15, 16}
    assert [set(range(1, 21)) - set(numbers) for numbers in asked[:3]] == [jobs, set(), {15, 16}]
    assert asked[3] == [5]
    assert page.read_text(encoding="utf-8").count("| new, of two |") == 18
