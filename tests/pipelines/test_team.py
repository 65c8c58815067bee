"""A shared tracking store on a real PostgreSQL: opened by many at once, written by many, and behind MLflow's server."""

import contextlib
import os
import pwd
import re
import secrets
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import replace
from pathlib import Path

import pytest

from shiftcast.pipelines.doctor.retention import Retention, prune, removable
from shiftcast.pipelines.job import run as run_module
from shiftcast.pipelines.job.run import run
from shiftcast.pipelines.process import this_process
from shiftcast.pipelines.registry.champion import open_forecaster
from shiftcast.pipelines.registry.mlflow_store import (
    CHAMPION,
    COMPLETE,
    DIGEST_TAG,
    MANIFEST_TAG,
    STATE_TAG,
    all_versions,
    bundle_folder,
    champion_version,
    open_store,
    promote,
)
from shiftcast.pipelines.registry.model_files import FILES_TAG
from shiftcast.pipelines.registry.registering import register
from shiftcast.pipelines.registry.removing import existing, model_of_version
from shiftcast.pipelines.state.guard import LockedError, OvertakenError, guarded
from shiftcast.pipelines.state.root import StoreError

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]
BINARIES = [Path(path).parent for path in (shutil.which("initdb"), shutil.which("postgres")) if path]
FOLDERS = [*BINARIES, *sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]
FOUND = next((folder for folder in FOLDERS if (folder / "initdb").exists() and (folder / "postgres").exists()), None)
SERVICE = next((entry for entry in pwd.getpwall() if entry.pw_name == "postgres"), None)
PATIENCE = 240  # seconds
ALL = Retention(1, -1)  # all but the newest, whatever its age

RETRAINER = """
import sys
from pathlib import Path
from shiftcast.pipelines.registry.champion import open_forecaster
from shiftcast.pipelines.registry.mlflow_store import CHAMPION, DIGEST_TAG, MANIFEST_TAG, open_store, promote
from shiftcast.pipelines.registry.registering import register
root, bundle, name, manifest = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4]
store = open_store(root)
tags = {DIGEST_TAG: name, MANIFEST_TAG: manifest}
version = register(store, bundle, params={"by": name}, metrics={}, tags=tags, files=())
promote(store, version, alias=CHAMPION, reason=f"by {name}")
print(len(open_forecaster(root=root).published))
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def as_service():
    """Return how to start a process as PostgreSQL's own user, who it insists on where the tests run as root."""
    return {"user": SERVICE.pw_uid, "group": SERVICE.pw_gid, "extra_groups": []} if os.getuid() == 0 else {}


@contextlib.contextmanager
def running(command, *, log, stop=signal.SIGTERM, **options):
    with log.open("wb") as file:
        process = subprocess.Popen(command, stdout=file, stderr=file, **options)  # noqa: S603  (our own words)
        try:
            yield process
        finally:
            process.send_signal(stop)
            try:
                process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    """Start a PostgreSQL of one's own on a free port of this machine and return its address, with a password."""
    if FOUND is None:
        pytest.skip("PostgreSQL's server is not installed: no initdb and postgres on this machine")
    if os.getuid() == 0 and SERVICE is None:
        pytest.skip("PostgreSQL does not run as root, and there is no user postgres")
    pytest.importorskip("psycopg", reason="the extra `postgres` is not installed")
    place = Path(tempfile.mkdtemp(prefix="pg-"))
    password, port = secrets.token_hex(8), free_port()
    (place / "password").write_text(password, encoding="utf-8")
    if os.getuid() == 0:
        for path in (place, place / "password"):
            os.chown(path, SERVICE.pw_uid, SERVICE.pw_gid)
    log, data = tmp_path_factory.mktemp("pg") / "log", place / "data"
    make = [FOUND / "initdb", "-D", data, "-U", "shiftcast", "-A", "scram-sha-256", "--pwfile", place / "password",
            "--no-sync", "-E", "UTF8", "--locale", "C"]  # fmt: skip
    subprocess.run(make, check=True, capture_output=True, cwd=place, **as_service())  # noqa: S603  (our own words)
    serve = [FOUND / "postgres", "-D", data, "-h", "127.0.0.1", "-p", str(port), "-k", place, "-c", "fsync=off"]
    with running(serve, log=log, stop=signal.SIGINT, cwd=place, **as_service()):
        uri = f"postgresql://shiftcast:{password}@127.0.0.1:{port}/postgres"
        wait_for_database(uri)
        yield uri
    shutil.rmtree(place)


