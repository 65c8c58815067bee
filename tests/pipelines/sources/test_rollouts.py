"""The ledger of a folder of one's own: added to what ships, a row in place of one with its key, and rows to add."""

import pandas as pd
import pytest

from shiftcast.features.frames import Rollouts, check
from shiftcast.features.input_error import InputError
from shiftcast.pipelines.records import RECORDS
from shiftcast.pipelines.sources.public_record import read_record
from shiftcast.pipelines.sources.rollouts import with_row

MOVE = {
    "operator": "our shop", "segment": "rest", "group": "tail", "surface": "home feed", "workload": "recsys",
    "stage": "rank", "technique_from": "deep", "technique_to": "sequence", "event": "partial", "serving": "online",
    "share_low": "0.2", "share_mid": "0.25", "share_high": "0.3", "period_start": "2026-04-01",
    "period_end": "2026-06-30", "known_at": "2026-07-01", "evidence": "measured", "confidence": "verified",
    "source": "our logs", "note": "",
}  # fmt: skip


def write(folder, **cells):
    added = with_row(folder, "rollouts.csv", {**MOVE, **cells})
    added.path.write_bytes(added.content)
    return added


def own(folder):
    moves = check(read_record(folder).rollouts, Rollouts)
    return moves[moves["operator"] == "our shop"]


def test_a_folder_of_nothing_but_own_rows_stands_beside_the_record_that_ships(tmp_path, record):
    assert (write(tmp_path).line, write(tmp_path, event="full", share_high="1").line) == (2, 3)
    found = read_record(tmp_path)
    assert len(found.rollouts) == len(record.rollouts) + 2
    assert list(own(tmp_path)["event"]) == ["full", "partial"]
    pd.testing.assert_frame_equal(found.observations, record.observations)
    pd.testing.assert_frame_equal(found.ceilings, record.ceilings)
    changed = {name for name in record.digests if found.digests[name] != record.digests[name]}
    assert changed == {"rollouts.csv"}


def test_own_rows_are_known_from_the_day_that_they_say(tmp_path, record):
    write(tmp_path)
    found = read_record(tmp_path)
    for day, seen in (("2026-06-30", 0), ("2026-07-01", 1)):
        origin = pd.Timestamp(day, tz="UTC")
        assert len(found.as_of(origin).rollouts) == len(record.as_of(origin).rollouts) + seen


def test_a_row_takes_the_place_of_the_shipped_one_with_its_key(tmp_path, record):
    shipped = pd.read_csv(RECORDS / "rollouts.csv", dtype=str, keep_default_na=False)
    row = shipped[shipped["share_mid"] != ""].iloc[0].to_dict()
    added = with_row(tmp_path, "rollouts.csv", {**row, "share_low": "0.01"})
    added.path.write_bytes(added.content)
    assert added.replaces
    found = read_record(tmp_path).rollouts
    assert len(found) == len(record.rollouts)
    same = (found[["operator", "surface", "event"]] == [row[name] for name in ("operator", "surface", "event")]).all(
        axis=1
    )
    assert 0.01 in set(found.loc[same, "share_low"])


def test_an_operator_of_the_ledger_need_not_be_placed_again(tmp_path):
    added = write(tmp_path, operator="google", segment="", group="")
    assert not added.replaces
    assert b"\ngoogle,hyperscale,giants,home feed," in added.content
    write(tmp_path)
    assert list(pd.read_csv(write(tmp_path, segment="", group="", event="full").path)["group"]) == [
        "giants", "tail", "tail",
    ]  # fmt: skip


def test_an_operator_of_the_other_file_need_not_be_placed_again(tmp_path):
    write(tmp_path)
    named = {name: MOVE[name] for name in ("operator", "surface", "workload", "period_start", "period_end")}
    weight = {"low": "1", "mid": "2", "high": "3", "known_at": "2026-07-01", "evidence": "measured"}
    cells = {**named, **weight, "confidence": "verified", "source": "our logs"}
    assert b"\nour shop,rest,tail,home feed," in with_row(tmp_path, "traffic.csv", cells).content
    with pytest.raises(InputError, match="the ledger has 'tail' for our shop; leave --group out"):
        with_row(tmp_path, "traffic.csv", {**cells, "group": "giants"})


def test_a_file_without_an_end_of_line_or_with_more_columns_stays_as_it_is(tmp_path):
    columns = [*MOVE, "ticket"]
    former = ",".join(columns) + "\n" + ",".join([*MOVE.values(), "T-1"])
    (tmp_path / "rollouts.csv").write_text(former, encoding="utf-8")
    content = write(tmp_path, event="test").content.decode()
    assert content.startswith(former + "\n")
    assert content.endswith(",our logs,,\n")
    assert len(own(tmp_path)) == 2


