"""Loads: from files to the store and its report, twice, corrected, labelled, and through the command line."""

import gzip
import io
import json

import pandas as pd
import pytest
from typer.testing import CliRunner

from shiftcast.features.instants import Clock
from shiftcast.features.labels import rules_from_table
from shiftcast.pipelines.cli import app
from shiftcast.pipelines.ingest.load import IngestRequest, ingest
from shiftcast.pipelines.sources.setting import Setting
from shiftcast.pipelines.sources.table import UnreadableFileError
from shiftcast.pipelines.store import Store

DAY = pd.Timestamp("2026-02-01", tz="UTC")
HEAD = "JobID|Partition|Submit|Start|End|State|AllocTRES\n"
JOB = "{0}|{1}|2026-01-01T00:00:00|2026-01-01T00:30:00|2026-01-01T02:00:00|COMPLETED|cpu=4,gres/gpu:a100={2}\n"


def write(path, *jobs):
    path.write_text(HEAD + "".join(JOB.format(*job) for job in jobs))
    return str(path)


def hours(root, **equal):
    return Store(root).as_of(DAY + pd.Timedelta(days=400), measure="gpu_hours", **equal)


def test_hours_are_split_and_everything_is_told(tmp_path):
    path = write(tmp_path / "a.txt", (1, "rank", 2), (2, "x", "lots"), (1, "rank", 2))
    done = ingest(IngestRequest("sacct", (path,), Setting(), DAY, tmp_path))
    usage = hours(tmp_path)
    assert usage["value"].tolist() == [1.0, 2.0]
    assert usage["bound"].tolist() == [">=", "="]  # the job waited for half an hour
    assert usage["accelerator"].unique().tolist() == ["a100"]
    assert usage["source"].unique().tolist() == done.report["sources"] == [f"sacct/{tmp_path.name}"]
    report = done.report
    assert (report["rows"], report["stored"], report["repeated"], report["quarantined"]) == (3, 1, 1, 1)
    assert {each["column"] for each in report["reasons"]} == {"AllocTRES"}
    assert report["unlabelled"]["rows"] == 1
    assert json.loads((tmp_path / "ingest" / "00000001.json").read_text())["rows"] == 3
    assert len(Store(tmp_path).quarantine()) == 1


def test_the_same_files_again_change_nothing_and_other_options_do(tmp_path):
    path = write(tmp_path / "a.txt", (1, "rank", 2))
    request = IngestRequest("sacct", (path,), Setting(), DAY, tmp_path)
    assert ingest(request).new
    again = ingest(request)
    assert not again.new
    assert len(Store(tmp_path).entries()) == 1
    labelled = Setting(constants={"segment": "rest"})
    assert ingest(IngestRequest("sacct", (path,), labelled, DAY, tmp_path, feed="b")).new
    assert hours(tmp_path, segment="rest")["source"].unique().tolist() == ["b"]


def test_every_commit_has_its_report_whenever_a_load_dies(tmp_path, monkeypatch):
    requests = [
        IngestRequest("sacct", (write(tmp_path / f"{number}.txt", (number, "rank", 2)),), Setting(), DAY, tmp_path)
        for number in range(1, 5)
    ]
    real = Store.commit

    def dying(committed):
        def commit(store, *given):
            if committed:
                real(store, *given)
            raise KeyboardInterrupt

        return commit

    for request, committed in ((requests[0], True), (requests[1], False), (requests[1], True), (requests[2], False)):
        monkeypatch.setattr(Store, "commit", dying(committed))
        with pytest.raises(KeyboardInterrupt):
            ingest(request)
    monkeypatch.setattr(Store, "commit", real)
    assert not ingest(requests[0]).new
    Store(tmp_path).compact()  # takes the number of the load that died
    assert sorted(path.name for path in (tmp_path / "ingest").iterdir()) == ["00000001.json", "00000002.json"]
    done = ingest(requests[3])
    reports = {path.name: json.loads(path.read_bytes()) for path in (tmp_path / "ingest").iterdir()}
    assert {name: (each["commit"], each["files"]) for name, each in reports.items()} == {
        "00000001.json": (1, ["1.txt"]), "00000002.json": (2, ["2.txt"]), "00000004.json": (4, ["4.txt"]),
    }  # fmt: skip
    assert reports["00000004.json"] == json.loads(json.dumps(done.report, default=str))


def test_a_correction_of_a_feed_is_what_is_known_later(tmp_path):
    first = write(tmp_path / "may.txt", (1, "rank", 2))
    second = write(tmp_path / "may-corrected.txt", (1, "rank", 4))
    for path, day in ((first, DAY), (second, DAY + pd.Timedelta(days=9))):
        ingest(IngestRequest("sacct", (path,), Setting(), day, tmp_path, feed="may", restates=True))
    assert Store(tmp_path).as_of(DAY, measure="gpu_hours")["value"].sum() == 3
    assert hours(tmp_path)["value"].sum() == 6


