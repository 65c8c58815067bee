"""Request logs: totals by hand, statuses, forms."""

import json

import pandas as pd
import pytest

from shiftcast.pipelines.sources.setting import Setting
from shiftcast.pipelines.sources.table import UnreadableFileError

AZURE = """TIMESTAMP,ContextTokens,GeneratedTokens
2023-11-16 18:17:03.9799600,4808,10
2023-11-16 18:17:04.0319600,3180,8
2023-11-16 19:00:00,20,2
"""
MOONCAKE = "\n".join(
    json.dumps({"timestamp": at, "input_length": given, "output_length": made, "hash_ids": [0, 1]})
    for at, given, made in [(0, 6758, 500), (1500, 7322, 490)]
)


def test_azure_counts_requests_and_tokens(read):
    got = read("azure-llm", AZURE)
    assert (got.rows, got.stored) == (3, 3)
    assert (got.total("requests"), got.total("input_tokens"), got.total("output_tokens")) == (3, 8008, 20)
    assert got.points["at"].min() == pd.Timestamp("2023-11-16 18:17:03.979960", tz="UTC")
    assert set(got.points["technique"]) == {"llm"}


def test_mooncake_counts_from_the_anchor(read):
    got = read("mooncake", MOONCAKE, file="trace.jsonl")
    assert got.total("input_tokens") == 14080
    assert got.points["at"].max() == pd.Timestamp("2025-01-01 00:00:01.5", tz="UTC")


def test_relative_times_without_an_anchor_are_refused(read):
    with pytest.raises(UnreadableFileError, match="--anchor"):
        read("mooncake", MOONCAKE, setting=Setting())


def test_refused_requests_are_kept_apart_and_repeats_by_id_set_aside(read):
    got = read("llm-requests", "created,prompt_tokens,completion_tokens,status,request_id,model\n"
               "2026-01-01T00:00:00Z,5,1,200,a,m\n2026-01-01T00:00:01Z,7,0,429,b,m\n"
               "2026-01-01T00:00:01Z,7,0,500,c,m\n2026-01-01T00:00:02Z,5,1,200,a,m\n")  # fmt: skip
    assert got.total("input_tokens", "served") == 5
    assert got.total("input_tokens", "refused") == 7
    assert got.total("requests", "failed") == 1
    assert (got.rows, got.stored) == (4, 3)
    assert "the same stands" in got.quarantined["reason"].iloc[0]


def test_parquet_reads_as_csv_does(read, parquet_bytes):
    table = pd.DataFrame({"TIMESTAMP": pd.to_datetime(["2023-11-16 18:17:03", "2023-11-16 19:00:00"]),
                          "ContextTokens": [4808, None], "GeneratedTokens": [10, 2]})  # fmt: skip
    got = read("azure-llm", parquet_bytes(table), file="trace.parquet")
    assert (got.rows, got.stored, got.total("input_tokens")) == (2, 1, 4808)
    assert got.quarantined[["line", "column"]].to_numpy().tolist() == [[3, "ContextTokens"]]


def test_a_relative_log_in_seconds(read):
    got = read("llm-requests-relative", "arrived_at,num_prefill_tokens,num_decode_tokens\n3600,3,4\n")
    assert got.points["at"].iloc[0] == pd.Timestamp("2025-01-01 01:00", tz="UTC")


def test_servegen_rates_are_per_ten_minutes(read):
    got = read(
        "servegen", "0,1.5,8.6,Weibull,0.4,0.4\n600,0,,,0,0\n", file="trace.tar:data/language/m-large/chunk-0-trace.csv"
    )
    assert got.total("requests") == 900
    assert got.found["unlabelled"]["largest"][0]["clue"] == "model=language/m-large"


def test_servegen_lengths_are_means_of_their_maps(read):
    window = {"input_tokens": "{100: 0.25, 300: 0.75}", "output_tokens": "{10: 2.0}"}
    got = read("servegen", json.dumps({"0": window, "21600": {**window, "output_tokens": "lots"}}),
               file="data/reason/deepseek-r1/chunk-0-dataset.json")  # fmt: skip
    assert (got.rows, got.stored) == (2, 1)
    means = got.points.set_index("measure")["value"]
    assert means["input_tokens_per_request"] == 250
    assert means["output_tokens_per_request"] == 10
