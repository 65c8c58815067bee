import dataclasses
import errno
import os
import shutil
from pathlib import Path

import pandas as pd
import pytest

from shiftcast.pipelines.pages.asked import asked_of, forget
from shiftcast.pipelines.publish import publication
from shiftcast.pipelines.publish.publication import PUBLISHED, REPORT, prepare, publish, published_digest
from shiftcast.pipelines.registry.bundle import Bundle
from shiftcast.pipelines.state.folder_lock import alone_in


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
    assert len(pd.read_csv(tmp_path / "out/scores.csv")) == len(bundle.tables["scores"])
    assert list(pd.read_csv(tmp_path / "out/claims.csv")["claim"]) == list(bundle.forecaster.claims()["claim"])


def test_the_summary_is_small_and_says_medians_and_intervals_by_quarter(finished, tmp_path):
    bundle = finished.result.bundle
    publish(bundle, tmp_path / "out", place("one"))
    short = pd.read_csv(tmp_path / "out/summary.csv").set_index(["measure", "segment", "leaf", "workload", "figure"])
    assert (tmp_path / "out/summary.csv").stat().st_size < 200_000
    power = bundle.forecaster.quantiles("power", leaf="sovereign").set_index("quarter")
    row = short.loc[("Facility power", "rest", "sovereign", "all", "high (90 %)")]
    assert row["unit"] == "MW at the meter"
    assert row["2028Q4"] == pytest.approx(power.loc["2028Q4", "q900"], rel=1e-3)
    search = bundle.forecaster.quantiles("gpu_hours", workload="search").set_index("quarter")
    hours = short.loc[("Busy GPU-hours", "all", "all", "search", "median")]
    assert hours["2027Q1"] == pytest.approx(search.loc["2027Q1", "q500"] / 1e6, rel=1e-3)


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
    (tmp_path / ".out.shiftcast-old").mkdir()
    (tmp_path / ".out.shiftcast-old" / REPORT).write_text("one", encoding="utf-8")
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


@pytest.mark.parametrize("can_exchange", [True, False])
def test_folders_of_the_user_s_beside_a_publication_are_never_touched(finished, tmp_path, monkeypatch, can_exchange):
    def write(bundle, fresh, _):
        for each in PUBLISHED:
            (fresh / each).write_text(bundle.summary.digest, encoding="utf-8")

    monkeypatch.setattr(publication, "_write", write)
    if not can_exchange:
        monkeypatch.setattr(publication, "_exchange", lambda *_: False)
    mine = {".out.new": REPORT, ".out.old": "digest.txt", "out.old": "thesis.txt", ".out": None}
    for name, file in mine.items():
        (tmp_path / name).mkdir()
        if file:
            (tmp_path / name / file).write_text("mine", encoding="utf-8")
    for digest in ("one", "two"):
        publish(of_digest(finished.result.bundle, digest), tmp_path / "out", place(digest))
        assert publication.half_published(tmp_path / "out") == []
    assert publication.published_digest(tmp_path / "out") == "two"
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*mine, "out"])
    assert all((tmp_path / name / file).read_text(encoding="utf-8") == "mine" for name, file in mine.items() if file)


@pytest.mark.parametrize("name", [".out.shiftcast-new", ".out.shiftcast-old"])
def test_a_folder_of_the_user_s_in_the_way_is_named_and_kept(tmp_path, name):
    (tmp_path / name).mkdir()
    (tmp_path / name / "thesis.txt").touch()
    with pytest.raises(ValueError, match=rf"{name}: holds 'thesis\.txt', which no run published and is in the way"):
        prepare(tmp_path / "out")
    assert (tmp_path / name / "thesis.txt").exists()


def test_a_mount_point_is_filled_in_place(finished, tmp_path, monkeypatch):
    def busy(self, target):
        if Path(target).is_dir() or self.is_dir():
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))
        return os.rename(self, target)  # noqa: PTH104  (Path.rename is what is stood in for)

    (tmp_path / "out").mkdir()
    monkeypatch.setattr(publication, "_exchange", lambda *_: False)
    monkeypatch.setattr(Path, "rename", busy)
    for text in ("one", "two"):
        publish(of_digest(finished.result.bundle, text), tmp_path / "out", place(text))
    assert (tmp_path / "out" / REPORT).read_text(encoding="utf-8") == "two"
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(PUBLISHED)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_folder_whose_parent_may_not_be_written_to_is_filled_in_place(finished, tmp_path, monkeypatch):
    allowed = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != tmp_path and allowed(path, mode))
    with pytest.raises(ValueError, match="may not be written to"):
        prepare(tmp_path / "out")
    (tmp_path / "out").mkdir()
    publish(of_digest(finished.result.bundle, "one"), tmp_path / "out", place("one"))
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(PUBLISHED)


def test_a_folder_that_was_being_filled_holds_no_whole_forecast(finished, tmp_path):
    publish(of_digest(finished.result.bundle, "one"), tmp_path / "out", place("one"))
    assert publication.published_digest(tmp_path / "out") == "one"
    (tmp_path / "out" / "digest.txt").unlink()
    assert publication.published_digest(tmp_path / "out") == ""
    (tmp_path / "out" / ".digest.txt.new").touch()
    assert prepare(tmp_path / "out") == tmp_path / "out"


