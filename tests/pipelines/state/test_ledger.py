import pytest

from shiftcast.pipelines.state.ledger import DONE, LEDGER, Ledger, entries, unfinished


@pytest.fixture
def ledger(tmp_path):
    return Ledger(tmp_path, 1, "k", "2026-01-31")


def test_what_a_step_left_is_found_under_its_key_only(ledger, tmp_path):
    assert ledger.left("fit") is None
    with ledger.step("fit"):
        pass
    assert ledger.left("fit") is None
    ledger.write("fit", DONE, "abc")
    assert ledger.left("fit") == "abc"
    assert Ledger(tmp_path, 2, "other", "2026-01-31").left("fit") is None
    ledger.write("fit", DONE, "def")
    assert Ledger(tmp_path, 2, "k", "2026-01-31").left("fit") == "def"


def test_a_step_that_raises_is_written_down_with_its_reason_and_no_secret(ledger, tmp_path):
    with pytest.raises(ValueError, match="postgresql"), ledger.step("register"):
        raise ValueError("postgresql://ann:secret@db/x: cannot be used")
    last = list(entries(tmp_path))[-1]
    assert (last.step, last.state) == ("register", "failed")
    assert last.detail == "ValueError: postgresql://***@db/x: cannot be used"
    assert unfinished(tmp_path) == []


def test_a_disk_that_is_full_says_so_itself(ledger, tmp_path):
    def fail():
        (tmp_path / LEDGER).unlink()
        (tmp_path / LEDGER).mkdir()  # so that writing down the failure fails too
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"), ledger.step("fit"):
        fail()


def test_a_line_cut_short_is_passed_over_and_the_next_begins_anew(ledger, tmp_path):
    ledger.write("fit", DONE, "abc")
    whole = (tmp_path / LEDGER).read_bytes()
    (tmp_path / LEDGER).write_bytes(whole + whole[: len(whole) // 2])
    assert [entry.detail for entry in entries(tmp_path)] == ["abc"]
    ledger.write("backtest", DONE, "def")
    assert [entry.detail for entry in entries(tmp_path)] == ["abc", "def"]


ODD = b'{"at": "x", "token": [1], "key": "k", "origin": "o", "step": "fit", "state": "done", "detail": ""}'


@pytest.mark.parametrize("line", [b"[]", b"null", b'{"at": 1}', b"\xff\xfe", ODD])
def test_a_line_of_another_kind_is_passed_over(ledger, tmp_path, line):
    (tmp_path / LEDGER).write_bytes(line + b"\n")
    ledger.write("fit", DONE)
    assert len(list(entries(tmp_path))) == 1


def test_a_run_is_unfinished_until_a_later_one_is_carried_through(tmp_path):
    dead, later = Ledger(tmp_path, 1, "k", "2026-01-31"), Ledger(tmp_path, 2, "other", "2026-02-28")
    dead.write("fit", DONE)
    later.write("ingest", DONE)
    assert [(entry.token, entry.step) for entry in unfinished(tmp_path)] == [(1, "fit"), (2, "ingest")]
    later.write("publish", DONE)
    assert unfinished(tmp_path) == []
    assert unfinished(tmp_path / "nowhere") == []
