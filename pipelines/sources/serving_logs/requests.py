"""Read request logs of LLM serving, a request a row: traces, gateways' and proxies' logs, exported observations."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from shiftcast.pipelines.sources.normal import Normalised, Points, Source
from shiftcast.pipelines.sources.serving_logs.buckets import are_buckets, buckets
from shiftcast.pipelines.sources.serving_logs.outcomes import outcomes
from shiftcast.pipelines.sources.serving_logs.reading import MORE, read_records
from shiftcast.pipelines.sources.serving_logs.tokens import tokens
from shiftcast.pipelines.sources.sieve import Sieve, first_text

_TIME: Final = ("TIMESTAMP", "time", "created", "created_at", "arrived_at", "arrival_time", "start_time", "datetime",
                "request_created_at", "time_of_generation", "request_time", "ts", "@timestamp",
                "response.body.created")  # fmt: skip
_IDENTITY: Final = ("request_id", "generation_id", "litellm_call_id", "id", "response.request_id", "call_id")
_ATTEMPT: Final = ("attempt", "attempt_number", "retry_attempt", "metadata.attempt")
_RETRIES: Final = ("num_retries", "retry_count", "retries", "attempted_retries", "metadata.attempted_retries")
_COST: Final = ("spend", "cost_total", "cost_usd", "response_cost", "total_cost", "calculatedTotalCost",
                "costDetails.total")  # fmt: skip
_CLUES: Final = {"model": ("model", "model_name", "request_model", "model_permaslug", "ai_model", "modelId", "model_id",
                           "response.body.model"),
                 "account": ("account", "project", "api_key_name", "api_key_alias", "tenant", "team_id", "team_alias",
                             "workspace"),
                 "user": ("user", "user_id", "end_user"),
                 "tag": ("tag", "tags", "request_tags", "application", "app", "app_name"),
                 "name": ("name", "call_type", "operation")}  # fmt: skip
_OTHER: Final = {"span", "event", "trace", "agent", "tool", "chain", "retriever", "evaluator", "guardrail", "score"}
_UNCOMPUTED: Final = ("queued", "failed", "refused", "cached", "unknown")


def _requests(sieve: Sieve, relative: str = "") -> Normalised:
    if are_buckets(sieve):
        return buckets(sieve)
    at = sieve.instant(*_TIME, relative=relative)
    if sieve.has("traceId", "trace_id") and sieve.has("type"):
        sieve.fail(sieve.text("type").str.lower().isin(_OTHER).to_numpy(), sieve.column("type"),
                   "is a step around requests to a model and none itself; export generations alone")  # fmt: skip
    found = outcomes(sieve)
    status = found.status
    counts = tokens(sieve, status.isin(_UNCOMPUTED).to_numpy())
    one, computed = pd.Series(1.0, index=range(sieve.rows)), (status != "cached").to_numpy()
    read = [
        Points(at, one, "requests", "request", status=status),
        Points(at, counts.given, "input_tokens", "input_token", status=status, where=computed),
        Points(at, counts.made, "output_tokens", "output_token", status=status, where=computed),
    ]
    if counts.cached is not None:
        read.append(Points(at, counts.cached, "cached_input_tokens", "input_token", status=status,
                           where=computed & (counts.cached > 0).to_numpy()))  # fmt: skip
    repeats = _repeats(sieve)
    read.append(Points(at, repeats, "retries", "request", status=status, where=(repeats > 0).to_numpy()))
    if costs := [name for name in _COST if sieve.has(name)]:
        read.append(Points(at, sieve.count(*costs, limit="cost"), "cost", "USD"))
    return Normalised(
        read=tuple(read), own={"workload": "generative", "phase": "inference", "technique": "llm"},
        clues={name: sieve.text(*columns) for name, columns in _CLUES.items() if sieve.has(*columns)},
        identity=_identity(sieve), born=at, progress=pd.Series(np.where(status == "queued", 0, 2)),
        unresolved=(*found.unresolved, *([MORE] if sieve.has(MORE) else [])),
    )  # fmt: skip


def _identity(sieve: Sieve) -> pd.Series | None:
    """Return the id of each request, and of one that was tried again under the same id its attempt beside it."""
    names = [name for name in _IDENTITY if sieve.has(name)]
    if not names:
        return None
    identity, attempt = first_text(sieve, names), sieve.text(*_ATTEMPT)
    return (identity + attempt.where(attempt == "", "#" + attempt)).where(identity != "", None)


def _repeats(sieve: Sieve) -> pd.Series:
    """Return how many repeats of a request each row stands for: a later attempt is one, a count is that many."""
    counted = sieve.count(*_RETRIES, limit="requests")
    if not sieve.has(*_ATTEMPT):
        return counted
    attempt = sieve.count(*_ATTEMPT, limit="requests")
    first = 0.0 if bool((attempt[(sieve.text(*_ATTEMPT) != "").to_numpy()] == 0).any()) else 1.0
    return counted + (attempt > first).astype(np.float64)


def _mooncake(sieve: Sieve) -> Normalised:
    return _requests(sieve, relative="ms")


def _relative(sieve: Sieve) -> Normalised:
    return _requests(sieve, relative="s")


_UNITS: Final = (
    "requests, retries [request], input_tokens, cached_input_tokens [input_token], output_tokens [output_token], "
    "cost [USD]"
)
_LABELS: Final = "workload generative, technique llm, phase inference; model, account, user and tag for rules"
AZURE: Final = Source(
    "azure-llm", "Azure LLM inference traces: TIMESTAMP, ContextTokens, GeneratedTokens (CSV)",
    read_records, _requests, "request", "absolute, UTC unless --zone", _UNITS, _LABELS,
    "the model, the user, the hardware, latency, and requests refused before they were logged",
)  # fmt: skip
MOONCAKE: Final = Source(
    "mooncake", "Mooncake traces: timestamp, input_length, output_length, hash_ids (JSON lines)",
    read_records, _mooncake, "request", "milliseconds from --anchor", _UNITS, _LABELS,
    "the date, the model, the user, the hardware; how large a sample of the hour it is", relative=True,
)  # fmt: skip
REQUESTS: Final = Source(
    "llm-requests", "any LLM request log, or report of usage by bucket of time: a time, input and output tokens, and "
    "requests, model, user, status if there (a table of any format)", read_records, _requests,
    "request, or bucket of requests", "absolute, UTC unless --zone", _UNITS, _LABELS,
    "the hardware, requests refused before they were logged, and when within a bucket a request came",
)  # fmt: skip
RELATIVE: Final = Source(
    "llm-requests-relative", "as llm-requests, times in seconds from an unnamed start",
    read_records, _relative, "request", "seconds from --anchor", _UNITS, _LABELS,
    "the date, the hardware, and requests refused before they were logged", relative=True,
)  # fmt: skip
