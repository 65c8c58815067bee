"""`shiftcast label`: proposals, the file they are written to, and the way back through `ingest --labels`."""

import io
import json
import re
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from shiftcast.features.frames import DIMENSIONS
from shiftcast.features.label_words import GUESSED, ROLES, guess, words_of
from shiftcast.features.labels import Rule, rules_from_table
from shiftcast.pipelines.cli import app
from shiftcast.pipelines.commands.label import rules_text
from shiftcast.pipelines.commands.label_proposals import hint_table, pattern_of, propose
from shiftcast.pipelines.records import RECORDS
from shiftcast.pipelines.sources.table import read_table

NAMES = pd.read_csv(Path(__file__).parents[3] / "benchmarks" / "label_names.csv", keep_default_na=False)
HEAD = "JobID|Partition|Account|Submit|Start|End|State|AllocTRES|JobName\n"
JOB = "{0}|gpu|research|2026-01-01T00:00:00|2026-01-01T00:00:10|2026-01-01T{0:02d}:00:10|COMPLETED|gres/gpu=4|{1}\n"
LAB = ("electra_finetuning", "train_qwen_lora_banking77", "finetune_llama3", "bf512", "squad_finetune_2",
       "train_rag", "text-embedding-predictor-00008", "jupyter-3o4n6z3e", "ELECTRA-BASE_searchParams_hidd64",
       "lora_rank8_vit", "pagerank-graph", "stable-strain-fem", "vllm-serve-qwen3", "bash", "=HYPERLINK(1)",
       "sys/dashboard/sys/bc_osc_jupyter", "job[3]*?")  # fmt: skip
NAME = r"[a-z]{1,3}[-_.:]?[0-9]{1,4}[-_.]?[a-z0-9]{0,9}"


def group(clue, total=1.0, measure="gpu_hours"):
    return {"clue": clue, "measure": measure, "total": total}


def rules_of(*clues, **options):
    return {(rule.where, rule.pattern): rule for rule in propose([group(clue) for clue in clues], top=99, **options)}


