"""The volume command: files in and out, the same bytes however files are cut, one line for what is wrong."""

import json
import re
import sys
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from shiftcast.features.panel import Panel
from shiftcast.forecast.volume import Elasticity, own_priors
from shiftcast.forecast.volume import fit_groups as real_fits
from shiftcast.forecast.volume import volume_quantiles as real_quantiles
from shiftcast.forecast.volume.drivers import Effect
from shiftcast.pipelines.cli import app, main
from shiftcast.pipelines.commands import volume as volume_command
from shiftcast.pipelines.series import volumes as volume_job
from shiftcast.pipelines.series.volumes import VolumeQuestion, forecast_volumes
from shiftcast.pipelines.sources.beliefs import shipped_beliefs

RUNNER = CliRunner()
PRIORS = own_priors(shipped_beliefs())
LEVELS = (0.025, 0.1, 0.5, 0.9, 0.975)
COLUMNS = ["series", "period_end", "statistic", "quantile", "value"]


@dataclass(frozen=True)
class StandIn:
    """Last value with a band of ten percent: the shape of a fit, so that only the command is tested."""

    panel: Panel
    horizon: int
    weights: pd.DataFrame
    effects: dict
    shipped: np.ndarray
    data_weight: np.ndarray
    notes: dict[str, tuple[str, ...]]


def stand_in_fits(panel, **given):
    for group in sorted(set(panel.group)):
        yield stand_in_fit(panel.take(panel.group == group), **given)


def stand_in_fit(panel, *, horizon, seed, priors):
    groups = sorted(set(panel.group))
    weights = pd.DataFrame({"group": np.repeat(groups, 2), "member": ["last_value", "theta"] * len(groups)})
    weights["weight"], weights["error"], weights["shipped"] = [0.75, 0.25] * len(groups), 1.0, 0.0
    effects = {
        name: Effect(priors.elasticities.get(name, Elasticity()), Elasticity(-0.4, 0.2), name in panel.known, None)
        for name in panel.drivers
    }
    seen = (~np.isnan(panel.values)).sum(axis=1)
    shipped = np.where(seen > 1, "combination", "neighbours").astype(object)
    return StandIn(panel, horizon, weights, effects, shipped, np.where(seen > 1, 1.0, 0.25), {f"seed {seed}": ("s0",)})


def stand_in_quantiles(fit):
    last = np.nan_to_num(fit.panel.values[:, -1])
    ends = fit.panel.ends(fit.horizon)
    rows = [
        {"series": name, "period_end": end, "statistic": kind, "quantile": level, "value": last[at] * factor}
        for at, name in enumerate(fit.panel.series)
        for kind, level, factor in [("mean", np.nan, 1.0), *(("quantile", q, 0.9 + 0.2 * q) for q in LEVELS)]
        for end in ends[at]
    ]
    frame = pd.DataFrame(rows)
    return frame.assign(period_end=pd.DatetimeIndex(frame.period_end).tz_localize("UTC").as_unit("us"))


@pytest.fixture(autouse=True)
def model(monkeypatch):
    """Put the stand-in in the model's place."""
    monkeypatch.setattr(volume_job, "fit_groups", stand_in_fits)
    monkeypatch.setattr(volume_job, "volume_quantiles", stand_in_quantiles)


def history(count=3, periods=6, freq="ME", start="2025-01-31"):
    """Return a frame of rising series in two groups."""
    dates = pd.date_range(start, periods=periods, freq=freq)
    return pd.DataFrame(
        [
            {"series": f"s{n}", "group": f"g{n % 2}", "period_end": day, "value": 10.0 * (n + 1) + t}
            for n in range(count)
            for t, day in enumerate(dates)
        ]
    )


@pytest.fixture
def file(tmp_path):
    """Return a CSV of three monthly series."""
    path = tmp_path / "history.csv"
    history().to_csv(path, index=False)
    return path