def test_rules_label_rows_the_special_before_the_general(tmp_path):
    rules = pd.DataFrame([{"field": "partition", "pattern": "RANK*", "workload": "recsys", "technique": "deep"},
                          {"field": "any", "pattern": "*", "workload": "other", "segment": "rest"}])  # fmt: skip
    path = write(tmp_path / "a.txt", (1, "rank-7", 2), (2, "x", 2))
    setting = Setting(rules=rules_from_table(rules), constants={"leaf": "enterprise"})
    done = ingest(IngestRequest("sacct", (path,), setting, DAY, tmp_path, grain="day"))
    usage = hours(tmp_path).set_index("workload")[["technique", "segment", "leaf"]]
    assert usage.loc["recsys"].tolist() == ["deep", "rest", "enterprise"]
    assert usage.loc["other"].tolist() == ["unlabelled", "rest", "enterprise"]
    assert done.report["unlabelled"]["by_dimension"] == {"segment": 0, "leaf": 0, "workload": 0, "technique": 1}


def test_rules_that_fit_nothing_are_named(tmp_path, monkeypatch):
    write(tmp_path / "a.txt", (1, "rank-7", 2))
    (tmp_path / "rules.csv").write_text(
        "field,pattern,workload\npartition,rank*,recsys\npartitoin,x*,ads\nany,y*,ads\n"
    )
    got = shell(tmp_path, monkeypatch, "sacct", "a.txt", "--labels", "rules.csv")
    assert "rules that fit no row: partitoin,x*; any,y*" in got.output


def test_files_of_one_name_are_told_apart(tmp_path):
    for folder in ("may", "june"):
        (tmp_path / folder).mkdir()
        write(tmp_path / folder / "jobs.txt", (1, folder, 1))
    done = ingest(IngestRequest("sacct", (str(tmp_path / "*" / "jobs.txt"),), Setting(), DAY, tmp_path))
    assert done.report["files"] == ["june/jobs.txt", "may/jobs.txt"]
    assert (done.report["stored"], done.report["repeated"]) == (1, 1)  # folders of dates are no clusters


def test_a_damaged_file_among_good_ones_stores_nothing(tmp_path):
    good = write(tmp_path / "a.txt", (1, "rank", 2))
    bad = tmp_path / "b.gz"
    bad.write_bytes(gzip.compress((HEAD * 5000).encode())[:-9])
    with pytest.raises(UnreadableFileError, match=r"b\.gz"):
        ingest(IngestRequest("sacct", (good, str(bad)), Setting(), DAY, tmp_path))
    assert not (tmp_path / "store").exists()


def test_a_load_of_nothing_but_bad_rows_stores_nothing_and_says_so(tmp_path):
    path = write(tmp_path / "a.txt", (1, "rank", "lots"))
    done = ingest(IngestRequest("sacct", (path,), Setting(), DAY, tmp_path))
    assert (done.new, done.report["commit"], done.report["quarantined"]) == (False, None, 1)


def test_the_wrong_source_stops_before_a_million_rows_are_set_aside(tmp_path, monkeypatch):
    monkeypatch.setattr("shiftcast.pipelines.ingest.spool.QUARANTINE_LIMIT", 2)
    path = write(tmp_path / "a.txt", *[(n, "rank", "lots") for n in range(5)])
    with pytest.raises(UnreadableFileError, match="check the source"):
        ingest(IngestRequest("sacct", (path,), Setting(), DAY, tmp_path))


def shell(root, monkeypatch, *arguments, data=b""):
    monkeypatch.chdir(root)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return CliRunner().invoke(app, ["ingest", *arguments], input=data, catch_exceptions=True)


def test_the_command_prints_the_account_and_standard_input_works(tmp_path, monkeypatch):
    text = HEAD + JOB.format(1, "rank", 2) + JOB.format(2, "rank", "lots")
    got = shell(
        tmp_path, monkeypatch, "sacct", "-", "--set", "segment=rest", data=gzip.compress(text.encode(), mtime=0)
    )
    assert got.exit_code == 0, got.output
    assert "2 rows in = 1 stored + 1 set aside" in got.output
    assert "stored as commit 1" in got.output
    again = shell(
        tmp_path, monkeypatch, "sacct", "-", "--set", "segment=rest", data=gzip.compress(text.encode(), mtime=0)
    )
    assert "loaded before, as commit 1: nothing changed" in again.output


