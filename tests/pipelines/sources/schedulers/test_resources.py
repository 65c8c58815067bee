"""Resources of jobs in every spelling, lengths of time, and words for states."""

import numpy as np
import pandas as pd
import pytest

from shiftcast.pipelines.records import RECORDS
from shiftcast.pipelines.sources.schedulers.outcomes import outcome, outcomes
from shiftcast.pipelines.sources.schedulers.tres import read_tres
from shiftcast.pipelines.sources.schedulers.walltimes import read_walltime


@pytest.mark.parametrize(("text", "gpus"), [
    ("gres/gpu=2", 2), ("gres/gpu:2", 2), ("gres:gpu:a100:2", 2), ("gres:gpu:a100:2(IDX:0-1)", 2), ("gpu", 1),
    ("gpu:2", 2), ("gpu:a100", 1), ("gpu:a100:2(S:0-1)", 2), ("gpu:a100:3(IDX:0-1,3)", 3), ("GRES/GPU=4", 4),
    ("gpu:no_consume:4", 4), ("7696487:4", 4), ("gpu:a100:2,gpu:v100:1", 3), ("gres/gpu=4,gres/gpu:a100=4", 4),
    ("gpu:4(IDX:0-3),craynetwork:1", 4), ("1=8,2=10240,4=1,5=8", 0), ("license/x=3,fs/disk=9", 0),
])  # fmt: skip
def test_every_spelling_of_gpus_counts(text, gpus):
    assert (read_tres(text).gpus, read_tres(text).fault) == (gpus, "")


@pytest.mark.parametrize(("text", "gpus"), [
    ("gres/gpu:1g.5gb=2", 2 / 7), ("gpu:a100_3g.20gb:1", 3 / 7), ("gres/gpu=2,gres/gpu:1g.5gb=2", 2 / 7),
    ("gres/gpu=3,gres/gpu:a100=1,gres/gpu:1g.5gb=2", 1 + 2 / 7), ("gres/mps=50", 0.5), ("mps:200", 2.0),
    ("7565421:25", 0.25), ("gres/gpu=1,gres/mps=50", 1),
])  # fmt: skip
def test_slices_and_parts_are_their_fraction(text, gpus):
    assert read_tres(text).gpus == pytest.approx(gpus)


def test_shards_are_told_of_since_only_the_cluster_knows_their_size():
    assert (read_tres("gres/shard=4").gpus, read_tres("gres/shard=4").shards) == (0, 4)
    assert read_tres("shard:a100:3").shards == 3
    assert read_tres("gres/gpu=1,gres/shard=4").shards == 0


def test_static_ids_are_known_and_a_cluster_s_own_are_not():
    tres = read_tres("1=8,2=10240,4=2")
    assert (tres.cores, tres.memory, tres.nodes) == (8, 10, 2)
    assert read_tres("1=8,1001=2").fault == "1001=2"


def test_resources_of_one_node_times_nodes():
    whole = read_tres("gpu:a100:4,mem=1G").by_node(4)
    assert (whole.gpus, dict(whole.types), whole.memory) == (16, {"a100": 16}, 1)


@pytest.mark.parametrize(("text", "seconds"), [
    ("1-10:00:00", 122_400), ("10:00:00", 36_000), ("17:05", 1025), ("00:10.500", 10.5), ("36000", 36_000),
    ("36000.0", 36_000), ("2-06", 194_400), ("3600 second(s)", 3600), ("3600s", 3600),
])  # fmt: skip
def test_lengths_of_time(text, seconds):
    assert read_walltime(text) == seconds


@pytest.mark.parametrize("text", ["UNLIMITED", "Partition_Limit", "INVALID", "NOT_SET", ""])
def test_no_length_of_time(text):
    assert np.isnan(read_walltime(text))


@pytest.mark.parametrize(("word", "status"), [
    ("Succeeded", "served"), ("SUCCESS", "served"), ("finished", "served"), ("Terminated", "served"),
    ("COMPLETED", "served"), ("crashed", "failed"), ("STOPPED", "cancelled"), ("CANCELLED by 0", "cancelled"),
    ("Evicted", "failed"), ("OK", "served"), ("CG", "running"), ("PD", "queued"), ("OUT_OF_MEMORY", "failed"),
    ("NODE_FAIL+", "failed"), ("in progress", "running"), ("", "served"), ("1", "unknown"), ("0", "unknown"),
])  # fmt: skip
def test_words_for_states(word, status):
    assert outcome(word) == status


def test_words_that_no_table_knows_are_listed_and_say_nothing_of_progress():
    stands = outcomes(pd.Series(["1", "RUNNING", "PENDING", "DONE", ""], dtype=object))
    assert stands.unresolved == ("state 1",)
    assert stands.progress.fillna(-1).tolist() == [-1, 1, 0, 2, -1]


def test_every_word_is_there_once_in_lower_case():
    rows = pd.read_csv(RECORDS / "job_states.csv")
    assert rows["state"].is_unique
    assert (rows["state"] == rows["state"].str.lower()).all()
    assert set(rows["status"]) == {"served", "running", "queued", "cancelled", "failed"}
