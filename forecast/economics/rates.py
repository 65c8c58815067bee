"""Measured rates of accelerators and prices of tokens, as questions of cost read them."""

from __future__ import annotations

from dataclasses import dataclass

from shiftcast.features.input_error import InputError
from shiftcast.features.series import select
from shiftcast.forecast.economics.basis import MODEL, SCENARIO, Basis
from shiftcast.forecast.support import OutOfSupportError


@dataclass(frozen=True)
class Rate:
    """A measured throughput of one accelerator at a service level.

    Attributes
    ----------
    value, unit
        Work per second [``unit`` / s].
    evidence, source
        Evidence class; software, precision and day.
    """

    value: float
    unit: str
    evidence: str
    source: str


def rate(basis: Basis, name: str, *, model: str = MODEL, scenario: str = SCENARIO) -> Rate:
    """Return the latest record of an accelerator on a model at a service level; of one day's, the largest.

    Parameters
    ----------
    basis, name
        Basis, and name of the accelerator.
    model, scenario
        Model and service level of the record.

    Returns
    -------
    Rate
        The record.

    Raises
    ------
    OutOfSupportError
        If there is none, naming the accelerators that have one.
    ValueError
        If the record holds zero.
    """
    rows = select(basis.throughput, model=model, scenario=scenario)
    mine = select(rows, accelerator=name).sort_values(["measured_at", "value"])
    if mine.empty:
        pairs = sorted({f"{m} {s}" for m, s in zip(*(select(basis.throughput, accelerator=name)[c] for c in
                        ("model", "scenario")), strict=True)})  # fmt: skip
        more = f" and {len(pairs) - 6} more" if len(pairs) > 6 else ""
        has = ", ".join(sorted(set(rows["accelerator"]))) or "no accelerator"
        raise OutOfSupportError(
            f"work of {name} on {model!r} in scenario {scenario!r}",
            f"throughput.csv has it for {has}; of {name} it has {', '.join(pairs[:6]) or 'nothing'}{more}",
            "ask for another model and scenario, or add a row",
        )
    last = mine.iloc[-1]
    if not last["value"] > 0:
        raise InputError(
            f"throughput.csv: {name} {model} {scenario} of {last['measured_at']:%Y-%m-%d} has {last['value']:g} "
            f"{last['unit']}; correct or remove the row"
        )
    source = f"{last['software']}, {last['precision']}, {last['measured_at']:%Y-%m-%d}"
    return Rate(float(last["value"]), str(last["unit"]).removesuffix("/s"), str(last["evidence"]), source)


def price_name(basis: Basis, model: str) -> str:
    """Return the assumption that prices a model's output tokens: its own row, or the one for all models.

    Parameters
    ----------
    basis, model
        Basis, and name of the model.

    Returns
    -------
    str
        Name of the assumption [USD/million output_token].
    """
    own = f"price.output_token.{model}"
    return own if own in set(basis.assumptions["name"]) else "price.output_token"
