"""`shiftcast rollouts list` and `shiftcast rollouts show`."""

import json

import pytest
from typer.testing import CliRunner

from shiftcast.features.input_error import InputError
from shiftcast.pipelines.cli import app


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


def test_one_operator_is_shown_with_wording_source_and_traffic():
    printed = invoke("show", "kuaishou", "--workload", "recsys", "--as-of", "2025-12-31")
    assert "OneRec feed, recsys end_to_end: deep to sequence, partial on 25% (23%-27%), online" in printed
    assert "operating cost 10.6% of the traditional pipeline" in printed
    assert "(secondary, known 2025-09-02)" in printed
    assert "1e+10 to 9e+10" in printed
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
