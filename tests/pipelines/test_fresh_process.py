"""What only a fresh process can show: loading by alias, without pickle, and the same bytes from the same seed."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from shiftcast.pipelines.registry.champion import open_forecaster
from shiftcast.pipelines.registry.mlflow_store import bundle_folder, champion_version, open_store

ROOT = Path(__file__).resolve().parents[2]
QUESTIONS = [
    {"question": "when", "technique": "llm", "of": "recsys", "base": "gpu_hours", "segment": "hyperscale"},
    {"question": "split", "base": "revenue", "definition": "recast_2"},
    {"question": "forecast", "measure": "power", "segment": "rest", "leaf": "sovereign"},
    {"question": "claims"},
]
LOAD = """
import hashlib, json, sys
import mlflow, pandas as pd
from shiftcast import open_forecaster

questions = json.loads(sys.argv[1])
model = mlflow.pyfunc.load_model("models:/shiftcast@champion")
tables = [pd.DataFrame(model.predict(pd.DataFrame([question]))) for question in questions]
served = [table.drop(columns="row").to_csv(index=False) for table in tables]
forecaster = open_forecaster()
mine = [forecaster.ask(question).to_csv(index=False, date_format="%Y-%m-%d") for question in questions]
table = hashlib.sha256(forecaster.published.to_csv(index=False).encode()).hexdigest()
print(json.dumps({"served": served, "mine": mine, "table": table, "version": model.metadata.run_id}))
"""


def python(*words, cwd, **environment):
    given = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", **environment}
    done = subprocess.run(  # noqa: S603  (our own words)
        [sys.executable, *words], cwd=cwd, env=given, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    return done


@pytest.mark.slow
def test_loading_by_alias_without_pickle_gives_the_same_bytes(finished):
    root = finished.request.root
    done = python("-c", LOAD, json.dumps(QUESTIONS), cwd=root.parent,
                  MLFLOW_TRACKING_URI=f"sqlite:///{root / 'mlflow.db'}",
                  MLFLOW_ALLOW_PICKLE_DESERIALIZATION="false")  # fmt: skip
    said = json.loads(done.stdout.splitlines()[-1])
    here = open_forecaster(root=root)
    expected = [here.ask(question).to_csv(index=False, date_format="%Y-%m-%d") for question in QUESTIONS]
    assert said["mine"] == expected
    assert said["served"] == expected
    published = finished.result.bundle.tables["forecasts"].to_csv(index=False)
    assert said["table"] == hashlib.sha256(published.encode()).hexdigest()


@pytest.fixture(scope="module")
def other_store(finished, tmp_path_factory):
    """Return the folder of a whole run by command in another store, with the finished run's seed and origin's data."""
    folder = tmp_path_factory.mktemp("other")
    day = f"lambda *_: pandas.Timestamp('{finished.request.origin:%Y-%m-%d}', tz='UTC')"
    command = (
        "import pandas; from shiftcast.pipelines import cli; from shiftcast.pipelines.commands import run; "
        f"run.as_day = {day}; cli.main()"
    )
    done = python("-c", command, "run", "--draws", "200", "--seed", "7", "--json", cwd=folder)
    return folder, done


@pytest.mark.slow
def test_the_same_seed_gives_the_same_bytes_in_a_fresh_store(finished, other_store):
    folder, _ = other_store
    mine, other = open_store(finished.request.root), open_store(folder / "mlruns")
    left, right = (bundle_folder(each, champion_version(each)) for each in (mine, other))
    for name in ("cube.nc", "forecasts.parquet", "manifest.json"):
        assert (left / name).read_bytes() == (right / name).read_bytes(), name
    for path in finished.request.out.iterdir():
        assert path.read_bytes() == (folder / "shiftcast-out" / path.name).read_bytes(), path.name


@pytest.mark.slow
def test_the_command_the_table_and_the_served_model_agree(finished, other_store):
    answer = json.loads(other_store[1].stdout)
    forecaster = open_forecaster(root=finished.request.root)
    assert answer["crossings"] == [each.row() for each in forecaster.crossings()]
    assert pd.DataFrame(answer["split"]).equals(forecaster.split(base="revenue", definition="recast_2"))
    claims = forecaster.claims()
    assert [claim["probability"] for claim in answer["claims"]] == [
        None if pd.isna(value) else value for value in claims["probability"]
    ]
    assert "registering with MLflow" in other_store[1].stderr


@pytest.mark.slow
def test_nothing_is_written_but_the_store_and_the_publication(other_store):
    assert sorted(path.name for path in other_store[0].iterdir()) == ["mlruns", "shiftcast-out"]
