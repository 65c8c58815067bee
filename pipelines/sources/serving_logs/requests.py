"""Read request logs of LLM serving: Azure's, Mooncake's, and any log with a time and token counts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pandas as pd

from shiftcast.pipelines.sources.chunks import Chunk, delimited, json_lines
from shiftcast.pipelines.sources.normal import Normalised, Points, Source
from shiftcast.pipelines.sources.opening import Opened
from shiftcast.pipelines.sources.setting import Setting
from shiftcast.pipelines.sources.sieve import Sieve, first_text

_INPUT: Final = ("ContextTokens", "input_length", "input_tokens", "prompt_tokens", "num_prefill_tokens", "prompt_len")
_OUTPUT: Final = ("GeneratedTokens", "output_length", "output_tokens", "completion_tokens", "num_decode_tokens",
                  "output_len", "generated_tokens")  # fmt: skip
_TIME: Final = ("TIMESTAMP", "time", "created", "created_at", "arrived_at", "arrival_time", "start_time", "datetime")
_STATUS: Final = ("status", "state", "finish_reason", "http_status", "status_code")
_CLUES: Final = {"model": ("model", "model_name"), "account": ("account", "project", "api_key_name", "tenant"),
                 "user": ("user", "user_id"), "tag": ("tag", "tags", "application", "app")}  # fmt: skip
_REFUSED: Final = {"429", "503", "rejected", "refused", "throttled", "rate_limited"}
_FAILED: Final = {"400", "401", "403", "404", "408", "500", "502", "504", "error", "failed", "cancelled", "aborted"}


def _read(opened: Opened, setting: Setting) -> Iterator[Chunk]:
    del setting
    yield from json_lines(opened) if opened.first_line().startswith("{") else delimited(opened)


def _requests(sieve: Sieve, relative: str = "") -> Normalised:
    at = sieve.instant(*_TIME, relative=relative)
    tokens_in = sieve.number(*_INPUT, limit="tokens")
    tokens_out = sieve.number(*_OUTPUT, limit="tokens")
    status = first_text(sieve, _STATUS).str.lower().map(_outcome).astype(object)
    one = pd.Series(1.0, index=range(sieve.rows))
    identity = sieve.text("request_id", "id") if sieve.has("request_id", "id") else None
    return Normalised(
        read=(
            Points(at, one, "requests", "request", status=status),
            Points(at, tokens_in, "input_tokens", "input_token", status=status),
            Points(at, tokens_out, "output_tokens", "output_token", status=status),
        ),
        own={"workload": "generative", "phase": "inference", "technique": "llm"},
        clues={name: sieve.text(*columns) for name, columns in _CLUES.items() if sieve.has(*columns)},
        identity=None if identity is None else identity.where(identity != "", None),
    )


def _outcome(text: str) -> str:
    if text in _REFUSED:
        return "refused"
    return "failed" if text in _FAILED else "served"


def _mooncake(sieve: Sieve) -> Normalised:
    return _requests(sieve, relative="ms")


def _relative(sieve: Sieve) -> Normalised:
    return _requests(sieve, relative="s")


_UNITS: Final = "requests [request], input_tokens [input_token], output_tokens [output_token]"
_LABELS: Final = "workload generative, technique llm, phase inference; model, account, user and tag for rules"
AZURE: Final = Source(
    "azure-llm", "Azure LLM inference traces: TIMESTAMP, ContextTokens, GeneratedTokens (CSV)",
    _read, _requests, "request", "absolute, UTC unless --zone", _UNITS, _LABELS,
    "the model, the user, the hardware, latency, and requests refused before they were logged",
)  # fmt: skip
MOONCAKE: Final = Source(
    "mooncake", "Mooncake traces: timestamp, input_length, output_length, hash_ids (JSON lines)",
    _read, _mooncake, "request", "milliseconds from --anchor", _UNITS, _LABELS,
    "the date, the model, the user, the hardware; how large a sample of the hour it is", relative=True,
)  # fmt: skip
REQUESTS: Final = Source(
    "llm-requests", "any LLM request log: a time, input and output tokens, and model, user, status if there (CSV, "
    "Parquet, JSON lines)", _read, _requests, "request", "absolute, UTC unless --zone", _UNITS, _LABELS,
    "the hardware, and requests refused before they were logged",
)  # fmt: skip
RELATIVE: Final = Source(
    "llm-requests-relative", "as llm-requests, times in seconds from an unnamed start",
    _read, _relative, "request", "seconds from --anchor", _UNITS, _LABELS,
    "the date, the hardware, and requests refused before they were logged", relative=True,
)  # fmt: skip
