import ast
import importlib.util
import shlex
import shutil
import subprocess
import sys
from dataclasses import replace

import pytest
import yaml

from shiftcast.pipelines.cli import main
from shiftcast.pipelines.schedule.cron import parse_cron
from shiftcast.pipelines.schedule.files import WRITERS, Scheduled, write_files

CRON = parse_cron("0 6 * * MON")
PLAIN = Scheduled(CRON, "UTC", "/usr/bin/true", "/srv/shiftcast", ("--promote-if-better",), "registry.local/sc:1")
AWKWARD = Scheduled(CRON, "UTC", "/usr/bin/true", "/srv/it's 100% here", ("--out", "a b$HOME %h\"'\\"), "sc:1")


@pytest.mark.parametrize("job", [PLAIN, AWKWARD], ids=["plain", "awkward"])
def test_a_crontab_line_runs_the_command_as_given(job, tmp_path):
    (path,) = write_files("cron", job, tmp_path)
    *comments, zone, line = path.read_text(encoding="utf-8").splitlines()
    assert all(comment.startswith("#") for comment in comments)
    assert zone == "CRON_TZ=UTC"
    assert line.startswith("0 6 * * MON ")
    command = line.removeprefix("0 6 * * MON ").replace(r"\%", "%")
    assert "%" not in line.replace(r"\%", "")
    assert shlex.split(command)[:2] == ["cd", job.folder]
    assert shlex.split(command)[3 : 5 + len(job.arguments)] == [job.program, "retrain", *job.arguments]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed here")
@pytest.mark.parametrize("job", [PLAIN, AWKWARD], ids=["plain", "awkward"])
def test_systemd_accepts_its_units(job, tmp_path):
    paths = write_files("systemd", job, tmp_path)
    done = subprocess.run(["systemd-analyze", "verify", *map(str, paths)], capture_output=True, text=True, check=False)  # noqa: S603, S607  (our own words)
    assert [line for line in done.stderr.splitlines() if "shiftcast" in line] == []
    assert done.returncode == 0


def test_the_systemd_timer_catches_up_and_a_kept_forecast_is_no_failure(tmp_path):
    service, timer = (path.read_text(encoding="utf-8") for path in write_files("systemd", PLAIN, tmp_path))
    assert "OnCalendar=Mon *-*-* 06:00:00 UTC\nPersistent=true" in timer
    assert "SuccessExitStatus=3" in service
    assert 'ExecStart="/usr/bin/true" "retrain" "--promote-if-better"' in service


@pytest.mark.parametrize("job", [PLAIN, AWKWARD], ids=["plain", "awkward"])
def test_kubernetes_runs_one_at_a_time_and_reads_exit_codes(job, tmp_path):
    (path,) = write_files("kubernetes", job, tmp_path)
    claim, schedule = yaml.safe_load_all(path.read_text(encoding="utf-8"))
    assert (claim["kind"], schedule["kind"], schedule["apiVersion"]) == ("PersistentVolumeClaim", "CronJob", "batch/v1")
    spec = schedule["spec"]
    assert (spec["schedule"], spec["timeZone"], spec["concurrencyPolicy"]) == ("0 6 * * MON", "UTC", "Forbid")
    pod = spec["jobTemplate"]["spec"]["template"]["spec"]
    assert pod["restartPolicy"] == "Never"  # what a pod failure policy asks for
    assert pod["volumes"][0]["persistentVolumeClaim"]["claimName"] == claim["metadata"]["name"]
    container = pod["containers"][0]
    assert container["image"] == job.image
    for code, ended in ((0, 0), (3, 0), (2, 2), (1, 1)):
        script = f"shiftcast() {{ return {code}; }}; " + container["command"][2]
        assert subprocess.run(["/bin/sh", "-c", script], check=False).returncode == ended  # noqa: S603  (our own words)


@pytest.mark.parametrize("job", [PLAIN, AWKWARD], ids=["plain", "awkward"])
def test_the_dagster_file_is_python_with_the_words_as_given(job, tmp_path):
    (path,) = write_files("dagster", job, tmp_path)
    body = ast.parse(path.read_text(encoding="utf-8")).body
    given = {ast.unparse(node.targets[0]): ast.literal_eval(node.value) for node in body if isinstance(node, ast.Assign)
             and ast.unparse(node.targets[0]) in {"PROGRAM", "FOLDER", "(RETRAIN, ARGUMENTS)"}}  # fmt: skip
    assert given == {
        "PROGRAM": job.program, "FOLDER": job.folder, "(RETRAIN, ARGUMENTS)": (["retrain"], list(job.arguments)),
    }  # fmt: skip