def test_traffic_is_added_as_moves_are(tmp_path, record):
    kept = ("operator", "segment", "group", "surface", "workload", "period_start", "period_end", "known_at",
            "evidence", "confidence", "source")  # fmt: skip
    rates = {"low": "1e6", "mid": "2e6", "high": "3e6"}
    added = with_row(tmp_path, "traffic.csv", {**{name: MOVE[name] for name in kept}, **rates})
    added.path.write_bytes(added.content)
    found = read_record(tmp_path)
    assert found.traffic.set_index("operator").loc["our shop", "mid"] == pytest.approx(2e6)
    assert len(found.rollouts) == len(record.rollouts)


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"event": "launched"}, "column 'event' holds 'launched': event must be one of test, deployed"),
        ({"share_mid": "0.1"}, "column 'share_mid' holds '0.1': share_mid is below share_low 0.2; swap them"),
        ({"share_mid": ""}, "column 'share_mid' holds '': share_mid is empty; give all of share_low"),
        ({"period_end": "2026-03-01"}, "column 'period_end' holds '2026-03-01': period_end is before period_start"),
        ({"known_at": "2026-06-01"}, "column 'known_at' holds '2026-06-01': known_at is before period_end 2026-06-30"),
        ({"group": ""}, "column 'group' holds '': 'our shop' is new to the ledger; give its --segment and --group"),
        ({"source": " "}, "column 'source' holds '': source is empty"),
        ({"operator": "google"}, "column 'segment' holds 'rest': the ledger has 'hyperscale' for google; leave"),
    ],
)
def test_a_row_that_breaks_a_rule_is_refused_with_its_place(tmp_path, cells, said):
    with pytest.raises(InputError, match=rf"rollouts\.csv: line 2: {said}.*; nothing was written"):
        with_row(tmp_path, "rollouts.csv", {**MOVE, **cells})
    assert not list(tmp_path.iterdir())


def test_the_same_row_twice_is_refused_with_the_remedy(tmp_path):
    write(tmp_path)
    with pytest.raises(InputError, match=r"line 3: column 'source' holds 'our logs': another row has the same key"):
        write(tmp_path, share_low="0.1")


def test_the_record_that_ships_is_never_written(tmp_path):
    link = tmp_path / "linked"
    link.symlink_to(RECORDS)
    for folder in (RECORDS, RECORDS / "mine", link):
        with pytest.raises(InputError, match=r"is the record that ships; give a folder of your own"):
            with_row(folder, "rollouts.csv", MOVE)


def test_a_former_row_that_breaks_a_rule_is_named_first(tmp_path):
    write(tmp_path)
    path = tmp_path / "rollouts.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("sequence", "transformer"), encoding="utf-8")
    with pytest.raises(InputError, match="line 2: column 'technique_to' holds 'transformer'"):
        write(tmp_path, event="full")


def test_a_row_that_puts_an_operator_elsewhere_than_the_ledger_does_is_set_aside(tmp_path, record):
    added = write(tmp_path, event="full", share_high="1")
    text = added.content.decode()
    (tmp_path / "rollouts.csv").write_text(
        text + text.splitlines()[1].replace("our shop,rest,tail", "meta,rest,giants") + "\n"
        + text.splitlines()[1].replace("tail,home feed", "giants,reels") + "\n"
    )  # fmt: skip
    found = read_record(tmp_path)
    assert len(found.rollouts) == len(record.rollouts) + 1
    assert not (found.rollouts[found.rollouts["operator"] == "meta"]["segment"] == "rest").any()
    aside = found.quarantine[["source", "line", "column", "value"]].values.tolist()
    assert aside == [["rollouts.csv", 3.0, "segment", "rest"], ["rollouts.csv", 4.0, "group", "giants"]]
    assert "the ledger has meta in 'hyperscale'" in found.quarantine["reason"].iloc[0]


@pytest.mark.parametrize("name", ["a|b", "unnamed giants 1", "two\nlines"])
def test_an_operator_is_not_named_as_forecasts_name_theirs(tmp_path, name):
    with pytest.raises(InputError, match=r"line 2: column 'operator' holds .*write it otherwise; nothing was written"):
        with_row(tmp_path, "rollouts.csv", {**MOVE, "operator": name})


def test_a_surface_that_answers_nothing_weighs_no_operator(tmp_path):
    row = {name: MOVE[name] for name in MOVE if name not in {"stage", "event", "serving"} and "te" not in name[:2]}
    with pytest.raises(InputError, match="low must be finite and within 1 to inf"):
        with_row(tmp_path, "traffic.csv", {**row, "low": "0", "mid": "0", "high": "0"})
