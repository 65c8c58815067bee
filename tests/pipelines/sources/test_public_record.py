import shutil

import pandas as pd
import pytest

from shiftcast.features.frames import (
    AssumptionRows,
    Ceilings,
    Claims,
    Hardware,
    Observations,
    Rollouts,
    Throughput,
    check,
)
from shiftcast.pipelines.records import RECORDS
from shiftcast.pipelines.sources.public_record import read_record
from shiftcast.pipelines.sources.table import UnreadableFileError

REVENUE, TOKENS = "observations_nvidia_revenue.csv", "observations_tokens.csv"
FRAMES = {"observations": Observations, "claims": Claims, "hardware": Hardware, "throughput": Throughput,
          "assumptions": AssumptionRows, "capacity": AssumptionRows, "ceilings": Ceilings,
          "rollouts": Rollouts}  # fmt: skip
FILES = [REVENUE, TOKENS, *(f"{name}.csv" for name in ("claims", "hardware", "throughput", "assumptions", "fleet",
                                                       "economics", "ceilings", "rollouts",
                                                       "workloads"))]  # fmt: skip


BESIDE = ("fleet", "economics")


@pytest.fixture
def folder(tmp_path):
    """Return two dozen lines of each file, so that reading takes no time."""
    (tmp_path / "records").mkdir()
    for name in FILES:
        lines = (RECORDS / name).read_text(encoding="utf-8").splitlines(keepends=True)
        (tmp_path / "records" / name).write_text("".join(lines[:24]), encoding="utf-8")
    return tmp_path / "records"


@pytest.fixture
def good(folder):
    """Return the record before a test spoils it."""
    return read_record(folder)


def frames_of(record):
    """Return the frames of a record by name of their file; what the cube does not use is held as one."""
    apart = [name for name in FRAMES if name not in BESIDE]
    return {**{name: getattr(record, name) for name in apart}, "capacity": record.capacity}


def kept(record):
    return sum(len(rows) for rows in frames_of(record).values())


def test_the_public_record_keeps_every_contract_and_sets_nothing_aside():
    good = read_record()
    for name, rows in frames_of(good).items():
        assert len(check(rows, FRAMES.get(name, AssumptionRows))) >= 18
    for name in BESIDE:
        own = pd.read_csv(RECORDS / f"{name}.csv")["name"]
        assert len(own) >= 12
        assert set(own) <= set(good.capacity["name"])
    assert good.quarantine.empty
    others = {  # read by `shiftcast catalogue`, `shiftcast ingest` and the report alone
        "accelerator_names.csv",
        "aliases.csv",
        "bill_lines.csv",
        "gpu_fractions.csv",
        "gpu_resources.csv",
        "ingest_limits.csv",
        "instance_families.csv",
        "job_states.csv",
        "instance_types.csv",
        "label_hints.csv",
        "measures.csv",
        "migration_scores.csv",
        "number_words.csv",
        "prometheus_metrics.csv",
        "second_totals.csv",
        "source_signatures.csv",
        "relative_dates.csv",
        "request_outcomes.csv",
        "residency.csv",
        "terms.csv",
        "throughput_models.csv",
        "wording.csv",
    }
    assert set(good.digests) == {path.name for path in RECORDS.glob("*.csv")} - others


def test_the_registry_keeps_the_file_s_order(folder):
    table = pd.read_csv(folder / "workloads.csv")
    assert [task.name for task in read_record(folder).registry.tasks] == [
        f"{w}/{t}" for w, t in table[["workload", "technique"]].values
    ]


