"""What the volume benchmark reads and how it scores, by hand; no trace and no peer is needed."""

import gzip
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from shiftcast.features.panel import panels

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
import volume
import volume_cache
import volume_calibrated
import volume_peers
import volume_traces

sys.path.pop(0)
LEVELS = volume_calibrated.LEVELS


def panel(values, freq="D"):
    dates = pd.date_range("2025-01-01", periods=len(values), freq=freq)
    return panels(pd.DataFrame({"series": "s", "period_end": dates, "value": values}))[0][0]


def test_a_certain_and_right_forecast_scores_nothing_and_covers():
    truth = panel([1.0, 3.0, 1.0, 3.0])
    row = volume.scores(np.full((1, 1, len(LEVELS)), 3.0), truth, 1, 1, 1).iloc[0]
    assert (row.mase, row.crps, row.coverage) == (0.0, 0.0, 1.0)


def test_a_certain_and_wrong_forecast_scores_its_error_over_the_naive_one():
    truth = panel([1.0, 3.0, 1.0, 7.0])
    row = volume.scores(np.full((1, 1, len(LEVELS)), 3.0), truth, 1, 1, 1).iloc[0]
    assert row.mase == pytest.approx(4.0 / 2.0)
    assert row.crps == pytest.approx(4.0 * 2 * LEVELS.mean() / 2.0)
    assert row.coverage == 0.0


def test_coverage_is_of_the_central_eighty_percent_and_volumes_are_not_negative():
    truth = panel([1.0, 3.0, 1.0, 0.0])
    ahead = np.linspace(-2.0, 2.0, len(LEVELS))[None, None]
    row = volume.scores(ahead, truth, 1, 1, 1).iloc[0]
    assert row.coverage == 1.0
    assert row.mase == 0.0
    assert LEVELS[2], LEVELS[-3] == (0.1, 0.9)


def test_a_past_that_never_changes_gives_no_scale():
    row = volume.scores(np.zeros((1, 1, len(LEVELS))), panel([1.0, 1.0, 1.0, 2.0]), 1, 1, 1).iloc[0]
    assert np.isnan([row.mase, row.crps, row.coverage]).all()


def test_gpu_hours_of_a_job_are_spread_over_its_span(tmp_path):
    folder = tmp_path / "philly_microsoft_2017"
    folder.mkdir()
    jobs = "timestamp,duration,num_gpus,gpu_time,cluster\n2017-12-10 00:30:00,7200.0,4,28800.0,vc\n"
    with gzip.open(folder / "philly_jobs_sia.csv.gz", "wt") as file:
        file.write(jobs + "2017-12-10 05:00:00,604800.0,1,604800.0,vc\n2017-09-20 00:00:00,5184000,2,0,vc\n")
    hours = volume_traces.philly_hours(tmp_path, "2017-12-10").set_index("period_end").value
    assert hours.iloc[:6].tolist() == pytest.approx([2.0, 4.0, 2.0, 0.0, 0.0, 1.0])
    days = volume_traces.philly_days(tmp_path)
    assert days.value.sum() == pytest.approx(8.0 + 168.0 + 2 * 60 * 24)


def test_months_without_a_row_are_unknown_and_short_projects_left_out(tmp_path):
    folder = tmp_path / "pypi_downloads"
    folder.mkdir()
    months = pd.date_range("2018-01-01", periods=78, freq="MS")
    rows = pd.DataFrame({"commit_date": months, "project": "old", "downloads_30d": range(78), "group": "g"})
    young = rows.iloc[-20:].assign(project="young")
    pd.concat([rows.drop(index=[30]), young]).to_csv(folder / "selected_monthly_2018_2024H1.csv", index=False)
    frame = volume_traces.pypi(tmp_path)
    assert frame.series.unique().tolist() == ["old"]
    assert frame.period_end.min() == pd.Timestamp("2018-02-01")
    (made,), treated = panels(frame)
    assert made.frequency == "ME"
    assert treated.counts["gaps"] == 1


def test_peers_get_histories_without_gaps_from_their_first_value_on():
    rows = volume_peers.long(panel([1.0, np.nan, 3.0], freq="ME"))
    assert rows.y.tolist() == [1.0, 2.0, 3.0]
    assert rows.ds.dt.day.tolist() == [1, 1, 1]


def test_intervals_become_quantiles_in_order_of_level():
    columns = {
        f"M-{side}-{width}": [sign * width]
        for side, sign in (("lo", -1.0), ("hi", 1.0))
        for width in volume_peers.WIDTHS
    }
    table = pd.DataFrame({"unique_id": [0], "ds": [0], "M": [0.0], **columns})
    quantiles = volume_peers.from_widths(table, "M", 1)[0, 0]
    assert quantiles.tolist() == pytest.approx((200 * (LEVELS - 0.5)).tolist())


