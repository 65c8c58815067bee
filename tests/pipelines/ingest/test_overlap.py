"""Exports that overlap, come twice, from several clusters or relabelled give each job's hours once."""

from __future__ import annotations

import itertools
import json
import tarfile

import pandas as pd
import pytest
from typer.testing import CliRunner

from shiftcast.features.instants import Clock
from shiftcast.features.labels import rules_from_table
from shiftcast.pipelines.cli import app
from shiftcast.pipelines.ingest.clusters import cluster_of
from shiftcast.pipelines.ingest.load import IngestRequest, ingest
from shiftcast.pipelines.sources.setting import Setting
from shiftcast.pipelines.store import Store
from shiftcast.pipelines.store.verify import verify

DAY = pd.Timestamp("2026-02-01", tz="UTC")
LATE = DAY + pd.Timedelta(days=400)
HEAD = "JobID|JobIDRaw|Partition|State|Submit|Start|End|Elapsed|AllocTRES\n"
JANUARY = HEAD + (
    "501|501|gpu|RUNNING|2026-01-30T00:00:00|2026-01-31T00:00:00|Unknown|1-00:00:00|cpu=8,gres/gpu=8\n"
    "502|502|gpu|COMPLETED|2026-01-30T00:00:00|2026-01-31T20:00:00|2026-02-01T00:00:00|04:00:00|cpu=8,gres/gpu=1\n"
)
FEBRUARY = HEAD + (
    "501|501|gpu|COMPLETED|2026-01-30T00:00:00|2026-01-31T00:00:00|2026-02-05T00:00:00|5-00:00:00|cpu=8,gres/gpu=8\n"
    "503|503|gpu|COMPLETED|2026-02-20T00:00:00|2026-02-28T20:00:00|2026-03-01T00:00:00|04:00:00|cpu=8,gres/gpu=1\n"
)
MARCH = FEBRUARY + (
    "504|504|gpu|COMPLETED|2026-03-02T00:00:00|2026-03-02T00:00:00|2026-03-02T10:00:00|10:00:00|cpu=8,gres/gpu=2\n"
)


def table(*rows):
    return "job_id,state,submit_time,start_time,end_time,gpus\n" + "".join(f"{row}\n" for row in rows)


def job(number, gpus, hours, day=1):
    start = pd.Timestamp(f"2026-03-{day:02d}T00:00:00Z")
    over = start + pd.Timedelta(hours=hours)
    return f"{number},COMPLETED,{start:%FT%TZ},{start:%FT%TZ},{over:%FT%TZ},{gpus}"