SPOILT = [
    ("unit", "furlong", "unit", "furlong", "furlong"),
    ("measure", "happiness", "measure", "happiness", "not registered; known are"),
    ("period_end", "2001-01-01", "period_end", "2001-01-01", "period_end is before period_start"),
    ("value", "", "value", "", "value is empty; it needs a number"),
    ("value", "many", "value", "many", "value is not a number"),
    ("value", "inf", "value", "inf", "must be finite"),
    ("value", "-inf", "value", "-inf", "must be finite"),
    ("value", "nan", "value", "nan", "must be finite"),
    ("value", "-5", "value", "-5", "outside 0"),
    ("sd", "-1", "sd", "-1", "within 0 to inf"),
    ("known_at", "last week", "known_at", "last week", "not a date of the form"),
    ("evidence", "rumour", "evidence", "rumour", "must be one of measured"),
]


@pytest.mark.parametrize(("column", "text", "where", "value", "reason"), SPOILT)
def test_a_bad_cell_sets_its_row_aside_and_no_other(good, spoil, column, text, where, value, reason):
    record = read_record(spoil(REVENUE, 5, column, text))
    (row,) = record.quarantine.to_dict("records")
    assert (row["source"], row["line"], row["column"]) == (REVENUE, 5, where)
    assert row["value"].startswith(value)
    assert reason in row["reason"]
    assert kept(record) + len(record.quarantine) == kept(good)


def test_a_share_above_one_is_set_aside(good, spoil):
    name, table = TOKENS, pd.read_csv(RECORDS / TOKENS)
    line = int(table.index[(table["measure"] == "share") & (table["unit"] == "%")][0]) + 2
    record = read_record(spoil(name, line, "value", "130"))
    (row,) = record.quarantine.to_dict("records")
    assert (row["source"], row["line"], row["column"], row["value"]) == (name, line, "value", "1.3")
    assert "outside 0.0 to 1.0" in row["reason"]
    assert kept(record) == kept(good) - 1


def test_bytes_that_are_not_utf8_set_their_row_aside(good, folder):
    lines = (folder / REVENUE).read_bytes().split(b"\n")
    lines[3] = lines[3].replace(b"nvidia", b"nvidi\xe4", 1)
    (folder / REVENUE).write_bytes(b"\n".join(lines))
    record = read_record(folder)
    (row,) = record.quarantine.to_dict("records")
    assert (row["line"], row["column"], row["value"]) == (4, "vendor", "nvidi\xe4")
    assert "not UTF-8" in row["reason"]
    assert kept(record) == kept(good) - 1


def test_a_cell_too_many_sets_its_row_aside(good, folder):
    lines = (folder / REVENUE).read_text(encoding="utf-8").splitlines()
    lines[3] += ", and more"
    (folder / REVENUE).write_text("\n".join(lines), encoding="utf-8")
    record = read_record(folder)
    (row,) = record.quarantine.to_dict("records")
    assert (row["line"], row["column"], row["value"]) == (4, "surplus", " and more")
    assert kept(record) == kept(good) - 1


def test_a_key_twice_in_a_file_sets_the_second_aside(good, folder):
    lines = (folder / REVENUE).read_text(encoding="utf-8").splitlines()
    (folder / REVENUE).write_text("\n".join([*lines, lines[6]]), encoding="utf-8")
    record = read_record(folder)
    (row,) = record.quarantine.to_dict("records")
    assert (row["source"], row["line"], row["column"]) == (REVENUE, len(lines) + 1, "source")
    assert "same key" in row["reason"]
    assert kept(record) == kept(good)


def test_every_row_whose_key_stands_in_an_earlier_file_is_set_aside_with_its_line(good, folder):
    shutil.copy(folder / REVENUE, folder / "observations_zz.csv")
    record = read_record(folder)
    rows = len(pd.read_csv(folder / REVENUE))
    assert record.quarantine["source"].unique().tolist() == ["observations_zz.csv"]
    assert record.quarantine["line"].tolist() == [float(line) for line in range(2, rows + 2)]
    assert kept(record) == kept(good)


