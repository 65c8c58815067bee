"""Names that no UTF-8 can hold go through a load and the store as they are written out."""

import json
import os
import sys

import pandas as pd
import pytest

from shiftcast.pipelines.cli import main
from shiftcast.pipelines.ingest.load import IngestRequest, ingest
from shiftcast.pipelines.sources.setting import Setting
from shiftcast.pipelines.sources.table import UnreadableFileError
from shiftcast.pipelines.state.root import StoreError, check_place

DAY = pd.Timestamp("2026-03-01", tz="UTC")
HEAD = "job_id,start,end,gpus,name\n"
ROW = "{},2026-01-01T00:00:00,2026-01-01T01:00:00,1,{}\n"


def load(root, *paths):
    return ingest(IngestRequest("jobs", tuple(map(str, paths)), Setting(), DAY, root)).report


def test_files_folders_and_cells_of_any_bytes_are_loaded_and_told_apart(tmp_path):
    folder = tmp_path / os.fsdecode(b"alps\xff")
    folder.mkdir()
    files = [folder / os.fsdecode(name) for name in (b"j\xff.csv", b"j\xfe.csv")]
    for number, file in enumerate(files):
        file.write_text(HEAD + ROW.format(number, "a"))
    half = tmp_path / "half.jsonl"
    half.write_text('{"job_id":"4\\ud800","start":"2026-01-01","end":"2026-01-02","gpus":1,"na\\udfffme":"x\\ud800"}\n')
    report = load(tmp_path / "mlruns", *files, half)
    assert (report["rows"], report["quarantined"]) == (3, 0)
    told = json.dumps(report, ensure_ascii=False)
    assert told.encode()
    assert r"alps\\xff" in told


def test_a_header_that_is_not_utf8_is_named_and_no_row_taken_for_it(tmp_path):
    file = tmp_path / "latin.csv"
    file.write_bytes(HEAD.replace("name", "Kostenträger").encode("latin-1") + ROW.format(1, "a").encode())
    with pytest.raises(UnreadableFileError, match=r"latin\.csv: line 1: bytes are not UTF-8; save the file as UTF-8"):
        load(tmp_path / "mlruns", file)


def test_words_that_are_not_utf8_are_refused_but_names_of_files_are_not(tmp_path, monkeypatch, capsys):
    bad = os.fsdecode(b"m\xff")
    monkeypatch.chdir(tmp_path)
    for words in (["ingest", "jobs", "x.csv", "--cluster", bad], ["split", f"--mode={bad}"], ["doctor", "--root", bad]):
        monkeypatch.setattr(sys, "argv", ["shiftcast", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code == 2
        assert capsys.readouterr().err.endswith("is not UTF-8; write it so, in a shell of UTF-8 (LANG=C.UTF-8)\n")
    with pytest.raises(StoreError, match="which an address reads otherwise"):
        check_place(tmp_path / bad)
    (tmp_path / bad).write_text("")
    monkeypatch.setattr(sys, "argv", ["shiftcast", "ingest", "jobs", bad])
    with pytest.raises(SystemExit):
        main()
    assert "is empty; export it again" in capsys.readouterr().err