def test_the_command_as_json(tmp_path, monkeypatch):
    path = write(tmp_path / "a.txt", (1, "rank", 2))
    got = shell(tmp_path, monkeypatch, "sacct", path, "--json", "--known-at", "2026-02-01", "--until", "2026-01-02")
    assert json.loads(got.output)["stored"] == 1


def test_names_of_people_label_rows_and_are_not_kept(tmp_path, monkeypatch):
    (tmp_path / "jobs.csv").write_text("start_time,end_time,num_gpus,user\n2026-01-01,2026-01-02,1,maria.k\n")
    (tmp_path / "rules.csv").write_text("field,pattern,workload\nuser,maria*,ads\n")
    got = shell(tmp_path, monkeypatch, "jobs", "jobs.csv", "--labels", "rules.csv", "--json")
    report = json.loads(got.output)
    assert report["unlabelled"]["by_dimension"]["workload"] == 0
    kept = b"".join(path.read_bytes() for path in (tmp_path / "mlruns").rglob("*") if path.is_file())
    assert "maria" not in got.output
    assert b"maria" not in kept


def test_everything_that_can_be_told_is(tmp_path, monkeypatch):
    rows = [["2020-05-01 00:00:00", 8, 8], ["2020-05-01 00:01:00", 8, 7], ["2020-05-01 00:09:00", 7, 8],
            ["2020-05-01 00:08:00", 7, 8]]  # fmt: skip
    table = pd.DataFrame(rows, columns=["time", "running", "total"])
    table.to_csv(tmp_path / "o.csv", index=False)
    got = shell(tmp_path, monkeypatch, "occupancy", "o.csv")
    assert "add up" in got.output
    assert "1 gap," in got.output
    assert "1 clock jump," in got.output
    (tmp_path / "pods.csv").write_text("name,gpus,start,end,gpu_type\na,8,2026-01-01,,Quux\n")
    got = shell(tmp_path, monkeypatch, "instances", "pods.csv", "--until", "2026-01-02")
    assert "as their rows tell no end: 1 span;" in got.output
    assert "not known or not counted; the page of the source says what to do:\n  Quux" in got.output


def test_a_total_leaves_out_what_waited_and_says_so(tmp_path, monkeypatch):
    (tmp_path / "j.csv").write_text(
        "job_id,submit_time,start_time,end_time,num_gpus,state\n"
        "1,2026-01-01T00:00,2026-01-01T02:00,2026-01-01T05:00,8,COMPLETED\n"
        "2,2026-01-01T00:00,2026-01-01T00:00,2026-01-01T01:00,4,FAILED\n"
    )
    lines = shell(tmp_path, monkeypatch, "jobs", "j.csv").output.splitlines()
    assert "2 rows in = 2 stored + 0 set aside   (jobs, 1 file, 2026-01-01T00:00 to 2026-01-01T05:00 UTC)" in lines
    cells = [[cell.strip() for cell in line.split("│")] for line in lines if line.strip().startswith("gpu_hours ")]
    assert cells == [["gpu_hours", "2", "28.00", "accelerator_hour", "served 24, failed 4", "queued 16"]]


def test_the_list_of_sources(tmp_path, monkeypatch):
    got = shell(tmp_path, monkeypatch, "list")
    assert "sacct" in got.output
    assert "throughput" in got.output


@pytest.mark.parametrize(("arguments", "said"), [
    (["nonsense", "a.txt"], "source 'nonsense' is not known"),
    (["sacct"], "give one or more files"),
    (["sacct", "absent.txt"], "names no file"),
    (["sacct", "a.txt", "--set", "colour=red"], "--set 'colour=red'"),
    (["sacct", "a.txt", "--set", "segment=enterprise"], "segment is one of hyperscale, rest"),
    (["sacct", "a.txt", "--zone", "Mars/Base"], "--zone 'Mars/Base'"),
    (["sacct", "a.txt", "--anchor", "yesterday"], "--anchor 'yesterday'"),
    (["sacct", "a.txt", "--labels", "rules.csv"], "a rule needs all three"),
    (["sacct", "a.txt", "--grain", "fortnight"], "fortnight"),
])  # fmt: skip
def test_bad_options_are_named(tmp_path, monkeypatch, arguments, said):
    write(tmp_path / "a.txt", (1, "rank", 2))
    (tmp_path / "rules.csv").write_text("field,pattern,workload\nname,,ads\n")
    got = shell(tmp_path, monkeypatch, *arguments)
    assert said in str(got.exception)


