"""SQL over stored usage and the champion's tables: what is there, and that nothing else can be reached."""

import json
import re
import shlex
import shutil
from pathlib import Path

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook
from typer.testing import CliRunner

from shiftcast.features.frames import DIMENSIONS
from shiftcast.features.input_error import InputError
from shiftcast.pipelines.cli import app
from shiftcast.pipelines.doctor.examine import move_in
from shiftcast.pipelines.publish.sql import limited, open_sql, parts, read_only
from shiftcast.pipelines.state.root import StoreError
from shiftcast.pipelines.store import Store

PAGE = Path(__file__).resolve().parents[3] / "docs" / "sql.md"
QUERY = re.compile(r"^shiftcast sql \"(?:[^\"]|\n)*\"[^\n]*", re.MULTILINE)
QUERIES = [shlex.split(found.replace("\\\n", " "))[1:] for found in QUERY.findall(PAGE.read_text())]
DAY = pd.Timestamp("2026-11-20", tz="UTC")


def usage(values, start="2026-10-01"):
    rows = dict.fromkeys(DIMENSIONS, "unallocated")
    days = pd.date_range(start, periods=len(values), freq="D", tz="UTC").as_unit("us")
    return pd.DataFrame([
        {**rows, "user": "=me", "measure": "gpu_hours", "unit": "accelerator_hour", "how": "sum", "grain": "day",
         "period_start": day, "known_at": DAY, "source": "sacct", "value": value, "rows": 1.0, "bound": "=",
         "evidence": "measured", "confidence": "verified"}
        for day, value in zip(days, values, strict=True)
    ])  # fmt: skip


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """Return a store with usage known on two days, and a fleet's own."""
    root = tmp_path_factory.mktemp("sql") / "mlruns"
    Store(root).append(usage([1.0, 2.0]), None, "a" * 64, DAY)
    Store(root).append(usage([5.0]), None, "b" * 64, DAY + pd.Timedelta(days=7))
    Store(root / "fleets" / "mine").append(usage([70.0]), None, "c" * 64, DAY)
    return root


def say(*words, code=0):
    done = CliRunner().invoke(app, ["sql", *map(str, words)])
    assert done.exit_code == code, done.exception
    return done.stdout


def answer(root, statement, **options):
    return pd.concat(list(parts(read_only(open_sql(root, statement=statement, **options), statement))))


def test_what_takes_too_long_is_stopped_and_said(root):
    forever = "select sum(a.range * b.range) as n from range(100000000) a, range(100000000) b"
    database = open_sql(root, statement=forever)
    says = r"not done after 0.2 seconds and stopped; select fewer rows, or give more"
    with pytest.raises(InputError, match=says), limited(database, 0.2):
        list(parts(read_only(database, forever)))
    with limited(database, 60):
        assert list(parts(read_only(database, "select 6 as n")))[-1]["n"].tolist() == [6]
    with pytest.raises(InputError, match="nothing else is read here"), limited(database, 60):
        read_only(database, "drop table usage")


def test_usage_is_that_of_the_day_and_of_the_fleet(root):
    total = "select sum(value) as total from usage"
    assert answer(root, total, as_of=DAY)["total"].tolist() == [3.0]
    assert answer(root, total, as_of=DAY + pd.Timedelta(days=7))["total"].tolist() == [7.0]
    rows = json.loads(say(total, "--fleet", "mine", "--as-of", "2026-11-20", "--root", root, "--json"))
    assert rows == [{"total": 70.0}]


def test_without_text_tables_and_columns_are_listed(root):
    told = say("--root", root, "--as-of", "2026-11-20")
    assert "usage: stored usage as known on the day, a row a figure (2 rows)" in told
    assert "loads: commits of the store" in told
    assert "not there: forecasts, claims" in told
    assert "period_start timestamp with time zone" in " ".join(told.split())


@pytest.mark.parametrize("statement", [
    "drop table usage", "select 1; select 2", "copy usage to 'x.csv'", "attach 'x.db'", "install httpfs", "load icu",
    "set threads = 1", "pragma database_list", "insert into usage select * from usage", "create table a as select 1",
    "export database 'x'", "update usage set value = 0", "delete from usage", "call pragma_version()", "",
])  # fmt: skip
def test_what_is_not_one_select_is_refused(root, statement):
    with pytest.raises(InputError, match="give one SELECT; this is"):
        read_only(open_sql(root, statement=statement), statement)


