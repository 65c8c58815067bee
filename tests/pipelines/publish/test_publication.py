import dataclasses

import pandas as pd
import pytest

from shiftcast.forecast.views.overview import overview
from shiftcast.pipelines.publish import publication
from shiftcast.pipelines.publish.publication import PUBLISHED, REPORT, prepare, publish


@pytest.fixture(autouse=True)
def without_pictures(no_draws):
    """Publish in no time: the picture has tests of its own."""


def place(text):
    return lambda _, path: path.write_text(text, encoding="utf-8")


def of_digest(bundle, digest, **changes):
    return dataclasses.replace(bundle, summary=dataclasses.replace(bundle.summary, digest=digest), **changes)


def test_a_publication_holds_the_named_files_and_nothing_beside_it(finished, tmp_path):
    publish(finished.result.bundle, tmp_path / "out", place("one"))
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(PUBLISHED)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_days_are_written_as_in_the_records(finished, tmp_path):
    publish(finished.result.bundle, tmp_path / "out", place("one"))
    rows, forecasts = pd.read_csv(tmp_path / "out/forecasts.csv"), finished.result.bundle.tables["forecasts"]
    assert rows["period_end"].tolist() == forecasts["period_end"].dt.strftime("%Y-%m-%d").tolist()
    assert pd.read_csv(tmp_path / "out/claims.csv")["stated_at"].str.fullmatch(r"\d{4}-\d\d-\d\d").all()


def test_published_tables_hold_the_bundle_s_rows(finished, tmp_path):
    bundle = finished.result.bundle
    publish(bundle, tmp_path / "out", place("one"))
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "out/forecasts.parquet"), bundle.tables["forecasts"])
    assert len(pd.read_csv(tmp_path / "out/forecasts.csv")) == len(bundle.tables["forecasts"])
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "out/summary.csv"), overview(bundle.tables["forecasts"]))
    assert (tmp_path / "out/summary.csv").stat().st_size < 300_000
    assert len(pd.read_csv(tmp_path / "out/scores.csv")) == len(bundle.tables["scores"])
    assert list(pd.read_csv(tmp_path / "out/claims.csv")["claim"]) == list(bundle.forecaster.claims()["claim"])


@pytest.mark.parametrize("can_exchange", [True, False])
def test_a_second_publication_replaces_the_first_whole(finished, tmp_path, monkeypatch, can_exchange):
    if not can_exchange:
        monkeypatch.setattr(publication, "_exchange", lambda *_: False)
    for text in ("one", "two"):
        publish(of_digest(finished.result.bundle, text), tmp_path / "out", place(text))
    assert (tmp_path / "out" / REPORT).read_text(encoding="utf-8") == "two"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("can_exchange", [True, False])
def test_a_publication_that_fails_leaves_the_last_one(finished, tmp_path, monkeypatch, can_exchange):
    if not can_exchange:
        monkeypatch.setattr(publication, "_exchange", lambda *_: False)
    publish(finished.result.bundle, tmp_path / "out", place("one"))
    broken = of_digest(finished.result.bundle, "two", tables={})
    with pytest.raises(KeyError):
        publish(broken, tmp_path / "out", place("two"))
    assert (tmp_path / "out" / REPORT).read_text(encoding="utf-8") == "one"
    publish(of_digest(finished.result.bundle, "three"), tmp_path / "out", place("three"))
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_whole_publication_of_the_same_forecast_is_left_and_one_that_lacks_a_file_is_made_again(finished, tmp_path):
    for text in ("one", "two"):
        publish(finished.result.bundle, tmp_path / "out", place(text))
    assert (tmp_path / "out" / REPORT).read_text(encoding="utf-8") == "one"
    (tmp_path / "out" / "claims.csv").unlink()
    publish(finished.result.bundle, tmp_path / "out", place("three"))
    assert (tmp_path / "out" / REPORT).read_text(encoding="utf-8") == "three"


def test_a_swap_in_two_steps_that_died_between_them_is_put_back(tmp_path):
    (tmp_path / ".out.old").mkdir()
    (tmp_path / ".out.old" / REPORT).write_text("one", encoding="utf-8")
    assert prepare(tmp_path / "out") == tmp_path / "out"
    assert (tmp_path / "out" / REPORT).read_text(encoding="utf-8") == "one"


def test_a_folder_with_the_user_s_own_files_is_refused_and_kept(finished, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("years of work", encoding="utf-8")
    with pytest.raises(ValueError, match=r"holds 'thesis\.txt', which no run published.*give a new or empty folder"):
        publish(finished.result.bundle, tmp_path / "out", place("one"))
    assert (tmp_path / "out" / "thesis.txt").read_text(encoding="utf-8") == "years of work"


def test_an_out_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "out").write_text("text", encoding="utf-8")
    with pytest.raises(ValueError, match="is a file, not a folder; give another --out"):
        prepare(tmp_path / "out")


def test_an_empty_folder_is_published_to(finished, tmp_path):
    (tmp_path / "out").mkdir()
    publish(finished.result.bundle, tmp_path / "out", place("one"))
    assert (tmp_path / "out" / REPORT).is_file()


def test_a_link_to_a_folder_stays_a_link(finished, tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "out").symlink_to("real")
    publish(finished.result.bundle, tmp_path / "out", place("one"))
    assert (tmp_path / "out").is_symlink()
    assert (tmp_path / "real" / REPORT).is_file()
