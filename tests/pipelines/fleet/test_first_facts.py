"""The first facts file: guessed from use, or taken from capacity lists, and never over one that is there."""

import tomllib

import pandas as pd
import pytest

from shiftcast.features.frames import DIMENSIONS, Usage, conform, empty
from shiftcast.features.input_error import InputError
from shiftcast.pipelines.fleet.facts_file import facts_of
from shiftcast.pipelines.fleet.first_facts import first_text, write_first

KNOWN = pd.Timestamp("2026-05-01", tz="UTC")


def usage(*rows):
    whole = dict.fromkeys(DIMENSIONS, "all") | {
        "unit": "accelerator", "grain": "hour", "known_at": KNOWN, "source": "a", "rows": 1.0, "bound": "=",
        "evidence": "measured", "confidence": "verified",
    }  # fmt: skip
    return conform(pd.DataFrame([
        whole | {"measure": measure, "how": how, "accelerator": accelerator, "value": value,
                 "period_start": pd.Timestamp(start, tz="UTC")}
        for measure, how, accelerator, start, value in rows
    ]), Usage)  # fmt: skip


def held(rows):
    fleet = facts_of(tomllib.loads(first_text("mine", rows)), "mine", "fleet.toml")
    return [(each.accelerator, each.count, f"{each.since:%Y-%m-%d}", each.guessed) for each in fleet.holdings]


USED = (("gpu_hours", "sum", "a100", "2026-01-01T00:00", 9.5), ("gpu_hours", "sum", "a100", "2026-01-01T01:00", 3.0))


def test_the_most_in_use_at_once_is_a_guess_in_whole_nodes():
    assert held(usage(*USED)) == [("a100", 16.0, "2000-01-01", True)]


def test_a_capacity_list_stands_before_a_guess():
    stock = (("accelerators", "last", "a100", "2026-01-01", 20.0), ("accelerators", "last", "a100", "2026-03-01", 30.0),
             ("accelerators", "last", "h100", "2026-02-01", 8.0))  # fmt: skip
    assert held(usage(*USED, *stock)) == [("a100", 30.0, "2000-01-01", False), ("h100", 8.0, "2000-01-01", False)]
    added = (("accelerators_added", "sum", "a100", "2026-01-01", 20.0),
             ("accelerators_added", "sum", "a100", "2026-03-01", 30.0))  # fmt: skip
    assert held(usage(*USED, *stock, *added)) == [
        ("a100", 20.0, "2026-01-01", False),
        ("a100", 30.0, "2026-03-01", False),
    ]


def test_accelerators_that_no_row_names_are_not_guessed():
    assert held(usage(("gpu_hours", "sum", "unlabelled", "2026-01-01", 9.0))) == []
    assert held(empty(Usage)) == []


def test_every_comment_is_valid_once_it_is_no_comment():
    lines = first_text("mine", empty(Usage)).splitlines()
    bare = [line.removeprefix("# ") for line in lines[2:]]
    fleet = facts_of(tomllib.loads("\n".join(bare)), "mine", "fleet.toml")
    assert (len(fleet.holdings), len(fleet.offers), len(fleet.events), len(fleet.moves)) == (1, 1, 1, 1)
    assert fleet.budgets == {2027: 1.2e6}
    assert fleet.leaf == "enterprise"


def test_a_file_that_is_there_stays(tmp_path):
    file = write_first(tmp_path / "mine", "mine", empty(Usage))
    assert file.read_text() == first_text("mine", empty(Usage))
    with pytest.raises(InputError, match="is there already and stays as it is"):
        write_first(tmp_path / "mine", "mine", empty(Usage))