def wait_for_database(uri):
    import psycopg  # noqa: PLC0415  (only where PostgreSQL is tested)

    deadline = time.monotonic() + 60
    while True:
        try:
            psycopg.connect(uri).close()
        except psycopg.OperationalError:
            assert time.monotonic() < deadline, "PostgreSQL did not start"
            time.sleep(0.2)
        else:
            return


@pytest.fixture(scope="module")
def bundle(finished):
    store = open_store(finished.request.root)
    version = champion_version(store)
    return bundle_folder(store, version), version.tags[MANIFEST_TAG]


def retrainers(root, bundle, uri, names):
    """Let several processes register, promote and read at once; return what went wrong."""
    environment = {**os.environ, "MLFLOW_TRACKING_URI": uri, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-W", "ignore", "-c", RETRAINER, str(root), str(bundle[0])]
    started = [
        subprocess.Popen([*command, name, bundle[1]], env=environment, stdout=-1, stderr=-1, text=True)  # noqa: S603  (our own words)
        for name in names
    ]
    outcomes = [each.communicate(timeout=PATIENCE) for each in started]
    for process, (out, error) in zip(started, outcomes, strict=True):
        assert process.returncode == 0, error[-2000:]
        assert int(out) > 1000


def check_versions(store, expected):
    versions = store.client.search_model_versions("name='shiftcast'")
    assert {version.tags[DIGEST_TAG] for version in versions} == expected
    assert len(versions) == len(expected)
    assert all(version.tags[STATE_TAG] == COMPLETE and version.tags[FILES_TAG] for version in versions)


def test_several_retrainers_open_a_fresh_database_and_register_at_once(database, bundle, tmp_path, monkeypatch):
    root = tmp_path / "mlruns"
    retrainers(root, bundle, database, ["a", "b", "c"])
    monkeypatch.setenv("MLFLOW_TRACKING_URI", database)
    store = open_store(root, make=False)
    check_versions(store, {"a", "b", "c"})
    assert champion_version(store).tags["shiftcast.reason"].startswith("by ")
    assert len(open_forecaster(root=root).published) > 1000


def test_a_database_that_refuses_is_named_without_its_password(database, tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", re.sub(r":[0-9a-f]+@", ":wrong-password@", database))
    with pytest.raises(StoreError, match=r"postgresql://\*\*\*@127\.0\.0\.1") as refused:
        open_store(tmp_path)
    assert "wrong-password" not in str(refused.value)


def end_sessions(database):
    """End the sessions that hold the lock, as a database that restarts or a network that is cut does."""
    import psycopg  # noqa: PLC0415  (only where PostgreSQL is tested)

    with psycopg.connect(database, autocommit=True) as connection:
        ended = connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'shiftcast %'"
        ).fetchall()
    assert ended == [(True,)]


def test_two_machines_take_turns_and_one_that_lost_its_session_changes_nothing(database, tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", database)
    with guarded(tmp_path / "one") as first:
        first.check()
        said = rf"two: another run \(process {this_process()}, since 20.*Z\) has held the lock for 0 s"
        with pytest.raises(LockedError, match=said), guarded(tmp_path / "two", wait=0):
            raise AssertionError("the lock was given twice")
        end_sessions(database)
        with guarded(tmp_path / "two", wait=0) as second:
            second.check()
            with pytest.raises(OvertakenError, match="this run lost its session"):
                first.check()
        with pytest.raises(OvertakenError, match="this run lost its session"):
            first.check()  # whoever connects anew does not hold what the old session held
    with guarded(tmp_path / "one", wait=0) as third:
        third.check()


def test_a_retrain_waits_for_another_machines_and_moves_no_champion_once_its_session_has_ended(
    database, own_store, no_draws, tmp_path, monkeypatch
):  # fmt: skip
    monkeypatch.setenv("MLFLOW_TRACKING_URI", database)
    with guarded(tmp_path / "other"), pytest.raises(LockedError, match="has held the lock for 0 s"):
        run(replace(own_store, wait=0))
    assert no_draws == []
    real = run_module.register

    def registered(*given, **options):
        version = real(*given, **options)
        end_sessions(database)
        return version

    before = champion_version(open_store(own_store.root))
    monkeypatch.setattr(run_module, "register", registered)
    with pytest.raises(OvertakenError, match="lost its session"):
        run(own_store)
    after = champion_version(open_store(own_store.root))
    assert (before and before.version) == (after and after.version)
    assert not own_store.out.exists()
    again = run(own_store)
    assert (again.reused, again.outcome) == (True, "promoted")
    assert str(champion_version(open_store(own_store.root)).version) == again.version


def documented(port, artifacts):
    """Return the documented start of the tracking server, with port and folder of this test, and its settings."""
    text = (ROOT / "docs" / "serving.md").read_text(encoding="utf-8")
    line = next(line for line in text.splitlines() if line.startswith("mlflow server"))
    settings = dict(pair.split("=", 1) for pair in re.findall(r"^export (MLFLOW_\w+=\S+)$", text, flags=re.MULTILINE))
    command = shlex.split(line.replace("5000", str(port)).replace("/srv/shiftcast/artifacts", str(artifacts)))
    return [sys.executable, "-m", *command], settings


def test_the_documented_server_keeps_versions_for_several_processes(database, bundle, tmp_path, monkeypatch):
    port = free_port()
    command, settings = documented(port, tmp_path / "artifacts")
    assert settings.pop("MLFLOW_BACKEND_STORE_URI").startswith("postgresql://")
    fresh = database.rpartition("/")[0] + "/team"
    import psycopg  # noqa: PLC0415  (only where PostgreSQL is tested)

    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("CREATE DATABASE team")
    environment = {**os.environ, **settings, "MLFLOW_BACKEND_STORE_URI": fresh, "OMP_NUM_THREADS": "1"}
    environment.pop("MLFLOW_TRACKING_URI", None)
    uri = f"http://127.0.0.1:{port}"
    with running(command, log=tmp_path / "server.log", env=environment, cwd=tmp_path, start_new_session=True) as server:
        wait_for_server(uri, server, tmp_path / "server.log")
        retrainers(tmp_path / "one", bundle, uri, ["d", "e"])
        monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
        store = open_store(tmp_path / "reader", make=False)
        check_versions(store, {"d", "e"})
        assert not list((tmp_path / "reader").glob("*"))
        again = register(
            store, bundle[0], params={}, metrics={}, tags={DIGEST_TAG: "f", MANIFEST_TAG: bundle[1]}, files=()
        )
        promote(store, again, alias=CHAMPION, reason="last")
        assert len(open_forecaster(root=tmp_path / "reader").published) > 1000
        removed_over_http(tmp_path, store, champion=again)
        search = f"{uri}/api/2.0/mlflow/registered-models/search"
        refused = urllib.request.Request(search, headers={"Host": "evil.example"})  # noqa: S310  (our own server)
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(refused, timeout=30)  # noqa: S310  (our own server)


def removed_over_http(folder, store, *, champion):
    """Remove all versions but the champion, with their runs and files, through the server."""
    reader, before = folder / "reader", all_versions(store)
    files, listed = _kept(folder), removable(reader, ALL)
    assert [each.kind for each in listed] == ["version"] * (len(before) - 1)
    assert all(each.size > 100_000 for each in listed)
    assert _kept(folder) == files
    assert [each.what for each in prune(reader, ALL, wait=PATIENCE)] == [each.what for each in listed]
    left = {each.version for each in all_versions(store)}
    assert left == {champion.version}
    gone = [each for each in before if each.version not in left]
    assert _kept(folder) == files - len(gone)
    for each in gone:
        assert existing(store.client.get_logged_model, model_of_version(each)) is None
        assert store.client.get_run(each.run_id).info.lifecycle_stage == "deleted"
    assert len(open_forecaster(root=reader).published) > 1000
    assert removable(reader, ALL) == []


def _kept(folder):
    return len(list((folder / "artifacts").rglob("forecasts.parquet")))


def wait_for_server(uri, server, log):
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        assert server.poll() is None, log.read_text(encoding="utf-8")[-2000:]
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"{uri}/health", timeout=5).close()  # noqa: S310  (our own server)
            return
        time.sleep(0.5)
    pytest.fail("the tracking server was not ready in time")
