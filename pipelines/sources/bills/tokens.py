"""Read the tokens that a bill charges for, by model."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd

from shiftcast.pipelines.sources.bills.bill import Bill, joined
from shiftcast.pipelines.sources.bills.units import read_unit
from shiftcast.pipelines.sources.normal import Points
from shiftcast.pipelines.sources.sieve import Sieve, first_text

_LABELS: Final = {"workload": "generative", "phase": "inference", "technique": "llm"}
_OUTPUT: Final = r"output|completion|generated"
_INPUT: Final = r"input|prompt|cache|context"
_PACKED: Final = re.compile(r"\b(thousand|million|1k|1m)\b(?=.*\btokens?\b)", re.IGNORECASE)
_PACKS: Final = {"thousand": 1e3, "1k": 1e3, "million": 1e6, "1m": 1e6}
_UNNAMED: Final = {"units", "unit", ""}  # units that leave it to the description
_MODEL_KEYS: Final = ("modelname", "model", "modelid", "aimodel")


@dataclass(frozen=True)
class Tokens:
    """Tokens of a chunk.

    Attributes
    ----------
    points
        Readings of tokens in and out.
    clues
        Model of each row for the labelling rules; none where no row counts tokens.
    unresolved
        Lines that count tokens and do not say whether in or out.
    """

    points: tuple[Points, ...] = ()
    clues: Mapping[str, pd.Series] = field(default_factory=dict)
    unresolved: tuple[str, ...] = ()


def token_points(sieve: Sieve, bill: Bill, start: pd.Series, role: pd.Series, description: pd.Series) -> Tokens:
    """Return the tokens of the rows that count some.

    Parameters
    ----------
    sieve, bill
        Rows of a chunk, and the columns of the bill.
    start
        First moment of each row's charge period [UTC], shape (rows,).
    role, description
        Role and description of each row, shape (rows,).

    Returns
    -------
    Tokens
        Points of ``input_tokens`` and ``output_tokens``; nothing where no unit counts tokens.
    """
    tokens = _count(sieve, bill, description).where(role != "money")
    if tokens.isna().all():
        return Tokens()
    text = (joined(sieve, (*bill.usage, *bill.names)) + " " + description).str.lower()
    out = text.str.contains(_OUTPUT, regex=True).to_numpy(dtype=bool)
    into = text.str.contains(_INPUT, regex=True).to_numpy(dtype=bool) & ~out
    some = tokens.notna().to_numpy() & (tokens != 0).to_numpy()
    sieve.bound(tokens.abs().fillna(0.0), "token_counts", sieve.column(*(pair[0] for pair in bill.quantities)))
    points = tuple(
        Points(start, tokens, f"{way}_tokens", f"{way}_token", where=some & of, labels=_LABELS)
        for way, of in (("input", into), ("output", out))
    )
    neither = description[some & ~out & ~into].str[:60].unique()
    lost = tuple(f"tokens neither in nor out: {each}, not counted" for each in neither)
    return Tokens(points, {"model": _models(sieve, bill)}, lost)


def _count(sieve: Sieve, bill: Bill, description: pd.Series) -> pd.Series:
    """Return the tokens of each row, NaN where it counts none."""
    tokens = pd.Series(np.nan, index=range(sieve.rows))
    packs = description.map(_pack).astype(float)
    for quantity, unit in bill.quantities:
        if sieve.has(quantity) and sieve.has(unit):
            units = sieve.text(unit)
            factor = units.map(lambda each: read_unit(str(each)).tokens).astype(float)
            factor = factor.where(~units.str.lower().isin(_UNNAMED), packs)
            written = sieve.text(quantity)
            values = pd.to_numeric(written, errors="coerce").astype(float)
            sieve.fail((factor.notna() & values.isna() & (written != "")).to_numpy(), sieve.column(quantity),
                       "is not a number; correct it or check for swapped columns")  # fmt: skip
            tokens = tokens.where(tokens.notna(), values * factor)
    return tokens


def _pack(description: str) -> float:
    found = _PACKED.search(description)
    return _PACKS[found[1].lower()] if found else float("nan")


def _models(sieve: Sieve, bill: Bill) -> pd.Series:
    """Return the model each row names: by a column, a key of its details, or its meter."""
    details = sieve.text("SkuPriceDetails").map(_of_details).astype(object)
    named = first_text(sieve, bill.models[:-1])
    named = named.where(named != "", details)
    return named.where(named != "", first_text(sieve, bill.models[-1:]))


def _of_details(text: str) -> str:
    try:
        details = json.loads(text) if text.startswith("{") else {}
    except (ValueError, RecursionError):
        return ""
    keys = {re.sub(r"[^a-z]", "", str(key).lower()).removeprefix("x"): value for key, value in details.items()}
    return next((str(keys[key]) for key in _MODEL_KEYS if keys.get(key)), "")
