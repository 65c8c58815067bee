import json
import re
from dataclasses import asdict, replace

import pandas as pd
import pytest

from shiftcast.features.asof import JUDGEMENT, known_by
from shiftcast.forecast.known import RULES, cut
from shiftcast.forecast.scoring.backtest import summarise
from shiftcast.pipelines.job import assemble
from shiftcast.pipelines.job import digest as digest_module
from shiftcast.pipelines.job import run as run_module
from shiftcast.pipelines.job.digest import run_digest
from shiftcast.pipelines.job.run import run
from shiftcast.pipelines.publish.publication import PUBLISHED, REPORT
from shiftcast.pipelines.publish.report import write_report
from shiftcast.pipelines.registry import deciding
from shiftcast.pipelines.registry.bundle import read_bundle
from shiftcast.pipelines.registry.champion import open_bundle, open_forecaster
from shiftcast.pipelines.registry.mlflow_store import CHALLENGER, CHAMPION, bundle_folder, champion_version, open_store
from shiftcast.pipelines.sources.public_record import read_record
from shiftcast.pipelines.state.root import StoreError

PAST = pd.Timestamp("2026-03-16", tz="UTC")


def versions(request):
    client = open_store(request.root).client
    return sorted(int(each.version) for each in client.search_model_versions("name='shiftcast'"))


def alias(request, name=CHAMPION):
    return int(open_store(request.root).client.get_model_version_by_alias("shiftcast", name).version)


@pytest.fixture
def first(copied_store, no_draws, finished):
    """Return the finished run, a copy of which lies where `own_store` is, with nothing computed since."""
    return finished.result


def better(scores, factor, metric="build_cost"):
    """Return scores with one of the model's multiplied."""
    mine = (scores["model"] == "shiftcast") & (scores["metric"] == metric)
    return scores.assign(value=scores["value"].where(~mine, scores["value"] * factor))


def test_a_run_registers_a_champion_and_publishes(finished):
    assert (finished.result.version, finished.result.reused) == ("1", False)
    assert finished.result.reason.startswith("promoted: first model")
    assert alias(finished.request) == 1
    assert sorted(path.name for path in finished.request.out.iterdir()) == sorted(PUBLISHED)
    assert not (finished.request.root / "working").exists()


def test_a_run_says_what_it_does(finished):
    words = " | ".join(finished.steps)
    for step in (
        "reading the record",
        "fitting",
        "top-down",
        "bottom-up",
        "backtest",
        "registering with MLflow",
        "publishing",
    ):
        assert step in words


def test_what_is_published_is_what_was_stored(finished):
    stored = open_bundle(root=finished.request.root)
    published = pd.read_parquet(finished.request.out / "forecasts.parquet")
    pd.testing.assert_frame_equal(stored.tables["forecasts"], published)


def test_a_second_run_on_unchanged_data_computes_nothing_and_says_so(first, own_store, no_draws):
    before, steps = (own_store.out / "forecasts.parquet").read_bytes(), []
    again = run(own_store, progress=steps.append)
    assert no_draws == []
    assert (again.reused, again.version) == (True, first.version)
    assert "unchanged since model version 1: nothing to compute" in steps
    assert versions(own_store) == [1]
    assert (own_store.out / "forecasts.parquet").read_bytes() == before


def test_a_new_day_without_new_data_is_no_new_forecast(first, own_store, no_draws):
    assert run(replace(own_store, origin=own_store.origin + pd.Timedelta(days=1))).reused
    assert no_draws == []


def test_other_settings_are_another_forecast(first, own_store, no_draws):
    again = run(replace(own_store, settings=replace(own_store.settings, seed=8)))
    assert (again.reused, again.version, alias(own_store)) == (False, "2", 2)


