"""`shiftcast rollouts list`, `show`, `add` and `add-traffic`."""

import json
import re

import pytest
from typer.testing import CliRunner

from shiftcast.features.input_error import InputError
from shiftcast.pipelines.cli import app
from shiftcast.pipelines.records import RECORDS
from shiftcast.pipelines.sources.public_record import read_record

OURS = ("--operator", "our shop", "--segment", "rest", "--group", "tail", "--surface", "home feed",
        "--workload", "recsys", "--start", "2026-04-01", "--end", "2026-06-30", "--source", "our logs")  # fmt: skip
MOVED = ("--stage", "rank", "--from", "deep", "--to", "sequence", "--event", "partial", "--share", "0.2", "0.25", "0.3")


def invoke(*arguments):
    result = CliRunner().invoke(app, ["rollouts", *arguments])
    if result.exception:
        raise result.exception
    return result.stdout


def test_moves_are_listed_in_the_order_they_happened():
    rows = json.loads(invoke("list", "--json", "--as-of", "2026-11-28"))
    assert len(rows) == 226
    starts = [row["period_start"] for row in rows]
    assert starts == sorted(starts)
    assert rows[0]["operator"] == "amazon"
    assert rows[0]["share_mid"] is None


def test_only_what_was_known_that_day_is_listed():
    rows = json.loads(invoke("list", "--json", "--as-of", "2019-12-31", "--workload", "ads"))
    assert len(rows) == 6
    assert {row["workload"] for row in rows} == {"ads"}
    assert max(row["known_at"] for row in rows) <= "2019-12-31"


def test_the_table_names_who_moved_what_and_on_how_much():
    printed = invoke("list", "--operator", "criteo")
    for said in ("2015-01 to", "retargeting", "100%", "(90%-100%)", "partial"):
        assert said in printed
    assert "alibaba" not in printed


def test_filters_hold_together():
    rows = json.loads(
        invoke("list", "--json", "--technique", "sequence", "--event", "full", "--since", "2025-06-01", "--group",
               "giants", "--as-of", "2026-11-28")
    )  # fmt: skip
    assert rows
    for column, value in (("technique_to", "sequence"), ("event", "full"), ("group", "giants")):
        assert {row[column] for row in rows} == {value}
    assert min(row["period_end"] for row in rows) >= "2025-06-01"


def test_a_list_ends_with_its_counts():
    printed = invoke("list", "--as-of", "2026-11-28").splitlines()[-1]
    told = re.fullmatch(r"226 moves by (\d+) operators: (.*)", printed)
    parts = [re.fullmatch(r"(\w+ \w+) (\d+) by (\d+)", part).groups() for part in told[2].split(", ")]
    assert [name for name, *_ in parts] == ["hyperscale giants", "rest giants", "rest tail"]
    assert sum(int(rows) for _, rows, _ in parts) == 226
    assert sum(int(operators) for *_, operators in parts) == int(told[1])
    assert invoke("list", "--operator", "yelp", "--since", "2030-01-01").endswith("0 moves by 0 operators: none\n")


def test_an_added_move_is_in_the_list_of_its_folder(tmp_path):
    folder = tmp_path / "ours"
    told = invoke("add", "--record", str(folder), *OURS, *MOVED, "--known-at", "2026-07-01")
    assert told == f"{folder / 'rollouts.csv'}: line 2 added; read it with --record {folder}\n"
    assert "home feed, recsys rank: deep to sequence, partial on 25% (20%-30%), unstated" in invoke(
        "show", "our shop", "--record", str(folder)
    )
    (row,) = json.loads(invoke("list", "--operator", "our shop", "--record", str(folder), "--json"))
    assert (row["evidence"], row["confidence"], row["known_at"]) == ("assumed", "recalled", "2026-07-01")


def test_added_traffic_stands_beside_the_moves(tmp_path):
    invoke("add", "--record", str(tmp_path), *OURS, *MOVED)
    invoke("add-traffic", "--record", str(tmp_path), *OURS, "--requests", "1e6", "2e6", "3e6", "--evidence", "measured")
    (row,) = json.loads(invoke("show", "our shop", "--record", str(tmp_path), "--json"))["traffic"]
    assert (row["low"], row["mid"], row["high"], row["evidence"]) == (1e6, 2e6, 3e6, "measured")


def test_a_row_in_place_of_a_shipped_one_is_said_to_be(tmp_path):
    row = next(each for each in json.loads(invoke("list", "--operator", "criteo", "--json")) if each["share_mid"])
    names = ("operator", "surface", "workload", "stage", "event", "source")
    same = [text for name in names for text in (f"--{name}", row[name])]
    same += ["--from", row["technique_from"], "--to", row["technique_to"], "--start", row["period_start"]]
    same += ["--end", row["period_end"], "--known-at", row["known_at"], "--share", "0.5", "0.6", "0.7"]
    assert "line 2 added, in place of the shipped row" in invoke("add", "--record", str(tmp_path), *same)
    assert len(read_record(tmp_path).rollouts) == 226


def test_a_refused_row_leaves_nothing(tmp_path):
    folder = tmp_path / "ours"
    with pytest.raises(InputError, match="column 'known_at' holds '2026-05-01': known_at is before period_end"):
        invoke("add", "--record", str(folder), *OURS, *MOVED, "--known-at", "2026-05-01")
    assert not folder.exists()
    with pytest.raises(InputError, match="is the record that ships; give a folder of your own"):
        invoke("add", "--record", str(RECORDS), *OURS, *MOVED)
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=r"file: cannot be written \(.*\); give another --record"):
        invoke("add", "--record", str(tmp_path / "file"), *OURS, *MOVED)


def test_one_operator_is_shown_with_wording_source_and_traffic():
    printed = invoke("show", "kuaishou", "--workload", "recsys", "--as-of", "2025-12-31")
    assert "OneRec feed, recsys end_to_end: deep to sequence, partial on 25% (23%-27%), online" in printed
    assert "operating cost 10.6% of the traditional pipeline" in printed
    assert "(secondary, known 2025-09-02)" in printed
    assert "10 billion to 90 billion" in printed
    assert "OneMall" not in printed  # known in 2026
    told = json.loads(invoke("show", "kuaishou", "--json"))
    assert [row["mid"] for row in told["traffic"]] == [3e10, 3e8]
    assert {row["operator"] for row in told["rollouts"]} == {"kuaishou"}


def test_an_operator_without_traffic_has_no_table_of_it():
    assert "Traffic" not in invoke("show", "yelp")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("show", "nobody"), "operator 'nobody' has no row known that day; known are airbnb"),
        (("list", "--workload", "chat"), "workload 'chat' has no row known that day; known are ads, recsys, search"),
        (("show", "xai", "--as-of", "2020-01-01"), "operator 'xai' has no row known that day"),
    ],
)
def test_what_the_ledger_does_not_hold_is_refused_by_name(arguments, message):
    with pytest.raises(InputError, match=message):
        invoke(*arguments)


def test_names_are_printed_as_they_are_and_a_row_without_a_note_has_none(tmp_path):
    row = list(OURS)
    row[1] = "[bold]our[/shop]"
    invoke("add", "--record", str(tmp_path), *row, *MOVED)
    assert "our[/s" in invoke("list", "--record", str(tmp_path), "--operator", row[1])
    shown = invoke("show", row[1], "--record", str(tmp_path))
    assert shown.splitlines()[1].strip().startswith("our logs (recalled")