@pytest.fixture
def shell(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    return lambda *arguments: CliRunner().invoke(app, list(arguments))


def write(path, names=LAB):
    path.write_text(HEAD + "".join(JOB.format(at, name) for at, name in enumerate(names, start=1)))


def table_of(path):
    return pd.read_csv(io.StringIO(path.read_text()), dtype=str, keep_default_na=False)


def totals(report):
    return {(each["measure"], each["status"]): each["total"] for each in report["totals"]}


@pytest.mark.parametrize("row", NAMES[NAMES["part"] == "written"].to_dict("records"), ids=lambda row: row["name"])
def test_realistic_names_have_the_labels_a_person_gives(row):
    assert guess(row["name"], hint_table()).labels == {name: row[name] for name in GUESSED if row[name]}


def test_no_label_of_a_name_found_in_public_is_wrong():
    for row in NAMES[NAMES["part"] == "found"].to_dict("records"):
        said = guess(row["name"], hint_table()).labels
        assert said == {name: row[name] for name in said}, row["name"]


def test_hints_are_of_known_roles_and_labels_and_each_word_is_there_once():
    rows = read_table(RECORDS / "label_hints.csv")
    known = read_table(RECORDS / "workloads.csv")
    assert set(rows["role"]) == set(ROLES)
    assert set(rows["workload"]) <= {*known["workload"], "other", ""}
    assert set(rows["technique"]) <= {*known["technique"], ""}
    assert set(rows["phase"]) <= {"inference", "training", "post_training", "rnd", ""}
    assert not rows["word"].str.replace(r"[^a-z0-9]", "", regex=True).duplicated().any()
    assert (rows["source"] != "").all()


def test_an_account_called_research_makes_nothing_search():
    rules = rules_of("partition=gpu; account=research; jobname=bash", "account=research; jobname=train_x")
    assert set(rules) == {("jobname", "bash"), ("jobname", "train_x")}
    assert rules["jobname", "bash"].labels == {}
    assert rules["jobname", "train_x"].labels["workload"] == "training"


def test_the_job_s_own_name_comes_before_what_it_is_billed_to():
    rules = rules_of("account=search-infra; name=wrap", "account=search-infra; name=llama-chat")
    assert list(rules) == [("name", "llama-chat"), ("account", "search-infra")]
    assert rules["name", "llama-chat"].labels == {"workload": "generative", "technique": "llm"}
    assert rules["account", "search-infra"].labels == {"workload": "search"}


def test_another_field_adds_what_the_name_leaves_open():
    rules = rules_of("partition=training; name=llama3-70b")
    assert [rule.labels.get("workload") for rule in rules.values()] == [None, "training"]


def test_a_served_model_is_known_by_its_field():
    assert rules_of("model=llama-#-#b")["model", "llama-*b"].labels["workload"] == "generative"


def test_the_special_comes_before_the_general():
    assert [pattern for _, pattern in rules_of("name=llama#", "name=llama-guard-eval")] == [
        "llama-guard-eval",
        "llama*",
    ]


def test_names_of_numbers_alone_are_not_proposed_for():
    assert rules_of("name=#; account=#-#", "", "file=#.csv").keys() == {("file", "*.csv")}


def test_groups_beyond_the_top_of_a_measure_are_left_out():
    groups = [group("name=a"), group("name=b"), group("name=c", measure="jobs")]
    assert [rule.pattern for rule in propose(groups, top=1)] == ["a", "c"]


def test_only_open_dimensions_are_guessed():
    assert rules_of("name=train_x", dimensions=("technique",))["name", "train_x"].labels == {}


@given(
    st.text(max_size=40).map(str.strip)
    | st.from_regex(r"[a-z]{1,3}[-_.:]?[0-9]{1,4}[-_.]?[a-z0-9]{0,9}", fullmatch=True)
)
def test_a_pattern_takes_the_name_it_was_made_from_and_never_every_name(name):
    pattern = pattern_of(re.sub(r"[0-9]+", "#", name)[:60])
    assert Rule("name", pattern, {}).fits.match(name.lower())
    if words_of(name):
        assert not Rule("name", pattern, {}).fits.match("\x00")


def test_a_name_that_a_clue_cuts_off_is_matched_whole():
    name = "x" * 100
    assert Rule("name", pattern_of(name[:60]), {}).fits.match(name)


def test_the_file_is_taken_as_it_is_and_totals_stay(tmp_path, shell):
    write(tmp_path / "lab.txt")
    before = json.loads(shell("ingest", "sacct", "lab.txt", "--json").output)
    told = shell("label", "sacct", "lab.txt", "--output", "rules.csv")
    assert told.exit_code == 0, told.output
    assert "shiftcast ingest sacct lab.txt --labels rules.csv --set segment=SEGMENT --set leaf=LEAF" in told.output
    rules = table_of(tmp_path / "rules.csv").set_index("pattern")
    assert set(rules["confirmed"]) == {"no"}
    llama = rules.loc["finetune_llama*", ["workload", "phase", "technique"]].tolist()
    assert llama == ["training", "post_training", "llm"]
    assert "finetun*; llama*" in rules.loc["finetune_llama*", "why"]
    assert not rules["workload"].isin(["search", "ads"])[rules.index != "text-embedding-predictor-*"].any()
    got = shell("ingest", "sacct", "lab.txt", "--labels", "rules.csv", "--set", "segment=rest",
                "--set", "leaf=enterprise", "--json")  # fmt: skip
    after = json.loads(got.output)
    assert totals(after) == totals(before)
    assert after["unlabelled"]["by_dimension"] == {"segment": 0, "leaf": 0, "workload": 6, "technique": 9}


def test_what_a_person_wrote_is_kept_and_never_written_over(tmp_path, shell):
    write(tmp_path / "lab.txt")
    (tmp_path / "rules.csv").write_text("field,pattern,workload,operator,confirmed\njobname,bash,other,me,yes\n")
    refused = shell("label", "sacct", "lab.txt", "--output", "rules.csv")
    assert "rules.csv is there already; give --labels rules.csv too" in str(refused.exception)
    assert shell("label", "sacct", "lab.txt", "--labels", "rules.csv", "--output", "rules.csv").exit_code == 0
    rules = table_of(tmp_path / "rules.csv")
    assert rules.iloc[0][["pattern", "workload", "operator", "confirmed"]].tolist() == ["bash", "other", "me", "yes"]
    assert (rules["pattern"] == "bash").sum() == 1
    assert (rules["pattern"] == "'=HYPERLINK(*)").sum() == 1
    again = shell("label", "sacct", "lab.txt", "--labels", "rules.csv", "--output", "rules.csv")
    assert "0 rules proposed" in again.output
    assert table_of(tmp_path / "rules.csv").equals(rules)


def test_lessons_are_shown_and_better_proposals(tmp_path, shell):
    parts = ("ranker", "scorer", "daily", "canary", "shadow", "export", "probe", "replay")
    lines = [f"{project}-{part},{label},inference," for project, label in (("atlas", "ads"), ("heron", "recsys"))
             for part in parts]  # fmt: skip
    (tmp_path / "mine.csv").write_text("\n".join(["name,workload,phase,technique", *lines]) + "\n")
    shown = shell("label", "learn", "mine.csv").output
    assert "16 confirmed names; fewer than 20, so this rests on little" in shown
    assert re.search(r"workload: right on names left out: with lessons 100%, hints 0%, most frequent \d+%; used", shown)
    assert "  ads: atlas" in shown
    write(tmp_path / "lab.txt", ("atlas-nightly", "bash"))
    told = shell("label", "sacct", "lab.txt", "--learn", "mine.csv", "--output", "rules.csv")
    assert told.exit_code == 0, told.output
    rules = table_of(tmp_path / "rules.csv").set_index("pattern")
    assert rules.loc["atlas-nightly", "workload"] == "ads"
    assert re.search(r"learned workload ads \d\d% from .*atlas", rules.loc["atlas-nightly", "why"])
    assert rules.loc["atlas-nightly", "confirmed"] == "no"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("field,pattern,workload,confirmed\njobname,x,ads,no\n", "no row is confirmed"),
        ("field,pattern,leaf\njobname,x,edge\n", "to learn, give rules"),
    ],
)
def test_a_file_that_teaches_nothing_is_refused(tmp_path, shell, text, message):
    (tmp_path / "rules.csv").write_text(text)
    assert message in str(shell("label", "learn", "rules.csv").exception)


