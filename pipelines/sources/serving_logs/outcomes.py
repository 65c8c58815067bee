"""Tell what became of requests from the words of their log: served, cached, filtered, failed, refused or queued."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
import pandas as pd

from shiftcast.pipelines.records import RECORDS
from shiftcast.pipelines.sources.sieve import Sieve, first_text
from shiftcast.pipelines.sources.table import read_table

_SAID: Final = (
    ("status", "state", "request_status", "metadata.status", "is_success", "success"),
    ("http_status", "status_code", "response_status", "response_status_code", "http_status_code",
     "response.status_code", "http_response_code"),
    ("finish_reason", "finish_reason_normalized", "stop_reason", "finished_reason"),
    ("level",),
)  # fmt: skip
_ERRORS: Final = ("error", "error_code", "errorCode", "error_type", "error_class", "error_message", "exception",
                  "metadata.error_information.error_class", "metadata.error_information.error_code")  # fmt: skip
_CACHE: Final = ("cache_hit", "is_cache_hit", "from_cache", "served_from_cache", "cache_status", "metadata.cache_hit")
_HIT: Final = {"true", "1", "yes", "hit", "cache_hit", "semantic_hit", "semantic_cache_hit", "refresh_hit"}
_NO_ERROR: Final = {"", "false", "0", "{}", "[]", "no", "ok"}
_WORST: Final = ("served", "cached", "filtered", "unknown", "queued", "failed", "refused")  # the later word decides
_CODE: Final = re.compile(r"(?:http\S*[\s_])?([0-5]\d\d)(?:\.0)?(?:[\s_].*)?")


@dataclass(frozen=True)
class Outcomes:
    """What became of requests.

    Attributes
    ----------
    status
        Status of each row, shape (rows,): ``served, cached, filtered, unknown, queued, failed`` or ``refused``.
    unresolved
        Words that the table does not know; their rows have the status ``unknown``.
    """

    status: pd.Series
    unresolved: tuple[str, ...]


@cache
def outcome_words() -> Mapping[str, str]:
    """Return the outcome that each known word of a log stands for.

    Returns
    -------
    Mapping
        Word in lower case, or a class of HTTP codes such as ``5xx``, to outcome.

    Examples
    --------
    >>> outcome_words()["rate_limit_exceeded"], outcome_words()["5xx"]
    ('refused', 'failed')
    """
    rows = read_table(RECORDS / "request_outcomes.csv").to_dict("records")
    return {str(row["word"]): str(row["outcome"]) for row in rows}


def outcome_of(text: str) -> str | None:
    """Return the outcome that a status stands for.

    Parameters
    ----------
    text
        Status, HTTP code, finish reason or name of an error as a log writes it.

    Returns
    -------
    str or None
        Outcome; None where the table does not know the word.

    Examples
    --------
    >>> [outcome_of(each) for each in ("200", "HTTP 502 Bad Gateway", "FinishReason.MAX_TOKENS", "RateLimitError", "?")]
    ['served', 'failed', 'served', 'refused', None]
    """
    known = outcome_words()
    code = _CODE.fullmatch(text.strip().lower())
    if code is not None:
        return known.get(code[1], known.get(f"{code[1][0]}xx"))
    return known.get(re.sub(r"[^a-z0-9]+", "_", text.lower().rpartition(".")[2].strip()).strip("_"))


def outcomes(sieve: Sieve) -> Outcomes:
    """Return the outcome of each request by every column that tells of it; the worst word decides.

    Parameters
    ----------
    sieve
        Rows of a log, a request a row.

    Returns
    -------
    Outcomes
        Status of each row, and the words that no table knows.
    """
    status = pd.Series("served", index=range(sieve.rows), dtype=object)
    unknown: set[str] = set()
    for names in _SAID:
        status = _worse(status, _told(first_text(sieve, _there(sieve, names)), unknown))
    for name in _there(sieve, _ERRORS):
        status = _worse(status, sieve.text(name).map(_error_outcome))
    if sieve.has("cancelled", "canceled"):
        gone = sieve.text("cancelled", "canceled").str.lower().isin({"true", "1", "yes"})
        status = _worse(status, gone.map({True: "failed", False: "served"}))
    for name in _there(sieve, _CACHE):
        hit = sieve.text(name).str.lower().str.replace(r"[\s-]+", "_", regex=True).isin(_HIT)
        status = _worse(status, hit.map({True: "cached", False: "served"}))
    return Outcomes(status, tuple(sorted(f"status {word}" for word in unknown)))


def _there(sieve: Sieve, names: Sequence[str]) -> list[str]:
    return [name for name in names if sieve.has(name)]


def _told(texts: pd.Series, unknown: set[str]) -> pd.Series:
    """Return the outcome of each text, a row that says nothing having been served; unknown words are collected."""
    known = {str(text): outcome_of(str(text)) for text in texts.unique() if text}
    unknown |= {text[:40] for text, found in known.items() if found is None}
    return texts.map({"": "served", **{text: found or "unknown" for text, found in known.items()}})


def _error_outcome(text: str) -> str:
    if text.lower() in _NO_ERROR:
        return "served"
    return "refused" if outcome_of(text) == "refused" else "failed"


def _worse(one: pd.Series, other: pd.Series) -> pd.Series:
    rank = {word: place for place, word in enumerate(_WORST)}
    first, second = (each.map(rank).to_numpy(dtype=np.float64) for each in (one, other))
    return one.where(first >= second, other).astype(object)