def test_a_publication_makes_one_forecaster_and_keeps_none(finished, tmp_path, monkeypatch):
    made, make = [], Bundle.forecaster.fget
    monkeypatch.setattr(Bundle, "forecaster", property(lambda bundle: made.append(1) or make(bundle)))
    forget()
    publish(finished.result.bundle, tmp_path / "out", place("one"))
    assert made == [1]
    asked_of(finished.result.bundle)
    assert made == [1, 1]


def test_a_folder_in_tmp_that_another_owns_is_filled_in_place(finished, tmp_path, monkeypatch):
    tmp_path.chmod(0o1777)
    (tmp_path / "out").mkdir()
    inode = (tmp_path / "out").stat().st_ino
    monkeypatch.setattr(os, "geteuid", lambda: (tmp_path / "out").stat().st_uid + 4711)
    publish(finished.result.bundle, tmp_path / "out", place("report"))
    assert (tmp_path / "out").stat().st_ino == inode
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(PUBLISHED)


def test_the_working_directory_is_filled_in_place_and_stays_one(finished, tmp_path, monkeypatch):
    (tmp_path / "out").mkdir()
    monkeypatch.chdir(tmp_path / "out")
    publish(finished.result.bundle, Path(), place("report"))
    assert sorted(path.name for path in Path().iterdir()) == sorted(PUBLISHED)
    assert published_digest(Path()) == finished.result.bundle.summary.digest


@pytest.mark.parametrize("can_exchange", [True, False])
def test_who_may_read_a_publication_stays_as_it_was(finished, tmp_path, monkeypatch, can_exchange):
    if not can_exchange:
        monkeypatch.setattr(publication, "_exchange", lambda *_: False)
    before = os.umask(0o022)
    try:
        publish(finished.result.bundle, tmp_path / "out", place("report"))
        os.umask(0o077)
        publish(of_digest(finished.result.bundle, "other"), tmp_path / "out", place("report"))
    finally:
        os.umask(before)
    assert published_digest(tmp_path / "out") == "other"
    modes = {path.stat().st_mode & 0o777 for path in ((tmp_path / "out"), *(tmp_path / "out").iterdir())}
    assert modes == {0o755, 0o644}


@pytest.fixture
def written(monkeypatch):
    """Write the digest into every file, in no time."""

    def write(bundle, fresh, _):
        for each in PUBLISHED:
            (fresh / each).write_text(bundle.summary.digest, encoding="utf-8")

    monkeypatch.setattr(publication, "_write", write)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files to others")
@pytest.mark.parametrize("in_place", [True, False])
def test_whose_a_publication_is_stays_as_it_was(finished, tmp_path, monkeypatch, written, in_place):
    out = tmp_path / "out"
    publish(of_digest(finished.result.bundle, "one"), out, place("report"))
    for path in (out, *out.iterdir()):
        os.chown(path, 1234, 4321)
        path.chmod(0o750 if path == out else 0o640)
    if in_place:
        monkeypatch.chdir(out)
    publish(of_digest(finished.result.bundle, "two"), out, place("report"))
    assert published_digest(out) == "two"
    found = {(each.stat().st_uid, each.stat().st_gid, each.stat().st_mode & 0o777) for each in (out, *out.iterdir())}
    assert found == {(1234, 4321, 0o750), (1234, 4321, 0o640)}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files to others")
@pytest.mark.parametrize("other", [0, 1])
def test_a_folder_of_a_group_that_cannot_be_given_is_filled_in_place(finished, tmp_path, monkeypatch, written, other):
    def refused(*_):
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    out = tmp_path / "out"
    publish(of_digest(finished.result.bundle, "one"), out, place("report"))
    before, group = out.stat().st_ino, out.stat().st_gid + other
    os.chown(out, -1, group)
    monkeypatch.setattr(os, "chown", refused)
    publish(of_digest(finished.result.bundle, "two"), out, place("report"))
    assert (out.stat().st_ino == before, out.stat().st_gid) == (bool(other), group)
    assert published_digest(out) == "two"


def test_a_file_that_a_filling_left_and_may_not_be_written_to_stops_no_later_one(
    finished, tmp_path, monkeypatch, written
):
    left, copy = tmp_path / "out" / f".{REPORT}.new", shutil.copy

    def careful(source, there):  # root may write to everything
        assert not Path(there).exists()
        return copy(source, there)

    left.parent.mkdir()
    left.touch()
    left.chmod(0o444)
    monkeypatch.chdir(tmp_path / "out")
    monkeypatch.setattr(shutil, "copy", careful)
    publish(of_digest(finished.result.bundle, "one"), tmp_path / "out", place("report"))
    assert published_digest(tmp_path / "out") == "one"
    assert sorted(path.name for path in left.parent.iterdir()) == sorted(PUBLISHED)


def test_a_publication_of_who_works_in_the_folder_waits_for_one_of_who_does_not(
    finished, tmp_path, monkeypatch, written
):
    (tmp_path / "out").mkdir()
    monkeypatch.chdir(tmp_path / "out")
    monkeypatch.setattr(publication, "alone_in", lambda folder, **_: alone_in(folder, wait=0))
    with alone_in(tmp_path), pytest.raises(ValueError, match="another process has been publishing here"):
        publish(of_digest(finished.result.bundle, "one"), tmp_path / "out", place("report"))
    assert [*(tmp_path / "out").iterdir()] == []
