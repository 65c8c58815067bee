"""`shiftcast reconcile` on users' long frames."""

import json

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from shiftcast.pipelines.cli import app
from shiftcast.pipelines.commands.reconcile import _write

NAMES = ["total", "H", "R", "h1", "h2", "r1"]
EDGES = "parent,child\ntotal,H\ntotal,R\nH,h1\nH,h2\nR,r1\n"
VALUES = {"total": 10.0, "H": 4.0, "R": 5.0, "h1": 2.0, "h2": 3.0, "r1": 5.0}


@pytest.fixture
def files(tmp_path):
    (tmp_path / "edges.csv").write_text(EDGES)
    rows = pd.DataFrame([(name, day, VALUES[name] + day, VALUES[name] - day / 10) for name in NAMES for day in (1, 2)],
                        columns=["unique_id", "ds", "model", "other"])  # fmt: skip
    rows.to_csv(tmp_path / "forecasts.csv", index=False)
    past = np.random.default_rng(0).normal(5, 1, (6, 12))
    insample = pd.DataFrame([(name, day, past[i, day], 5.0) for i, name in enumerate(NAMES) for day in range(12)],
                            columns=["unique_id", "ds", "y", "model"])  # fmt: skip
    insample.to_csv(tmp_path / "insample.csv", index=False)
    return tmp_path


def invoke(files, *arguments):
    out = files / "out.csv"
    result = CliRunner().invoke(
        app, ["reconcile", str(files / "forecasts.csv"), "--hierarchy", str(files / "edges.csv"),
              "--output", str(out), *arguments],
    )  # fmt: skip
    if result.exception:
        raise result.exception
    return pd.read_csv(out).pivot_table(index="unique_id", columns="ds", values="model"), result


@pytest.mark.parametrize("method", ["bottom_up", "ols", "wls_struct", "wls_var", "mint_shrink", "multiplicative"])
def test_forecasts_add_up_afterwards(files, method):
    table, _ = invoke(files, "--method", method, "--insample", str(files / "insample.csv"))
    np.testing.assert_allclose(table.loc["total"], table.loc["H"] + table.loc["R"])
    np.testing.assert_allclose(table.loc["H"], table.loc["h1"] + table.loc["h2"])


def test_a_ratio_is_imposed_and_its_price_printed(files):
    table, result = invoke(files, "--constraint", "0.4 * H - 0.6 * R = 0", "--keep", "total", "--nonnegative")
    np.testing.assert_allclose(table.loc["H"] / table.loc["total"], 0.6)
    np.testing.assert_allclose(table.loc["total"], [11.0, 12.0])
    assert "strain" in result.stderr
    assert "incoherence" in result.stderr


def test_standard_output_is_the_frame(files):
    result = CliRunner().invoke(
        app, ["reconcile", str(files / "forecasts.csv"), "--hierarchy", str(files / "edges.csv")]
    )
    assert result.stdout.splitlines()[0] == "unique_id,ds,model,other"
    assert len(result.stdout.splitlines()) == 13


def test_a_csv_file_reads_back_as_what_was_forecast_days_and_awkward_names_included(tmp_path):
    days = pd.to_datetime(["2026-01-31", "2026-02-28"])
    frame = pd.DataFrame({"unique_id": ["a,b", 'say "c"'], "ds": days, "model": [1 / 3, 1e-300]})
    _write(frame, tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text().splitlines()[1] == f'"a,b","2026-01-31",{1 / 3}'
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "out.csv"), frame.assign(ds=days.strftime("%Y-%m-%d")),
                                  check_dtype=False, check_exact=True)  # fmt: skip


