import json
import os
import subprocess
from dataclasses import asdict

import pytest

from shiftcast.pipelines.registry.bundle import AlteredBundleError
from shiftcast.pipelines.registry.mlflow_store import champion_version, open_store
from shiftcast.pipelines.registry.model_files import (
    DATA_TAG,
    FILES_TAG,
    REVISION_TAG,
    SCORECARD_TAG,
    check_files,
    files_manifest,
    private_copy,
    revision,
)


@pytest.fixture
def version(finished):
    return champion_version(open_store(finished.request.root))


def test_a_version_says_what_it_was_made_from_and_how_good_it_was(version, finished):
    summary = finished.result.bundle.summary
    assert json.loads(version.tags[DATA_TAG]) == summary.files
    assert json.loads(version.tags[SCORECARD_TAG]) == asdict(summary.backtest[-1])
    assert version.tags[REVISION_TAG] == "unknown" or len(version.tags[REVISION_TAG].partition("-")[0]) == 40


def test_the_manifest_covers_code_and_mlmodel_and_every_other_file(version, finished):
    manifest = json.loads(version.tags[FILES_TAG])
    assert {"MLmodel", "model_from_code.py", "artifacts/bundle/cube.nc", "artifacts/bundle/manifest.json"} <= set(
        manifest
    )
    with private_copy(version) as folder:
        assert json.loads(files_manifest(folder)) == manifest
    assert not folder.exists()


def test_what_mlflow_adds_to_a_copy_is_not_counted(tmp_path):
    manifest = files_manifest(tmp_path)
    (tmp_path / "registered_model_meta").write_text("version: 1", encoding="utf-8")
    check_files(tmp_path, manifest, version="1")


@pytest.mark.parametrize("manifest", [None, ""])
def test_a_version_without_manifest_is_refused(tmp_path, manifest):
    with pytest.raises(AlteredBundleError, match="model version 7: no manifest of its files"):
        check_files(tmp_path, manifest, version="7")


def test_the_revision_is_that_of_the_checkout_and_marks_changes(tmp_path):
    assert revision(tmp_path) == "unknown"
    git = ("git", "-c", "user.name=a", "-c", "user.email=a@example.org", "-C", str(tmp_path))
    for command in (("init", "-q"), ("commit", "-q", "--allow-empty", "-m", "first")):
        subprocess.run((*git, *command), check=True)  # noqa: S603  (our own words)
    first = revision(tmp_path)
    assert len(first) == 40
    (tmp_path / "a.py").write_text("", encoding="utf-8")
    subprocess.run((*git, "add", "a.py"), check=True)  # noqa: S603  (our own words)
    assert revision(tmp_path) == f"{first}-dirty"
    (tmp_path / "inside").mkdir()
    assert revision(tmp_path / "inside") == "unknown"  # installed in an environment within somebody's project


def test_no_other_repository_is_asked_and_no_program_of_its_settings_is_run(tmp_path, monkeypatch):
    git = ("git", "-c", "user.name=a", "-c", "user.email=a@example.org")
    for place in (tmp_path / "ours", tmp_path / "theirs"):
        subprocess.run(("git", "init", "-q", place), check=True)  # noqa: S603, S607  (our own words)
        (place / "a.py").touch()
        for command in (("add", "a.py"), ("commit", "-q", "-m", place.name)):
            subprocess.run((*git, "-C", str(place), *command), check=True)  # noqa: S603  (our own words)
    mine, ran = revision(tmp_path / "ours"), tmp_path / "ran"
    for program in (tmp_path / "ours" / ".git" / "hooks" / "post-index-change", tmp_path / "monitor"):
        program.parent.mkdir(exist_ok=True)
        program.write_text(f"#!/bin/sh\ntouch {ran}\n", encoding="utf-8")
        program.chmod(0o755)
    theirs = {"DIR": tmp_path / "theirs" / ".git", "WORK_TREE": tmp_path / "theirs", "CONFIG_COUNT": 1,
              "CONFIG_KEY_0": "core.fsmonitor", "CONFIG_VALUE_0": tmp_path / "monitor"}  # fmt: skip
    for name, value in theirs.items():  # as in a hook of theirs
        monkeypatch.setenv(f"GIT_{name}", str(value))
    os.utime(tmp_path / "ours" / "a.py", (1, 1))  # so that the index would be written anew
    assert revision(tmp_path / "ours") == mine != "unknown"
    assert not ran.exists()


def test_without_git_the_revision_is_unknown(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert revision(tmp_path) == "unknown"
