"""Read reports of usage by bucket of time: counts of requests and tokens over a minute, an hour or a day a row."""

from __future__ import annotations

import re
from typing import Final

import numpy as np
import pandas as pd

from shiftcast.pipelines.sources.normal import Normalised, Points, Spans
from shiftcast.pipelines.sources.serving_logs.reading import MORE
from shiftcast.pipelines.sources.sieve import Sieve
from shiftcast.pipelines.sources.table import UnreadableFileError
from shiftcast.pipelines.sources.views import told

_START: Final = ("start_time", "starting_at", "start_time_iso", "bucket_start", "usage_date_utc",
                 "aggregation_timestamp", "usage_date", "date", "day", "hour", "timestamp", "time")  # fmt: skip
_END: Final = ("end_time", "ending_at", "end_time_iso", "bucket_end")
_REQUESTS: Final = ("num_model_requests", "n_requests", "num_requests", "request_count", "requests", "api_requests",
                    "total_requests", "requests_total")  # fmt: skip
_SERVED: Final = ("successful_requests", "success_count")
_FAILED: Final = ("failed_requests", "failure_count", "error_count")
_UNCACHED: Final = ("uncached_input_tokens", "usage_input_tokens_no_cache")
_WRITTEN: Final = (("cache_creation_input_tokens",), (
    "cache_creation.ephemeral_5m_input_tokens", "cache_creation.ephemeral_1h_input_tokens",
    "cache_creation_5m_input_tokens", "cache_creation_1h_input_tokens", "usage_input_tokens_cache_write_5m",
    "usage_input_tokens_cache_write_1h",
))  # fmt: skip
_GIVEN: Final = ("input_tokens", "prompt_tokens", "n_context_tokens_total", "context_tokens", "total_input_tokens")
_MADE: Final = ("output_tokens", "completion_tokens", "n_generated_tokens_total", "usage_output_tokens",
                "generated_tokens", "total_output_tokens")  # fmt: skip
_CACHED: Final = ("input_cached_tokens", "cache_read_input_tokens", "usage_input_tokens_cache_read",
                  "n_cached_context_tokens_total", "cached_tokens")  # fmt: skip
_COST: Final = ("amount.value", "spend", "usage", "cost_usd", "cost")
_TALL: Final = {"request_count": "requests", "input_cache_hit_tokens": "input", "input_cache_miss_tokens": "input",
                "output_tokens": "output"}  # fmt: skip
_CLUES: Final = {"model": ("model", "model_version", "model_permaslug", "snapshot_id", "model_group"),
                 "account": ("project_name", "project_id", "workspace", "workspace_id", "team_id", "organization_name"),
                 "user": ("user_id", "user", "user_email", "email"),
                 "tag": ("api_key_name", "api_key", "api_key_id", "endpoint_id")}  # fmt: skip
_VOLATILE: Final = re.compile(
    r"token|requests?$|request_?count|_count$|cost|spend|^usage$|byok|amount|seconds|characters|bytes|images|sessions|"
    r"^num_|^n_|price|time|starting_at|ending_at|bucket|date|^object$|more|page", re.IGNORECASE,
)  # fmt: skip


def are_buckets(sieve: Sieve) -> bool:
    """Return whether rows are buckets of time with counts rather than requests.

    Parameters
    ----------
    sieve
        Rows of a log or a report.

    Returns
    -------
    bool
        Whether a column counts requests, or tells tokens by bucket.
    """
    told = sieve.has(*_REQUESTS, *_SERVED, *_UNCACHED, "amount.value")
    bounded = sieve.has("start_time_iso", "starting_at", "bucket_start", "usage_date_utc")
    return sieve.has(*_START) and (told or bounded)