MLPERF = """round,date,submitter,system,accelerator,n_accel,model,scenario,metric,per_accel,precision,source,confidence,quality_flag
v5.1,2025-09-09,NVIDIA,S1,NVIDIA B200-SXM-180GB,8,llama2-70b-99.9,Offline,Tokens/s,12000.5,fp4,repo,verified,
v5.1,2025-09-09,NVIDIA,S1,NVIDIA B200-SXM-180GB,8,dlrm-99(v1),Offline,Samples/s,5,int8,repo,verified,
v5.1,2025-09-09,NVIDIA,S1,NVIDIA B200-SXM-180GB,8,rgat,Offline,Samples/s,5,int8,repo,verified,
v5.1,2025-09-09,NVIDIA,S1,Quux 1,8,llama2-70b-99.9,Offline,Tokens/s,5,fp4,repo,verified,
v5.1,2025-09-09,NVIDIA,S1,NVIDIA B200,8,llama2-70b-99.9,Offline,Frames/s,5,fp4,repo,verified,
v5.1,2025-09-09,NVIDIA,S1,NVIDIA B200,8,llama2-70b-99.9,Offline,Tokens/s,5,fp4,repo,verified,open_division
v5.1,2025-09-09,NVIDIA,S1,NVIDIA B200,8,llama2-70b-99.9,Offline,Tokens/s,many,fp4,repo,verified,
"""  # noqa: E501  (as the export has it)
INFERENCEX = """date,model,gpu,precision,framework,workload,interactivity,metric,value,unit,note,source,confidence
2026-02-03,DeepSeek-R1-0528,GB300 NVL72,FP4,dynamo-trt,8k in/1k out,"29.8 tok/s/user",total tok/s/GPU,18131.6,tok/s/GPU,n,s,verified
2026-02-03,DeepSeek-R1-0528,GB300 NVL72,FP4,dynamo-trt,8k in/1k out,"29.8 tok/s/user",$/Mtok total,0.04,USD/Mtok,n,s,verified
2026-02-03,DeepSeek-R1-0528,GB200 / H100 disagg,FP4,x,8k in/1k out,,total tok/s/GPU,1,tok/s/GPU,n,s,verified
"""  # noqa: E501  (as the export has it)


def test_throughput_tables_become_the_frame(tmp_path, monkeypatch):
    (tmp_path / "mlperf.csv").write_text(MLPERF)
    (tmp_path / "inferencex.csv").write_text(INFERENCEX)
    got = shell(tmp_path, monkeypatch, "throughput", "mlperf.csv", "inferencex.csv")
    assert "10 rows in = 2 kept + 8 set aside" in got.output
    rows = pd.read_csv(tmp_path / "shiftcast-out" / "throughput.csv").set_index("accelerator")
    assert rows.loc["b200", ["value", "unit", "evidence"]].tolist() == [12000.5, "output_token/s", "measured"]
    assert rows.loc["gb300", ["value", "unit", "interactivity"]].tolist() == [18131.6, "total_token/s", 29.8]
    assert json.loads(shell(tmp_path, monkeypatch, "throughput", "mlperf.csv", "--json").output)["stored"] == 1


def test_a_table_that_is_neither_form(tmp_path, monkeypatch):
    write(tmp_path / "a.txt")
    assert "neither per_accel" in str(shell(tmp_path, monkeypatch, "throughput", "a.txt").exception)
    assert "read from files" in str(shell(tmp_path, monkeypatch, "throughput", "-").exception)


def test_rules_are_proposed_for_the_largest(tmp_path, monkeypatch):
    write(tmp_path / "a.txt", (1, "bert-rank-1", 1), (2, "bert-rank-2", 2), (3, "=x", 50))
    monkeypatch.chdir(tmp_path)
    got = CliRunner().invoke(app, ["label", "sacct", "a.txt", "--output", "rules.csv"])
    assert got.exit_code == 0, got.output
    rules = pd.read_csv(io.StringIO((tmp_path / "rules.csv").read_text()), dtype=str, keep_default_na=False)
    assert "bert-rank-*" in rules["pattern"].tolist()
    assert rules.set_index("pattern")["technique"]["bert-rank-*"] == "deep"
    assert "'=x" in rules["pattern"].tolist()
    assert "3 of 3 rows unlabelled" in got.output
    assert "field,pattern" in CliRunner().invoke(app, ["label", "sacct", "a.txt"]).output


def test_the_clock_and_labels_are_part_of_what_was_loaded(tmp_path):
    path = write(tmp_path / "a.txt", (1, "rank", 2))
    there = Setting(Clock("Asia/Tokyo"))
    assert ingest(IngestRequest("sacct", (path,), Setting(), DAY, tmp_path)).new
    assert ingest(IngestRequest("sacct", (path,), there, DAY, tmp_path)).new
