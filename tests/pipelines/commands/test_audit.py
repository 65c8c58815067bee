"""`shiftcast audit` on the finished run: by measure, by a row of a file, and the line of the record."""

import json

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from shiftcast.features.frames import ALL
from shiftcast.features.input_error import InputError
from shiftcast.forecast.tracing.audit import ROWS
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
    answer = json.loads(audit("power", "--leaf", "sovereign", "--period", "2027Q4", "--json"))["predictions"][0]
    draws = open_forecaster(root=finished.request.root).draws("power", leaf="sovereign")
    middle = np.median(draws.loc[draws["quarter"] == "2027Q4", "value"])
    assert answer["says"].startswith(f"{middle:,.0f} MW")
    assert answer["more"]["equations"][0]["equation"] == "power = accelerators x kW an accelerator / 1000"
    summary, told = finished.result.bundle.summary, answer["provenance"]
    assert (told["draws"], told["seed"], told["as_of"]) == (200, 7, summary.origin)
    assert told["registered"]["digest"] == summary.digest
    lines = (RECORDS / "assumptions.csv").read_text(encoding="utf-8").splitlines()
    found = [row for row in answer["more"][ROWS] if row["file"].startswith("assumptions.csv:")]
    assert found
    for row in found:
        assert lines[int(row["file"].partition(":")[2]) - 1].startswith(f"{row['about']},")


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
    assert answer["more"]["sources"] == [{"name": "supply.lead", "evidence": "assumed", "source": "project judgement"}]
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
