import json
import subprocess
import sys

import pandas as pd
import pytest

import shiftcast
from shiftcast.features.input_error import InputError
from shiftcast.forecast.support import OutOfSupportError
from shiftcast.pipelines import cli
from shiftcast.pipelines.cli import main
from shiftcast.pipelines.commands import options
from shiftcast.pipelines.commands import run as run_command
from shiftcast.pipelines.commands.listed import COMMANDS, load
from shiftcast.pipelines.job import run as run_module
from shiftcast.pipelines.registry.bundle import AlteredBundleError
from shiftcast.pipelines.registry.champion import open_forecaster
from shiftcast.pipelines.serving.payload import PayloadError
from shiftcast.pipelines.sources.table import UnreadableFileError
from shiftcast.pipelines.state.root import StoreError


@pytest.fixture
def shell(finished, monkeypatch, capsys, tmp_path):
    """Return a function that runs a command line beside the finished store, giving exit code, output and errors."""
    monkeypatch.chdir(finished.request.root.parent)
    real = run_command.as_day  # of the finished run, whatever figures became known since
    monkeypatch.setattr(run_command, "as_day", lambda text, name: real(text or "2026-11-20", name))

    def command(*words):
        monkeypatch.setattr(sys, "argv", ["shiftcast", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        shown = capsys.readouterr()
        return ended.value.code, shown.out, shown.err

    return command


@pytest.fixture
def again(tmp_path):
    """Return the words of a run like the finished one."""
    return ["run", "--draws", "200", "--seed", "7", "--out", str(tmp_path / "out")]


def refuse(constant):
    raise AssertionError(f"{constant} is no JSON")


def test_json_is_the_only_thing_on_standard_output_and_progress_goes_to_standard_error(shell, again, finished):
    code, out, err = shell(*again, "--json")
    answer = json.loads(out, parse_constant=refuse)
    assert code == 0
    assert (answer["reused"], answer["version"], answer["origin"]) == (True, "1", "2026-11-20")
    assert "reading the record" in err
    assert "nothing to compute" in err
    assert "done" in err
    forecaster = open_forecaster(root=finished.request.root)
    split = forecaster.split(base="revenue", definition=forecaster.cube.attrs["definition"])
    assert answer["split"] == split.to_dict("records")
    assert answer["crossings"] == [each.row() for each in forecaster.crossings()]


def test_quiet_prints_nothing(shell, again):
    assert shell(*again, "--quiet") == (0, "", "")


def test_a_second_run_says_that_it_computed_nothing(shell, again, tmp_path):
    code, out, _ = shell(*again)
    assert code == 0
    assert "model version 1: unchanged, nothing computed" in out
    assert str(tmp_path / "out" / "report.html") in out.replace("\n", "")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--origin", "yesterday"], "--origin 'yesterday' is not a date of the form 2026-03-16"),
        (["--origin", "2026-02-30"], "--origin '2026-02-30' is not a date of the form 2026-03-16"),
        (["--record", "nowhere"], "nowhere: no observations_*.csv file; give a folder of records"),
        (["--out", "mlruns"], "give a folder beside it as --out"),
    ],
)
def test_wrong_words_end_with_one_line_and_code_2(shell, words, said):
    code, out, err = shell("run", "--quiet", *words)
    assert (code, out) == (2, "")
    assert said in err
    assert (err.count("\n"), err.startswith("shiftcast: ")) == (1, True)


@pytest.mark.parametrize("words", [["--draws", "99"], ["--draws", "many"], ["--seed", "-1"], ["--colour"]])
def test_wrong_options_end_with_code_2(shell, words):
    code, out, err = shell("run", *words)
    assert (code, out) == (2, "")
    assert words[0] in err


def test_an_origin_before_the_data_names_what_is_missing_and_leaves_the_champion(shell, finished, tmp_path):
    code, out, err = shell("run", "--quiet", "--draws", "200", "--out", str(tmp_path / "o"), "--origin", "2012-01-01")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "data_center" in err or "revenue" in err or "catalogue" in err
    assert "origin" in err
    assert not (tmp_path / "o").exists()
    assert open_forecaster(root=finished.request.root).cube.attrs["origin"] == "2026-11-20"


def absent(path):
    path.unlink()


def empty(path):
    path.write_bytes(b"")


def nul(path):
    path.write_bytes(path.read_bytes()[:100] + b"\0")


def quote(path):
    path.write_bytes(path.read_bytes() + b'"')


