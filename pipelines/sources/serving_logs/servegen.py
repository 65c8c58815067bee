"""Read ServeGen traces: request rates of one client every ten minutes, and token lengths by window."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import pandas as pd

from shiftcast.pipelines.sources.chunks import Chunk, delimited, document, from_objects
from shiftcast.pipelines.sources.normal import Normalised, Points, Source
from shiftcast.pipelines.sources.opening import Opened
from shiftcast.pipelines.sources.setting import Setting
from shiftcast.pipelines.sources.sieve import Sieve

STEP_S: Final = 600.0  # one row stands for ten minutes, as the trace's README says
_RATE: Final = ("t_seconds", "rate", "cv", "pattern", "p1", "p2")
_TOKENS: Final = {"input_tokens": "input_tokens_per_request", "text_tokens": "text_tokens_per_request",
                  "image_tokens": "image_tokens_per_request", "output_tokens": "output_tokens_per_request"}  # fmt: skip


def _read(opened: Opened, setting: Setting) -> Iterator[Chunk]:
    """Read a rate file, or a window file: an object from window start [s] to maps of length to probability."""
    del setting
    if opened.name.endswith(".json") or opened.first_line().startswith("{"):
        whole = document(opened)
        windows = whole.items() if isinstance(whole, dict) else ()
        rows = [{"t_seconds": start, **each} for start, each in windows if isinstance(each, dict)]
        yield from from_objects(opened.name, rows)
        return
    header = () if opened.first_line().startswith("t_seconds") else _RATE
    yield from delimited(opened, delimiter=",", header=header)


def _servegen(sieve: Sieve) -> Normalised:
    at = sieve.instant("t_seconds", relative="s")
    parts = sieve.chunk.file.removesuffix("-trace.csv").removesuffix("-dataset.json").split("/")
    client, model = parts[-1], "/".join(parts[-3:-1])
    clues = {"model": pd.Series(model, index=range(sieve.rows), dtype=object)}
    if sieve.has("rate"):
        requests = sieve.number("rate", limit="requests") * STEP_S
        read: tuple[Points, ...] = (Points(at, requests, "requests", "request"),)
    else:
        read = tuple(_mean_tokens(sieve, at, name, client) for name in _TOKENS if sieve.has(name))
    return Normalised(
        read=read, own={"workload": "generative", "phase": "inference", "technique": "llm"}, clues=clues,
        track=pd.Series(f"{model}/{client}/{'rate' if sieve.has('rate') else 'tokens'}", index=range(sieve.rows)),
    )  # fmt: skip


def _mean_tokens(sieve: Sieve, at: pd.Series, name: str, client: str) -> Points:
    """Return a window's mean tokens a request; a window without that kind of token gives none."""
    means = sieve.text(name).map(_mean).astype(float)
    sieve.fail(means.isna().to_numpy(), sieve.column(name), "is not a map of token counts to probabilities")
    sieve.bound(means, "tokens", sieve.column(name))
    unit = "token/request"
    return Points(at, means, _TOKENS[name], unit, "mean", series=client, where=np.isfinite(means.to_numpy()))


def _mean(text: str) -> float:
    """Return the mean of a map such as ``{136: 0.25, 372: 0.75}``; NaN where it is none.

    Examples
    --------
    >>> _mean("{136: 0.25, 372: 0.75}")
    313.0
    """
    try:
        shares = {float(length): float(share) for length, share in _pairs(text)}
    except (ValueError, TypeError):
        return float("nan")
    weight = sum(shares.values())
    return sum(length * share for length, share in shares.items()) / weight if weight > 0 else float("nan")


def _pairs(text: str) -> list[list[str]]:
    body = text.strip().removeprefix("{").removesuffix("}").replace('"', "").replace("'", "")
    return [part.split(":") for part in body.split(",") if part.strip()]


SERVEGEN: Final = Source(
    "servegen", "ServeGen traces: request rates of a client (CSV without header) and its token lengths (JSON); tar too",
    _read, _servegen, "ten minutes (rates), six hours (lengths)", "seconds from --anchor",
    "requests [request]; input, text, image and output tokens a request [token/request]",
    "workload generative, technique llm, phase inference; model from the folder for rules",
    "the date, the hardware, token totals (lengths and rates are separate, and some clients have no lengths)",
    relative=True,
)  # fmt: skip
