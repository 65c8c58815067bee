"""Addresses read within limits, and fields read as the command line reads them."""

import shlex

import pytest

from shiftcast.forecast.questions import read_question
from shiftcast.pipelines.commands.ask import _field
from shiftcast.pipelines.desk.address import MOST_BYTES, RefusedError, link, read_fields
from shiftcast.pipelines.desk.asked import _texts
from shiftcast.pipelines.desk.content import doors_of, fleet_doors
from shiftcast.pipelines.desk.typed import question_of


@pytest.mark.parametrize(
    ("query", "status", "says"),
    [
        (b"a=" + b"x" * MOST_BYTES, 414, "ask with at most"),
        (b"measure=power&measure=spending", 400, "field 'measure' is given twice; give it once"),
        (b"&".join(b"f%d=1" % number for number in range(61)), 400, "no list of at most 60 fields"),
        (b"measure=%ff", 400, "no UTF-8"),
        ("measure=ü".encode(), 400, "no UTF-8"),
        (b"measure", 400, "no list of at most 60 fields such as measure=power"),
    ],
    ids=["long", "twice", "many", "bytes", "raw", "bare"],
)
def test_an_address_that_is_none_is_refused_with_what_to_do(query, status, says):
    with pytest.raises(RefusedError, match=says) as refused:
        read_fields(query)
    assert refused.value.status == status


def test_an_address_reads_back_as_it_was_written():
    fields = {"scenario": "generative*1.5; lift power", "of": "a&b=c", "claim": "ü"}
    assert read_fields(link("/x", **fields).partition("?")[2].encode()) == fields
    assert read_fields(b"") == {}


def test_a_number_that_is_none_is_refused():
    with pytest.raises(ValueError, match="field 'horizon' is 'four'; it must be a number"):
        question_of("quantiles", {"measure": "power", "horizon": "four"})
    with pytest.raises(ValueError, match="'segmnt' is not known; did you mean 'segment'"):
        question_of("quantiles", {"segmnt": "rest"})


@pytest.mark.parametrize("text", ["[" * 5000, "9" * 5000], ids=["brackets", "digits"])
def test_what_python_cannot_read_is_no_number_either_from_an_address_or_in_a_command(text):
    for read in (lambda: question_of("quantiles", {"horizon": text}), lambda: _field(f"horizon={text}")):
        with pytest.raises(ValueError, match=r"field 'horizon' is '.{40}'; it must be a number, or"):
            read()


def test_a_scenario_is_never_read_from_a_file(tmp_path, opened):
    file = tmp_path / "mine.toml"
    file.write_text('says = "secret"\n[[demand]]\npart = "all"\nfactor = 2.0\n', encoding="utf-8")
    question = question_of("quantiles", {"measure": "power", "scenario": str(file)})
    with pytest.raises(ValueError, match="nor a name"):
        opened.answer(question)


def test_each_question_of_a_page_is_the_one_that_its_command_asks(opened):
    for name, example in opened.examples.items():
        typed = question_of(name, _texts(example))
        words = shlex.split(doors_of(typed).command)
        assert words[:3] == ["shiftcast", "ask", name]
        asked = {"question": name, **dict(_field(word) for word in words[3:])}
        assert read_question(asked) == read_question(typed) == read_question(example), name


def test_a_fleets_question_is_that_of_its_command():
    doors = fleet_doors("mine", "full", {"risk": 0.05, "through": "2027Q4"})
    assert doors.command == "shiftcast fleet mine full --risk 0.05 --through 2027Q4"
    assert (doors.python, doors.served) == (
        "shiftcast.open_fleet('mine').full(risk=0.05, through='2027Q4')", "shiftcast serve --fleet mine",
    )  # fmt: skip
