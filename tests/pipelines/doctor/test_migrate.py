"""A database of the MLflow before is brought up to the present one beside a copy, and gone back to."""

import sqlite3
import sys
from contextlib import closing

import pytest
from alembic import command
from mlflow.store.db import utils
from sqlalchemy import create_engine

from shiftcast.pipelines.cli import main
from shiftcast.pipelines.doctor import examine as doctor
from shiftcast.pipelines.registry.mlflow_store import open_store
from shiftcast.pipelines.registry.schema import DATABASE, copies, schema_fault
from shiftcast.pipelines.state.guard import LockedError, guarded, locked
from shiftcast.pipelines.state.root import StoreError
from shiftcast.pipelines.state.shared_lock import LOCK_DATABASE, TRACKING


@pytest.fixture
def former(tmp_path, one_migration):
    """Return a folder of state whose database is of the MLflow before."""
    root = tmp_path / "mlruns"
    with locked(root):
        store = open_store(root)
    run = store.client.create_run(store.experiment_id, run_name="made before")
    store.client.set_terminated(run.info.run_id)
    config, engine = utils._get_alembic_config(""), create_engine(store.tracking_uri)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "-1")
    engine.dispose()
    return root


def revision(path):
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("select version_num from alembic_version").fetchone()[0]


def test_a_database_is_migrated_beside_a_copy_which_is_the_way_back(former, monkeypatch, capsys):
    before = revision(former / DATABASE)
    (found,) = doctor.examine(former, former.parent / "out")
    assert "run `shiftcast doctor --migrate`, which keeps a copy" in found.what
    with guarded(former), pytest.raises(LockedError):
        doctor.bring_up(former, wait=0)
    monkeypatch.chdir(former.parent)
    monkeypatch.setattr(sys, "argv", ["shiftcast", "doctor", "--migrate"])
    with pytest.raises(SystemExit):
        main()
    (kept,) = copies(former)
    assert capsys.readouterr().out.startswith(f"migrated; {kept} is what it was\n")
    assert (revision(kept), schema_fault(former / DATABASE)) == (before, "")
    assert [run.info.run_name for run in open_store(former).client.search_runs(["1"])] == ["made before"]
    assert doctor.bring_up(former, wait=0) is None
    kept.replace(former / DATABASE)
    assert revision(former / DATABASE) == before


def test_a_migration_that_fails_or_dies_leaves_the_database_as_it_was(former, monkeypatch):
    before = (former / DATABASE).read_bytes()

    failures = [KeyboardInterrupt(), ValueError("no such column")]

    def broken(engine):
        with closing(sqlite3.connect(engine.url.database)) as connection:
            connection.execute("drop table runs")
        raise failures.pop()

    monkeypatch.setattr(utils, "_upgrade_db", broken)
    for said in (StoreError, KeyboardInterrupt):
        with pytest.raises(said):
            doctor.bring_up(former, wait=0)
        assert (former / DATABASE).read_bytes() == before
    assert [each.kind for each in doctor.clean(former, former.parent / "out", wait=0)] == ["temporary", "database"]
    assert not list(former.glob("mlflow.making.*"))


def test_a_newer_database_and_none_are_not_migrated(former, tmp_path):
    with closing(sqlite3.connect(former / DATABASE)) as connection, connection:
        connection.execute("update alembic_version set version_num = 'ffffffffffff'")
    with pytest.raises(StoreError, match="is newer than MLflow"):
        doctor.bring_up(former, wait=0)
    with pytest.raises(StoreError, match="has no database of its own to migrate"):
        doctor.bring_up(tmp_path / "empty", wait=0)
    assert not (tmp_path / "empty").exists()


def test_doctor_says_where_machines_are_not_kept_apart(monkeypatch):
    assert doctor.notes() == []
    monkeypatch.setenv(TRACKING, "http://me:pa55word@tracking:5000")
    (said,) = doctor.notes()
    assert said.startswith("http://***@tracking:5000: runs on other machines are not kept out")
    monkeypatch.setenv(LOCK_DATABASE, "postgresql://db/locks")
    assert doctor.notes() == []
    monkeypatch.delenv(LOCK_DATABASE)
    monkeypatch.setenv(TRACKING, "postgresql://db/mlflow")
    assert doctor.notes() == []