def directory(path):
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("spoil", [absent, empty, nul, quote, directory], ids=lambda f: f.__name__)
def test_a_file_that_cannot_be_read_ends_with_one_line_and_the_champion_in_place(shell, folder, spoil, finished):
    spoil(folder / "claims.csv")
    code, out, err = shell("run", "--quiet", "--record", str(folder))
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "claims.csv" in err
    assert open_forecaster(root=finished.request.root).cube.attrs["origin"] == "2026-11-20"


@pytest.mark.parametrize(("name", "said"), [("assumptions.csv", "assumption"), ("hardware.csv", "catalogue")])
def test_a_file_of_which_every_row_is_set_aside_names_what_is_missing(shell, again, folder, name, said, finished):
    table = pd.read_csv(folder / name, dtype=str, keep_default_na=False)
    table.drop(columns="evidence").to_csv(folder / name, index=False)
    code, out, err = shell(*again, "--quiet", "--record", str(folder))
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert said in err
    assert open_forecaster(root=finished.request.root).cube.attrs["origin"] == "2026-11-20"


@pytest.mark.parametrize("error", [StoreError("the store is ill"), OSError(28, "No space left on device")])
def test_errors_of_store_and_disk_end_with_one_line(shell, again, monkeypatch, error):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr(run_module, "run", fail)
    code, out, err = shell(*again, "--quiet")
    assert (code, out) == (1, "")
    assert err == f"shiftcast: {error}\n"


def test_a_machine_that_starts_no_further_thread_is_told_with_the_remedy(monkeypatch, capsys):
    def refuse():
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(cli, "app", refuse)
    monkeypatch.setattr(sys, "argv", ["shiftcast", "doctor"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 1
    assert capsys.readouterr().err == (
        "shiftcast: no further thread may be started (ulimit -u or the container's); allow more\n"
    )


def test_an_error_that_a_library_raises_in_our_code_is_a_defect_and_keeps_its_trace(shell, again, monkeypatch):
    monkeypatch.setattr(run_module, "run", lambda *_, **__: pd.Timestamp("no day"))
    with pytest.raises(ValueError, match="no day"):
        shell(*again, "--quiet")


def test_help_names_every_option(shell):
    code, out, _ = shell("run", "--help")
    assert code == 0
    for option in ("--origin", "--out", "--draws", "--seed", "--record", "--quiet", "--json"):
        assert option in out


def test_today_is_the_day_in_utc(monkeypatch):
    class Clock(options.datetime):
        @classmethod
        def now(cls, tz=None):
            return cls(2026, 12, 31, 23, 30, tzinfo=tz)

    monkeypatch.setattr(options, "datetime", Clock)
    assert options.as_day(None, "--origin") == pd.Timestamp("2026-12-31", tz="UTC")
    assert options.as_day("2026-03-16", "--origin") == pd.Timestamp("2026-03-16", tz="UTC")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_says_in_the_list_what_it_says_itself(name):
    command = load(name)
    assert command.name == name
    assert not any("--install-completion" in option.opts for option in command.params)
    assert " ".join(command.help.split("\n\n")[0].split()) == COMMANDS[name].says


def test_help_lists_every_command_and_imports_none():
    words = "import sys; from shiftcast.pipelines.cli import app; sys.argv[1:] = ['--help']\ntry: app()\n"
    words += "finally: print('pandas' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=True)  # noqa: S603  (our own words)
    assert all(f" {name} " in done.stdout for name in COMMANDS)
    assert done.stdout.splitlines()[-1] == "False"


def test_a_command_that_is_none_is_refused_with_its_neighbour(shell):
    code, _, err = shell("retrian")
    assert (code, "retrain" in err) == (2, True)


def test_the_version_and_the_help_have_the_names_people_try(shell):
    assert shell("--version") == (0, f"shiftcast {shiftcast.__version__}\n", "")
    assert shell("-h")[0] == 0


@pytest.mark.parametrize("kind", [InputError, OutOfSupportError, UnreadableFileError, PayloadError])
def test_every_refusal_of_input_is_one_type_and_ends_with_one_line_and_code_2(shell, again, monkeypatch, kind):
    monkeypatch.setattr(run_module, "run", lambda *_, **__: refuse_input(kind))
    assert issubclass(kind, InputError)
    assert issubclass(InputError, ValueError)
    assert shell(*again, "--quiet") == (2, "", "shiftcast: no\n")


@pytest.mark.parametrize("kind", [StoreError, AlteredBundleError])
def test_a_store_or_a_file_that_failed_is_no_refusal_of_input(kind):
    assert not issubclass(kind, InputError)


def refuse_input(kind):
    raise kind("no")