@pytest.mark.parametrize(
    ("name", "column"), [(REVENUE, "known_at"), ("claims.csv", "weight"), ("hardware.csv", "note")]
)
def test_a_missing_column_sets_the_file_s_rows_aside(good, folder, name, column):
    table = pd.read_csv(folder / name, dtype=str, keep_default_na=False)
    table.drop(columns=column).to_csv(folder / name, index=False)
    record = read_record(folder)
    assert set(record.quarantine["source"]) == {name}
    assert set(record.quarantine["reason"]) == {f"column {column!r} is missing; add it to the header"}
    assert len(record.quarantine) == len(table)
    assert kept(record) + len(table) == kept(good)


@pytest.mark.parametrize("name", [REVENUE, "claims.csv", "assumptions.csv", "workloads.csv"])
@pytest.mark.parametrize("content", [b"", b"a\x00b\n1\n", b'a,b\n"1\n'])
def test_a_file_that_cannot_be_read_ends_the_reading(folder, name, content):
    (folder / name).write_bytes(content)
    with pytest.raises(UnreadableFileError, match=name.replace(".", r"\.")):
        read_record(folder)


@pytest.mark.parametrize("name", ["claims.csv", "hardware.csv", "throughput.csv", "assumptions.csv", "workloads.csv"])
def test_an_absent_file_and_a_directory_in_its_place_end_the_reading(folder, name):
    (folder / name).unlink()
    with pytest.raises(UnreadableFileError, match="No such file"):
        read_record(folder)
    (folder / name).mkdir()
    with pytest.raises(UnreadableFileError, match="Is a directory"):
        read_record(folder)


def test_a_folder_without_observations_is_named(tmp_path):
    with pytest.raises(UnreadableFileError, match=r"no observations_\*\.csv file; give a folder of records"):
        read_record(tmp_path)


def test_an_assumption_of_ones_own_takes_the_place_of_the_shipped_one(tmp_path, record):
    head, *rows = (RECORDS / "assumptions.csv").read_text().splitlines()
    (line,) = [row for row in rows if row.startswith("ratio.llm,")]
    own = tmp_path / "assumptions.csv"
    own.write_text(f"{head}\n{line.replace('0.25,1,4', '1.2,1.5,1.9')}\n")
    found = read_record(tmp_path)
    changed = found.assumptions.compare(record.assumptions, result_names=("own", "shipped"))
    assert list(found.assumptions.loc[changed.index, "name"]) == ["ratio.llm"]
    assert changed["mid"].to_dict("records") == [{"own": 1.5, "shipped": 1.0}]
    assert found.digests["assumptions.csv"] != record.digests["assumptions.csv"]
    own.write_text(f"{head}\n{line.replace('ratio.llm', 'ratio.lmm')}\n")
    with pytest.raises(UnreadableFileError, match=r"no model asks for name 'ratio\.lmm'"):
        read_record(tmp_path)


@pytest.mark.parametrize(
    ("column", "text", "said"),
    [
        ("order", "", "column 'order' holds .*: order is empty"),
        ("order", "first", "column 'order' holds 'first': order is not a number"),
        ("runs_on", "abacus", "column 'runs_on' holds 'abacus': runs_on must be one of cpu, accelerator"),
        ("efficiency", "1.5", "column 'efficiency' holds '1.5'"),
        ("technique", "content", "another row has the same key"),
    ],
)
def test_a_bad_row_of_the_registry_ends_the_reading_with_its_line(spoil, column, text, said):
    folder = spoil("workloads.csv", 5, column, text)
    with pytest.raises(UnreadableFileError, match=rf"workloads\.csv: line 5: .*{said}"):
        read_record(folder)


def test_a_registry_without_a_column_or_a_row_ends_the_reading(folder):
    table = pd.read_csv(folder / "workloads.csv", dtype=str, keep_default_na=False)
    table.drop(columns="order").to_csv(folder / "workloads.csv", index=False)
    with pytest.raises(UnreadableFileError, match="column 'order' is missing; add it to the header"):
        read_record(folder)
    table.head(0).to_csv(folder / "workloads.csv", index=False)
    with pytest.raises(UnreadableFileError, match="holds no row"):
        read_record(folder)