def test_parquet_and_other_names_are_read(files):
    rows = pd.read_csv(files / "forecasts.csv").rename(columns={"unique_id": "item_id", "ds": "timestamp"})
    rows.to_parquet(files / "forecasts.parquet")
    out = files / "done.parquet"
    result = CliRunner().invoke(
        app, ["reconcile", str(files / "forecasts.parquet"), "--hierarchy", str(files / "edges.csv"),
              "--output", str(out)],
    )  # fmt: skip
    assert result.exception is None
    assert pd.read_parquet(out).columns.tolist() == ["unique_id", "ds", "model", "other"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda rows: rows.replace("h1", "zz"), "series 'zz' is an orphan"),
        (lambda rows: rows[rows["unique_id"] != "h1"], "bottom node 'h1' has no forecast"),
        (lambda rows: pd.concat([rows, rows.head(1)]), "two rows"),
        (lambda rows: rows.assign(model="x"), "'model' is not numeric"),
        (lambda rows: rows.rename(columns={"model": "m-lo-80"}), "quantiles do not add up"),
        (lambda rows: rows[["unique_id", "ds"]], "no column of forecasts"),
        (lambda rows: rows.drop(columns="ds"), "column 'ds' is missing"),
    ],
)
def test_bad_frames_are_refused_by_name(files, change, message):
    change(pd.read_csv(files / "forecasts.csv")).to_csv(files / "forecasts.csv", index=False)
    with pytest.raises(ValueError, match=message):
        invoke(files)


def test_bad_options_are_refused_by_name(files):
    with pytest.raises(ValueError, match="method 'magic'"):
        invoke(files, "--method", "magic")
    with pytest.raises(ValueError, match="is not there"):
        invoke(files, "--insample", str(files / "absent.csv"))
    with pytest.raises(ValueError, match="lack 'y'"):
        invoke(files, "--method", "wls_var", "--insample", str(files / "forecasts.csv"))


def volumes(tmp_path):
    """Return what `shiftcast volume` writes of two workloads and their techniques: forecast, draws, edges."""
    random = np.random.default_rng(0)
    rows = [(w, t, f"{2024 + month // 12}-{month % 12 + 1:02d}-28", 100 * np.exp(0.1 * random.normal()))
            for w, t in (("recsys", "llm"), ("recsys", "deep"), ("search", "llm")) for month in range(24)]  # fmt: skip
    pd.DataFrame(rows, columns=["workload", "technique", "period_end", "value"]).to_csv(tmp_path / "u.csv", index=False)
    names = [str(tmp_path / name) for name in ("ahead.csv", "paths.csv", "edges.csv")]
    options = ["--by", "workload,technique", "--totals", "--edges", names[2], "--horizon", "3", "--draws", "40"]
    shell("volume", tmp_path / "u.csv", *options, "--output", names[0], "--paths", names[1])
    return names


def shell(*words):
    result = CliRunner().invoke(app, [str(word) for word in words])
    if result.exception:
        raise result.exception
    return result


def test_what_volume_writes_comes_back_coherent(tmp_path):
    ahead, paths, edges = volumes(tmp_path)
    out, coherent = tmp_path / "coherent.csv", tmp_path / "coherent_paths.csv"
    shell("reconcile", paths, "--hierarchy", edges, "--output", out, "--paths", coherent)
    assert pd.read_csv(out).columns.tolist() == pd.read_csv(ahead).columns.tolist()
    table = pd.read_csv(coherent).pivot_table(index="series", columns=["draw", "period_end"], values="value")
    assert table.shape == (6, 120)
    np.testing.assert_allclose(table.loc["total"], table.loc["recsys"] + table.loc["search"])
    np.testing.assert_allclose(table.loc["recsys"], table.loc["recsys / llm"] + table.loc["recsys / deep"])
    again = tmp_path / "again.csv"
    shell("reconcile", coherent, "--hierarchy", edges, "--output", tmp_path / "same.csv", "--paths", again)
    np.testing.assert_allclose(pd.read_csv(again)["value"], pd.read_csv(coherent)["value"])
    means = shell("reconcile", ahead, "--hierarchy", edges, "--output", tmp_path / "means.csv")
    assert "means only: 378 rows of quantiles are left out" in means.stderr
    assert set(pd.read_csv(tmp_path / "means.csv")["statistic"]) == {"mean"}


