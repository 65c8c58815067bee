"""`shiftcast volume` of rows to add up, and by category."""

import json

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from shiftcast.pipelines.cli import app

ENDS = pd.date_range("2024-01-31", periods=24, freq="ME").strftime("%Y-%m-%d")


@pytest.fixture
def usage(tmp_path):
    """Return a file of volumes by workload, technique and region, the names of one of which are digits."""
    random = np.random.default_rng(1)
    names = [(w, t, r) for w, t in (("007", "llm"), ("007", "deep"), ("NA", "llm")) for r in ("eu", "us")]
    rows = [(*name, end, 100 * np.exp(0.1 * random.normal())) for name in names for end in ENDS]
    table = pd.DataFrame(rows, columns=["workload", "technique", "region", "period_end", "value"])
    table.to_csv(tmp_path / "usage.csv", index=False)
    whole = table.groupby(["workload", "technique", "period_end"], as_index=False)["value"].sum()
    parts = whole.rename(columns={"workload": "series", "technique": "category"})
    parts.to_csv(tmp_path / "parts.csv", index=False)
    parts.groupby(["series", "period_end"], as_index=False)["value"].sum().to_csv(tmp_path / "totals.csv", index=False)
    return tmp_path


def volume(folder, name, *options):
    out = folder / "out.csv"
    words = ["volume", str(folder / name), "--horizon", "3", "--output", str(out), *map(str, options)]
    result = CliRunner().invoke(app, words)
    if result.exception:
        raise result.exception
    return out.read_text(), result


def test_rows_are_added_up_by_columns_whose_names_are_text(usage):
    by_two, _ = volume(usage, "usage.csv", "--by", "workload, technique")
    names = pd.read_csv(usage / "out.csv", dtype=str, keep_default_na=False)["series"].unique()
    assert sorted(names) == ["007 / deep", "007 / llm", "NA / llm"]
    table = pd.read_csv(usage / "usage.csv", dtype=str, keep_default_na=False)
    table.astype({"value": float}).to_parquet(usage / "usage.parquet")
    assert volume(usage, "usage.parquet", "--by", "workload,technique")[0] == by_two


def test_totals_are_those_of_a_file_of_totals(usage):
    volume(usage, "usage.csv", "--by", "workload", "--totals", "--edges", usage / "edges.csv")
    edges = pd.read_csv(usage / "edges.csv", dtype=str, keep_default_na=False)
    assert edges.to_numpy().tolist() == [["total", "007"], ["total", "NA"]]
    assert set(pd.read_csv(usage / "out.csv", dtype=str, keep_default_na=False)["series"]) == {"total", "007", "NA"}


def test_categories_in_the_file_and_shares_beside_it_are_the_same(usage):
    options = ["--paths", usage / "paths.csv", "--draws", "7"]
    own, result = volume(usage, "parts.csv", *options)
    drawn = (usage / "paths.csv").read_text()
    assert volume(usage, "totals.csv", "--shares", usage / "parts.csv", *options)[0] == own
    assert (usage / "paths.csv").read_text() == drawn
    assert "drawn independently of each other" in result.stderr
    assert own.splitlines()[0] == '"series","category","period_end","statistic","quantile","value"'
    whole = [line.replace(",,", ",", 1) for line in own.splitlines() if line.split(",")[1] == ""]
    alone, _ = volume(usage, "totals.csv", "--paths", usage / "paths.csv", "--draws", "7")
    assert whole == alone.splitlines()[1:]


def test_json_and_picture_take_categories_too(usage):
    words = ["volume", str(usage / "parts.csv"), "--horizon", "2", "--json", "--plot", str(usage / "fan.png")]
    rows = json.loads(CliRunner().invoke(app, words).stdout)["forecast"]
    assert {row["category"] for row in rows} == {None, "deep", "llm"}
    assert (usage / "fan.png").stat().st_size > 1000


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("usage.csv", ["--by", "workload,tecnique"], "'tecnique' to add up by is missing; did you mean 'technique'"),
        ("usage.csv", ["--by", "workload", "--drivers", "price"], "driver 'price' cannot be added up"),
        ("totals.csv", ["--totals"], "--totals needs --by"),
        ("totals.csv", ["--edges", "e.csv"], "--edges needs --by"),
        ("parts.csv", ["--shares", "parts.csv"], "has a column 'category' of its own"),
        ("totals.csv", ["--shares", "absent.csv"], "shares of absent.csv: file 'absent.csv' is not there"),
    ],
)
def test_what_does_not_go_together_is_refused(usage, name, options, message):
    with pytest.raises(ValueError, match=message):
        volume(usage, name, *options)
