"""Tables by a mapping: hours and costs of sheets, worked out by hand, and words that are checked."""

import json
import re
from pathlib import Path

import pandas as pd
import pytest

from shiftcast.features.instants import Clock
from shiftcast.pipelines.ingest.load import IngestRequest, ingest
from shiftcast.pipelines.sources.formats.mapping import read_map
from shiftcast.pipelines.sources.setting import Setting
from shiftcast.pipelines.sources.table import UnreadableFileError

SPANS = "start,s,\nend,e,\namount,n,\n"
HOURS = SPANS + "measure,,gpu_hours\n"
TABLE = "s,e,n,st,gpu,seg\n2026-03-01T00:00,2026-03-01T01:00,8,{0},{1},{2}\n"
BILL = (
    "id,start,end,kind,unit,quantity,type,cost\n"
    "a1,2026-03-01T00:00:00Z,2026-03-01T01:00:00Z,Usage,Hrs,1.0,p4d.24xlarge,32.77\n"
    "a2,2026-03-01T00:00:00Z,2026-03-01T01:00:00Z,Usage,GB,500.0,,45.0\n"
    "a3,2026-03-01T00:00:00Z,2026-03-02T00:00:00Z,Covered,Hrs,24.0,p5.48xlarge,98.32\n"
    "a4,2026-03-01T00:00:00Z,2026-03-01T01:00:00Z,Negation,Hrs,0,p5.48xlarge,-98.32\n"
)


@pytest.fixture
def load(tmp_path):
    """Return a function that loads a table by a mapping into a store."""

    def loaded(data, mapping, *, name="t.csv", order="", zone="UTC", **form):
        table, described = tmp_path / name, tmp_path / ("m.sql" if "select" in mapping.lower() else "m.csv")
        table.write_bytes(data if isinstance(data, bytes) else data.encode())
        head = "" if described.suffix == ".sql" or mapping.startswith("role") else "role,column,constant\n"
        described.write_text(head + mapping)
        setting = Setting(Clock(zone, pd.Timestamp("2026-01-01", tz="UTC"), order), mapping=read_map(described), **form)
        day = pd.Timestamp("2026-06-01", tz="UTC")
        return ingest(IngestRequest("table", (str(table),), setting, day, tmp_path / "state")).report

    return loaded


def totals(report):
    return {(each["measure"], each["status"]): round(each["total"], 6) for each in report["totals"]}


def total(report, measure="gpu_hours"):
    return sum(value for (name, _), value in totals(report).items() if name == measure)


def test_a_bill_gives_hours_of_its_instances_and_cost_of_every_row(load):
    report = load(BILL, "role,column,constant,set\nstart,start,,\nend,end,,hours\nlookup,type,instance_types,\n"
                  "total,quantity*count,,hours\nmeasure,,gpu_hours,hours\nwhere,unit,in Hrs;Hours,hours\n"
                  "where,type,!=,hours\naccelerator,accelerator,,\nidentity,id,,\n"
                  "value,cost,,cost\nmeasure,,cost,cost\nunit,,USD,cost\n")  # fmt: skip
    assert totals(report) == {("gpu_hours", "served"): 8 + 24 * 8, ("cost", "served"): 77.77}
    assert (report["rows"], report["quarantined"]) == (4, 0)


def test_an_instance_type_is_no_accelerator_and_unlike_rows_are_left_out_by_name(load):
    mapping = "start,start,\nend,end,\namount,quantity,\nmeasure,,gpu_hours\nidentity,id,\naccelerator,type,\n"
    with pytest.raises(UnreadableFileError, match=r"'p4d.24xlarge' is an instance type; .* lookup,type,instance_types"):
        load(BILL, mapping)
    hourly = BILL.replace("2026-03-02T00:00:00Z,Covered,Hrs,24.0", "2026-03-01T01:00:00Z,Covered,Hrs,1.0")
    filtered = mapping.replace("type,\n", "accelerator,\nlookup,type,instance_types\nwhere,unit,=hrs\n")
    report = load(hourly, filtered.replace("amount,quantity", "amount,quantity*count"))
    assert total(report) == 16
    assert report["rows"] == 3


def test_a_row_that_a_lookup_does_not_know_is_set_aside(load):
    mapping = "start,start,\nend,end,\ntotal,quantity*count,\nmeasure,,gpu_hours\nlookup,type,instance_types\n"
    report = load(BILL, mapping + "where,unit,=Hrs\n")
    assert total(report) == 200
    report = load(BILL, mapping)
    assert (report["rows"], report["quarantined"]) == (4, 1)
    assert "no row in the lookup table" in report["reasons"][0]["reason"]