def test_draws_are_wanted_only_where_there_are_any(tmp_path, files):
    ahead, _, edges = volumes(tmp_path)
    with pytest.raises(ValueError, match="--paths needs draws"):
        shell("reconcile", ahead, "--hierarchy", edges, "--paths", tmp_path / "p.csv")
    with pytest.raises(ValueError, match="--paths takes draws that `shiftcast volume --paths` wrote"):
        invoke(files, "--paths", str(files / "p.csv"))
    with pytest.raises(ValueError, match=r"--tolerance 0.1 has no constraint to soften"):
        invoke(files, "--tolerance", "0.1")


def test_a_node_may_be_called_na(tmp_path):
    (tmp_path / "edges.csv").write_text("parent,child\ntotal,NA\ntotal,EMEA\nNA,us\nNA,ca\n")
    (tmp_path / "f.csv").write_text("unique_id,ds,m\ntotal,1,100\nNA,1,55\nEMEA,1,40\nus,1,30\nca,1,20\n")
    shell("reconcile", tmp_path / "f.csv", "--hierarchy", tmp_path / "edges.csv", "--output", tmp_path / "out.csv")
    out = pd.read_csv(tmp_path / "out.csv", keep_default_na=False).set_index("unique_id")["m"]
    assert out["NA"] == pytest.approx(out["us"] + out["ca"])


def test_dates_are_read_as_volume_reads_them(tmp_path):
    (tmp_path / "edges.csv").write_text("parent,child\ntotal,a\ntotal,b\n")
    rows = [
        f"{name},{day},{value}"
        for name, value in (("total", 30), ("a", 9), ("b", 18))
        for day in ("01/03/2026", "15/02/2026")
    ]
    (tmp_path / "f.csv").write_text("\n".join(["unique_id,ds,m", *rows]))
    words = ("reconcile", tmp_path / "f.csv", "--hierarchy", tmp_path / "edges.csv", "--output", tmp_path / "out.csv")
    with pytest.raises(ValueError, match=r"f.csv: series 'total', row 1: ds is '01/03/2026'; has day and month in"):
        shell(*words)
    shell(*words, "--dates", "day-first")
    assert pd.read_csv(tmp_path / "out.csv")["ds"].tolist() == ["15/02/2026", "01/03/2026"] * 3


def test_draws_of_days_in_other_spellings_are_of_one_day(tmp_path):
    (tmp_path / "edges.csv").write_text("parent,child\ntotal,a\ntotal,b\n")
    rows = [
        f"{name},{draw},{day},{value}"
        for name, day, value in (("total", "2026-03-31", 30), ("a", "31.3.2026", 9), ("b", "March 2026", 18))
        for draw in (1, 2)
    ]
    (tmp_path / "p.csv").write_text("\n".join(["series,draw,period_end,value", *rows]))
    shell("reconcile", tmp_path / "p.csv", "--hierarchy", tmp_path / "edges.csv", "--dates", "day-first",
          "--output", tmp_path / "out.csv", "--paths", tmp_path / "paths.csv")  # fmt: skip
    paths = pd.read_csv(tmp_path / "paths.csv")
    assert paths["period_end"].unique().tolist() == ["2026-03-31"]
    assert len(paths) == 6


def test_json_holds_forecasts_and_what_moved_them(files):
    table, _ = invoke(files)
    words = ["reconcile", str(files / "forecasts.csv"), "--hierarchy", str(files / "edges.csv"), "--json"]
    told = json.loads(CliRunner().invoke(app, words).stdout)
    assert (told["method"], told["nodes"], told["constraints"], told["kept"]) == ("wls_struct", 6, [], [])
    rows = pd.DataFrame(told["rows"]).pivot_table(index="unique_id", columns="ds", values="model")
    np.testing.assert_allclose(rows, table)
    assert told["summary"]