def run(*words):
    """Run the command."""
    return RUNNER.invoke(app, ["volume", *map(str, words)])


def said(capsys, monkeypatch, *words):
    """Run the installed command; return its code and what it said on standard error."""
    monkeypatch.setattr(sys, "argv", ["shiftcast", "volume", *map(str, words)])
    with pytest.raises(SystemExit) as stop:
        main()
    return stop.value.code, capsys.readouterr().err


def test_forecast_and_weights_are_written(file, tmp_path):
    out, weights = tmp_path / "ahead.csv", tmp_path / "weights.csv"
    result = run(file, "--horizon", 2, "--output", out, "--weights", weights)
    assert result.exit_code == 0, result.output
    ahead = pd.read_csv(out)
    assert list(ahead.columns) == COLUMNS
    assert ahead.period_end.unique().tolist() == ["2025-07-31", "2025-08-31"]
    mean = ahead[ahead.statistic == "mean"].drop_duplicates("series")
    assert dict(zip(mean.series, mean.value, strict=True)) == {"s0": 15.0, "s1": 25.0, "s2": 35.0}
    kept = pd.read_csv(weights)
    assert list(kept.columns) == ["part", "frequency", "group", "member", "weight", "error", "shipped"]
    assert kept.frequency.unique().tolist() == ["ME"]
    assert "what ships, of 3 series: combination for 3" in result.output
    assert "note: seed 0 (2 series, 's0' the first)" in result.output


def test_hours_are_written_with_their_time(tmp_path):
    path, out = tmp_path / "h.csv", tmp_path / "ahead.csv"
    history(freq="h", start="2025-01-01T20:00").to_csv(path, index=False)
    assert run(path, "--horizon", 3, "--output", out).exit_code == 0
    assert pd.read_csv(out).period_end.iloc[0] == "2025-01-02T02:00:00"


def test_parquet_goes_both_ways_with_the_same_figures(file, tmp_path):
    source, target, plain = tmp_path / "h.parquet", tmp_path / "f.parquet", tmp_path / "f.csv"
    history().to_parquet(source)
    assert run(source, "--horizon", 2, "--output", target).exit_code == 0
    assert run(file, "--horizon", 2, "--output", plain).exit_code == 0
    back = pd.read_parquet(target)
    assert str(back.period_end.dt.tz) == "UTC"
    assert back.value.tolist() == pd.read_csv(plain).value.tolist()


@pytest.mark.parametrize("chunk", [1, 2, 5000])
def test_how_the_file_is_cut_changes_no_forecast(chunk, monkeypatch):
    monkeypatch.setattr(volume_job, "CHUNK", chunk)
    rows = history(count=7).sample(frac=1.0, random_state=0)
    parts = list(forecast_volumes(rows.reset_index(drop=True), VolumeQuestion(2, PRIORS)))
    ahead = pd.concat([answer.forecast for answers, _ in parts for answer in answers])
    assert ahead[ahead.statistic == "mean"].groupby("series").value.max().tolist() == [15.0 + 10 * n for n in range(7)]
    assert all(len(answer.panel.series) <= chunk for answers, _ in parts for answer in answers)
    assert all(len(set(answer.panel.group)) == 1 for answers, _ in parts for answer in answers)
    assert chunk < 5 or len(parts) == 1


