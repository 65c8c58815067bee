"""`shiftcast split` prints whose share of what, seen when, under which mode, and what that took."""

import json
import re

import pytest
from typer.testing import CliRunner

from shiftcast.pipelines.cli import app
from shiftcast.pipelines.commands import split as command
from shiftcast.pipelines.commands.split import show

FEW = ["--draws", "100", "--as-of", "2026-09-01"]


def invoke(*arguments):
    result = CliRunner().invoke(app, ["split", *arguments])
    if result.exception:
        raise result.exception
    return result.stdout


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """Return what is printed, the report it is of, and its picture."""
    kept, picture = [], tmp_path_factory.mktemp("split") / "split.svg"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(command, "show", lambda report: (kept.append(report), show(report)))
        return invoke("--mode", "soft", "--strength", "0.2", "--plot", str(picture), *FEW), kept[0], picture


@pytest.fixture
def printed(shown):
    return shown[0]


def test_the_conclusion_comes_first_and_is_drawn(shown):
    said, report, picture = shown
    last = report.table.iloc[-1]
    assert said.startswith(f"{100 * last['median']:.0f} % in {last['quarter']}")
    assert "<svg" in picture.read_text()


@pytest.mark.parametrize("columns", [60, 80, 118])
def test_no_number_is_lost_on_a_narrow_screen(shown, monkeypatch, capsys, columns):
    said = []
    for width in (2000, columns):
        monkeypatch.setenv("COLUMNS", str(width))
        show(shown[1])
        said.append(" ".join(capsys.readouterr().out.split()))
    numbers = [set(re.findall(r"\d[\d,.]*\d|\d", each)) for each in said]
    assert numbers[0] <= numbers[1]


@pytest.mark.parametrize("said", [
    "Hyperscale share of revenue", "definition recast_2", "as of 2026-09-01", "mode soft at 60 %", "strength 0.2",
    "total kept", "free (80 %)", "strain", "KL", "ESS", "total moved", "HHI", "effective number", "halved",
])  # fmt: skip
def test_every_tag_is_printed(printed, said):
    assert said in printed


def test_fixed_says_that_it_does_not_cover():
    done = json.loads(invoke("--mode", "fixed", "--json", *FEW))
    assert done["overconfident"]
    assert done["mode"] == "fixed"
    ahead = [row["median"] for row in done["quarters"] if row["kind"] == "forecast"]
    assert ahead == pytest.approx([0.6] * len(ahead))


def test_before_the_keynote_a_share_has_to_be_given():
    with pytest.raises(ValueError, match="no share had been claimed by 2026-02-26"):
        invoke("--as-of", "2026-02-26")


def test_a_bad_day_is_refused_by_name():
    with pytest.raises(ValueError, match="--as-of '26-1' is not a date"):
        invoke("--as-of", "26-1")


def test_revisions_and_the_caution_are_printed():
    printed = invoke("--mode", "fixed", "--since", "2026-08-01", *FEW)
    assert "Revision of 2026-08-26, 4 under recast_2" in printed
    assert "80 % intervals are too narrow" in printed
    assert "is refused in" in printed
