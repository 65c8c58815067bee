"""Reports of usage by bucket: counts spread over the bucket, whoever the reporter is."""

import json

import pandas as pd
import pytest

from shiftcast.pipelines.sources.table import UnreadableFileError

CSV = ("start_time,end_time,project_id,num_model_requests,model,input_tokens,output_tokens\n"
       "1740787200,1740873600,p1,120,m,60000,9000\n1740873600,1740960000,p1,80,m,40000,6000\n")  # fmt: skip


def test_a_bucket_counts_its_requests_not_its_rows(read):
    got = read("llm-requests", CSV)
    assert (got.stored, got.total("requests"), got.total("input_tokens")) == (2, 200, 100000)
    assert got.spans["start"].min() == pd.Timestamp("2025-03-01", tz="UTC")
    assert got.spans["end"].max() == pd.Timestamp("2025-03-03", tz="UTC")


def test_a_bucket_is_limited_as_a_count_is_and_not_as_one_request(read):
    text = ("start_time,end_time,num_model_requests,model,input_tokens,output_tokens\n"
            "1740787200,1740873600,1200000,m,2300000000,410000000\n"
            "1740787200,1740873600,900,n,900000,100000\n")  # fmt: skip
    got = read("llm-requests", text)
    assert (got.total("requests"), got.total("input_tokens")) == (1200900, pytest.approx(2_300_900_000))


def page(*results, more=False, start=1740787200):
    return {"object": "page", "has_more": more, "next_page": "x" if more else None, "data": [
        {"object": "bucket", "start_time": start, "end_time": start + 86400, "results": list(results)}]}  # fmt: skip


RESULT = {"object": "organization.usage.completions.result", "input_tokens": 1000, "input_cached_tokens": 800,
          "output_tokens": 500, "num_model_requests": 5, "project_id": None, "model": "m", "batch": None}  # fmt: skip


def test_pages_of_an_api_s_answer_and_one_that_is_missing(read):
    one = page(RESULT, RESULT | {"model": "n", "num_model_requests": 2}, more=True)
    two = page(RESULT, start=1740873600)
    got = read("llm-requests", json.dumps(one) + "\n" + json.dumps(two))
    assert (got.rows, got.stored, got.total("requests")) == (3, 3, 12)
    assert (got.total("input_tokens"), got.total("cached_input_tokens")) == (3000, 2400)
    assert not got.found["unresolved"]
    alone = read("llm-requests", json.dumps(one, indent=2))
    assert (alone.total("requests"), list(alone.found["unresolved"])) == (7, ["further pages"])


def test_the_same_bucket_and_group_is_one_in_either_form_and_grows(normalised):
    csv = ("start_time,end_time,start_time_iso,project_id,num_model_requests,model,batch,input_tokens,output_tokens,"
           "input_cached_tokens\n1740787200,1740873600,2025-03-01T00:00:00+00:00,,5,m,,1000,500,800\n")  # fmt: skip
    grown = json.dumps(page(RESULT | {"num_model_requests": 9}))
    one, two = (normalised("llm-requests", text) for text in (csv, grown))
    assert one.identity.tolist() == two.identity.tolist() == ["2025-03-01T00:00:00.000000|model=m"]
    assert one.extent[0] < two.extent[0]
    assert one.born.tolist() == two.born.tolist()


@pytest.mark.parametrize("written", [
    {"uncached_input_tokens": 1500, "cache_read_input_tokens": 200, "output_tokens": 500, "model": "m",
     "cache_creation": {"ephemeral_5m_input_tokens": 500, "ephemeral_1h_input_tokens": 1000}},
    {"uncached_input_tokens": 1500, "cache_read_input_tokens": 200, "output_tokens": 500, "model": "m",
     "cache_creation_5m_input_tokens": 500, "cache_creation_1h_input_tokens": 1000},
])  # fmt: skip
def test_uncached_written_and_read_tokens_are_the_input(read, written):
    bucket = {"starting_at": "2025-08-01T00:00:00Z", "ending_at": "2025-08-01T01:00:00Z", "results": [written]}
    got = read("llm-requests", json.dumps({"data": [bucket], "has_more": False}))
    assert (got.total("input_tokens"), got.total("output_tokens")) == (3200, 500)
    assert got.total("cached_input_tokens") == 200
    assert list(got.found["unresolved"]) == ["requests (the report counts none)"]
    assert (got.spans["end"] - got.spans["start"]).unique().tolist() == [pd.Timedelta(hours=1)]