def test_lessons_are_of_one_file(shell):
    assert "takes one file" in str(shell("label", "learn", "a.csv", "b.csv").exception)


def test_files_that_lack_nothing_are_told_so(tmp_path, shell):
    write(tmp_path / "lab.txt", ("bash",))
    labels = [part for label in ("segment=rest", "leaf=x", "workload=x", "technique=x") for part in ("--set", label)]
    assert "0 of 1 rows unlabelled" in shell("label", "sacct", "lab.txt", *labels).output


def test_rules_are_read_back_as_they_were():
    rows = [{"field": "name", "pattern": "-=x", "workload": "other", "vendor": "own", "confirmed": "yes", "why": "+1"}]
    table = pd.read_csv(io.StringIO(rules_text(rows)), dtype=str, keep_default_na=False)
    assert rules_from_table(table).rules[0] == Rule("name", "-=x", {"workload": "other", "vendor": "own"})
    assert set(DIMENSIONS) & set(table) == {"segment", "leaf", "workload", "phase", "technique", "vendor"}


def test_what_is_too_small_to_propose_for_is_told(tmp_path, shell):
    write(tmp_path / "lab.txt")
    assert (
        "their groups hold 2 of these rows; smaller groups are left out"
        in shell("label", "sacct", "lab.txt", "--top", "1").output
    )
    assert "smaller groups" not in shell("label", "sacct", "lab.txt").output


def test_codes_and_prices_are_no_words():
    rules = rules_of(
        "service=Compute Cloud; sku=#CTR#; description=per On Demand p#d.#xlarge Instance Hour",
        "namespace=web; pod=api-#d#gan#-x#t#s", "description=VpcEndpoint-Hours",
    )  # fmt: skip
    assert all(rule.labels == {} for rule in rules.values())
    assert [pattern for where, pattern in rules if where == "pod"] == ["api-*"]


def test_json_holds_the_rules_what_lacks_labels_and_what_to_do_next(tmp_path):
    (tmp_path / "jobs.txt").write_text(HEAD + JOB.format(2, "train_rag"))
    words = ["label", "sacct", str(tmp_path / "jobs.txt")]
    told = json.loads(CliRunner().invoke(app, [*words, "--json"], catch_exceptions=False).stdout)
    printed = CliRunner().invoke(app, words, catch_exceptions=False)
    assert rules_text(told["rules"]) == printed.stdout
    assert told["next"] == printed.stderr.splitlines()
    assert told["unlabelled"]["rows"] == 1