@pytest.mark.parametrize("change", ["code", "data", "quarantine", "origin"])
def test_the_digest_changes_with_code_data_rows_set_aside_and_a_past_origin(finished, monkeypatch, change):
    known, request = finished.known, finished.request
    quarantine = finished.result.bundle.tables["quarantine"]
    past = False
    before = run_digest(known, quarantine, request.settings, past=past)
    assert run_digest(known, quarantine, request.settings, past=past) == before
    if change == "code":
        monkeypatch.setattr(digest_module, "code_digest", lambda: "0")
    if change == "data":
        known = replace(known, history=replace(known.history, claims=known.history.claims.iloc[1:]))
    if change == "quarantine":
        row = {"source": "a.csv", "line": 2.0, "column": "value", "value": "x", "reason": "no"}
        quarantine = pd.DataFrame([row])
    if change == "origin":
        past = True
    assert run_digest(known, quarantine, request.settings, past=past) != before


def test_a_past_origin_is_kept_beside_the_champion(first, own_store, no_draws):
    past = run(replace(own_store, origin=PAST, past=True))
    assert past.reason == "kept beside the champion: made as of 2026-03-16"
    assert no_draws == ["world", "scores"]
    assert (alias(own_store), alias(own_store, CHALLENGER)) == (1, 2)
    again = run(replace(own_store, origin=PAST, past=True))
    assert (again.reused, alias(own_store), versions(own_store)) == (True, 1, [1, 2])


def test_a_past_origin_in_an_empty_store_makes_no_champion(own_store, no_draws):
    run(replace(own_store, origin=PAST, past=True))
    run(replace(own_store, origin=PAST, past=True))
    assert champion_version(open_store(own_store.root)) is None


def test_a_past_origin_uses_nothing_known_later(own_store, no_draws):
    bundle = run(replace(own_store, origin=PAST, past=True)).bundle
    published = bundle.tables["observations"]
    judged = published["definition"] == JUDGEMENT
    assert published.loc[~judged, "known_at"].max() <= PAST
    assert published.loc[judged, "period_end"].max() <= PAST
    assert bundle.summary.hindsight["judgements"] == judged.sum() > 0
    assert bundle.tables["claims"]["stated_at"].max() <= PAST
    assert bundle.summary.origin == "2026-03-16"


def test_rows_known_after_a_past_origin_change_nothing(finished):
    record = read_record()
    dated = {name: rule.day for name, rule in RULES.items() if rule.day}
    early = {name: known_by(getattr(record, name), PAST, column=day) for name, day in dated.items()}
    rows = record.observations
    early["observations"] = rows[(rows["known_at"] <= PAST) | (rows["definition"] == JUDGEMENT)].reset_index(drop=True)
    given = {"quarantine": record.quarantine, "settings": finished.request.settings, "past": True}
    digests = {run_digest(cut(each, PAST), **given) for each in (record, replace(record, **early))}
    assert len(digests) == 1


def test_a_worse_challenger_is_not_promoted(first, own_store, finished, monkeypatch):
    monkeypatch.setattr(run_module, "backtest", lambda *_, **__: better(finished.scores, 1.1))
    worse = run(replace(own_store, settings=replace(own_store.settings, seed=8)))
    assert worse.reason.startswith("not promoted: build cost")
    assert (alias(own_store), alias(own_store, CHALLENGER)) == (1, 2)


def test_a_challenger_no_better_than_naive_is_not_promoted_even_alone(own_store, finished, no_draws, monkeypatch):
    monkeypatch.setattr(run_module, "backtest", lambda *_, **__: better(finished.scores, 3.0, "crps"))
    assert "naive" in run(own_store).reason
    assert champion_version(open_store(own_store.root)) is None


