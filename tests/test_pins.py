"""The scripts that hold the pinned versions to advisories and to hashes."""

import hashlib
import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def script(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / ".ci" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


pinned = sys.modules.setdefault("pinned", script("pinned"))  # the others import it from their folder
audited, hashed = script("audited"), script("hashed")
ADVISORIES = audited.noted(ROOT / ".ci" / "advisories.csv")


def test_no_pinned_version_has_a_recorded_advisory():
    assert [*audited.recorded(ADVISORIES, pinned.pins(ROOT / "constraints.txt"))] == []


def test_an_older_version_than_the_one_that_mends_is_told(tmp_path):
    pins = tmp_path / "pins.txt"
    pins.write_text("# a word\nUrllib3==2.6.2\nwerkzeug==3.1.10\n", encoding="utf-8")
    found = [*audited.recorded(ADVISORIES, pinned.pins(pins))]
    assert found == ["urllib3 2.6.2: GHSA-38jv-5279-wg99, fixed in 2.6.3"]


@pytest.mark.parametrize(
    ("told", "says", "code"),
    [([{"name": "a", "version": "1", "vulns": [{"id": "CVE-1", "fix_versions": ["2"]}]}], "a 1: CVE-1, fixed in 2", 1),
     ([{"name": "a", "version": "1", "vulns": []}], "the database of pip-audit, 1 of 1 pins known to it: nothing", 0),
     ([{"name": "a", "skip_reason": "not found"}], "no database of pip-audit answers: the list of", 0),
     (None, "no database of pip-audit answers: the list of", 0)],
)  # fmt: skip
def test_the_database_is_asked_where_it_answers(tmp_path, monkeypatch, capsys, told, says, code):
    (tmp_path / "pins.txt").write_text("a==1\n", encoding="utf-8")
    text = "no JSON" if told is None else json.dumps({"dependencies": told})
    monkeypatch.setattr(audited.shutil, "which", lambda _: "pip-audit")
    monkeypatch.setattr(
        audited.subprocess, "run", lambda *_, **__: subprocess.CompletedProcess([], 1, stdout=text, stderr="")
    )
    monkeypatch.setattr(sys, "argv", ["audited.py", str(tmp_path / "pins.txt"), str(ROOT / ".ci" / "advisories.csv")])
    with pytest.raises(SystemExit) as end:
        audited.main()
    assert says in capsys.readouterr().out
    assert int(end.value.code) == code


@pytest.mark.parametrize(
    ("known", "says", "code"),
    [(None, "answered once and not again: the list of 20", 0),
     (0, "answered once and not again: the list of 20", 0),
     (2, "2 of 5 pins known to it: nothing against the pins\ntoo few", 1), (3, "3 of 5 pins known to it: nothing", 0)],
)  # fmt: skip
def test_a_database_that_fails_after_its_first_answer_or_knows_few_pins_is_no_clean_bill(
    tmp_path, monkeypatch, capsys, known, says, code
):
    (tmp_path / "pins.txt").write_text("".join(f"p{at}==1\n" for at in range(5)), encoding="utf-8")
    told = [{"name": f"p{at}", "version": "1", "vulns": []} for at in range(5)]
    answers = iter([told[:1], None if known is None else told[:known]])

    def run(*_, **__):
        found = next(answers)
        text = "no JSON" if found is None else json.dumps({"dependencies": found})
        return subprocess.CompletedProcess([], 1, stdout=text, stderr="")

    monkeypatch.setattr(audited.shutil, "which", lambda _: "pip-audit")
    monkeypatch.setattr(audited.subprocess, "run", run)
    monkeypatch.setattr(sys, "argv", ["audited.py", str(tmp_path / "pins.txt"), str(ROOT / ".ci" / "advisories.csv")])
    with pytest.raises(SystemExit) as end:
        audited.main()
    assert says in capsys.readouterr().out
    assert int(end.value.code) == code


def test_each_pin_is_written_with_the_hashes_of_its_archives_and_one_without_any_ends_it(tmp_path, monkeypatch, capsys):
    pins, folder = tmp_path / "pins.txt", tmp_path / "wheels"
    folder.mkdir()
    pins.write_text("# a word\nSome_Package==1.0\nother==2\n", encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["hashed.py", str(pins), str(folder)])
    names = ("some_package-1.0-py3-none-any.whl", "some-package-1.0.tar.gz", "some_package-1.1-py3-none-any.whl")
    for name in names:
        (folder / name).write_text(name, encoding="utf-8")
    with pytest.raises(SystemExit, match=r"no archive in .* of other==2"):
        hashed.main()
    (folder / "no archive.txt").write_text("", encoding="utf-8")
    (folder / "other-2-cp311-cp311-manylinux_2_28_x86_64.whl").write_bytes(b"")
    hashed.main()
    first, second, third = (hashlib.sha256(text).hexdigest() for text in (names[1].encode(), names[0].encode(), b""))
    assert (folder / "hashed.txt").read_text(encoding="utf-8") == (
        f"Some_Package==1.0 \\\n    --hash=sha256:{first} \\\n    --hash=sha256:{second}\n"
        f"other==2 \\\n    --hash=sha256:{third}\n"
    )
    assert "2 pins, 3 archives" in capsys.readouterr().out