def buckets(sieve: Sieve) -> Normalised:
    """Turn buckets into spans, their counts spread evenly from start to end.

    Parameters
    ----------
    sieve
        Rows of a report, a bucket and group a row.

    Returns
    -------
    Normalised
        Requests by outcome, tokens and cost.

    Raises
    ------
    UnreadableFileError
        If the report counts nothing.
    """
    start = sieve.instant(*_START)
    end = _end(sieve, start)
    hours = (end - start).dt.total_seconds() / 3600.0
    sieve.fail((hours <= 0).to_numpy(), sieve.column(*_END, *_START), "does not end after its start")
    if sieve.has("type") and sieve.has("amount") and not sieve.has(*_REQUESTS):
        counts = _tall(sieve)
    else:
        counts = {**_requests(sieve), **_tokens(sieve)}
    cost = sieve.count(*_COST, limit="cost") if sieve.has(*_COST) else None
    if not counts and cost is None:
        raise UnreadableFileError(
            f"{sieve.chunk.file}: counts no requests and no tokens; export usage, not the empty report, and group it "
            "by model"
        )
    units = {"requests": "request", "output_tokens": "output_token"}
    held = tuple(Spans(start, end, values / hours, measure, units.get(measure, "input_token"), status,
                       values.notna().to_numpy())
                 for (measure, status), values in counts.items())  # fmt: skip
    sizes = pd.DataFrame(dict(enumerate(counts.values())), index=range(sieve.rows))
    currency = sieve.text("amount.currency", "currency").str.upper().replace("", "USD")
    return Normalised(
        held=held, read=() if cost is None else (Points(start, cost, "cost", currency),),
        own={"workload": "generative", "phase": "inference", "technique": "llm"},
        clues={name: sieve.text(*columns) for name, columns in _CLUES.items() if sieve.has(*columns)},
        identity=_identity(sieve, start), born=start, extent=sizes.sum(axis=1).astype(np.float64),
        unresolved=(*([] if ("requests", "served") in counts else ["requests (the report counts none)"]),
                    *([MORE] if sieve.has(MORE) else [])),
    )  # fmt: skip


def _end(sieve: Sieve, start: pd.Series) -> pd.Series:
    """Return the end of each bucket; of one that tells its start alone, a day or, where starts show one, an hour."""
    hourly = bool((start.dt.hour.fillna(0) != 0).any())
    usual = start + pd.Timedelta(hours=1 if hourly else 24)
    return sieve.instant(*_END, optional=True).fillna(usual) if sieve.has(*_END) else usual


def _requests(sieve: Sieve) -> dict[tuple[str, str], pd.Series]:
    if not sieve.has(*_SERVED):
        return {("requests", "served"): sieve.count(*_REQUESTS, limit="requests")} if sieve.has(*_REQUESTS) else {}
    served, failed = sieve.count(*_SERVED, limit="requests"), sieve.count(*_FAILED, limit="requests")
    if sieve.has(*_REQUESTS):
        off = (served + failed - sieve.count(*_REQUESTS, limit="requests")).abs() > 0.5  # counts are whole
        sieve.fail(off.to_numpy(), sieve.column(*_REQUESTS), "is not the sum of successful and failed ones")
    return {("requests", "served"): served, ("requests", "failed"): failed}


def _tokens(sieve: Sieve) -> dict[tuple[str, str], pd.Series]:
    """Return input, those read from a cache among them and beside, and output tokens that the report tells."""
    found = {}
    cached = sieve.count(*_CACHED, limit="token_counts")
    if sieve.has(*_UNCACHED):
        whole = [name for names in _WRITTEN[:1] for name in names if sieve.has(name)]
        written = whole or [name for name in _WRITTEN[1] if sieve.has(name)]
        parts = [sieve.count(name, limit="token_counts") for name in (_UNCACHED[0] if sieve.has(_UNCACHED[0])
                 else _UNCACHED[1], *written)]  # fmt: skip
        found["input_tokens", "served"] = sum(parts, start=cached)
    elif sieve.has(*_GIVEN):
        given = sieve.count(*_GIVEN, limit="token_counts")
        sieve.fail((cached > given).to_numpy(), sieve.column(*_GIVEN), "is less than the part of it that was cached")
        found["input_tokens", "served"] = given
    if sieve.has(*_CACHED):
        found["cached_input_tokens", "served"] = cached
    if sieve.has(*_MADE):
        found["output_tokens", "served"] = sieve.count(*_MADE, limit="token_counts")
    return found


def _tall(sieve: Sieve) -> dict[tuple[str, str], pd.Series]:
    """Return the counts of a report with a row for each kind of count; a kind that is none of them is quarantined."""
    kind, amount = sieve.text("type").str.lower(), sieve.number("amount", limit="token_counts")
    sieve.fail(~kind.isin(_TALL).to_numpy(), sieve.column("type"), f"is none of {', '.join(_TALL)}")
    of = {"requests": "requests", "input": "input_tokens", "output": "output_tokens"}
    found = {(of[word], "served"): amount.where(kind.map(_TALL) == word) for word in of}
    return {**found, ("cached_input_tokens", "served"): amount.where(kind == "input_cache_hit_tokens")}


def _identity(sieve: Sieve, start: pd.Series) -> pd.Series:
    """Return start and group of each bucket: every column that neither counts nor tells time, by name."""
    text = told(start)
    names = {re.sub(r"[^a-z0-9]", "", str(name).lower()): str(name) for name in sieve.chunk.cells.columns
             if not _VOLATILE.search(str(name)) and "." not in str(name)}  # fmt: skip
    for key in sorted(names):
        cell = sieve.text(names[key]).str.lower()
        text = text + cell.where(cell == "", f"|{key}=" + cell)
    return text