@pytest.fixture
def load(tmp_path):
    """Return a function that writes files, loads them together, and gives the report."""

    def files(source, *, day=DAY, setting=None, grain="hour", **texts):
        paths = []
        for name, text in texts.items():
            path = tmp_path / "data" / name.replace("__", "/").replace("_dot_", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            paths.append(str(path.relative_to(tmp_path / "data")))
        return ingest(IngestRequest(source, tuple(paths), setting or Setting(), day, tmp_path / "mlruns", grain)).report

    return files


@pytest.fixture
def hours(tmp_path, monkeypatch):
    (tmp_path / "data").mkdir()
    monkeypatch.chdir(tmp_path / "data")
    return lambda day=LATE, **equal: Store(tmp_path / "mlruns").as_of(day, measure="gpu_hours", **equal)["value"].sum()


@pytest.mark.parametrize("order", list(itertools.permutations([("jan", JANUARY), ("feb", FEBRUARY), ("mar", MARCH)])))
def test_monthly_exports_give_the_same_hours_in_any_order(load, hours, tmp_path, order):
    for name, text in order:
        load("sacct", **{f"{name}_dot_txt": text})
    assert hours() == 8 * 120 + 4 + 4 + 20
    assert verify(Store(tmp_path / "mlruns")) == []


def test_monthly_exports_of_one_load_and_of_any_name_give_the_same_hours(load, hours):
    load("sacct", a_dot_txt=JANUARY, b_dot_txt=MARCH, c_dot_txt=FEBRUARY)
    assert hours() == 8 * 120 + 4 + 4 + 20


def test_what_was_known_in_january_stays_what_it_was(load, hours):
    load("sacct", jan_dot_txt=JANUARY)
    report = load("sacct", feb_dot_txt=FEBRUARY, day=DAY + pd.Timedelta(days=28))
    assert (report["stored"], report["repeated"]) == (2, 0)
    assert {each["measure"]: each["items"] for each in report["replaced"]} == {
        "core_hours": 1,
        "gpu_hours": 1,
        "jobs": 1,
    }
    assert hours(DAY) == 8 * 24 + 4
    assert hours() == 968


def test_a_daily_export_under_one_name_keeps_what_earlier_ones_said(load, hours):
    for day in range(1, 5):
        load("jobs", jobs_dot_csv=table(job(day, 1, 10, day), *([job(day - 1, 1, 10, day - 1)] if day > 1 else [])))
    assert hours() == 40


def test_a_daily_export_that_grows_costs_what_is_new(load, hours, tmp_path):
    rows = [job(number, 1, 1, 1 + number // 50) for number in range(200)]
    load("jobs", jobs_dot_csv=table(*rows[:150]))
    report = load("jobs", jobs_dot_csv=table(*rows))
    assert (report["stored"], report["repeated"]) == (50, 150)
    assert hours() == 200
    last = Store(tmp_path / "mlruns").entries()[-1]
    assert sum(rows for name, (_, rows) in last.files.items() if name.startswith("items-")) == 50 * 2  # and a job each


def test_clusters_in_folders_of_their_own_add_up(load, hours):
    report = load("jobs", clusterA__jobs_dot_csv=table(job(1, 4, 10)), clusterB__jobs_dot_csv=table(job(1, 10, 10)))
    assert report["sources"] == ["jobs/clusterA", "jobs/clusterB"]
    assert hours() == 140
    load("jobs", clusterB__jobs_dot_csv=table(job(1, 10, 10), job(2, 1, 1)))
    assert hours() == 141


def test_clusters_that_the_user_or_the_file_names_add_up(load, hours):
    load("jobs", a_dot_csv=table(job(1, 4, 10)), setting=Setting(cluster="A"))
    load("jobs", b_dot_csv=table(job(1, 3, 10)), setting=Setting(cluster="B"))
    assert hours() == 70
    head = HEAD.replace("JobID|", "JobID|Cluster|", 1)
    row = "{0}|{1}|{0}|gpu|COMPLETED|2026-01-30T00:00:00|2026-01-31T20:00:00|2026-02-01T00:00:00|04:00:00|gres/gpu=1\n"
    report = load("sacct", s_dot_txt=head + row.format(7, "alps") + row.format(7, "piz"))
    assert report["sources"] == ["sacct/alps", "sacct/piz"]
    assert hours() == 78


def test_a_path_means_the_same_however_it_is_written(load, hours, tmp_path):
    load("jobs", alps__jobs_dot_csv=table(job(1, 4, 10)))
    again = (str(tmp_path / "data" / "alps" / "jobs.csv"), "../data/alps/jobs.csv")
    for path in again:
        (tmp_path / "data" / "alps" / "jobs.csv").write_text(table(job(1, 4, 10), job(2, 4, 10)) + "\n" * len(path))
        report = ingest(IngestRequest("jobs", (path,), Setting(), DAY, tmp_path / "mlruns")).report
        assert report["sources"] == ["jobs/alps"]
    assert hours() == 80


def test_hours_by_a_field_of_the_export(load, hours):
    rules = rules_from_table(pd.DataFrame([{"field": "partition", "pattern": "*", "operator": "@partition"}]))
    load("sacct", jan_dot_txt=MARCH, setting=Setting(rules=rules, constants={"region": "@partition"}))
    assert hours(operator="gpu", region="gpu") == 984
    with pytest.raises(ValueError, match="names of people are not stored"):
        load("sacct", jan_dot_txt=MARCH + " ", setting=Setting(constants={"user": "@user"}))
    with pytest.raises(ValueError, match="the rows have no field 'partitoin'; they have"):
        load("sacct", jan_dot_txt=MARCH + " ", setting=Setting(constants={"operator": "@partitoin"}))


def test_the_same_jobs_from_another_folder_are_refused_with_both_names(load, hours):
    rows = table(job(1, 4, 10), job(2, 4, 10))
    load("jobs", alps__jobs_dot_csv=rows)
    with pytest.raises(ValueError, match=r"stored already as 'jobs/alps': say --cluster alps if that is their cluster"):
        load("jobs", moved__jobs_dot_csv=rows + "\n")
    load("jobs", moved__jobs_dot_csv=rows, setting=Setting(cluster="alps"))
    assert hours() == 80


def test_the_same_jobs_under_a_name_given_later_are_restated_or_refused(load, hours):
    rows = table(job(1, 4, 10), job(2, 4, 10))
    load("jobs", jobs_dot_csv=rows)
    with pytest.raises(ValueError, match=r"stored already as 'jobs': say --feed jobs if that is their cluster"):
        load("jobs", jobs_dot_csv=rows + "\n", setting=Setting(cluster="alps"))
    load("jobs", jobs_dot_csv=rows, setting=Setting(cluster="alps"))
    assert hours() == hours(source="jobs/alps") == 80


BILL = ("BillingAccountId,ServiceName,ResourceId,ChargeDescription,ChargeCategory,ChargePeriodStart,ChargePeriodEnd,"
        "ConsumedQuantity,ConsumedUnit,EffectiveCost,BillingCurrency\n")  # fmt: skip


def month_to_date(last):
    line = (
        "b,Amazon Elastic Compute Cloud,i-1,On Demand p4d.24xlarge Instance Hour,Usage,2026-03-{},2026-03-{},{},Hours"
    )
    days = [(day, 24) for day in range(1, last)] + [(last, 7)]
    return BILL + "".join(f"{line.format(f'{day:02d}', f'{day + 1:02d}', size)},1,USD\n" for day, size in days)


@pytest.mark.parametrize("order", list(itertools.permutations([2, 5, 9])))
def test_exports_of_a_growing_month_give_the_same_hours_in_any_order(load, hours, order):
    for last in order:
        load("focus", **{f"{last}_dot_csv": month_to_date(last)})
    assert hours() == 8 * (8 * 24 + 7)


def test_exports_of_a_growing_month_in_one_load_are_one_bill(load, hours):
    report = load("focus", z_dot_csv=month_to_date(2), m_dot_csv=month_to_date(5), a_dot_csv=month_to_date(9))
    assert (report["stored"], report["quarantined"]) == (9, 0)
    assert hours() == 8 * (8 * 24 + 7)


def by_hour(day):
    line = "b,Amazon Elastic Compute Cloud,i-1,On Demand p4d.24xlarge Instance Hour,Usage,{0:%FT%TZ},{1:%FT%TZ},1,Hours"
    starts = pd.date_range(f"2026-03-{day:02d}", periods=24, freq="h")
    return BILL + "".join(f"{line.format(start, start + pd.Timedelta(hours=1))},1,USD\n" for start in starts)


def test_bills_by_day_and_by_hour_of_one_day_do_not_add_up(load, hours):
    load("focus", days_dot_csv=month_to_date(5))
    with pytest.raises(ValueError, match=r"charges of this bill are of 1 hours, where .* by charges of 24 hours"):
        load("focus", hours_dot_csv=by_hour(3))
    with pytest.raises(ValueError, match=r"days\.csv: charges are of 24 hours, where hours\.csv tells .* of 1 hours"):
        load("focus", days_dot_csv=month_to_date(6), hours_dot_csv=by_hour(3))
    load("focus", hours_dot_csv=by_hour(6))
    assert hours() == 8 * (4 * 24 + 7 + 24)


def test_the_same_bytes_under_two_names_count_once(load, hours):
    report = load("jobs", a__jobs_dot_csv=table(job(1, 4, 10)), b__jobs_dot_csv=table(job(1, 4, 10)))
    assert (report["stored"], report["repeated"], report["same_bytes"]) == (1, 1, ["b/jobs.csv"])
    assert hours() == 40


def test_labelling_after_a_load_restates_it(load, hours):
    rules = rules_from_table(pd.DataFrame([{"field": "partition", "pattern": "gpu", "workload": "recsys"}]))
    load("sacct", jan_dot_txt=MARCH)
    report = load("sacct", jan_dot_txt=MARCH, setting=Setting(rules=rules))
    assert report["repeated"] == 0
    assert hours() == hours(workload="recsys") == 960 + 4 + 20


def test_the_same_bytes_read_in_another_way_replace_what_they_gave(load, hours, tmp_path):
    load("sacct", s_dot_txt=MARCH)
    load("sacct", s_dot_txt=MARCH, setting=Setting(clock=Clock("Europe/Berlin")))
    assert hours() == 984
    load("sacct", s_dot_txt=MARCH, setting=Setting(clock=Clock("Europe/Berlin"), cluster="alps"), day=LATE)
    assert hours(LATE - pd.Timedelta(days=1), source="sacct") == hours(LATE) == hours(LATE, source="sacct/alps")
    Store(tmp_path / "mlruns").compact()
    load("sacct", s_dot_txt=MARCH, day=LATE)
    assert hours(LATE) == 984


def test_a_source_keeps_its_grain(load, hours, tmp_path):
    load("sacct", s_dot_txt=JANUARY)
    request = IngestRequest("sacct", ("s.txt",), Setting(), DAY, tmp_path / "mlruns", grain="day")
    with pytest.raises(ValueError, match="sacct is stored by hour, not by day; give --grain hour, or --feed"):
        ingest(request)
    assert hours() == 8 * 24 + 4


def test_equal_rows_without_an_identity_stay_and_overlap_once(load, hours):
    rows = ["2026-03-01T00:00:00Z,2026-03-01T01:00:00Z,1"] * 3 + ["2026-03-02T00:00:00Z,2026-03-02T01:00:00Z,1"]
    text = "start_time,end_time,gpus\n" + "\n".join(rows) + "\n"
    load("jobs", march_dot_csv=text)
    report = load("jobs", april_dot_csv=text + "2026-04-02T00:00:00Z,2026-04-02T01:00:00Z,5\n")
    assert (report["stored"], report["repeated"]) == (1, 4)
    assert hours() == 9


def test_equal_rows_of_files_that_name_other_things_add_up_and_are_told(load, hours):
    text = "start_time,end_time,gpus\n2026-03-01T00:00:00Z,2026-03-02T00:00:00Z,1\n"
    report = load("jobs", vc1_dot_csv=text + "\n", vc2_dot_csv=text)
    assert report["alike"] == 2
    assert hours() == 48


def test_clusters_in_an_archive_are_told_by_its_folders(load, hours, tmp_path):
    for name, gpus in (("alps", 1), ("piz", 2)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "jobs.csv").write_text(table(job(1, gpus, 10)))
    with tarfile.open(tmp_path / "data" / "all.tar", "w") as archive:
        for name in ("alps", "piz"):
            archive.add(tmp_path / name / "jobs.csv", f"{name}/jobs.csv")
    report = ingest(IngestRequest("jobs", ("all.tar",), Setting(), DAY, tmp_path / "mlruns")).report
    assert report["sources"] == ["jobs/alps", "jobs/piz"]
    assert hours() == 30


def test_a_load_of_bad_rows_ends_with_one_and_a_repeated_one_with_zero(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    (tmp_path / "bad.csv").write_text(table("1,COMPLETED,x,y,z,4"))
    (tmp_path / "most.csv").write_text(table("1,COMPLETED,x,y,z,4", "2,COMPLETED,x,y,z,4", job(3, 1, 1)))
    (tmp_path / "good.csv").write_text(table(job(4, 1, 1)))
    run = CliRunner().invoke
    assert run(app, ["ingest", "jobs", "bad.csv"]).exit_code == 1
    told = run(app, ["ingest", "jobs", "most.csv"])
    assert (told.exit_code, "most rows were set aside; commit 1 holds the rest" in told.output) == (1, True)
    assert [run(app, ["ingest", "jobs", "good.csv"]).exit_code for _ in range(2)] == [0, 0]
    again = run(app, ["ingest", "jobs", "good.csv", "--known-at", "2026-02-01", "--json"])
    assert again.exit_code == 0
    assert json.loads(again.output)["repeated"] in (0, 1)


@pytest.mark.parametrize(("path", "cluster"), [
    ("clusterA/jobs.csv", "clusterA"), ("jobs.csv", ""), ("/var/exports/jobs.csv", ""), ("/home/ann/jobs.csv", ""),
    ("alps/2026-01/jobs.csv", "alps"), ("alps/year=2026/month=03/jobs.csv", "alps"), ("march/jobs.csv", ""),
    ("marchland/jobs.csv", "marchland"), ("/jobs.csv", ""), ("-", ""), ("a/2026-W05/x.csv", "a"), ("q1/x.csv", ""),
])  # fmt: skip
def test_the_cluster_of_a_path(path, cluster):
    assert cluster_of(path) == cluster
