"""`shiftcast ingest --into`, `fleet`, `fleet NAME`, `fleet NAME init`, and the store of a fleet."""

import json

import pytest
from typer.testing import CliRunner

from shiftcast.features.input_error import InputError
from shiftcast.pipelines.cli import app

HEAD = "JobID|JobName|Start|End|State|AllocTRES\n"
JOBS = ("1|rank-7|2026-01-01T00:00:00|2026-01-01T02:00:00|COMPLETED|cpu=4,gres/gpu:a100=2\n"
        "2|chat-8|2026-02-01T00:00:00|2026-02-01T10:00:00|COMPLETED|cpu=4,gres/gpu:h100=8\n")  # fmt: skip


def invoke(*arguments, columns=400):
    result = CliRunner().invoke(app, list(arguments), env={"COLUMNS": str(columns)})
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.stdout


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """Return what is printed as the fleet ``mine`` is made in a working folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "jobs.txt").write_text(HEAD + JOBS)
    return invoke("ingest", "sacct", "jobs.txt", "--into", "mine")


def test_usage_goes_to_a_fleet_of_its_own_and_the_next_step_is_said(mine, tmp_path):
    assert "stored as commit 1 of fleet mine" in mine
    assert "next: shiftcast fleet mine" in mine
    assert (tmp_path / "mlruns" / "fleets" / "mine" / "store" / "FORMAT").is_file()
    assert not (tmp_path / "mlruns" / "store").exists()


def test_without_a_fleet_ingest_is_as_it_was(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "jobs.txt").write_text(HEAD + JOBS)
    said = invoke("ingest", "sacct", "jobs.txt")
    assert "stored as commit 1 of the store" in said
    assert "next:" not in said
    assert (tmp_path / "mlruns" / "store" / "FORMAT").is_file()


def test_a_path_is_no_name_of_a_fleet(mine):
    with pytest.raises(InputError, match="is no name"):
        invoke("ingest", "sacct", "jobs.txt", "--into", "../elsewhere")


def test_a_fleet_is_said_in_a_sentence_then_in_a_table_of_80_columns(mine):
    said = invoke("fleet", "mine")
    assert said.startswith("Fleet mine used 84 GPU-hours from 2026-01 to 2026-02 on h100, a100")
    narrow = invoke("fleet", "mine", columns=80)
    assert max(len(line) for line in narrow.splitlines() if "`shiftcast" not in line) <= 80
    assert "`shiftcast label sacct FILES --into mine --output rules.csv`" in said
    assert "[[holding]] says what is held" in said


def test_the_list_has_a_line_a_fleet(mine):
    assert invoke("fleet").startswith("Fleet mine used 84 GPU-hours")
    assert [each["fleet"] for each in json.loads(invoke("fleet", "--json"))] == ["mine"]


def test_no_fleet_says_how_one_is_made(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "`shiftcast ingest SOURCE FILES --into mine` makes one" in invoke("fleet")


def test_json_has_what_the_screen_says(mine):
    (answer,) = json.loads(invoke("fleet", "mine", "--json"))["predictions"]
    assert answer["says"].startswith("Fleet mine used 84 GPU-hours")
    hours = {row["name"]: row["gpu_hours"] for row in answer["rows"] if row["by"] == "accelerator"}
    assert hours == {"a100": 4.0, "h100": 80.0}


def test_a_fleet_is_seen_as_on_a_day(mine):
    assert "holds no usage" in invoke("fleet", "mine", "--as-of", "2020-01-01")


def test_the_first_facts_are_written_once_and_then_read(mine, tmp_path):
    invoke("fleet", "mine", "init")
    file = tmp_path / "mlruns" / "fleets" / "mine" / "fleet.toml"
    assert file.read_text().count("guessed = true") == 2
    assert "the 8 h100 held are guessed from use" in invoke("fleet", "mine")
    with pytest.raises(InputError, match="stays as it is"):
        invoke("fleet", "mine", "init")
    file.write_text("[fleet]\nbusy = 3\n")
    with pytest.raises(InputError, match=r"fleet.toml, \[fleet\], busy = 3"):
        invoke("fleet", "mine")
    assert invoke("fleet", "mine", "--facts", str(_facts(tmp_path))).startswith("Fleet mine")


def _facts(folder):
    file = folder / "other.toml"
    file.write_text('[fleet]\nleaf = "enterprise"\n')
    return file


def test_a_fleet_without_usage_can_be_begun(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    invoke("fleet", "new", "init")
    assert "Fleet new holds no usage" in invoke("fleet", "new")


def test_the_store_commands_take_a_fleet(mine, tmp_path):
    assert "whole; 1 commits" in invoke("store", "verify", "--fleet", "mine")
    assert "sacct/" in invoke("store", "history", "--into", "mine")
    invoke("store", "export", "out.csv", "--fleet", "mine", "--grain", "month", "--measure", "gpu_hours")
    assert len((tmp_path / "out.csv").read_text().splitlines()) == 3


def test_label_names_the_fleet_in_its_next_step(mine):
    result = CliRunner().invoke(app, ["label", "sacct", "jobs.txt", "--into", "mine", "--output", "rules.csv"])
    assert "shiftcast ingest sacct jobs.txt --labels rules.csv --into mine" in result.stderr


def test_help_of_a_fleet_lists_what_can_be_asked_of_it(mine):
    whole = invoke("fleet", "mine", "--help")
    assert whole == invoke("fleet", "--help")
    assert "scorecard" in whole
    assert "--facts" in invoke("fleet", "mine", "full", "--help")
