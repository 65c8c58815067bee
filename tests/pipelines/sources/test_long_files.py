"""Long files of users: names as they stand, numbers as numbers."""

import pandas as pd
import pytest

from shiftcast.pipelines.sources.long_files import read_long
from shiftcast.pipelines.sources.table import UnreadableFileError


@pytest.mark.parametrize("key", ["unique_id", "item_id", "id", "series", "child"])
def test_names_stay_as_they_are_written(tmp_path, key):
    file = tmp_path / "rows.csv"
    file.write_text(f'{key},ds,m\nNA,1,1\n007,1,NA\nnull,1,\n"a, b",1,2\n')
    rows = read_long(file)
    assert rows[key].tolist() == ["NA", "007", "null", "a, b"]
    assert rows["m"].isna().tolist() == [False, True, True, False]


def test_an_empty_name_is_none_and_a_column_twice_is_refused(tmp_path):
    file = tmp_path / "rows.csv"
    file.write_text("parent,child\n,top\ntop,a\n")
    assert pd.isna(read_long(file)["parent"].iloc[0])
    file.write_text("unique_id,ds,m,m\na,1,2,3\n")
    with pytest.raises(ValueError, match="column 'm' is there twice"):
        read_long(file)


def test_what_is_no_table_is_refused(tmp_path):
    (tmp_path / "empty.csv").write_text("")
    with pytest.raises(UnreadableFileError, match="cannot be read as CSV, Parquet or workbook"):
        read_long(tmp_path / "empty.csv")
    for name in ("absent.csv", "absent.parquet", "absent.xlsx#Sheet"):
        with pytest.raises(UnreadableFileError, match="is not there; give a CSV, a Parquet file or a workbook"):
            read_long(tmp_path / name)
