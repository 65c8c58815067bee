"""The mistakes that people make first: each is named with its remedy, before anything long is done."""

import os
import sys
from pathlib import Path

import pytest

from shiftcast.pipelines.cli import main
from shiftcast.pipelines.commands import asking
from shiftcast.pipelines.registry.versions import open_version

WHEN = ("--base", "requests", "--segment", "rest")
MISTAKES = {
    "a workload misspelt": (("when", "llm", "--of", "recsis", *WHEN), "did you mean 'recsys'?"),
    "a technique misspelt": (("when", "lllm", "--of", "recsys", *WHEN), "did you mean 'llm'?"),
    "a segment misspelt": (("quantiles", "power", "--segment", "soverein"), "did you mean 'sovereign'?"),
    "a leaf as segment": (("quantiles", "power", "--segment", "sovereign"), "give it as leaf"),
    "a measure misspelt": (("quantiles", "powr"), "did you mean 'power'?"),
    "a year for a quarter": (("plan", "--by", "2027", "--risk", "0.05"), "the year 2027 ends in 2027Q4"),
    "a month for a quarter": (("plan", "--by", "2027-12", "--risk", "0.05"), "month 12 of 2027 is in 2027Q4"),
    "a percentage": (("plan", "--by", "2027Q4", "--shortage", "5"), "5 percent is 0.05"),
    "a percent sign": (("plan", "--by", "2027Q4", "--risk", "5%"), "--risk '5%' is not of the form 0.05"),
    "no risk at all": (("plan", "--by", "2027Q4"), "such as --risk 0.05"),
    "a level in percent": (("when", "llm", "--of", "recsys", *WHEN, "--level", "80"), "80 percent is 0.8"),
    "a quarter left out": (("plan", "--risk", "0.05"), "needs --by: last quarter, such as 2027Q4"),
    "a word too many": (("plan", "2027Q4", "0.05"), "takes only BY by place, not '0.05'"),
    "a kind of file": (("placement", "--output", "x.txt"), "give .xlsx, .csv, .parquet or .json"),
    "a kind of picture": (("placement", "--plot", "x.doc"), "name the picture such as answer.png"),
    "a folder that is not there": (("placement", "--output", "no/x.csv"), "folder 'no' is not there; make it"),
    "beyond the horizon": (("quantiles", "power", "--horizon", "99"), "the last 2028Q4"),
    "quarters in the wrong order": (("attribute", "2026Q2", "2025Q2"), "give the earlier quarter as start"),
    "a claim misspelt": (("check", "humain-60k"), "did you mean 'humain-600k'?"),
    "a version that is not there": (("placement", "--version", "99"), "there is no model version 99"),
    "an alias that is not there": (("placement", "--version", "chamption"), "run `shiftcast run` first"),
    "another day": (("placement", "--as-of", "2020-01-01"), "made under"),
    "an assumption unknown": (("limits", "2027Q1", "--set", "site.luck=1"), "site.luck"),
    "a command misspelt": (("plann", "2027Q4"), "no such command 'plann'; did you mean 'plan'? `shiftcast --help`"),
    "an option misspelt": (("plan", "2027Q4", "--rissk", "0.05"), "no such option: --rissk; did you mean --risk"),
    "an option without its value": (("placement", "--plot"), "requires an argument; `shiftcast placement --help` says"),
    "too few draws": (("run", "--draws", "5"), "invalid value for '--draws': "),
    "a pair without a number": (("limits", "2027Q1", "--set", "power.pue"), "is not of the form site.utilisation=0.7"),
}


@pytest.fixture(scope="module")
def opened(finished):
    return open_version("champion", root=finished.request.root)


@pytest.fixture
def shell(finished, monkeypatch, capsys):
    """Return a function that runs a command line beside the finished store, giving exit code and errors."""
    monkeypatch.chdir(finished.request.root.parent)

    def command(*words):
        monkeypatch.setattr(sys, "argv", ["shiftcast", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        shown = capsys.readouterr()
        assert shown.out == ""
        return ended.value.code, shown.err

    return command


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named_with_its_remedy_in_one_line(shell, opened, monkeypatch, mistake):
    words, remedy = MISTAKES[mistake]
    if "--version" not in words:
        monkeypatch.setattr(asking, "open_version", lambda *_, **__: opened)
    code, said = shell(*words)
    assert code in {1, 2}
    assert remedy in said
    assert said.startswith("shiftcast: ")
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    "words", [("placement",), ("doctor",), ("scorecard", "--target", "2026Q2"), ("rollback",), ("monitor", "--quiet")]
)
@pytest.mark.parametrize("empty", [False, True])
def test_where_there_is_no_store_it_is_said_how_one_comes_to_be(shell, tmp_path, words, empty):
    if empty:
        (tmp_path / "mlruns").mkdir()
    code, said = shell(*words, "--root", str(tmp_path / "mlruns"))
    assert code == 1
    assert "`shiftcast run`" in said
    assert str(tmp_path / "mlruns") in said


@pytest.mark.parametrize("command", ["run", "retrain", "rollback"])
def test_a_place_that_is_a_file_is_refused_before_the_run(shell, tmp_path, command):
    (tmp_path / "out").write_text("")
    code, said = shell(command, "--out", str(tmp_path / "out" / "report"))
    assert code == 2
    assert "is a file; give a folder" in said


def test_a_folder_that_may_not_be_written_to_is_refused_before_the_run(shell, tmp_path, monkeypatch):
    allowed = os.access  # root may write everywhere, so it is this that says no and not the folder's mode
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != tmp_path and allowed(path, mode))
    assert "may not be written" in shell("run", "--out", str(tmp_path / "report"))[1]
    assert "may not be written" in shell("placement", "--output", str(tmp_path / "x.csv"))[1]