@pytest.mark.parametrize("source", [
    "read_csv('/etc/passwd')", "read_text('/etc/passwd')", "'/etc/passwd'", "glob('/*')", "read_parquet('x.parquet')",
    "'https://example.org/a.csv'", "rows", "read_blob('/etc/passwd')", "sniff_csv('/etc/passwd')",
])  # fmt: skip
def test_no_file_address_or_name_of_python_can_be_read(root, source):
    rows = pd.DataFrame({"secret": [1]})
    assert len(rows) == 1
    statement = f"select * from {source}"  # noqa: S608  (the point of the test)
    with pytest.raises(InputError, match=r"Permission Error|Catalog Error|IO Error|Missing Extension|Invalid Input"):
        list(parts(read_only(open_sql(root, statement=statement), statement)))


def test_settings_are_locked_and_what_is_done_to_the_copy_leaves_the_store(root):
    database = open_sql(root)
    with pytest.raises(Exception, match="configuration has been locked"):
        database.execute("set enable_external_access = true")
    database.execute("drop table usage")
    assert len(Store(root).as_of(DAY)) == 2


def test_a_table_that_is_not_there_is_named_with_the_remedy(root, tmp_path):
    with pytest.raises(StoreError, match="no usage is stored here; load some with `shiftcast ingest` first"):
        answer(tmp_path, "select * from usage")
    with pytest.raises(StoreError, match="shiftcast run"):
        answer(root, "select * from forecasts")
    with pytest.raises(InputError, match="`shiftcast sql` without text lists tables and columns"):
        answer(root, "select no_such from usage")
    with pytest.raises(InputError, match="fleet 'other' is not below"):
        CliRunner().invoke(app, ["sql", "select 1", "--fleet", "other", "--root", str(root)], catch_exceptions=False)


def test_the_screen_is_bounded_says_so_and_takes_no_escapes(root):
    told = say("select range as n, chr(27) || '[31m' as red from range(100)", "--rows", "3", "--root", root)
    assert "the first 3 of 100 rows; more with --rows N, all with --output FILE" in told
    assert "\x1b" not in told


def test_all_rows_are_written_in_every_kind_and_exact_numbers_are_plain(root, tmp_path):
    figures = "sum(1) as n, sum(1::decimal(9, 2)) as d, list(value order by value) as each"
    statement = f"select user, {figures} from usage group by user"  # noqa: S608  (our own words)
    for ending in (".csv", ".parquet", ".json", ".xlsx"):
        say(statement, "--root", root, "--as-of", "2026-11-20", "--output", tmp_path / f"t{ending}")
    assert (tmp_path / "t.csv").read_text() == '"user","n","d","each"\n"\'=me",2,2,"[1.0, 2.0]"\n'
    assert json.loads((tmp_path / "t.json").read_text()) == [{"user": "=me", "n": 2.0, "d": 2.0, "each": "[1.0, 2.0]"}]
    assert pd.read_parquet(tmp_path / "t.parquet")["user"].tolist() == ["=me"]
    notes = dict(CalamineWorkbook.from_path(tmp_path / "t.xlsx").get_sheet_by_name("notes").to_python()[1:])
    assert notes["as of"] == "2026-11-20"
    assert notes["command"].startswith("shiftcast sql 'select user")


def test_nothing_found_is_an_empty_table_and_no_error(root, tmp_path):
    assert json.loads(say("select * from usage where value < 0", "--root", root, "--json")) == []
    say("select user from usage where value < 0", "--root", root, "--output", tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_text() == '"user"\n'


def test_the_page_has_five_queries_and_each_runs(finished, root, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    own = tmp_path / "mlruns"
    shutil.copytree(finished.request.root, own)
    move_in(own, wait=0)
    shutil.copytree(root / "store", own / "store", dirs_exist_ok=True)
    assert len(QUERIES) == 5
    for words in QUERIES:
        done = CliRunner().invoke(app, words, catch_exceptions=False)
        assert done.exit_code == 0, words
    rows = CalamineWorkbook.from_path(tmp_path / "hours.xlsx").get_sheet_by_name("table").to_python()
    assert rows[0][1] == "hours_median"
    assert len(rows) > 8
    assert all(low < middle < high for _, middle, low, high in rows[1:] if high > low)
    database = open_sql(own, as_of=DAY)
    counts = dict(database.sql("select table_name, estimated_size from duckdb_tables()").fetchall())
    assert {"usage", "loads", "quarantine", "forecasts", "claims", "scores", "observations"} <= set(counts)
    assert min(counts[name] for name in ("forecasts", "claims", "scores", "observations")) > 0
