"""Series on a Spark of this machine: the bytes of the other engine, and its sentences."""

from __future__ import annotations

import shutil
import warnings
from importlib.util import find_spec
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from shiftcast.pipelines.cli import app
from shiftcast.pipelines.engine.spark import session
from shiftcast.pipelines.series import volumes as one_machine
from shiftcast.pipelines.spread import volumes as spread_volumes

MISSING = [name for name, there in (("pyspark", find_spec("pyspark")), ("Java", shutil.which("java"))) if not there]
pytestmark = [
    pytest.mark.slow,  # Java starts
    pytest.mark.skipif(bool(MISSING), reason=f"the Spark engine needs {' and '.join(MISSING)}, not installed here"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # pyspark's own
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
RUNNER = CliRunner()
SPARK = ("--engine", "spark")


@pytest.fixture(scope="module", autouse=True)
def spark(forced):
    with warnings.catch_warnings(), forced():
        warnings.simplefilter("ignore")
        running = session("local[2]")
        yield running
        running.stop()


def run(command, *words):
    return RUNNER.invoke(app, [command, *map(str, words)])


def done(command, *words):
    result = run(command, *words)
    assert result.exit_code == 0, f"{result.output} {result.exception}"
    return result


def refused(command, *words):
    result = run(command, *words)
    assert result.exit_code == 2 or isinstance(result.exception, ValueError), result.output
    return str(result.exception) if isinstance(result.exception, ValueError) else result.output.strip()


def test_volumes_are_those_of_this_machine_to_the_byte_in_whole_groups_and_in_parts(
    history, tmp_path, alone, monkeypatch
):
    for module in (one_machine, spread_volumes):
        monkeypatch.setattr(module, "CHUNK", 3)  # the group of seven comes in parts of 3, 2 and 2
    file, here, there = tmp_path / "volumes.csv", tmp_path / "here.csv", tmp_path / "there.csv"
    history.to_csv(file, index=False)
    alone(file, 3, here)
    weights = tmp_path / "weights.parquet"
    result = done("volume", file, "--horizon", 3, "--output", there, "--weights", weights, *SPARK)
    assert there.read_bytes() == here.read_bytes()
    assert "what ships, of 11 series" in result.stderr
    parts = pd.read_parquet(weights).groupby("group")["part"].max()
    assert parts.to_dict() == {"batch": 1, "edge": 1, "web": 3}
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "here.csv", "there.csv", "volumes.csv", "weights.parquet"
    ]  # fmt: skip


def test_shares_are_those_of_this_machine(mixes, tmp_path):
    file, here, there = tmp_path / "mixes.parquet", tmp_path / "here.parquet", tmp_path / "there.parquet"
    mixes.to_parquet(file)
    same = ("--horizon", 2, "--draws", 40, "--reference", "fisher_pry")
    told = [done("shares", file, *same, "--output", out, *how).stderr for out, how in ((here, ()), (there, SPARK))]
    order = ["series", "statistic", "quantile", "period_end", "category"]
    frames = [pd.read_parquet(out).sort_values(order, ignore_index=True) for out in (here, there)]
    pd.testing.assert_frame_equal(frames[1], frames[0], check_exact=True)
    assert told[0].splitlines() == [line for line in told[1].splitlines() if line.startswith("skill")]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"value": "-3"}, "series 'web-0', row 2: value is -3; a volume cannot be negative: correct it or drop"),
        ({"value": "many"}, "row 2: value is 'many'; give a finite number, or leave it empty"),
        ({"series": ""}, "row 2: series is empty; name it or drop the row"),
        ({"group": "batch"}, "series 'web-0', row 2: also in another group than 'batch'; keep one"),
    ],
)
def test_a_refusal_names_file_and_row_in_the_sentence_of_this_machine(history, tmp_path, row, said):
    web = history[history.series == "web-0"].reset_index(drop=True).astype(str)
    first, second = tmp_path / "in" / "a b.csv", tmp_path / "in" / "c.csv"
    first.parent.mkdir()
    history[history.series != "web-0"].to_csv(second, index=False)
    web.loc[1, list(row)] = list(row.values())
    web.to_csv(first, index=False)
    out = tmp_path / "out"
    there = refused("volume", first.parent, "--horizon", 2, "--output", out, *SPARK)
    assert there.startswith(f"{first}: ")
    assert said in there
    assert there.count("\n") == 0
    assert not out.exists()


def test_files_of_which_one_has_other_columns_or_a_short_line_are_refused(history, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    history.head(50).to_csv(folder / "a.csv", index=False)
    (folder / "b.csv").write_text("series,group,period_end,value\nx,web,2023-01-31,1\nx,web,2023-02-28\n")
    said = refused("volume", folder, "--horizon", 2, "--output", tmp_path / "out", *SPARK)
    assert said == f"{folder / 'b.csv'}: row 2: has another number of cells than the header; correct the line"
    (folder / "b.csv").write_text("series,value,period_end,group\nx,1,2023-01-31,web\n")
    said = refused("volume", folder, "--horizon", 2, "--output", tmp_path / "out", *SPARK)
    assert "CSV header" in said
    assert said.count("\n") == 0


def test_what_spark_cannot_do_is_said_at_once(history, tmp_path):
    file = tmp_path / "a.csv"
    history.head(30).drop(columns="value").to_csv(file, index=False)
    out = ("--output", tmp_path / "out")
    said = refused("volume", file, "--horizon", 2, *out, *SPARK)
    assert said.startswith(f"{file}: column 'value' is missing")
    said = refused("volume", tmp_path / "no.csv", "--horizon", 2, *out, *SPARK)
    assert said.startswith(str(tmp_path / "no.csv"))
    assert "names no file that Spark can see" in said
    said = refused("volume", "nowhere://bucket/a.csv", "--horizon", 2, *out, *SPARK)
    assert said.startswith("nowhere://bucket/a.csv: ")
    assert "give Spark the library of that store" in said
    (tmp_path / "empty.csv").write_text("series,period_end,value\n")
    said = refused("volume", tmp_path / "empty.csv", "--horizon", 2, *out, *SPARK)
    assert said == f"{tmp_path / 'empty.csv'}: the history has no rows; give at least one period of one series"
    Path(out[1]).mkdir()
    (out[1] / "part.parquet").write_text("kept")
    assert "has files already" in refused("volume", file, "--horizon", 2, *out, *SPARK)
