"""Commands that give a table write it as a workbook with what it says and rests on, and as CSV, Parquet and JSON."""

import json

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook
from typer.testing import CliRunner

import shiftcast
from shiftcast.features.input_error import InputError
from shiftcast.pipelines.cli import app
from shiftcast.pipelines.commands.listed import CALLED, COMMANDS, load
from shiftcast.pipelines.commands.noted import notes_of

DAY = ("--as-of", "2026-11-22")
NO_TABLE = {
    "run",
    "serve",
    "desk",
    "mcp",
    "label",
    "ingest",
    "retrain",
    "schedule",
    "monitor",
    "override",
    "rollback",
    "doctor",
    "prune",
    "claim draft",
}  # fmt: skip  (files of records and rules, or nothing to write)
NO_TABLE_BELOW = {
    "store verify",
    "store compact",
    "store back",
    "store history",
    "store snapshot",
    "rollouts add",
    "rollouts show",
    "rollouts add-traffic",
}


def call(*words):
    done = CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)
    assert done.exit_code == 0
    return done.stdout


def sheets(file):
    book = CalamineWorkbook.from_path(file)
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def every_command():
    for name in COMMANDS:
        command = load(name)
        below = getattr(command, "commands", {})
        yield from ((f"{name} {each}", below[each]) for each in below) if below else ((name, command),)


def test_every_command_with_a_table_writes_it():
    without = {
        name for name, command in every_command()
        if "output" not in {parameter.name for parameter in command.params} and not name.startswith("fleet")
    }  # fmt: skip
    assert without <= NO_TABLE | NO_TABLE_BELOW


def test_a_cost_is_a_workbook_with_units_notes_and_sources(tmp_path):
    words = ("cost", "--generation", "gb300", "--life", "4,5", "--draws", "100", *DAY)
    call(*words, "--output", tmp_path / "a.xlsx")
    call(*words, f"--output={tmp_path / 'b.xlsx'}")
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
    found = sheets(tmp_path / "a.xlsx")
    header, *rows = found["table"]
    assert [row[header.index("life [year]")] for row in rows] == [4.0, 5.0]
    assert "usd_million_median [USD/million]" in header
    notes = found["notes"][1:]
    assert ["as of", "2026-11-22"] in notes
    assert ["shiftcast", shiftcast.__version__] in notes
    assert ["command", "shiftcast cost --generation gb300 --life 4,5 --draws 100 --as-of 2026-11-22"] in notes
    assert found["sources"][0] == ["name", "low", "mid", "high", "unit", "evidence", "source"]
    assert "cost.rate" in [row[0] for row in found["sources"]]


def test_every_kind_holds_the_figures_of_the_json(tmp_path):
    words = ("site", "--mw", "40", "--generation", "gb300", "--draws", "100", *DAY)
    told = json.loads(call(*words, "--json"))["predictions"][0]["rows"][0]["accelerators_median"]
    for ending in (".csv", ".parquet", ".json", ".xlsx"):
        call(*words, "--output", tmp_path / f"t{ending}")
    assert pd.read_csv(tmp_path / "t.csv")["accelerators_median"][0] == told
    assert pd.read_parquet(tmp_path / "t.parquet")["accelerators_median"][0] == told
    assert json.loads((tmp_path / "t.json").read_text())[0]["accelerators_median"] == told
    header, row = sheets(tmp_path / "t.xlsx")["table"]
    assert row[header.index("accelerators_median [accelerator]")] == pytest.approx(told, rel=1e-15)


def test_a_catalogue_is_a_sheet_a_table_and_lists_are_tables(tmp_path):
    call("catalogue", *DAY, "--output", tmp_path / "c.xlsx")
    assert {"table", "ratios", "rates", "software", "fits", "notes"} <= set(sheets(tmp_path / "c.xlsx"))
    call("claim", "list", *DAY, "--output", tmp_path / "claims.parquet")
    assert "claim" in pd.read_parquet(tmp_path / "claims.parquet")
    call("rollouts", "list", *DAY, "--output", tmp_path / "r.csv")
    assert "technique_to" in pd.read_csv(tmp_path / "r.csv")


def test_a_workbook_of_history_gives_the_forecast_of_its_csv(tmp_path):
    history = pd.DataFrame({"series": "a", "period_end": pd.date_range("2024-01-31", periods=24, freq="ME"),
                            "value": [100.0 + 3 * step for step in range(24)]})  # fmt: skip
    history.to_csv(tmp_path / "h.csv", index=False)
    text = (tmp_path / "h.csv").read_text().replace(",", ";").replace(".0", ",0")
    (tmp_path / "german.csv").write_text(text)
    with pd.ExcelWriter(tmp_path / "h.xlsx", engine="xlsxwriter") as book:
        history.to_excel(book, sheet_name="Sites 2025", index=False)
        pd.DataFrame({"other": [1]}).to_excel(book, sheet_name="Other", index=False)
    tables = []
    for file in ("h.csv", "german.csv", "h.xlsx#Sites 2025"):
        call("volume", tmp_path / file, "--horizon", 2, "--output", tmp_path / "f.xlsx")
        found = sheets(tmp_path / "f.xlsx")
        assert "what ships, of 1 series" in " ".join(text for _, text in found["notes"])
        tables.append(found["table"])
    assert tables[0] == tables[1] == tables[2]
    assert len(tables[0]) > 2


@pytest.mark.parametrize("words", [("cost", *DAY), ("claim", "list"), ("volume", "none.csv", "--horizon", "2")])
def test_a_place_that_cannot_be_written_is_refused_before_the_work(tmp_path, words):
    with pytest.raises(InputError, match="is not there; make it"):
        call(*words, "--output", tmp_path / "no" / "t.xlsx")
    with pytest.raises(InputError, match="of a kind that is not written"):
        call(*words, "--output", tmp_path / "t.ods")


def test_a_password_of_an_address_is_not_in_the_notes():
    CALLED.set(("volume", "h.csv", "--master", "spark://user:word@host:7077"))
    assert dict(notes_of())["command"] == "shiftcast volume h.csv --master spark://...@host:7077"
