import pandas as pd
import pytest
from filelock import FileLock

from shiftcast.features.frames import Overrides, check
from shiftcast.pipelines.job import overrides
from shiftcast.pipelines.job.overrides import FILE, add_override, read_overrides
from shiftcast.pipelines.state.root import StoreError

ROW = {
    "made_at": pd.Timestamp("2026-11-20", tz="UTC"), "who": "Ann", "segment": "all", "leaf": "all",
    "measure": "spending", "base": "none", "definition": "recast_2",
    "period_end": pd.Timestamp("2027-03-31", tz="UTC"), "low": 1e11, "mid": 1.2e11, "high": 1.5e11,
    "unit": "USD/quarter", "reason": "orders, \"firm\"\nand signed",
}  # fmt: skip


def test_overrides_are_added_and_read_back(tmp_path):
    assert read_overrides(tmp_path).empty
    first = add_override(tmp_path / "new", ROW)
    second = add_override(tmp_path / "new", {**ROW, "who": "Bo"})
    assert (len(first), second["who"].tolist()) == (1, ["Ann", "Bo"])
    pd.testing.assert_frame_equal(check(read_overrides(tmp_path / "new"), Overrides), second)
    assert second["reason"].iloc[0] == ROW["reason"]
    assert [path.name for path in (tmp_path / "new").glob("*.new")] == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, "Ann has overridden this figure on 2026-11-20 already; a correction is made on a later day"),
        ({"who": "Bo", "low": 2e11}, "low 2e\\+11, mid 1.2e\\+11, high 1.5e\\+11 must rise"),
        ({"who": "Bo", "low": -1.0}, "must rise and fit a lognormal scale"),
        ({"who": "Bo", "measure": "share", "low": 0.5, "mid": 0.6, "high": 1.2}, "fit a logitnormal scale"),
        (
            {"who": "Bo", "high": 8e300},
            "high of the override is 8e\\+300 USD/quarter, outside 0 to 1e\\+14 USD",
        ),
        ({"who": "Bo", "unit": "MW_facility", "measure": "power"}, "1e\\+11 MW_facility, .*all power stations of the"),
        ({"who": "Bo", "high": float("inf")}, "must rise|outside"),
        ({"who": "Bo", "mid": float("nan")}, "must rise"),
        ({"who": "Bo", "base": "pence"}, "overrides: column 'base' has 'pence'"),
    ],
)
def test_an_override_that_cannot_be_is_named_and_nothing_changes(tmp_path, change, said):
    add_override(tmp_path, ROW)
    before = (tmp_path / FILE).read_bytes()
    with pytest.raises(ValueError, match=said):
        add_override(tmp_path, {**ROW, **change})
    assert (tmp_path / FILE).read_bytes() == before


def test_a_file_that_is_held_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(overrides, "_SECONDS", 0.05)
    with FileLock(tmp_path / "overrides.lock"), pytest.raises(StoreError, match="another process has held it"):
        add_override(tmp_path, ROW)


@pytest.mark.parametrize("damaged", [b"", b"\xff\xfe"])
def test_a_file_that_is_no_table_is_named(tmp_path, damaged):
    (tmp_path / "overrides.csv").write_bytes(damaged)
    with pytest.raises(StoreError, match=r"overrides\.csv: cannot be read as a table \(.*\); restore it from a copy"):
        read_overrides(tmp_path)