def test_a_lookup_table_of_ones_own(load, tmp_path):
    (tmp_path / "skus.csv").write_text("sku,gpus,chip\nA-1,8,H100\nB-2,4,A100\n")
    mapping = HOURS.replace("amount,n", "amount,n*gpus") + "lookup,k,skus.csv:sku->gpus;chip\naccelerator,chip,\n"
    data = "s,e,n,k\n2026-03-01,2026-03-02,2,a-1\n2026-03-01,2026-03-02,1,B-2\n"
    assert total(load(data, mapping)) == 24 * 20
    (tmp_path / "skus.csv").write_text("sku,gpus\nA-1,8\nA-1,4\n")
    with pytest.raises(UnreadableFileError, match=r"'a-1' is in skus\.csv twice"):
        load(data, mapping.replace(";chip", ""))
    with pytest.raises(UnreadableFileError, match=r"skus\.csv has no column 'chip'"):
        load(data, mapping)


@pytest.mark.parametrize(("mapping", "said"), [
    (SPANS + "measure,,gpu_hour\nunit,,GPUh\n", "measure 'gpu_hour' is not known; nearest: gpu_hours"),
    (SPANS + "measure,,gpu_hours\nunit,,GPUh\n", "unit 'GPUh' is not that of gpu_hours, accelerator_hour"),
    (SPANS + "measure,,cost\nunit,,euro\n", "'euro' of cost is not a currency"),
    (HOURS + "segment,,Hyperscalers\n", "segment 'Hyperscalers' is not known; nearest: hyperscale"),
    (HOURS + "technique,,llms\n", "technique 'llms' is not known; nearest: llm"),
    (HOURS + "segmnt,,rest\n", "role 'segmnt'.* nearest roles: segment"),
    (HOURS.replace("amount,n", "amount,gpu_hours"), "amount 'gpu_hours' counts hours, .*; name its role total"),
    (HOURS + "how,,median\n", "how 'median' is none of sum, mean, last, counter"),
    (HOURS + "where,n,8\n", "line 6: where 'n' '8'; give a column, and one of =text"),
    (HOURS + "lookup,n,skus\n", "lookup 'n' 'skus'; give a column, and instance_types or file.csv"),
    ("start,s,\nend,e,\nmeasure,,gpu_hours\n", "give start, end .* amount or total"),
    (HOURS.replace("amount,n", "amount,n*m"), "no column 'm'"),
    (HOURS.replace("start,s", "start,1"), r"no column '1' for start; columns of a file without a header are c1"),
])  # fmt: skip
def test_words_that_are_not_known_are_refused_with_the_nearest(load, mapping, said):
    with pytest.raises(UnreadableFileError, match=said):
        load(TABLE.format("", "", ""), mapping)


