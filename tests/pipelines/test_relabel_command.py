"""`shiftcast relabel`."""

import pandas as pd
import pytest
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.relabel_command import read_memberships


def invoke(*arguments):
    result = CliRunner().invoke(app, ["relabel", *arguments, "--as-of", "2026-09-01", "--draws", "100"])
    if result.exception:
        raise result.exception
    return result.stdout


def test_a_firm_is_moved_and_the_membership_saved(tmp_path):
    path = tmp_path / "memberships.csv"
    printed = invoke("coreweave=hyperscale", "--save", str(path))
    assert "the total does" in printed
    assert "Offset of keynote" in printed
    invoke("meta=rest", "--valid-from", "2026-01-01", "--save", str(path))
    rows = read_memberships(tmp_path)
    assert rows["firm"].tolist() == ["coreweave", "meta"]
    assert rows["valid_from"].iloc[1] == pd.Timestamp("2026-01-01", tz="UTC")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("coreweave", "not of the form"),
        ("coreweave=rest", "already counts as rest"),
        ("nobody=rest", "'nobody' has no"),
    ],
)
def test_bad_changes_are_refused_by_name(change, message):
    with pytest.raises(ValueError, match=message):
        invoke(change)


def test_a_bad_row_is_refused_by_its_line(tmp_path):
    (tmp_path / "memberships.csv").write_text(
        "firm,definition,segment,valid_from,known_at,evidence,confidence,source,note\n"
        "a,recast_2,cloud,2026-01-01,2026-01-01,assumed,derived,me,\n"
    )
    with pytest.raises(ValueError, match="line 2, segment 'cloud'"):
        read_memberships(tmp_path)