def test_a_score_that_is_not_a_number_is_not_promoted_and_the_report_shows_a_dash(
    first, own_store, finished, monkeypatch
):
    last = summarise(finished.scores).assign(crps=float("nan"), crps_ratio=float("nan"))
    monkeypatch.setattr(assemble, "summarise", lambda _: last)
    monkeypatch.setattr(run_module, "backtest", lambda *_, **__: better(finished.scores, float("nan")))
    monkeypatch.setattr(run_module, "write_report", write_report)
    result = run(replace(own_store, settings=replace(own_store.settings, seed=8)))
    assert result.reason == "not promoted: its scores are not finite"
    assert alias(own_store) == 1
    row = r'<td class="n">all</td><td class="n">\d+</td><td class="n">-</td>'
    assert re.search(row, (own_store.out / REPORT).read_text(encoding="utf-8"))


def test_a_run_that_died_before_deciding_is_decided_on_by_the_next(own_store, no_draws, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(deciding, "promote", lambda *_, **__: None)
        run(own_store)
    assert champion_version(open_store(own_store.root)) is None
    no_draws.clear()
    assert run(own_store).reason.startswith("promoted")
    assert (no_draws, alias(own_store), versions(own_store)) == ([], 1, [1])


def test_a_deleted_champion_alias_is_set_again(first, own_store, no_draws):
    open_store(own_store.root).client.delete_registered_model_alias("shiftcast", CHAMPION)
    assert run(own_store).reused
    assert alias(own_store) == 1


def spoil_champion(request):
    store = open_store(request.root)
    folder = bundle_folder(store, champion_version(store))
    (folder / "cube.nc").write_bytes(b"0")


def test_an_altered_champion_is_computed_anew_on_the_same_data(first, own_store, no_draws):
    spoil_champion(own_store)
    steps = []
    again = run(own_store, progress=steps.append)
    assert (again.reused, again.version) == (False, "2")
    assert any("version 1 cannot be used, computing again" in step and "cube.nc" in step for step in steps)
    assert again.reason.endswith("the former champion, version 1, is damaged")
    assert open_forecaster(root=own_store.root).crossings() == again.bundle.forecaster.crossings()


def test_bad_rows_show_in_the_report_and_in_the_tables(first, own_store, spoil, monkeypatch):
    folder = spoil("observations_capex.csv", 9, "unit", "furlong")
    monkeypatch.setattr(run_module, "write_report", write_report)
    result = run(replace(own_store, record=folder))
    assert not result.reused
    assert result.bundle.summary.quarantined == 1
    report = (own_store.out / REPORT).read_text(encoding="utf-8")
    assert "1 records were set aside" in report
    assert "<td>observations_capex.csv</td>" in report
    assert "<td>furlong</td>" in report
    (row,) = pd.read_csv(own_store.out / "quarantine.csv").to_dict("records")
    assert (row["source"], row["line"], row["column"]) == ("observations_capex.csv", 9, "unit")


def test_an_out_folder_of_others_is_refused_before_anything_is_read(own_store):
    own_store.out.mkdir()
    (own_store.out / "mine.txt").write_text("x", encoding="utf-8")
    with pytest.raises(ValueError, match=r"holds 'mine\.txt'"):
        run(own_store)
    assert not own_store.root.exists()


def test_parameters_and_scores_of_the_bundle_are_plain_numbers(finished):
    folder = bundle_folder(open_store(finished.request.root), champion_version(open_store(finished.request.root)))
    summary = read_bundle(folder).summary
    plain = json.loads(json.dumps(asdict(summary), allow_nan=False))
    assert plain == json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    assert summary.settings.draws == 200
    assert len(summary.files) == 28


def test_a_champion_that_cannot_be_read_for_a_moment_is_no_first_model(first, own_store, no_draws, monkeypatch):
    def unreadable(*_):
        raise StoreError("model version 1: its files cannot be read (Stale file handle)")

    monkeypatch.setattr(run_module, "read_version", unreadable)
    again = run(replace(own_store, settings=replace(own_store.settings, seed=8)))
    assert again.outcome == "kept"
    assert "the champion cannot be read, so neither is known to be better (model version 1" in again.reason
    assert alias(own_store) == 1
