"""Logs of gateways, proxies and observers: counts, not rows; failures, cache hits and retries told apart."""

import json

import pytest

from shiftcast.pipelines.sources.serving_logs.outcomes import outcome_of, outcome_words
from shiftcast.pipelines.sources.table import UnreadableFileError

SPENT = {"call_type": "acompletion", "spend": 0.01, "prompt_tokens": 100, "completion_tokens": 50, "model": "m",
         "metadata": {"status": "success"}, "cache_hit": "False", "status": "success", "team_id": "t1"}  # fmt: skip
SPEND_LOG = [
    SPENT | {"request_id": f"r{place}", "startTime": f"2025-03-01T00:0{place}:00Z"} | more
    for place, more in enumerate([
        {}, {"cache_hit": "True", "spend": 0}, {"status": "failure", "prompt_tokens": 0, "completion_tokens": 0},
        {"status": "failure", "prompt_tokens": None, "completion_tokens": None}, {},
    ])
]  # fmt: skip


def lines(rows):
    return "\n".join(json.dumps(row) for row in rows)


def by_status(got, measure="requests"):
    return {each["status"]: each["total"] for each in got.found["totals"] if each["measure"] == measure}


@pytest.mark.parametrize("written", [lines, json.dumps, lambda rows: json.dumps(rows, indent=1),
                                     lambda rows: json.dumps({"data": rows, "has_more": False})])  # fmt: skip
def test_a_spend_log_in_lines_or_an_array(read, written):
    got = read("llm-requests", written(SPEND_LOG), file="spend.json")
    assert (got.rows, got.stored) == (5, 5)
    assert by_status(got) == {"served": 2, "failed": 2, "cached": 1}
    assert by_status(got, "input_tokens") == {"served": 200, "failed": 0}
    assert got.total("cost") == pytest.approx(0.04)
    assert "status" not in "".join(got.found["unresolved"])


def test_the_state_within_the_metadata_counts_where_there_is_no_other(read):
    rows = [{**SPEND_LOG[0], "metadata": {"status": "failure", "attempted_retries": 2}}]
    del rows[0]["status"]
    got = read("llm-requests", lines(rows))
    assert by_status(got) == {"failed": 1}
    assert got.total("retries") == 2


STATUSES = ("success", "200", "error", "500", "429", "timeout", "content_filter", "cancelled", "mystery", "pending")


def test_each_word_of_a_status_is_what_it_says_and_an_unknown_one_is_listed(read):
    rows = "".join(f"r{n},2025-03-01T00:00:0{n}Z,10,5,{word}\n" for n, word in enumerate(STATUSES))
    got = read("llm-requests", "request_id,time,input_tokens,output_tokens,status\n" + rows)
    assert by_status(got) == {"served": 2, "failed": 4, "refused": 1, "filtered": 1, "unknown": 1, "queued": 1}
    assert list(got.found["unresolved"]) == ["status mystery"]


@pytest.mark.parametrize(("text", "right"), [
    ("200 OK", "served"), ("200.0", "served"), ("HTTP/1.1 503 Service Unavailable", "refused"), ("499", "failed"),
    ("302", "failed"), ("FinishReason.STOP", "served"), ("Tool-Calls", "served"), ("RateLimitError", "refused"),
    ("openai.InternalServerError", "failed"), ("DEFAULT", "served"), ("ERROR", "failed"), ("2000", None),
])  # fmt: skip
def test_codes_and_names_in_any_spelling(text, right):
    assert outcome_of(text) == right


def test_the_table_of_words_holds_each_once_and_only_known_outcomes():
    assert set(outcome_words().values()) == {"served", "cached", "filtered", "failed", "refused", "queued"}


def test_the_worst_of_several_columns_decides(read):
    got = read("llm-requests", "time,prompt_tokens,completion_tokens,status_code,finish_reason,error\n"
               "2025-03-01T00:00:00Z,5,1,200,stop,\n2025-03-01T00:00:01Z,5,1,200,error,\n"
               "2025-03-01T00:00:02Z,5,,,,RateLimitError\n2025-03-01T00:00:03Z,5,,,,lost\n")  # fmt: skip
    assert by_status(got) == {"served": 1, "failed": 2, "refused": 1}


def test_attempts_under_one_id_are_requests_of_their_own_and_counted_as_retries(read):
    got = read("llm-requests", "request_id,attempt,time,input_tokens,output_tokens,status\n"
               "a,1,2025-03-01T00:00:00Z,10,0,500\na,2,2025-03-01T00:00:01Z,10,5,200\n"
               "b,1,2025-03-01T00:00:02Z,10,5,200\nb,1,2025-03-01T00:00:02Z,10,5,200\n")  # fmt: skip
    assert by_status(got) == {"served": 2, "failed": 1}
    assert got.total("retries") == 1


OBSERVED = [
    {"id": "o1", "traceId": "t", "type": "GENERATION", "startTime": "2025-03-01T00:00:00Z", "model": "m",
     "level": "DEFAULT", "usageDetails": {"input": 80, "input_cached_tokens": 20, "output": 30, "total": 130},
     "costDetails": {"input": 0.1, "total": 0.25}},
    {"id": "o2", "traceId": "t", "type": "GENERATION", "startTime": "2025-03-01T00:00:01Z", "model": "m",
     "level": "ERROR", "statusMessage": "overloaded", "usageDetails": {}},
    {"id": "o3", "traceId": "t", "type": "SPAN", "startTime": "2025-03-01T00:00:01Z", "level": "DEFAULT"},
    {"id": "o4", "traceId": "t", "type": "GENERATION", "startTime": "2025-03-01T00:00:02Z", "model": "m",
     "level": "DEFAULT", "usageDetails": {"input": 100, "input_cached_tokens": 40, "output": 9, "total": 109}},
]  # fmt: skip


