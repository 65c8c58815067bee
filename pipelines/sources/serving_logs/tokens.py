"""Count the tokens of requests under the names and conventions of those who log them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shiftcast.pipelines.sources.sieve import Sieve, first_text

_INPUT: Final = (
    "ContextTokens", "input_length", "input_tokens", "prompt_tokens", "num_prefill_tokens", "prompt_len",
    "tokens_prompt", "input_token_count", "prompt_token_count", "num_prompt_tokens", "num_input_tokens", "inputUsage",
    "req_units", "uncached_input_tokens", "usage.prompt_tokens", "usage.input_tokens", "usage.input",
    "usage.promptTokens", "response.body.usage.prompt_tokens", "response.body.usage.input_tokens",
    "input.inputTokenCount", "gen_ai.usage.input_tokens",
)  # fmt: skip
_OUTPUT: Final = (
    "GeneratedTokens", "output_length", "output_tokens", "completion_tokens", "num_decode_tokens", "output_len",
    "generated_tokens", "tokens_completion", "output_token_count", "completion_token_count", "num_generated_tokens",
    "num_output_tokens", "outputUsage", "res_units", "usage.completion_tokens", "usage.output_tokens", "usage.output",
    "usage.completionTokens", "response.body.usage.completion_tokens", "response.body.usage.output_tokens",
    "output.outputTokenCount", "gen_ai.usage.output_tokens",
)  # fmt: skip
_APART: Final = (  # counted beside the input where the input is called by the second name
    ("cache_read_input_tokens", "input_tokens"), ("cache_creation_input_tokens", "input_tokens"),
    ("cache_read_input_tokens", "uncached_input_tokens"), ("cache_creation_input_tokens", "uncached_input_tokens"),
    ("usage.cache_read_input_tokens", "usage.input_tokens"),
    ("usage.cache_creation_input_tokens", "usage.input_tokens"),
    ("input.cacheReadInputTokenCount", "input.inputTokenCount"),
    ("input.cacheWriteInputTokenCount", "input.inputTokenCount"),
)  # fmt: skip
_CACHED: Final = (
    "cached_tokens", "input_cached_tokens", "cache_read_input_tokens", "cached_input_tokens", "tokens_cached",
    "prompt_cached_tokens", "num_cached_tokens", "prompt_cache_hit_tokens", "prompt_tokens_details.cached_tokens",
    "usage.prompt_tokens_details.cached_tokens", "usage.input_tokens_details.cached_tokens",
    "usage.cache_read_input_tokens", "response.body.usage.prompt_tokens_details.cached_tokens",
    "input.cacheReadInputTokenCount", "gen_ai.usage.cache_read.input_tokens",
)  # fmt: skip
_DETAIL: Final = re.compile(r"(?:usage_?details)\.(\w+)", re.IGNORECASE)


@dataclass(frozen=True)
class Tokens:
    """Tokens of each request, shape (rows,) each.

    Attributes
    ----------
    given, made
        Input, those read from a cache included, and output [token].
    cached
        Those of the input that were read from a prompt cache [token]; None where the log does not tell.
    """

    given: pd.Series
    made: pd.Series
    cached: pd.Series | None


def tokens(sieve: Sieve, absent: NDArray[np.bool_]) -> Tokens:
    """Return the tokens of requests; a row that must have a count and has none is quarantined.

    Parameters
    ----------
    sieve
        Rows of a log, a request a row.
    absent
        Whether a row may be without counts, since nothing was computed for it, shape (rows,).

    Returns
    -------
    Tokens
        Counts of each row.

    Raises
    ------
    UnreadableFileError
        If the log has no column of input or of output tokens.
    """
    details = _details(sieve)
    given, made = _count(sieve, _INPUT, details, 0, absent), _count(sieve, _OUTPUT, details, 1, absent)
    for apart, beside in _APART:
        if sieve.has(apart) and sieve.has(beside):
            given = given + sieve.count(apart, limit="tokens").where(sieve.text(beside) != "", 0.0)
    names = [name for name in _CACHED if sieve.has(name)]
    cached = _numbers(sieve, names, np.ones(sieve.rows, dtype=bool)) if names else None
    if details is not None:
        cached = details[2] if cached is None else cached.where(cached > 0, details[2].fillna(0.0))
    return Tokens(given, made, cached)


def _count(
    sieve: Sieve, names: Sequence[str], details: tuple[pd.Series, ...] | None, place: int, absent: NDArray[np.bool_]
) -> pd.Series:
    """Return one kind of tokens: as detailed where it is, else by the first column that is not empty."""
    there = [name for name in names if sieve.has(name)]
    if details is None:
        return _numbers(sieve, there or [sieve.column(*names)], absent)
    known = details[place].notna().to_numpy()
    if not there:
        sieve.fail(~known & ~absent, "usageDetails", "has no token counts; a request that was served has some")
        return details[place].fillna(0.0)
    return details[place].where(known, _numbers(sieve, there, absent | known))


def _numbers(sieve: Sieve, names: Sequence[str], absent: NDArray[np.bool_]) -> pd.Series:
    text = first_text(sieve, names)
    values = pd.to_numeric(text, errors="coerce").astype(np.float64)
    empty, name = (text == "").to_numpy(), sieve.column(names[0])
    sieve.fail(values.isna().to_numpy() & ~empty, name, "is not a number; correct it or check for swapped columns")
    sieve.bound(values, "tokens", name)
    sieve.fail(empty & ~absent, name, "is empty; a number is needed")
    return values.where(~empty, 0.0)


def _details(sieve: Sieve) -> tuple[pd.Series, pd.Series, pd.Series] | None:
    """Return input, output and cached tokens of a map of counts by kind, whose total they make; NaN without one."""
    names_ = [str(name) for name in sieve.chunk.cells.columns]
    kinds = {name: found[1].lower() for name in names_ if (found := _DETAIL.fullmatch(name))}
    if not kinds:
        return None
    counts = {name: pd.to_numeric(sieve.text(name), errors="coerce").astype(np.float64) for name in kinds}
    given = [name for name, kind in kinds.items() if re.search(r"input|prompt|cache", kind)]
    made = [name for name, kind in kinds.items() if re.search(r"output|completion", kind)]
    totals = [_sum(counts, names, sieve.rows) for names in (given, made)]
    whole = _sum(counts, [name for name, kind in kinds.items() if kind == "total"], sieve.rows)
    over = (totals[0].fillna(0.0) + totals[1].fillna(0.0) > whole).to_numpy()  # the kinds are parts of one another
    plain = [_sum(counts, [name for name, kind in kinds.items() if kind == word], sieve.rows)
             for word in ("input", "output")]  # fmt: skip
    given_, made_ = (total.where(~over | alone.isna(), alone) for total, alone in zip(totals, plain, strict=True))
    cached = _sum(counts, [name for name, kind in kinds.items() if re.search(r"cached|cache_read", kind)], sieve.rows)
    for values in (given_, made_):
        sieve.bound(values, "tokens", next(iter(kinds)))
    both = given_.notna() | made_.notna()
    return given_.where(given_.notna() | ~both, 0.0), made_.where(made_.notna() | ~both, 0.0), cached.fillna(0.0)


def _sum(counts: dict[str, pd.Series], names: Sequence[str], rows: int) -> pd.Series:
    table = pd.DataFrame({name: counts[name] for name in names}, index=range(rows))
    return table.sum(axis=1, min_count=1).astype(np.float64)
