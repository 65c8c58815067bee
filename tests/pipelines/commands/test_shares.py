"""The shares command: files in and out, skill told, one line for what is wrong."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from shiftcast.features.input_error import InputError
from shiftcast.forecast.migration.quantiles import COLUMNS, LEVELS
from shiftcast.pipelines.commands.shares import app
from shiftcast.pipelines.series.train_migration import EVALUATION_ONLY, set_origins
from shiftcast.pipelines.series.train_migration import app as train_app
from shiftcast.pipelines.sources.learned import load_learned

SHARED = Path(__file__).parents[3].parent / "shared"
RUNNER = CliRunner()


@pytest.fixture
def file(tmp_path):
    """Return a CSV of two short histories."""
    lines = ["series,group,period_end,category,value"]
    for name, tilt in (("search|eu", 0.03), ("search|us", 0.05)):
        for t in range(10):
            lines += [
                f"{name},search,{2014 + t}-12-31,lexical,{0.9 - tilt * t}",
                f"{name},search,{2014 + t}-12-31,deep,{0.1 + tilt * t}",
            ]
    path = tmp_path / "history.csv"
    path.write_text("\n".join(lines))
    return path


def run(*words):
    """Run the command."""
    return RUNNER.invoke(app, ["shares", *map(str, words)])


def refused(*words):
    """Return what the program says of words that it refuses, in one line with code 2."""
    result = run(*words)
    assert isinstance(result.exception, InputError)
    return " ".join(str(result.exception).split())


def test_quantiles_and_mean_are_written(file, tmp_path):
    out = tmp_path / "forecast.csv"
    result = run(file, "--horizon", 3, "--draws", 50, "--output", out)
    assert result.exit_code == 0, result.output
    forecast = pd.read_csv(out)
    assert tuple(forecast.columns) == COLUMNS
    assert len(forecast) == 2 * 3 * 2 * (1 + len(LEVELS))
    assert sorted(forecast["quantile"].dropna().unique()) == pytest.approx(LEVELS)
    assert forecast.period_end.unique().tolist() == ["2024-12-31", "2025-12-31", "2026-12-31"]
    mean = forecast[forecast.statistic == "mean"].groupby(["series", "period_end"]).value.sum()
    assert np.abs(mean - 1.0).max() < 1e-9
    assert "CRPS over last value's" in result.output


def test_parquet_goes_both_ways_with_the_same_figures(file, tmp_path):
    source, target, plain = tmp_path / "h.parquet", tmp_path / "f.parquet", tmp_path / "f.csv"
    pd.read_csv(file).to_parquet(source)
    assert run(source, "--horizon", 2, "--draws", 20, "--output", target).exit_code == 0
    assert run(file, "--horizon", 2, "--draws", 20, "--output", plain).exit_code == 0
    assert pd.read_parquet(target).value.to_numpy() == pytest.approx(pd.read_csv(plain).value.to_numpy(), abs=1e-15)


def test_same_seed_writes_the_same_bytes(file, tmp_path):
    outs = [tmp_path / name for name in ("one.csv", "two.csv")]
    for out in outs:
        run(file, "--horizon", 2, "--draws", 20, "--seed", 5, "--output", out)
    assert outs[0].read_bytes() == outs[1].read_bytes()


def test_standard_output_without_a_file(file):
    assert "series,period_end,category,statistic,quantile,value" in run(file, "--horizon", 1, "--draws", 10).output


def test_plot_is_drawn(file, tmp_path):
    picture = tmp_path / "fan.png"
    assert run(file, "--horizon", 2, "--draws", 20, "--plot", picture, "--output", tmp_path / "f.csv").exit_code == 0
    assert picture.read_bytes()[:4] == b"\x89PNG"


def test_crossings_are_told_and_change_no_figure(file, tmp_path):
    outs = [tmp_path / name for name in ("one.csv", "two.csv")]
    asked = ["--crossing", "deep>=0.4", "--crossing", "lexical+deep<=0.5"]
    for out, extra in zip(outs, ([], asked), strict=True):
        result = run(file, "--horizon", 4, "--draws", 50, "--output", out, *extra)
        assert result.exit_code == 0, result.output
    assert outs[0].read_bytes() == outs[1].read_bytes()
    told = " ".join(result.output.split())
    assert "search|us: deep >= 0.4 by: 10% 2024-12-31" in told
    assert "search|eu: lexical + deep <= 0.5 by: 10% after the horizon" in told
    assert "not by the horizon 100%" in told


def test_a_textbook_curve_is_written_beside_the_forecast(file, tmp_path):
    out = tmp_path / "f.csv"
    names = ("fisher_pry", "bass")
    curves = [word for name in names for word in ("--reference", name)]
    assert run(file, "--horizon", 3, "--draws", 20, "--output", out, *curves).exit_code == 0
    rows = pd.read_csv(out)
    assert set(rows.statistic) == {"mean", "quantile", *names}
    for name in names:
        path = rows[(rows.statistic == name) & (rows.series == "search|us")]
        deep = path[path.category == "deep"].value.to_numpy()
        assert (np.diff(deep) >= 0).all()
        assert deep[0] > 0.4
        assert path.groupby("period_end").value.sum().to_numpy() == pytest.approx(np.ones(3))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--crossing", "deep"), "is not of the form llm>=0.5"),
        (("--crossing", "llm>=0.5"), "category 'llm' has no draws"),
        (("--reference", "moore"), "reference 'moore' is not known"),
    ],
)
def test_a_condition_or_curve_that_is_not_there_is_named(file, words, said):
    assert said in refused(file, "--horizon", 2, "--draws", 10, *words)


def test_left_out_sets_change_the_figures(file, tmp_path):
    family = load_learned()
    name = next(iter(family.left_out))
    values = []
    for extra in ([], ["--without-learned", name], ["--without-learned", "search"], ["--by-set"]):
        out = tmp_path / "f.csv"
        assert run(file, "--horizon", 2, "--draws", 20, "--output", out, *extra).exit_code == 0
        values.append(pd.read_csv(out).value.to_numpy())
    assert not np.array_equal(values[0], values[1])
    assert np.array_equal(values[0], values[2])
    assert np.array_equal(values[0], values[3])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: text.replace("0.9\n", "-0.9\n", 1), "series 'search|eu', row 1: value is -0.9"),
        (lambda text: text.replace("category", "kind", 1), "column 'category' is missing"),
        (lambda text: "", "is no CSV"),
        (
            lambda text: text + "\nsearch|eu,search,2014-12-31,deep,0.1",
            "series 'search|eu', row 41: a second value",
        ),
    ],
)
def test_bad_input_is_refused(file, change, said):
    file.write_text(change(file.read_text()))
    assert said in refused(file, "--horizon", 2)


def test_missing_file_is_named(tmp_path):
    assert "is not there" in refused(tmp_path / "none.csv", "--horizon", 2)


def test_what_ships_never_saw_the_evaluation_sets():
    assert not set(EVALUATION_ONLY) & set(load_learned().left_out)


def test_training_on_a_folder_writes_numbers_the_command_reads(file, tmp_path):
    rows = ["series,period,category,share,observed"]
    for t in range(20):
        share = 1 / (1 + np.exp(-0.3 * (t - 9)))
        rows += [f"NA,{1990 + t}-01-01,null,{1 - share},1", f"NA,{1990 + t}-01-01,new,{share},1"]
    (tmp_path / "own.csv").write_text("\n".join(rows))
    taken = set_origins("own", tmp_path / "own.csv", 3)
    panels = [each.state.panel for each in taken]
    assert {(*panel.series, *panel.categories[0]) for panel in panels} == {("NA", "new", "null", "unseen")}
    learned = tmp_path / "learned.json"
    result = RUNNER.invoke(train_app, ["--data", str(tmp_path), "--output", str(learned), "--leave-out", "history"])
    assert result.exit_code == 0, result.output
    assert run(file, "--horizon", 2, "--draws", 20, "--learned", learned, "--output", tmp_path / "f.csv").exit_code == 0


def test_training_on_nothing_says_so(tmp_path):
    result = RUNNER.invoke(train_app, ["--data", str(tmp_path), "--output", str(tmp_path / "x.json")])
    assert result.exit_code == 2
    assert "no set has an origin" in result.output


@pytest.mark.skipif(not (SHARED / "data" / "substitution").is_dir(), reason="../shared/data/substitution is not here")
def test_reference_histories_are_forecast_within_limits(tmp_path):
    frame = pd.read_csv(SHARED / "data" / "substitution" / "top500_os.csv.gz", dtype=str)
    rows = frame.rename(columns={"period": "period_end", "share": "value"}).assign(group="top500")
    rows[["series", "group", "period_end", "category", "value"]].to_csv(tmp_path / "h.csv", index=False)
    assert run(tmp_path / "h.csv", "--horizon", 12, "--draws", 50, "--output", tmp_path / "f.csv").exit_code == 0
    assert pd.read_csv(tmp_path / "f.csv").value.between(0.0, 1.0).all()
