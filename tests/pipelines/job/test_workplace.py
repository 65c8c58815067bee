import pandas as pd
import pytest

from shiftcast.pipelines.job.workplace import WORKING, Workplace
from shiftcast.pipelines.state.ledger import Ledger


@pytest.fixture
def made(tmp_path, finished):
    """Return a way to ask for two steps, and what was made."""
    calls = []

    def steps(key="a" * 20):
        work = Workplace(tmp_path, Ledger(tmp_path, 1, key, "2026-01-31"))
        bundle = work.bundle("fit", lambda: calls.append("fit") or finished.result.bundle)
        table = work.table("backtest", lambda: calls.append("backtest") or pd.DataFrame({"x": [1.0]}))
        assert bundle.summary == finished.result.bundle.summary
        assert table["x"].tolist() == [1.0]
        return calls

    return steps


def test_steps_that_were_done_are_found_again(made):
    assert made() == ["fit", "backtest"]
    assert made() == ["fit", "backtest"]


@pytest.mark.parametrize(("name", "again"), [("fit/claims.parquet", "fit"), ("backtest.parquet", "backtest")])
def test_a_step_whose_files_are_altered_or_gone_is_done_again(made, tmp_path, name, again):
    made()
    path = tmp_path / WORKING / ("a" * 16) / name
    path.write_bytes(path.read_bytes() + b"x")
    assert made()[2:] == [again]
    path.unlink()
    assert made()[3:] == [again]


def test_the_work_of_another_key_is_removed(made, tmp_path):
    made()
    made("b" * 20)
    assert [path.name for path in (tmp_path / WORKING).iterdir()] == ["b" * 16]


def test_a_run_refused_in_its_first_step_leaves_no_folder_even_where_another_run_died(tmp_path):
    (tmp_path / WORKING / ("b" * 16)).mkdir(parents=True)

    def refuse():
        raise ValueError("no observation before the origin")

    with pytest.raises(ValueError, match="no observation"):
        Workplace(tmp_path, Ledger(tmp_path, 1, "a" * 20, "2026-01-31")).bundle("fit", refuse)
    assert not (tmp_path / WORKING).exists()
