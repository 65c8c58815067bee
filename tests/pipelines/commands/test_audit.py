"""`shiftcast audit` on the finished run: by measure, by a row of a file, and the line of the record."""

import json

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from shiftcast.features.frames import ALL
from shiftcast.features.input_error import InputError
from shiftcast.pipelines.cli import app
from shiftcast.pipelines.records import RECORDS
from shiftcast.pipelines.registry.champion import open_forecaster
from shiftcast.pipelines.tables.writing import write_table


@pytest.fixture(scope="module")
def audit(finished):
    def call(*words):
        done = CliRunner().invoke(app, ["audit", *words, "--root", str(finished.request.root)])
        if isinstance(done.exception, InputError):
            raise done.exception
        assert done.exit_code == 0, done.output
        return done.output

    return call


def test_a_figure_is_told_with_its_equation_rows_lines_and_version(audit, finished):
    output = audit("power", "--leaf", "sovereign", "--period", "2027Q4")
    draws = open_forecaster(root=finished.request.root).draws("power", leaf="sovereign")
    middle = np.median(draws.loc[draws["quarter"] == "2027Q4", "value"])
    assert output.startswith(f"{middle:,.0f} MW_facility (8 in 10: ")
    assert "1. power = accelerators x kW an accelerator / 1000  [MW_facility = accelerator x" in output
    summary = finished.result.bundle.summary
    assert f"as of {summary.origin}; 200 draws, seed 7; SHA-256 of data, code and settings {summary.digest}" in output
    line = next(line for line in output.splitlines() if "; assumptions.csv:" in line)
    number = int(line.rpartition("; assumptions.csv:")[2].split(" ")[0])
    told = output.splitlines()[output.splitlines().index(line) - 1].rpartition(": ")[2]
    assert (RECORDS / "assumptions.csv").read_text(encoding="utf-8").splitlines()[number - 1].startswith(f"{told},")


def test_a_row_of_the_published_file_is_found_again_with_its_own_figure(audit, finished):
    file = finished.request.out / "forecasts.csv"
    rows = pd.read_csv(file)
    for number in (2, 812, len(rows) + 1):
        row = rows.iloc[number - 2]
        answer = json.loads(audit(f"{file}:{number}", "--json"))["predictions"][0]
        assert answer["notes"][0].startswith(f"{file}:{number} states {row['value']:.6g}; the ")
        assert answer["notes"][0].endswith(": the same")
        assert row["measure"] in answer["question"]
        part = [name for name in ("segment", "leaf", "workload", "technique") if row[name] != ALL]
        assert all(f"{name}={row[name]}" in answer["question"] for name in part)


def test_a_workbook_of_another_kind_is_traced_by_its_notes(audit, tmp_path):
    file = tmp_path / "plan.xlsx"
    sources = pd.DataFrame({"name": ["supply.lead"], "evidence": ["assumed"], "source": ["project judgement"]})
    write_table(pd.DataFrame({"accelerators_to_add": [72.0]}), file, sources=sources,
                notes=[("command", "shiftcast plan --by 2027Q4"), ("as of", "2026-11-20")])  # fmt: skip
    answer = json.loads(audit(f"{file}:2", "--json"))["predictions"][0]
    assert answer["says"] == f"72 is accelerators_to_add in {file}:2: shiftcast plan --by 2027Q4."
    assert answer["assumed"] == [{"name": "supply.lead", "evidence": "assumed", "source": "project judgement"}]
    assert answer["notes"] == ["command: shiftcast plan --by 2027Q4", "as of: 2026-11-20"]


def test_what_cannot_be_traced_is_refused_with_the_remedy(audit, tmp_path):
    (tmp_path / "plan.csv").write_text("live\n72\n", encoding="utf-8")
    (tmp_path / "year.csv").write_text("measure,year\npower,2027\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"keeps no notes; write the table as \.xlsx, which keeps command and sources"):
        audit(f"{tmp_path / 'plan.csv'}:2")
    with pytest.raises(InputError, match="has no quarter; name the cell"):
        audit(f"{tmp_path / 'year.csv'}:2")
    with pytest.raises(InputError, match="--period is missing; give the quarter of the figure"):
        audit("power")
