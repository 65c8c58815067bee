"""A run that is killed leaves the champion and the publication whole, and the next one needs no repair.

What else it leaves, the doctor lists and cleans.
"""

import signal
from itertools import count
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from shiftcast.pipelines.doctor.examine import clean, examine
from shiftcast.pipelines.publish import publication, standing
from shiftcast.pipelines.publish.publication import PUBLISHED, REPORT
from shiftcast.pipelines.registry.champion import open_bundle
from shiftcast.pipelines.registry.going_back import begun
from shiftcast.pipelines.registry.mlflow_store import REASON_TAG, STATE_TAG, all_versions, open_store
from shiftcast.pipelines.state.guard import locked
from shiftcast.pipelines.state.ledger import entries
from shiftcast.pipelines.state.root import StoreError

pytestmark = pytest.mark.fault
NAMED = (
    "before registering", "with a model but no version", "with a version not complete", "between version and alias",
    "between alias and reason", "while publishing", "before the swap", "after the swap",
)  # fmt: skip
RANDOM = sorted((np.random.default_rng(20260826).permutation(999)[:22] + 1).tolist())  # thousandths of all steps
GOING_BACK = (
    "between version and alias",
    "between alias and reason",
    "while publishing",
    "before the swap",
    "after the swap",
)
BACK = sorted((np.random.default_rng(20261130).permutation(999)[:20] + 1).tolist())
LEFT = {"mlflow.db", "artifacts", "run.lock", "fence.json", "ledger.jsonl", "published.json"}
FRESH = (1, 40, 300, 900)  # steps of a run in an empty store: lock, migration, rename, first table of the run
seeds = count(1)


@pytest.fixture(autouse=True)
def quick_report(monkeypatch):
    """Let the doctor publish as the runs do that are killed: a report is its seed."""
    monkeypatch.setattr(
        standing, "write_report", lambda bundle, path: path.write_text(str(bundle.summary.settings.seed), "utf-8")
    )
    monkeypatch.setattr(
        publication, "overview", lambda *_: SimpleNamespace(save=lambda path, **_: path.write_bytes(b""))
    )
    monkeypatch.setattr(publication, "write_brief", lambda _, path: path.write_text("brief", "utf-8"))


def champion_seed(root):
    """Return the seed of the champion, which has to open and to answer."""
    bundle = open_bundle(root=root)
    answer = bundle.forecaster.when("llm", of="search", base="requests", segment="hyperscale")
    assert answer.question.startswith("llm over 50% of search requests")
    return bundle.summary.settings.seed