def test_a_console_s_report_by_day(read):
    got = read("llm-requests", "usage_date_utc,model_version,api_key,workspace,usage_type,context_window,"
               "usage_input_tokens_no_cache,usage_input_tokens_cache_write_5m,usage_input_tokens_cache_write_1h,"
               "usage_input_tokens_cache_read,usage_output_tokens,web_search_count,inference_geo,speed\n"
               "2026-03-22,m,k,Default,standard,≤ 200k,100000,10,20,30,5000,10,not_available,\n"
               "2026-03-22,m,k,Default,batch,≤ 200k,1,0,0,0,5,0,not_available,\n")  # fmt: skip
    assert (got.stored, got.total("input_tokens"), got.total("output_tokens")) == (2, 100061, 5005)
    assert (got.spans["end"] - got.spans["start"]).unique().tolist() == [pd.Timedelta(days=1)]


def test_activity_by_day_with_its_cost(read):
    row = {"date": "2025-08-24", "model": "a/b", "model_permaslug": "a/b-1", "endpoint_id": "e", "provider_name": "P",
           "usage": 0.015, "byok_usage_inference": 0.012, "requests": 5, "prompt_tokens": 50, "completion_tokens": 125,
           "reasoning_tokens": 25}  # fmt: skip
    got = read("llm-requests", json.dumps({"data": [row, row | {"endpoint_id": "f"}]}))
    assert (got.total("requests"), got.total("input_tokens"), got.total("output_tokens")) == (10, 100, 250)
    assert got.total("cost") == pytest.approx(0.03)


def test_successes_and_failures_are_counted_apart_and_must_add_up(read):
    got = read("llm-requests", "date,model,prompt_tokens,completion_tokens,spend,api_requests,successful_requests,"
               "failed_requests\n2025-03-01,m,10,2,0.1,5,4,1\n2025-03-01,n,10,2,0.1,5,4,2\n")  # fmt: skip
    assert (got.total("requests", "served"), got.total("requests", "failed"), len(got.quarantined)) == (4, 1, 1)


def test_a_row_for_each_kind_of_count(read):
    head = "user_id,start_time_iso,end_time_iso,model,api_key_name,api_key,type,price,amount\n"
    line = "u,2026-08-01T00:00:00Z,2026-08-01T01:00:00Z,m,k,s,{0},0.1,{1}\n"
    kinds = {"request_count": 7, "input_cache_hit_tokens": 40, "input_cache_miss_tokens": 60, "output_tokens": 9,
             "naps": 3}  # fmt: skip
    got = read("llm-requests", head + "".join(line.format(*each) for each in kinds.items()))
    assert [got.total(name) for name in ("requests", "input_tokens", "cached_input_tokens", "output_tokens")] == [
        7, 100, 40, 9]  # fmt: skip
    assert len(got.quarantined) == 1


def test_costs_by_day_in_their_currency(read):
    cost = {"object": "organization.costs.result", "amount": {"value": 0.06, "currency": "eur"}, "line_item": "m",
            "project_id": None}  # fmt: skip
    got = read("llm-requests", json.dumps(page(cost)))
    assert [(each["unit"], each["total"]) for each in got.found["totals"]] == [("EUR", 0.06)]


def test_an_empty_bucket_is_none_served_and_an_empty_report_refused(read):
    got = read("llm-requests", CSV + "1740960000,1741046400,,,,,\n")
    assert (got.stored, got.total("requests")) == (3, 200)
    with pytest.raises(UnreadableFileError, match="group it by model"):
        read("llm-requests", "start_time,end_time,start_time_iso,end_time_iso\n"
             "1740787200,1740873600,2025-03-01T00:00:00Z,2025-03-02T00:00:00Z\n")  # fmt: skip