@pytest.mark.filterwarnings("ignore")
def test_dagster_loads_its_definitions(tmp_path):
    dagster = pytest.importorskip("dagster", reason="dagster (extra workflow) is not installed here")
    (path,) = write_files("dagster", PLAIN, tmp_path)
    spec = importlib.util.spec_from_file_location("shiftcast_dagster", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    repository = module.definitions.get_repository_def()
    assert [schedule.name for schedule in repository.schedule_defs] == ["retrain"]
    assert module.QUARTERS.get_partition_keys()[:2] == ["2025-01-01", "2025-04-01"]
    kept = tmp_path / "shiftcast"
    kept.write_text('#!/bin/sh\necho \'{"outcome": "kept", "reason": "why"}\'; exit 3\n', encoding="utf-8")
    kept.chmod(0o755)
    module.PROGRAM, module.FOLDER = str(kept), str(tmp_path)
    done = dagster.materialize([module.champion, module.promotion_gate])
    assert [each.passed for each in done.get_asset_check_evaluations()] == [False]


@pytest.mark.parametrize("kind", WRITERS)
def test_writing_again_changes_nothing_and_another_content_is_not_replaced(kind, tmp_path):
    paths = write_files(kind, PLAIN, tmp_path)
    assert write_files(kind, PLAIN, tmp_path) == paths
    paths[0].write_text("mine", encoding="utf-8")
    with pytest.raises(ValueError, match="is there with other content"):
        write_files(kind, PLAIN, tmp_path)
    assert paths[0].read_text(encoding="utf-8") == "mine"


def test_a_fleet_is_retrained_under_a_name_of_its_own(tmp_path):
    job = replace(PLAIN, fleet="Site_2")
    (cron,) = write_files("cron", job, tmp_path)
    assert cron.name == "shiftcast-retrain-site-2.cron"
    assert shlex.split(cron.read_text().splitlines()[-1])[8:13] == [
        job.program, "fleet", "Site_2", "retrain", "--promote-if-better",
    ]  # fmt: skip
    service, timer = write_files("systemd", job, tmp_path)
    assert (service.name, timer.name) == ("shiftcast-retrain-site-2.service", "shiftcast-retrain-site-2.timer")
    assert 'ExecStart="/usr/bin/true" "fleet" "Site_2" "retrain" "--promote-if-better"' in service.read_text()
    _, schedule = yaml.safe_load_all(write_files("kubernetes", job, tmp_path)[0].read_text())
    assert schedule["metadata"]["name"] == "shiftcast-retrain-site-2"
    command = schedule["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]["command"][2]
    assert command.startswith("shiftcast fleet Site_2 retrain --promote-if-better;")
    (dagster,) = write_files("dagster", job, tmp_path)
    text = dagster.read_text()
    assert 'RETRAIN, ARGUMENTS = ["fleet", "Site_2", "retrain"], ["--promote-if-better"]' in text
    assert "replay" not in text
    assert {"champion", "promotion_gate"} <= {each.name for each in ast.walk(ast.parse(text)) if hasattr(each, "name")}


def test_a_scheduler_or_text_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(ValueError, match="--write 'airflow' is not known; choose one of cron, systemd"):
        write_files("airflow", PLAIN, tmp_path)
    with pytest.raises(ValueError, match="cannot be printed"):
        write_files("cron", Scheduled(CRON, "UTC", "x", "/srv/a\nb", (), "i"), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_command_writes_the_files(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    words = [
        "shiftcast",
        "schedule",
        "--cron",
        "30 5 * * *",
        "--write",
        "systemd",
        "--to",
        "units",
        "--",
        "--draws",
        "500",
    ]
    monkeypatch.setattr(sys, "argv", words)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    assert capsys.readouterr().out.split() == ["units/shiftcast-retrain.service", "units/shiftcast-retrain.timer"]
    assert '"retrain" "--draws" "500"' in (tmp_path / "units/shiftcast-retrain.service").read_text(encoding="utf-8")