def test_whole_groups_share_a_chunk_and_a_large_one_is_split_evenly():
    group = np.array([0] * 4 + [1] * 7 + [2] * 2)
    found = volume_job._chunk_of(group, np.full(13, volume_job.CELLS // 5), 1)
    assert found.tolist() == [0] * 4 + [1] * 4 + [2] * 3 + [3] * 2


@pytest.mark.parametrize(("length", "horizon"), [(10, 1), (volume_job.CELLS // 90, 1), (10, volume_job.STEPS // 90)])
def test_many_small_groups_fill_a_chunk_and_no_more(length, horizon):
    group = np.repeat(np.arange(3000), 4)
    sizes = np.bincount(volume_job._chunk_of(group, np.full(len(group), length), horizon))
    assert sizes.sum() == len(group)
    assert set(sizes[:-1]) == ({5000} if (length, horizon) == (10, 1) else {88})


def test_frequencies_of_one_file_are_forecast_each_on_its_own(tmp_path):
    mixed = pd.concat([history(1), history(1, freq="D").assign(series="d", group="g0")])
    mixed.to_csv(tmp_path / "h.csv", index=False)
    out = tmp_path / "f.csv"
    assert run(tmp_path / "h.csv", "--horizon", 1, "--output", out).exit_code == 0
    assert pd.read_csv(out).drop_duplicates("series").period_end.tolist() == ["2025-02-06", "2025-07-31"]


def test_json_holds_forecast_weights_and_treatments(tmp_path):
    rows = history()
    rows.drop(index=[2]).to_csv(tmp_path / "h.csv", index=False)
    result = json.loads(run(tmp_path / "h.csv", "--horizon", 1, "--json").stdout)
    assert result["treatments"]["gaps"] == 1
    assert result["won"] == {"combination": 3}
    assert result["series"] == 3
    assert result["forecast"][0]["period_end"].startswith("2025-07-31T00:00:00")
    assert {row["group"] for row in result["weights"]} == {"g0", "g1"}


def test_json_beside_a_file_leaves_the_forecast_to_the_file(file, tmp_path):
    out = tmp_path / "f.csv"
    assert "forecast" not in json.loads(run(file, "--horizon", 1, "--json", "--output", out).stdout)
    assert out.exists()


def test_standard_output_has_one_header(file, monkeypatch):
    monkeypatch.setattr(volume_job, "CHUNK", 1)
    assert run(file, "--horizon", 1).stdout.count("series,period_end") == 1


def test_drivers_reach_the_model_with_their_known_future(tmp_path, monkeypatch):
    seen, belief = {}, ("--elasticity", "price=-0.5:0.3")
    monkeypatch.setattr(
        volume_job, "fit_groups", lambda panel, **given: seen.update(panel=panel) or stand_in_fits(panel, **given)
    )
    rows = history(1, periods=4).assign(price=[4.0, 3.0, 2.0, 1.0])
    rows.loc[3, "value"] = np.nan
    rows.to_csv(tmp_path / "h.csv", index=False)
    result = run(tmp_path / "h.csv", "--horizon", 2, "--drivers", "price", *belief, "--output", tmp_path / "f.csv")
    assert result.exit_code == 0, result.output
    assert "driver price (ME, group g0): elasticity -0.40 +- 0.20, believed -0.50 +- 0.30" in result.output
    assert "known ahead, it moves the forecast" in result.output
    assert seen["panel"].known == ("price",)
    assert seen["panel"].drivers["price"][0].tolist()[:4] == [4.0, 3.0, 2.0, 1.0]


def test_plot_is_drawn_and_says_how_many_are_shown(file, tmp_path, monkeypatch):
    monkeypatch.setattr(volume_command, "SHOWN", 2)
    picture = tmp_path / "fan.svg"
    assert run(file, "--horizon", 2, "--plot", picture, "--output", tmp_path / "f.csv").exit_code == 0
    assert re.findall('font-weight="bold"[^>]*>(s[0-9])<', picture.read_text()) == ["s0", "s2"]
    assert "2 of 3 series" in picture.read_text()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("series,period_end,value\na,2025-01-31,-3\n", "series 'a', row 1: value is -3; a volume cannot be negative"),
        (
            "series,period_end,value\na,2025-01-31,1\na,2025-02-28,much\n",
            "series 'a', row 2: value is 'much'; give a finite",
        ),
        ("series,period_end,value\na,2025-01-31,inf\n", "series 'a', row 1: value is inf"),
        ("series,period_end,value\na,2025-01-31,1\na,2025-01-31,2\n", "series 'a', row 2: a second value (2)"),
        ("series,period_end,value\na,soon,1\n", "series 'a', row 1: period_end is 'soon'; write dates as"),
        ("series,period_end\na,2025-01-31\n", "column 'value' is missing"),
        ("series,period_end,value\n", "the history has no rows"),
        ("series,period_end,value\n,2025-01-31,1\n", "row 1: series is empty"),
        (
            "series,group,period_end,value\na,x,2025-01-31,1\na,y,2025-02-28,1\n",
            "row 2: also in another group than 'y'",
        ),
        ("", "no CSV"),
    ],
)
def test_bad_input_is_one_line_and_leaves_no_file(text, message, tmp_path, capsys, monkeypatch):
    path, out = tmp_path / "h.csv", tmp_path / "f.csv"
    path.write_text(text)
    code, error = said(capsys, monkeypatch, path, "--horizon", 1, "--output", out)
    assert code == 2
    assert message in error
    assert str(path) in error
    assert error.count("\n") == 1
    assert sorted(each.name for each in tmp_path.iterdir()) == ["h.csv"]


def test_missing_file_and_folder_are_named(file, tmp_path, capsys, monkeypatch):
    assert "is not there" in said(capsys, monkeypatch, tmp_path / "none.csv", "--horizon", 1)[1]
    code, error = said(capsys, monkeypatch, file, "--horizon", 1, "--output", tmp_path / "no" / "f.csv")
    assert code == 2
    assert "folder" in error


def test_an_elasticity_of_another_form_is_refused(file, capsys, monkeypatch):
    code, error = said(capsys, monkeypatch, file, "--horizon", 1, "--elasticity", "price")
    assert code == 2
    assert "--elasticity 'price' is not of the form price=-0.5:0.3" in error


def test_a_series_that_borrows_shows_its_own_weight(tmp_path):
    rows = pd.concat([history(1), history(1, periods=1).assign(series="new")])
    rows.to_csv(tmp_path / "h.csv", index=False)
    result = json.loads(run(tmp_path / "h.csv", "--horizon", 1, "--json").stdout)
    assert result["borrowed"] == {"new": 0.25}
    assert result["won"] == {"combination": 1, "neighbours": 1}


def real_model(monkeypatch):
    monkeypatch.setattr(volume_job, "fit_groups", real_fits)
    monkeypatch.setattr(volume_job, "volume_quantiles", real_quantiles)


def test_the_model_answers_alike_from_file_and_from_python(tmp_path, monkeypatch):
    real_model(monkeypatch)
    rows = history(count=3, periods=40)
    rows.to_csv(tmp_path / "h.csv", index=False)
    out = tmp_path / "f.csv"
    assert run(tmp_path / "h.csv", "--horizon", 3, "--output", out).exit_code == 0
    ((answers, _),) = forecast_volumes(rows, VolumeQuestion(3, PRIORS))
    np.testing.assert_array_equal(pd.read_csv(out).value, pd.concat([each.forecast for each in answers]).value)


def test_joint_draws_are_written_and_agree_with_the_quantiles(tmp_path, monkeypatch):
    real_model(monkeypatch)
    history(count=2, periods=40).to_csv(tmp_path / "h.csv", index=False)
    out, paths = tmp_path / "f.csv", tmp_path / "paths.parquet"
    assert run(tmp_path / "h.csv", "--horizon", 2, "--output", out, "--paths", paths, "--draws", 400).exit_code == 0
    drawn, ahead = pd.read_parquet(paths), pd.read_csv(out)
    assert len(drawn) == 2 * 400 * 2
    assert drawn.draw.agg(["min", "max"]).tolist() == [1, 400]
    middle = ahead[ahead["quantile"] == 0.5].set_index(["series", "period_end"]).value
    spread = ahead[ahead["quantile"] == 0.9].set_index(["series", "period_end"]).value - middle
    medians = drawn.groupby(["series", "period_end"]).value.median()
    assert (np.abs(medians.to_numpy() - middle.to_numpy()) < 0.3 * spread.to_numpy()).all()


@pytest.mark.parametrize(("name", "least"), [("horizon", 1), ("draws", 0)])
def test_questions_without_an_answer_are_refused(name, least):
    with pytest.raises(ValueError, match=f"{name} -1 is below {least}"):
        VolumeQuestion(**{"horizon": 1, "priors": PRIORS, name: -1})


def test_a_horizon_past_what_can_be_drawn_is_refused():
    with pytest.raises(ValueError, match="horizon 20000 is above 5000; ask for fewer periods, or for longer ones"):
        VolumeQuestion(20_000, PRIORS)


def test_options_about_dates_reach_the_forecast(tmp_path, monkeypatch, capsys):
    days = pd.date_range("2023-01-31", periods=14, freq="ME")
    rows = pd.DataFrame({"series": "a", "period_end": days.strftime("%d/%m/%Y"), "value": [100.0] * 13 + [20.0]})
    rows.to_csv(tmp_path / "h.csv", index=False)
    words = [tmp_path / "h.csv", "--horizon", 2, "--output", tmp_path / "out.csv"]
    assert "has day and month in either order; say which with --dates day-first" in said(capsys, monkeypatch, *words)[1]
    result = run(*words, "--dates", "day-first", "--as-of", "2024-02-12")
    assert "1 values of periods that are not over: held out" in result.stderr
    assert pd.read_csv(tmp_path / "out.csv").period_end.unique().tolist() == ["2024-02-29", "2024-03-31"]


def test_another_group_changes_no_byte_of_forecast_draws_or_weights(monkeypatch):
    real_model(monkeypatch)
    priors = replace(PRIORS, members=("last_value", "smoothing", "shared_growth"))
    question = VolumeQuestion(3, priors, draws=4)
    mine = history(count=3, periods=30).assign(group="m")
    other = history(count=2, periods=90, start="2020-01-31").assign(
        group="a", value=0.0, series=["x"] * 90 + ["y"] * 90
    )

    def of_mine(rows):
        answers = [answer for found, _ in forecast_volumes(rows, question) for answer in found]
        (answer,) = (each for each in answers if each.panel.group[0] == "m")
        return [frame.astype(str).to_csv(index=False) for frame in (answer.forecast, answer.paths, answer.weights)]

    alone = of_mine(mine)
    both = pd.concat([mine, other]).sample(frac=1.0, random_state=1).reset_index(drop=True)
    assert of_mine(both) == alone
    monkeypatch.setattr(volume_job, "CELLS", 100)
    assert of_mine(both) == of_mine(mine)


def test_the_order_of_rows_changes_no_part_of_a_large_group(monkeypatch):
    real_model(monkeypatch)
    monkeypatch.setattr(volume_job, "CHUNK", 2)
    question = VolumeQuestion(2, replace(PRIORS, members=("last_value", "smoothing")))

    def told(names):
        rows = pd.concat([each for name in names for _, each in made.groupby("series") if each.series.iloc[0] == name])
        rows = rows.reset_index(drop=True).assign(
            series=lambda rows: pd.Categorical(rows["series"], names)  # as files are read
        )
        found = pd.concat([each.forecast for answers, _ in forecast_volumes(rows, question) for each in answers])
        return found.astype({"series": str}).sort_values(["series", "period_end", "quantile"]).to_csv(index=False)

    made = history(count=5, periods=24)
    names = sorted(made["series"].unique())
    assert told(names) == told(names[::-1])


def test_into_how_many_parts_a_group_falls_is_its_own_matter():
    long = np.r_[np.full(3, volume_job.CELLS), np.full(6, 10)]
    found = volume_job._chunk_of(np.r_[np.zeros(3, int), np.ones(6, int)], long, 1)
    assert len(set(found[:3])) == 3
    assert len(set(found[3:])) == 1