def test_the_worked_example_of_the_page_comes_to_what_the_page_says(load):
    page = (Path(__file__).resolve().parents[4] / "docs/ingest/tables.md").read_text(encoding="utf-8")
    sheet, mapping, *_, query, _ = re.findall(r"^```\w*\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    report = load(sheet, mapping)
    assert totals(report) == {("gpu_hours", "served"): 17_280, ("cost", "served"): 168_393.02}
    assert (report["rows"], report["quarantined"]) == (3, 0)
    assert total(load("Team,2026-01,2026-02\nads,744,\nsearch,100,672\n", query, name="w.csv")) == 1516


def test_labels_of_rows_that_are_not_known_stay_open_and_are_listed(load):
    rows = [("served", "NVIDIA-A100-SXM4-80GB", "Hyperscalers"), ("queued", "H100 SXM", "hyperscale"),
            ("", "weird", ""), ("SUCCEED", "a100", "rest")]  # fmt: skip
    body = "".join(TABLE.format(*row).split("\n", 1)[1] for row in rows)
    report = load(
        TABLE.split("\n", maxsplit=1)[0] + "\n" + body, HOURS + "status,st,\naccelerator,gpu,\nsegment,seg,\n"
    )
    assert totals(report) == {("gpu_hours", "served"): 16.0, ("gpu_hours", "queued"): 8.0}
    assert [each["value"] for each in report["reasons"]] == ["SUCCEED"]
    listed = list(report["unresolved"])
    assert any("'Hyperscalers'" in each for each in listed)
    assert "weird" in listed


def test_measures_of_rows_are_checked_too(load):
    data = (
        "t,v,m,u\n2026-01-01,5,requests,\n2026-01-01,6,request,\n2026-01-01,7,cost,EUR\n2026-01-01,8,requests,calls\n"
    )
    report = load(data, "at,t,\nvalue,v,\nmeasure,m,\nunit,u,\n")
    assert totals(report) == {("requests", "served"): 5.0, ("cost", "served"): 7.0}
    assert {each["reason"].split(";")[0] for each in report["reasons"]} == {
        "gives a measure 'request' is not known", "gives a unit 'calls' is not that of requests, request",
    }  # fmt: skip


@pytest.mark.parametrize(("mapping", "row", "hours"), [
    ("start,a,\nduration_h,b,\namount,c,", "2026-03-01,1.5,8", 12.0),
    ("start,a,\nduration_ms,b,\namount,c,", "2026-03-01,7200000,8", 16.0),
    ("start,a,\nduration_min,b,\namount,c,", "2026-03-01,30,8", 4.0),
    ("start,a,\nduration,b,\namount,c,", "2026-03-01,1-06:00:00,8", 240.0),
    ("start,a,\nperiod,,month\ntotal,c,", "2026-02,,672", 672.0),
    ("start,a,\nperiod,,month\namount,c,", "Feb 2026,,1", 672.0),
    ("start,a,\nlast_day,b,\namount,c,", "2026-03-01,2026-03-31,1", 744.0),
    ("start,a,\nend,b,\ntotal,c,", "2026-03-01,2026-03-02,100", 100.0),
    ("start,a,\nend,b,\namount,c * 4 * 2,", "2026-03-01,2026-03-02,1", 192.0),
    ("relative,,h\nstart,a,\nduration_s,b,\namount,c,", "1,3600,8", None),
])  # fmt: skip
def test_lengths_of_time(load, mapping, row, hours):
    if hours is None:
        with pytest.raises(UnreadableFileError, match="relative 'h' is none of s, ms, us, ns"):
            load(f"a,b,c\n{row}\n", mapping + "\nmeasure,,gpu_hours\n")
    else:
        assert total(load(f"a,b,c\n{row}\n", mapping + "\nmeasure,,gpu_hours\n")) == hours


def test_a_month_is_as_long_as_the_clock_of_its_zone_says(load):
    report = load("a,c\n2026-03,1\n", "start,a,\nperiod,,month\namount,c,\nmeasure,,gpu_hours\n", zone="Europe/Berlin")
    assert total(report) == 743


def test_a_duration_without_a_unit_is_asked_for(load):
    report = load("a,b,c\n2026-03-01,30,8\n2026-03-01,30:00,8\n2026-03-01,01:00:00,8\n",
                  "start,a,\nduration,b,\namount,c,\nmeasure,,gpu_hours\n")  # fmt: skip
    assert total(report) == 8
    assert "number without a unit; name its role duration_ms" in report["reasons"][0]["reason"]
    assert report["quarantined"] == 2


def test_scales(load):
    mapping = "role,column,constant,scale\nat,t,,\nvalue,k,,1000\nmeasure,,input_tokens,\n"
    assert total(load("t,k\n2026-03-01,2.5\n", mapping), "input_tokens") == 2500
    with pytest.raises(UnreadableFileError, match="line 3: scale 'k' is not a number"):
        load("t,k\n2026-03-01,2.5\n", mapping.replace("1000", "k"))


@pytest.mark.parametrize(("cells", "decimal", "right"), [
    ("1.234,50;(2,5);3", "comma", 1235.0), ('"1,234.50";$2;(3.5)', "point", 1233.0),
])  # fmt: skip
def test_decimal_commas_are_told(load, cells, decimal, right):
    data = "t;v\n" + "".join(f"2026-03-0{n};{cell}\n" for n, cell in enumerate(cells.split(";"), 1))
    mapping = "at,t,\nvalue,v,\nmeasure,,cost\nunit,,EUR\n"
    report = load(data, mapping)
    assert report["quarantined"] >= 2
    assert any("decimal,,comma" in each["reason"] for each in report["reasons"])
    assert total(load(data, f"{mapping}decimal,,{decimal}\n"), "cost") == right


def test_filters_know_words_lists_and_patterns(load):
    data = "t,v,k\n" + "".join(f"2026-03-01,{v},{k}\n" for v, k in ((1, "Gpu A"), (2, "gpu b"), (4, "cpu"), (8, "")))
    base = "at,t,\nvalue,v,\nmeasure,,requests\n"
    for condition, right in (("=cpu", 4), ("!=cpu", 11), ("in cpu;gpu a", 5), ("not in cpu;gpu a", 10), ("~gpu*", 3),
                             ("!~gpu*", 12), ("=", 8), ("!=", 7)):  # fmt: skip
        assert total(load(data, f"{base}where,k,{condition}\n"), "requests") == right, condition


def test_a_file_without_a_header_has_numbered_columns(load):
    swf = "; Version: 2.2\n; MaxProcs: 2004\n  1    0 10 3600 12 -1\n  2  100 10 1800  8 -1\n  3  200 -1   -1 -1 -1\n"
    mapping = "start,c2,\nduration_s,c4,\nrelative,,s\namount,c5,\nmeasure,,core_hours\nidentity,c1,\n"
    report = load(swf, mapping, delimiter="space")
    assert total(report, "core_hours") == 16
    assert report["quarantined"] == 1


def test_forms_of_the_same_table_give_the_same_hours(load, xlsx):
    csv, sheet = "s,e,n\n01/03/2026,02/03/2026,8\n", [["GPU use"], ["s", "e", "n"], ["01/03/2026", "02/03/2026", 8]]
    for data, name, form in (
        (csv, "a.csv", {}), (csv.replace(",", ";"), "b.csv", {}), (csv.replace(",", "^"), "c.csv", {"delimiter": "^"}),
        (json.dumps({"rows": [{"s": "01/03/2026", "e": "02/03/2026", "n": 8}], "x": [{}]}), "d.json", {"path": "rows"}),
        (xlsx(Use=sheet, Other=[["x"]]), "e.xlsx", {"sheet": "Use"}),
    ):  # fmt: skip
        assert total(load(data, HOURS, name=name, order="day-first", **form)) == 192, name
        assert total(load(data, HOURS, name=f"m{name}", order="month-first", **form)) == 192 * 31, name
    report = load(csv, HOURS, name="f.csv")
    assert report["quarantined"] == 1
    assert "--dates day-first" in report["reasons"][0]["reason"]


def test_an_identity_may_be_of_several_columns_and_sets_keep_their_labels(load):
    data = "d,team,gpus,cost\n2026-03-01,ads,8,5\n2026-03-01,search,8,5\n2026-03-02,ads,8,5\n"
    mapping = (
        "role,column,constant,set\nstart,d,,\nidentity,d+team,,\nperiod,,day,g\namount,gpus,,g\nmeasure,,gpu_hours,g\n"
        "phase,,inference,g\nvalue,cost,,c\nmeasure,,cost,c\nunit,,USD,c\n"
    )
    report = load(data, mapping)
    assert totals(report) == {("gpu_hours", "served"): 576.0, ("cost", "served"): 15.0}
    assert report["quarantined"] == 0


def test_a_query_turns_a_sheet_with_a_column_a_month(load):
    data = "Team,2026-01,2026-02\nads,744,\nsearch,100,672\n"
    query = ("SELECT Team AS \"clue.account\", month::VARCHAR || '-01' AS start, hours::DOUBLE AS total,\n"
             "  last_day((month || '-01')::DATE) AS last_day, 'gpu_hours' AS measure\n"
             "FROM (UNPIVOT file ON COLUMNS(* EXCLUDE Team) INTO NAME month VALUE hours) ORDER BY ALL")  # fmt: skip
    report = load(data, query)
    assert total(report) == 744 + 100 + 672
    assert report["rows"] == 3


@pytest.mark.parametrize(("query", "said"), [
    ("SELECT gpus AS amount\nFROM file", r"Referenced column .gpus. not found.*LINE 1: SELECT gpus"),
    ("SELECT * FROM read_csv('/etc/passwd')", "disabled"),
    ("SELECT 1 AS start; DROP TABLE file", "has to be one SELECT"),
    ("COPY (SELECT 1) TO 'x.csv'", "has to be one SELECT"),
    ("SET enable_external_access = true; SELECT 1", "has to be one SELECT"),
    ("SELECT s AS start, e AS finish, n AS amount, 'gpu_hours' AS measure FROM file", "'finish', which is no role"),
    ("SELECT s AS start, n AS amount FROM file", "give start, end"),
])  # fmt: skip
def test_a_query_reads_the_file_and_nothing_else(load, query, said):
    with pytest.raises(UnreadableFileError, match=said):
        load(TABLE.format("", "", ""), query)


def test_a_query_sees_every_row_at_once_and_rows_that_cannot_be_cut_are_set_aside(load, monkeypatch):
    monkeypatch.setattr("shiftcast.pipelines.sources.chunks.ROWS", 10)
    data = "t,v\n" + "".join(f"2026-03-01,{n}\n" for n in range(100)) + "2026-03-01,1,2\n"
    report = load(data, "SELECT t AS at, sum(v::INT) AS value, 'requests' AS measure FROM file GROUP BY t")
    assert total(report, "requests") == 4950
    assert (report["rows"], report["quarantined"]) == (2, 1)


def test_a_column_that_later_objects_lack_is_empty_there(load, monkeypatch):
    monkeypatch.setattr("shiftcast.pipelines.sources.chunks.ROWS", 2)
    lines = [{"t": "2026-03-01", "v": n, **({"id": f"j{n}"} if n < 2 else {})} for n in range(4)]
    report = load(
        "\n".join(map(json.dumps, lines)), "at,t,\nvalue,v,\nmeasure,,requests\nidentity,id,\n", name="t.json"
    )
    assert total(report, "requests") == 6