def published_seed(root):
    """Return the seed of the publication, which has to be complete and of one piece."""
    out = root.parent / "out"
    assert sorted(path.name for path in out.iterdir()) == sorted(PUBLISHED)
    assert len(pd.read_csv(out / "forecasts.csv")) == len(pd.read_parquet(out / "forecasts.parquet")) > 1000
    return int((out / REPORT).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def store(runs, tmp_path_factory):
    """Return a store with a champion of seed 0."""
    root = tmp_path_factory.mktemp("kill") / "mlruns"
    assert runs.run(root, next(seeds)) == 0
    assert runs.run(root, next(seeds)) == 0  # in a store that is there: what the steps are counted by
    return root, runs.steps


def orphans(root):
    """Return whatever a dead run left, looked for apart from the doctor."""
    store = open_store(root)
    versions = all_versions(store)
    registered = {version.source.removeprefix("models:/") for version in versions}
    models = store.client.search_logged_models([store.experiment_id], max_results=500)
    found = {f"run {run.info.run_id}" for run in store.client.search_runs([store.experiment_id], "status = 'RUNNING'")}
    found |= {
        f"model {each.model_id}" for each in models if each.model_id not in registered and each.status != "FAILED"
    }
    found |= {f"version {each.version}" for each in versions if not {STATE_TAG, REASON_TAG} <= set(each.tags)}
    found |= {path.name for path in root.iterdir()} - LEFT
    found |= {path.name for path in root.parent.iterdir()} - {"mlruns", "out"}
    kept = {each.artifact_location for each in models if each.model_id in registered}
    folders = {path.as_uri() for path in (root / "artifacts" / "models").glob("*/artifacts")}
    return found | {folder for folder in folders if folder not in kept}


@pytest.mark.parametrize("moment", [*NAMED, *RANDOM])
def test_a_killed_run_leaves_the_last_good_state_and_the_next_completes(runs, store, moment):
    root, steps = store
    out = root.parent / "out"
    old, new = champion_seed(root), next(seeds)
    assert published_seed(root) == old
    died = runs.run(root, new, moment=moment if isinstance(moment, str) else 1 + moment * steps // 1000)
    assert died == -signal.SIGKILL
    assert champion_seed(root) in {old, new}
    assert published_seed(root) in {old, new}
    if new % 2:  # half of the time the doctor comes before the next run, else after it
        clean(root, out, wait=5)
        assert orphans(root) == set()
        assert published_seed(root) == champion_seed(root)
    assert runs.run(root, new) == 0
    assert champion_seed(root) == published_seed(root) == new
    clean(root, out, wait=5)
    assert orphans(root) == set()
    assert examine(root, out) == []


@pytest.mark.parametrize("moment", FRESH)
def test_a_first_run_that_is_killed_leaves_nothing_half_made(runs, tmp_path, moment):
    root = tmp_path / "mlruns"
    assert runs.run(root, 1, moment=moment) == -signal.SIGKILL
    with pytest.raises(StoreError, match=r"no store here|no model has the alias"):
        open_bundle(root=root)
    assert not (tmp_path / "out").exists()
    assert runs.run(root, 1) == 0
    assert champion_seed(root) == published_seed(root) == 1
    assert list(root.glob("mlflow.making.*")) == []


@pytest.fixture(scope="module")
def twice(runs, tmp_path_factory):
    """Return a store in which seed 1 was champion before seed 2, and how many steps a rollback takes."""
    root = tmp_path_factory.mktemp("back") / "mlruns"
    assert [runs.run(root, seed) for seed in (1, 2)] == [0, 0]
    assert runs.wait(runs.start(root, what="rollback")) == 0
    steps = runs.steps
    assert runs.wait(runs.start(root, what="forward")) == 0
    return root, steps


@pytest.mark.parametrize("moment", [*GOING_BACK, *BACK])
def test_a_killed_rollback_is_ended_by_the_next_or_the_doctor(runs, twice, moment):
    root, steps = twice
    out = root.parent / "out"
    assert champion_seed(root) == published_seed(root) == 2
    when = moment if isinstance(moment, str) else 1 + moment * steps // 1000
    assert runs.wait(runs.start(root, what="rollback", moment=when)) == -signal.SIGKILL
    assert champion_seed(root) in {1, 2}
    assert published_seed(root) in {1, 2}
    if len(str(moment)) % 2:  # half of the time the doctor comes first
        clean(root, out, wait=5)
        assert published_seed(root) == champion_seed(root)
        assert examine(root, out) == []
    if champion_seed(root) == 2 or begun(open_store(root)):
        assert runs.wait(runs.start(root, what="rollback")) == 0
    assert champion_seed(root) == published_seed(root) == 1
    clean(root, out, wait=5)
    assert examine(root, out) == []
    assert runs.wait(runs.start(root, what="forward")) == 0


def test_a_step_that_was_done_before_the_kill_is_not_done_again(runs, store):
    root, _ = store
    new = next(seeds)
    assert runs.run(root, new, moment="before registering") == -signal.SIGKILL
    assert runs.run(root, new) == 0
    mine = [entry for entry in entries(root) if entry.key == list(entries(root))[-1].key]
    assert [(entry.step, entry.state) for entry in mine if entry.step in {"fit", "backtest"}] == [
        ("fit", "begun"), ("fit", "done"), ("backtest", "begun"), ("backtest", "done"),
    ]  # fmt: skip
    assert len({entry.token for entry in mine}) == 2


def test_of_five_retrains_at_once_one_works_and_the_others_find_its_forecast(runs, store):
    root, _ = store
    new, before = next(seeds), len(all_versions(open_store(root)))
    children = [runs.start(root, new) for _ in range(5)]
    assert [runs.wait(child) for child in children] == [0] * 5
    assert len(all_versions(open_store(root))) == before + 1
    assert champion_seed(root) == published_seed(root) == new


def test_retrains_that_may_not_wait_leave_and_change_nothing(runs, store):
    root, _ = store
    before = champion_seed(root)
    with locked(root):
        children = [runs.start(root, next(seeds), wait=0) for _ in range(4)]
        assert [runs.wait(child) for child in children] == [1] * 4
    assert champion_seed(root) == before
    assert examine(root, root.parent / "out") == []
