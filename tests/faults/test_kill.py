"""A run that is killed leaves the champion and the publication whole, and the next one needs no repair."""

import signal
from itertools import count

import pandas as pd
import pytest

from pipelines.champion import open_bundle
from pipelines.publication import PUBLISHED, REPORT
from pipelines.registry import StoreError

NAMED = (
    "before registering", "with a model but no version", "with a version not complete", "between version and alias",
    "between alias and reason", "while publishing", "before the swap", "after the swap",
)  # fmt: skip
SPREAD = range(1, 8)  # eighths of all steps of a run
FRESH = (1, 40, 300, 900)  # steps of a run in an empty store: lock, migration, rename, first table of the run
seeds = count(1)


def champion_seed(root):
    """Return the seed of the champion, which has to open and to answer."""
    bundle = open_bundle(root=root)
    answer = bundle.forecaster.when("llm", of="search", base="requests", segment="hyperscale")
    assert answer.question.startswith("llm over 50% of search requests")
    return bundle.summary["settings"]["seed"]


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


@pytest.mark.parametrize("moment", [*NAMED, *SPREAD])
def test_a_killed_run_leaves_the_last_good_state_and_the_next_completes(runs, store, moment):
    root, steps = store
    old, new = champion_seed(root), next(seeds)
    assert published_seed(root) == old
    died = runs.run(root, new, moment=moment if isinstance(moment, str) else moment * steps // 8)
    assert died == -signal.SIGKILL
    assert champion_seed(root) in {old, new}
    assert published_seed(root) in {old, new}
    assert runs.run(root, new) == 0
    assert champion_seed(root) == published_seed(root) == new
    assert not (root / "working").exists()
    assert sorted(path.name for path in root.parent.iterdir()) == ["mlruns", "out"]


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
