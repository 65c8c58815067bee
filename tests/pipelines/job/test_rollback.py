import shutil
from dataclasses import replace

import pytest

from shiftcast.pipelines.doctor.examine import clean, examine, move_in
from shiftcast.pipelines.job.rollback import roll_back
from shiftcast.pipelines.job.run import run
from shiftcast.pipelines.publish import standing
from shiftcast.pipelines.publish.publication import published_digest
from shiftcast.pipelines.registry.bundle import AlteredBundleError
from shiftcast.pipelines.registry.champion import open_bundle
from shiftcast.pipelines.registry.deciding import UNCHANGED
from shiftcast.pipelines.registry.going_back import BEGUN_TAG, RolledBack, begun
from shiftcast.pipelines.registry.mlflow_store import MODEL, all_versions, bundle_folder, champion_version, open_store
from shiftcast.pipelines.registry.shared_store import moved_alias
from shiftcast.pipelines.state.root import StoreError


@pytest.fixture
def twice(copied_store, no_draws):
    """Return a store in which seed 8 is champion after seed 7."""
    run(replace(copied_store, settings=replace(copied_store.settings, seed=8)))
    return copied_store


def champion(request):
    return str(champion_version(open_store(request.root)).version)


def test_the_champion_before_is_champion_again_and_published(twice):
    assert roll_back(twice.root, out=twice.out) == RolledBack("1", "2")
    assert open_bundle(root=twice.root).summary.settings.seed == 7
    assert (twice.out / "digest.txt").read_text(encoding="utf-8") == open_bundle(root=twice.root).summary.digest


def test_a_version_rolled_back_from_is_not_promoted_again_on_the_same_data(twice):
    roll_back(twice.root)
    again = run(replace(twice, settings=replace(twice.settings, seed=8)))
    assert (again.outcome, again.reason, champion(twice)) == (UNCHANGED, "kept: rolled back to version 1", "1")


def test_there_is_an_end_to_going_back(twice):
    roll_back(twice.root)
    with pytest.raises(StoreError, match=r"version 1 is the first champion: there is none before it; .*--to"):
        roll_back(twice.root)
    assert roll_back(twice.root, to="2") == RolledBack("2", "1")


def test_what_cannot_be_gone_back_to_is_named_and_the_champion_stays(twice, tmp_path):
    with pytest.raises(StoreError, match="version 9 is not there; there are 1, 2"):
        roll_back(twice.root, to="9")
    with pytest.raises(ValueError, match="version 2 is the champion already"):
        roll_back(twice.root, to="2")
    (first,) = (each for each in all_versions(open_store(twice.root)) if str(each.version) == "1")
    (bundle_folder(open_store(twice.root), first) / "cube.nc").write_bytes(b"0")
    with pytest.raises(AlteredBundleError, match=r"cube\.nc differs"):
        roll_back(twice.root)
    assert champion(twice) == "2"
    with pytest.raises(StoreError, match="no store here"):
        roll_back(tmp_path / "empty")


def test_without_a_champion_there_is_nothing_to_roll_back(own_store, no_draws):
    run(replace(own_store, promote=False))
    with pytest.raises(StoreError, match="there is no champion to roll back"):
        roll_back(own_store.root)


