"""Models registered before 0.2.0: their code imports ``pipelines.served_model``, their bundle lacks the newer files."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import mlflow
import pytest

from shiftcast.pipelines.registry import former_learned
from shiftcast.pipelines.registry.bundle import MANIFEST, read_bundle, sha256_of, write_bundle
from shiftcast.pipelines.registry.quiet import quietly
from shiftcast.pipelines.registry.served_model import ARTIFACT, EXAMPLE, SIGNATURE
from shiftcast.pipelines.state.root import StoreError

ROOT = Path(__file__).resolve().parents[3]
CODE = """from mlflow.models import set_model

from pipelines.served_model import ShiftcastModel

set_model(ShiftcastModel())
"""
ASK = """import json, sys, mlflow
model = mlflow.pyfunc.load_model(sys.argv[1])
print(json.dumps(model.predict([{"question": "quantiles", "measure": "power"}])))
"""


@pytest.fixture(scope="module")
def former(finished, tmp_path_factory):
    """Return a bundle as versions before 0.2.0 wrote it."""
    folder = tmp_path_factory.mktemp("former") / "bundle"
    write_bundle(replace(finished.result.bundle, answers=()), folder)
    for name in ("learned.json", "rollouts.parquet", "traffic.parquet"):
        (folder / name).unlink()
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    older = {name: value for name, value in summary.items() if name not in {"made_by", "widened"}}
    (folder / "summary.json").write_text(json.dumps(older, indent=1, sort_keys=True), encoding="utf-8")
    manifest = {path.name: sha256_of(path) for path in sorted(folder.iterdir()) if path.name != MANIFEST}
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1, sort_keys=True), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def model(former):
    """Return a folder of an MLflow model as versions before 0.2.0 logged it."""
    code, folder = former.parent / "model_from_code.py", former.parent / "model"
    code.write_text(CODE, encoding="utf-8")
    with quietly():
        mlflow.pyfunc.save_model(
            folder, python_model=str(code), artifacts={ARTIFACT: str(former)}, signature=SIGNATURE,
            input_example=EXAMPLE, pip_requirements=["shiftcast"],
        )  # fmt: skip
    return folder


def test_a_former_bundle_is_read_as_it_was(former, finished):
    bundle, made = read_bundle(former), finished.result.bundle
    assert (bundle.summary.made_by, bundle.answers) == (None, ())
    assert bundle.summary == replace(made.summary, made_by=None)
    assert bundle.learned == former_learned.learned_before() != made.learned
    assert len(bundle.known.rollouts) == len(bundle.known.traffic) == 0 < len(made.known.rollouts)
    assert bundle.forecaster.rows({"question": "claims"}) == made.forecaster.rows({"question": "claims"})


@pytest.mark.parametrize("where", ["elsewhere", "in a checkout"])
def test_a_former_model_loads_by_plain_mlflow_and_answers_as_before(model, finished, tmp_path, where):
    place = tmp_path if where == "elsewhere" else ROOT
    ask = [sys.executable, "-c", ASK, str(model)]
    done = subprocess.run(ask, cwd=place, capture_output=True, text=True, check=False)  # noqa: S603  (our own code)
    assert done.returncode == 0, done.stderr
    answer = [{name: value for name, value in row.items() if name != "row"} for row in json.loads(done.stdout)]
    assert answer == finished.result.bundle.forecaster.rows({"question": "quantiles", "measure": "power"})


def test_a_former_bundle_is_refused_where_another_share_model_would_answer(former, monkeypatch):
    monkeypatch.setattr(former_learned, "_SHIPPED", "of another file")
    with pytest.raises(StoreError, match=r"registered before shiftcast 0\.2\.0, .*checkout of shiftcast 0\.2\.0"):
        read_bundle(former)


def test_a_summary_of_another_make_is_refused_with_the_field(former, tmp_path):
    folder = tmp_path / "bundle"
    folder.mkdir()
    for path in former.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    summary["settings"]["draws"] = "many"
    (folder / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
    manifest = json.loads((folder / MANIFEST).read_bytes()) | {"summary.json": sha256_of(folder / "summary.json")}
    (folder / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(StoreError, match=r"summary\.json: field 'settings\.draws': .*another version of shiftcast"):
        read_bundle(folder)
