"""Files of series are read by column type."""

import pandas as pd
import pytest

from shiftcast.pipelines.series.files import read_series

COLUMNS = ("series", "group", "period_end", "value")


def frame(**more):
    return pd.DataFrame({"series": ["a", "b"], "period_end": pd.to_datetime(["2025-01-31", "2025-02-28"]), **more})


def test_names_stay_text_and_unknown_columns_are_left(tmp_path):
    (tmp_path / "h.csv").write_text("series,note,period_end,value\n007,x,2025-01-31,1\nNA,,2025-02-28,\n")
    rows = read_series(tmp_path / "h.csv", COLUMNS)
    assert list(rows.columns) == ["series", "period_end", "value"]
    assert rows.series.tolist() == ["007", "NA"]
    assert rows.value.isna().tolist() == [False, True]


def test_text_among_numbers_is_handed_on_for_its_row_to_be_named(tmp_path):
    (tmp_path / "h.csv").write_text("series,period_end,value\na,2025-01-31,1\na,2025-02-28,n/a\n")
    assert read_series(tmp_path / "h.csv", COLUMNS).value.tolist() == ["1", "n/a"]


@pytest.mark.parametrize(("name", "said"), [("h.csv", "is no CSV"), ("h.parquet", "is no Parquet file")])
def test_a_file_of_another_kind_is_refused(name, said, tmp_path):
    (tmp_path / name).write_bytes(b"\xff\xfe\x00,\n\x00\x01\x02,3\n4\n")
    with pytest.raises(ValueError, match=said):
        read_series(tmp_path / name, COLUMNS)


def test_parquet_is_read_by_column(tmp_path):
    frame(value=[1.0, 2.0], note="x").to_parquet(tmp_path / "h.parquet")
    rows = read_series(tmp_path / "h.parquet", COLUMNS)
    assert list(rows.columns) == ["series", "period_end", "value"]
    assert rows.value.tolist() == [1.0, 2.0]