def paged(rows):
    return json.dumps({"data": rows, "meta": {"page": 1, "totalPages": 2}})


@pytest.mark.parametrize("written", [lines, paged])
def test_observations_count_generations_their_kinds_of_tokens_and_errors(read, written):
    got = read("llm-requests", written(OBSERVED))
    assert by_status(got) == {"served": 2, "failed": 1}
    assert got.total("input_tokens") == 200  # 80 + 20, and 100 that hold the 40
    assert got.total("cached_input_tokens") == 60
    assert (got.total("output_tokens"), got.total("cost")) == (39, 0.25)
    assert got.quarantined["reason"].str.contains("none itself").tolist() == [True]
    assert list(got.found["unresolved"]) == ([] if written is lines else ["further pages"])


def test_answers_as_an_api_gives_them_hold_their_usage_within(read):
    chat = {"id": "c1", "created": 1740787200, "model": "m", "usage": {
        "prompt_tokens": 100, "completion_tokens": 7, "prompt_tokens_details": {"cached_tokens": 64}}}  # fmt: skip
    message = {"id": "c2", "created": 1740787201, "model": "m", "usage": {
        "input_tokens": 10, "cache_read_input_tokens": 90, "cache_creation_input_tokens": 5,
        "output_tokens": 3}}  # fmt: skip
    embedding = {"created": 1740787202, "data": [{"index": 0}, {"index": 1}], "model": "e", "usage": {
        "prompt_tokens": 8, "completion_tokens": 0}}  # fmt: skip
    got = read("llm-requests", lines([chat, message, embedding]))
    assert (got.total("requests"), got.total("input_tokens"), got.total("output_tokens")) == (3, 213, 10)
    assert got.total("cached_input_tokens") == 154


def test_a_gateway_s_export_of_single_generations(read):
    got = read("llm-requests", "generation_id,created_at,cost_total,tokens_prompt,tokens_completion,tokens_reasoning,"
               "tokens_cached,model_permaslug,cancelled,finish_reason_normalized,app_name\n"
               "g1,2025-12-16 10:00:00.123,0.5,1000,200,50,400,a/b,false,stop,x\n"
               "g2,2025-12-16 10:00:01,0.25,500,20,0,0,a/b,true,,x\n")  # fmt: skip
    assert by_status(got) == {"served": 1, "failed": 1}
    assert (got.total("input_tokens"), got.total("output_tokens"), got.total("cost")) == (1500, 220, 0.75)


@pytest.mark.parametrize(("text", "right"), [
    (("time_of_generation,ai_model,req_units,res_units,response_status_code,cache_status\n"
      "2025-03-01T00:00:00Z,m,10,2,200,HIT\n2025-03-01T00:00:01Z,m,10,2,200,MISS\n2025-03-01T00:00:02Z,m,,,429,\n"),
     {"cached": 1, "served": 1, "refused": 1}),
    (("request_id,request_created_at,response_status,request_model,prompt_tokens,completion_tokens\n"
      "a,2025-03-01T00:00:00Z,200,m,10,2\nb,2025-03-01T00:00:00Z,-3,m,10,2\n"), {"served": 1, "unknown": 1}),
])  # fmt: skip
def test_other_gateways_names(read, text, right):
    assert by_status(read("llm-requests", text)) == right


def test_an_invocation_log_with_counts_within_input_and_output(read):
    row = {"timestamp": "2025-03-01T00:00:00Z", "requestId": "q", "modelId": "m", "errorCode": None,
           "input": {"inputTokenCount": 10, "cacheReadInputTokenCount": 4, "inputBodyJson": {"messages": ["x"]}},
           "output": {"outputTokenCount": 3}}  # fmt: skip
    got = read("llm-requests", lines([row, row | {"requestId": "w", "errorCode": "ThrottlingException"}]))
    assert by_status(got) == {"served": 1, "refused": 1}
    assert got.total("input_tokens", "served") == 14


def test_a_served_request_without_counts_is_set_aside_and_a_log_without_any_refused(read):
    got = read("llm-requests", "time,input_tokens,output_tokens,status\n2025-03-01,,1,200\n2025-03-01,4,1,200\n")
    assert (got.stored, len(got.quarantined)) == (1, 1)
    with pytest.raises(UnreadableFileError, match="--map"):
        read("llm-requests", "time,model\n2025-03-01,m\n")
    with pytest.raises(UnreadableFileError, match="is not JSON"):
        read("llm-requests", '[{"time": 1},\nnonsense]')


def test_a_request_is_known_by_its_id_and_waits_or_is_over(normalised):
    text = "id,time,input_tokens,output_tokens,status\na,2025-03-01,1,1,200\n,2025-03-01,1,1,pending\n"
    got = normalised("llm-requests", text)
    assert got.identity.tolist() == ["a", None]
    assert got.progress.tolist() == [2, 0]
    assert got.born.astype(str).tolist() == ["2025-03-01 00:00:00+00:00"] * 2