def test_forecasts_are_kept_by_what_was_forecast_and_a_read_one_has_no_time(tmp_path):
    calls = []
    work = lambda: calls.append(1) or np.array([1.0])  # noqa: E731  (a name for one expression)
    times = [volume_cache.kept(tmp_path, "a peer", np.array(values), work)[1] for values in ([1, 2], [1, 2], [1, 3])]
    assert len(calls) == 2
    assert np.isnan(times).tolist() == [False, True, False]
    volume_cache.kept(tmp_path, "another", np.array([1, 2]), work)
    assert len(calls) == 3
    assert volume_cache.kept(None, "a peer", np.array([1, 2]), work)[0].tolist() == [1.0]
    assert len(calls) == 4


def test_what_is_kept_of_ours_depends_on_the_code_and_of_peers_on_their_version(monkeypatch, tmp_path):
    (tmp_path / "features").mkdir()
    (tmp_path / "features" / "a.py").write_text("A = 1")
    monkeypatch.setattr(volume_cache, "ROOT", tmp_path)
    monkeypatch.setattr(volume_peers, "version", lambda name: f"{name} 2.1")
    before = [volume_peers.edition(name) for name in ("shiftcast", "Theta, calibrated", "AutoARIMA")]
    (tmp_path / "features" / "a.py").write_text("A = 2")
    after = [volume_peers.edition(name) for name in ("shiftcast", "Theta, calibrated", "AutoARIMA")]
    assert [one == two for one, two in zip(before, after, strict=True)] == [False, False, True]


def test_a_calibrated_peer_is_its_points_with_intervals_of_its_own_errors():
    random = np.random.default_rng(0)
    values = 100 * np.tile([1.0, 2.0, 3.0, 2.0, 1.0, 1.5, 0.5], 20) * np.exp(random.normal(0, 0.05, 140))
    past = panel(values)
    asked = []

    def naive(season):
        return lambda histories, horizon: (
            asked.append(len(histories)) or volume_calibrated.last_season(season)(histories, horizon)
        )

    ahead = volume_calibrated.calibrated("naive", naive, None, "1", most=8)(past, 7)[0]
    assert sum(asked) == 8
    assert ahead[:, 10] == pytest.approx(values[-7:], rel=0.05)
    inside = np.abs(np.log(ahead[:, 18] / ahead[:, 10]))  # 0.9 against the median: noise of two periods
    assert 0.06 < inside.mean() < 0.14


def test_nine_quantiles_become_all_and_go_on_as_a_normal_distribution():
    nine = norm.ppf(np.arange(1, 10) / 10) * 3 + 5
    assert volume_peers.widened(nine)[2:-2:2] == pytest.approx(nine)
    assert volume_peers.widened(nine)[[0, 1, -2, -1]] == pytest.approx(5 + 3 * norm.ppf([0.025, 0.05, 0.95, 0.975]))


def test_a_history_shorter_than_a_season_repeats_its_last_value():
    ahead = volume_calibrated.last_season(3)([np.array([1.0, 2.0]), np.array([1.0, 2.0, 3.0, 4.0])], 4)
    assert ahead.tolist() == [[2.0, 2.0, 2.0, 2.0], [2.0, 3.0, 4.0, 2.0]]


def test_quarters_of_an_hour_come_from_instances(tmp_path):
    folder = tmp_path / "alibaba_dlrm_2025"
    folder.mkdir()
    begin = 23 * 86_400
    rows = pd.DataFrame({
        "role": ["CN", "HN", "HN"], "cpu_request": [8, 4, 4], "gpu_request": [0, 2, 1],
        "scheduled_time": [np.nan, begin + 450, begin], "deletion_time": [np.nan, begin + 1800, begin + 900],
    })  # fmt: skip
    rows.to_csv(folder / "disaggregated_DLRM_trace.csv.gz", index=False)
    found = volume_traces.dlrm_quarters(tmp_path).pivot_table(index="period_end", columns="series", values="value")
    assert len(found) == 7 * 96
    assert (found.CN_cpu_request == 2.0).all()
    assert found.HN_gpu_request.iloc[:3].tolist() == [0.25 + 0.25, 0.5, 0.0]


@pytest.mark.parametrize("name", ["growing", "intermittent", "short"])
def test_generated_sets_are_whole_and_the_same_each_time(name):
    (trace,) = [each for each in volume_traces.TRACES if each.name == name]
    one, two = (trace.panel(Path()) for _ in range(2))
    assert (one.values == two.values).all()
    assert one.values.shape[1] > trace.cuts()[0] + trace.horizon


def test_the_generated_panel_is_the_same_for_the_same_seed():
    one, two = volume.generated(5), volume.generated(5)
    pd.testing.assert_frame_equal(one, two)
    assert (one.value > 0).all()