@pytest.fixture
def died(twice, monkeypatch):
    """Return the store after a rollback that died once the alias had moved."""

    def die(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(standing, "publish", die)
        with pytest.raises(KeyboardInterrupt):
            roll_back(twice.root, out=twice.out)
    assert champion(twice) == "1"
    assert published_digest(twice.out) != open_bundle(root=twice.root).summary.digest
    return twice


def begin(request):
    """Note that a rollback from version 2 to version 1 begins."""
    open_store(request.root).client.set_model_version_tag(MODEL, "1", BEGUN_TAG, "2")


def is_whole(request):
    assert begun(open_store(request.root)) == []
    assert published_digest(request.out) == open_bundle(root=request.root).summary.digest
    assert examine(request.root, request.out) == []


def test_a_rollback_that_died_is_ended_by_the_next_which_goes_back_no_further(died):
    assert roll_back(died.root, out=died.out) == RolledBack("1", "2")
    assert champion(died) == "1"
    is_whole(died)
    with pytest.raises(StoreError, match="version 1 is the first champion"):
        roll_back(died.root, out=died.out)


def test_a_rollback_that_died_is_ended_by_the_doctor(died):
    assert [(each.kind, each.what) for each in examine(died.root, died.out)] == [
        ("rollback", "a rollback to model version 1 did not end"),
        ("publication", f"{died.out} does not hold model version 1, the champion"),
    ]
    clean(died.root, died.out, wait=0)
    is_whole(died)


def test_a_rollback_that_died_is_ended_by_a_retrain_that_keeps_the_champion(died):
    run(replace(died, settings=replace(died.settings, seed=8), publish_kept=False))
    assert champion(died) == "1"
    is_whole(died)
    with pytest.raises(StoreError, match="version 1 is the first champion"):
        roll_back(died.root, out=died.out)


def test_a_rollback_that_died_before_the_alias_moved_is_begun_anew(twice):
    begin(twice)
    assert roll_back(twice.root, out=twice.out) == RolledBack("1", "2")
    is_whole(twice)


def test_a_forecast_asked_for_beside_the_champion_stays_published(twice):
    run(replace(twice, settings=replace(twice.settings, seed=9), promote=False))
    assert published_digest(twice.out) != open_bundle(root=twice.root).summary.digest
    assert examine(twice.root, twice.out) == []


def test_a_forecast_published_elsewhere_leaves_it_noted_where_the_champion_is(twice, tmp_path):
    run(replace(twice, settings=replace(twice.settings, seed=9), promote=False, out=tmp_path / "beside"))
    assert standing.noted_out(twice.root) == twice.out
    roll_back(twice.root, out=tmp_path / "elsewhere")
    assert published_digest(twice.out) == published_digest(tmp_path / "elsewhere")
    is_whole(twice)


def test_a_rollback_that_died_before_its_reasons_were_written_gets_them(twice):
    begin(twice)
    store = open_store(twice.root)
    moved_alias(store.client, store.model, "champion", "1")
    found = {each.kind: each for each in examine(twice.root, twice.out)}
    assert found["rollback"].what == "a rollback to model version 1 did not end"
    clean(twice.root, twice.out, wait=0)
    left = next(each for each in all_versions(store) if str(each.version) == "2")
    assert left.tags["shiftcast.reason"] == "kept: rolled back to version 1"
    is_whole(twice)


def test_a_rollback_that_died_on_one_machine_is_ended_by_that_on_another(died, tmp_path):
    other = tmp_path / "other" / "mlruns"
    shutil.copytree(died.root, other)
    for name in ("published.json", "fence.json", "ledger.jsonl"):  # of the other machine's own folder there is none
        (other / name).unlink(missing_ok=True)
    move_in(other, wait=0)
    assert roll_back(other, out=tmp_path / "there") == RolledBack("1", "2")
    assert begun(open_store(other)) == []


def reasons(store):
    return {str(each.version): each.tags["shiftcast.reason"] for each in all_versions(store)}


@pytest.mark.parametrize("next_act", ["rollback to another", pytest.param("promotion", marks=pytest.mark.slow)])
def test_what_moves_the_alias_on_leaves_the_reasons_of_a_rollback_that_died(twice, next_act):
    third = run(replace(twice, settings=replace(twice.settings, seed=9)))
    assert (third.version, champion(twice)) == ("3", "3")
    store = open_store(twice.root)
    store.client.set_model_version_tag(MODEL, "2", BEGUN_TAG, "3")
    moved_alias(store.client, store.model, "champion", "2")
    if next_act == "promotion":
        run(replace(twice, settings=replace(twice.settings, seed=10)))
        assert reasons(store)["2"] == "champion again: rolled back from version 3"
    else:
        assert roll_back(twice.root, to="1", out=twice.out) == RolledBack("1", "2")
        assert reasons(store)["2"] == "kept: rolled back to version 1"
    assert reasons(store)["3"] == "kept: rolled back to version 2"
    is_whole(twice)


def test_a_rollback_that_died_before_the_alias_moved_is_forgotten_by_the_doctor(twice):
    begin(twice)
    before = reasons(open_store(twice.root))
    (found,) = clean(twice.root, twice.out, wait=0)
    assert found.what == "a rollback to model version 1 ended before the alias moved"
    assert (champion(twice), reasons(open_store(twice.root))) == ("2", before)
    is_whole(twice)
