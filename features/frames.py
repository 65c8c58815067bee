"""The frames: every column's dtype, unit, range and meaning, each frame's key and sort order, in one place.

A frame is checked by :func:`check` at every door it passes. Rows that break a rule are found by
:mod:`features.quality` before that, and set aside with the reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pandas as pd

from shiftcast.features.input_error import InputError

if TYPE_CHECKING:
    import pandera.pandas as pa

ALL: Final = "all"
EVIDENCE: Final = ("measured", "independent", "vendor", "assumed")
CONFIDENCE: Final = ("verified", "recalled", "derived")
BOUNDS: Final = ("=", ">=", "<=", "~", ">~", "<~")
STAGES: Final = ("flow", "stock", "forward")
GRAINS: Final = ("minute", "hour", "day", "week", "month", "quarter")
USAGE_HOW: Final = ("sum", "mean", "last")
POINT_HOW: Final = (*USAGE_HOW, "counter")
BASES: Final = (
    "none",
    "requests",
    "work",
    "gpu_hours",
    "h100e",
    "revenue",
    "watts",
    "cycles",
    "downloads",
    "tokens",
)
SEGMENTS: Final = ("hyperscale", "rest", "vendor_internal")
DIMENSIONS: Final = (
    "segment", "leaf", "operator", "user", "workload", "phase", "technique", "accelerator", "vendor", "region",
)  # fmt: skip


@dataclass(frozen=True)
class Column:
    """One column of a frame.

    Attributes
    ----------
    kind
        ``text``, ``number``, ``date`` (midnight UTC; a period's end is its last day) or ``instant`` (a moment, UTC).
    unit
        Unit of a number, or the name of the column that carries it per row.
    low, high
        Inclusive range of a number; ``None`` is open.
    allowed
        The only values a text column may take; empty for free text.
    nullable
        Whether the value may be missing.
    """

    kind: str
    about: str
    unit: str = "1"
    low: float | None = None
    high: float | None = None
    allowed: tuple[str, ...] = ()
    nullable: bool = False

    @property
    def dtype(self) -> str:
        """The pandas dtype name this column is held in."""
        moment = "datetime64[us, UTC]"
        return {"text": "str", "number": "float64", "date": moment, "instant": moment}[self.kind]


@dataclass(frozen=True)
class Frame:
    """A frame's columns in order, the columns that identify a row, and the sort order."""

    name: str
    columns: dict[str, Column]
    key: tuple[str, ...]

    @property
    def schema(self) -> pa.DataFrameSchema:
        """The pandera schema: dtypes, ranges, allowed values and the key."""
        import pandera.pandas as pa  # noqa: PLC0415  (a forecast that is only asked checks no frame)

        return pa.DataFrameSchema(
            {name: _pandera(column) for name, column in self.columns.items()},
            unique=list(self.key),
            strict=True,
            ordered=True,
            name=self.name,
        )


def _pandera(column: Column) -> pa.Column:
    import pandera.pandas as pa  # noqa: PLC0415  (importing pandera takes a second)

    checks = []
    if column.low is not None:
        checks.append(pa.Check.ge(column.low))
    if column.high is not None:
        checks.append(pa.Check.le(column.high))
    if column.allowed:
        checks.append(pa.Check.isin(list(column.allowed)))
    return pa.Column(column.dtype, checks, nullable=column.nullable)


def _text(about: str, *allowed: str, nullable: bool = False) -> Column:
    return Column("text", about, allowed=allowed, nullable=nullable)


def _number(about: str, unit: str = "1", *, low: float | None = None, high: float | None = None,
            nullable: bool = False) -> Column:  # fmt: skip
    return Column("number", about, unit=unit, low=low, high=high, nullable=nullable)


def _date(about: str, *, nullable: bool = False) -> Column:
    return Column("date", about, nullable=nullable)


def _instant(about: str) -> Column:
    return Column("instant", about)


_LEAF = {
    "segment": _text("side of the split: hyperscale, rest, vendor_internal, or all"),
    "leaf": _text("leaf of the segment, such as internal or sovereign, or all"),
    "operator": _text("who owns and runs the machines"),
    "user": _text("whose work runs on them"),
    "workload": _text("recsys, search, ads, generative, training, other, or all"),
    "phase": _text("inference, training, post_training, rnd, or all"),
    "technique": _text("technique of the workload, such as lexical, deep or llm, or all"),
    "accelerator": _text("accelerator generation in the hardware catalogue, or all"),
    "vendor": _text("vendor of the accelerator, or all"),
    "region": _text("country or region, or all"),
}
_PERIOD = {
    "period_start": _date("first day the figure is about"),
    "period_end": _date("last day the figure is about, inclusive"),
}
_TRUST = {
    "evidence": _text("who stands behind the figure", *EVIDENCE),
    "confidence": _text("whether it was read at its source", *CONFIDENCE),
}

OBSERVATIONS: Final = Frame(
    "observations",
    {
        **_LEAF,
        "measure": _text("quantity in the measures registry (shiftcast.features.units.MEASURES)"),
        "base": _text("what a share is a share of; none for levels", *BASES),
        "definition": _text("membership or scope the figure was stated under; none if there is one only"),
        "stage": _text("flow over the period, stock at its end, or forward-looking", *STAGES),
        **_PERIOD,
        "known_at": _date("first day the world could know the figure"),
        "source": _text("address or description of where the figure was read"),
        "value": _number("the figure", "see unit"),
        "unit": _text("canonical unit of the measure"),
        "bound": _text("how the source worded it: exactly, at least, at most, about, just over, just under", *BOUNDS),
        "sd": _number("standard error of the figure in its own unit", "see unit", low=0.0),
        **_TRUST,
        "note": _text("wording of the source, or what was assumed about dates and spread", nullable=True),
    },
    key=(
        *DIMENSIONS,
        "measure",
        "base",
        "definition",
        "stage",
        "period_start",
        "period_end",
        "known_at",
        "source",
    ),
)

CLAIMS: Final = Frame(
    "claims",
    {
        "claim": _text("short name, such as nvda-gtc26-1t"),
        "reading": _text("which reading of an ambiguous statement; main if there is one only"),
        "speaker": _text("who said it"),
        "stated_at": _date("day it was said"),
        "measure": _text("quantity in the measures registry"),
        "base": _text("what a share is a share of; none for levels", *BASES),
        "definition": _text("membership or scope as stated; unstated where the speaker gave none"),
        "products": _text("products in scope, separated by a semicolon, or all"),
        "stage": _text("visibility, order, shipment, revenue, capacity, share or growth"),
        "bound": _text("how it was worded", *BOUNDS),
        "low": _number("lower end of the statement", "see unit", nullable=True),
        "high": _number("upper end of the statement", "see unit", nullable=True),
        "unit": _text("canonical unit of the measure"),
        "window_start": _date("first day of the window claimed", nullable=True),
        "window_end": _date("last day of the window claimed", nullable=True),
        "weight": _number("weight of this reading; readings of a claim sum to 1", low=0.0, high=1.0),
        **_TRUST,
        "source": _text("address or description of where it was read"),
        "statement": _text("wording, as read"),
    },
    key=("claim", "reading"),
)

HARDWARE: Final = Frame(
    "hardware",
    {
        "accelerator": _text("generation, such as h100, gb200, vr200"),
        "vendor": _text("nvidia, amd, google, openai, ..."),
        "family": _text("ampere, hopper, blackwell, blackwell_ultra, rubin, rubin_ultra, cdna3, tpu, ..."),
        "status": _text("whether it ships", "shipping", "announced", "cancelled"),
        "available_at": _date("first volume shipment, or the announced date"),
        "known_at": _date("first day the row could be known"),
        "bf16_tflops": _number("dense bf16 peak", "TFLOP/s", low=0.0, nullable=True),
        "fp8_tflops": _number("dense fp8 (or int8 before it) peak", "TFLOP/s", low=0.0, nullable=True),
        "fp4_tflops": _number("dense fp4 peak", "TFLOP/s", low=0.0, nullable=True),
        "formats": _text("number formats with hardware support, separated by a semicolon; int8 uses the fp8 column",
                         nullable=True),
        "hbm_gb": _number("memory on the package", "GB", low=0.0, nullable=True),
        "hbm_tbs": _number("memory bandwidth", "TB/s", low=0.0, nullable=True),
        "chip_w": _number("thermal design power of the package", "W", low=0.0, nullable=True),
        "it_kw": _number("all-in power of one accelerator at the IT boundary: host and network included",
                         "kW", low=0.0, nullable=True),
        "utility_kw": _number("provisioned power of one accelerator at the meter", "kW", low=0.0, nullable=True),
        "scale_up_domain": _number("accelerators in one scale-up domain", low=1.0, nullable=True),
        "price_usd": _number("price of one accelerator with its share of the system", "USD", low=0.0, nullable=True),
        "price_sd_log": _number("standard error of the log price", low=0.0, nullable=True),
        "own_usd_hour": _number("cost of owning one for an hour", "USD/h", low=0.0, nullable=True),
        "rent_usd_hour": _number("three-year rent for an hour", "USD/h", low=0.0, nullable=True),
        "compared_with": _text("accelerator of the generation before it, for ratios", nullable=True),
        "records_with": _text("accelerators whose throughput records speak for it too, separated by a semicolon",
                              nullable=True),
        "new_product": _text("yes where claims that name the vendor's products mean it", "yes", nullable=True),
        **_TRUST,
        "source": _text("address or description of where the row was read"),
        "note": _text("cautions", nullable=True),
    },
    key=("accelerator", "known_at"),
)  # fmt: skip

THROUGHPUT: Final = Frame(
    "throughput",
    {
        "accelerator": _text("generation in the hardware catalogue, or a CPU"),
        "workload": _text("workload the record speaks for"),
        "technique": _text("technique the record speaks for"),
        "model": _text("model measured"),
        "scenario": _text("offline, server, interactive, or input/output lengths"),
        "precision": _text("number format, as recorded"),
        "software": _text("serving software, or the round it was measured in"),
        "measured_at": _date("day the record was published"),
        "known_at": _date("first day the world could know it"),
        "value": _number("work per second of one accelerator", "see unit", low=1e-9),
        "unit": _text("output_token/s, total_token/s, sample/s or query/s, per accelerator"),
        "interactivity": _number("speed one user sees", "token/s", low=0.0, nullable=True),
        **_TRUST,
        "source": _text("address or description of where it was read"),
        "note": _text("cautions", nullable=True),
    },
    key=("accelerator", "workload", "technique", "model", "scenario", "precision", "software", "unit",
         "interactivity", "measured_at", "source"),
)  # fmt: skip

ASSUMPTIONS: Final = Frame(
    "assumptions",
    {
        "name": _text("dotted name, such as utilisation.hyperscale.internal"),
        "low": _number("10th percentile", "see unit"),
        "mid": _number("median", "see unit"),
        "high": _number("90th percentile", "see unit"),
        "unit": _text("unit of low, mid and high"),
        "shape": _text("distribution", "lognormal", "logitnormal", "normal"),
        "known_at": _date("day its basis was known; judgement without one is dated when it was written"),
        **_TRUST,
        "source": _text("what it rests on"),
        "note": _text("why this range", nullable=True),
    },
    key=("name",),
)

CEILINGS: Final = Frame(
    "ceilings",
    {
        "name": _text(
            "what is limited", "packaging", "memory", "power", "power_additions", "affordability", "lead_time"
        ),
        "applies": _text(
            "the most over a period or at its end, its growth in a year, the part of it the scope takes, its ratio to "
            "the scope's revenue, the factor that ratio rises by in two years, or the wait for more",
            "flow", "stock", "growth", "part", "ratio", "rise", "delay",
        ),
        "scope": _text("whose limit it is: a vendor, an operator, a country, or all"),
        **_PERIOD,
        "low": _number("10th percentile", "see unit"),
        "mid": _number("median", "see unit"),
        "high": _number("90th percentile", "see unit"),
        "unit": _text("unit of low, mid and high"),
        "shape": _text("distribution, or a constant of three equal values", "lognormal", "logitnormal", "normal",
                       "constant"),
        "known_at": _date("first day the world could know it; judgement is dated when it was written"),
        **_TRUST,
        "source": _text("address or description of where it was read"),
        "note": _text("wording of the source, or why this range", nullable=True),
    },
    key=("name", "applies", "scope", "period_start", "period_end", "known_at", "source"),
)  # fmt: skip

RESIDENCY: Final = Frame(
    "residency",
    {
        "region": _text("country or region the work must stay in"),
        "vendor": _text("vendor of the accelerator, or all"),
        "family": _text("family of the vendor's accelerators, or all"),
        "allowed": _text("whether accelerators of this kind may serve it there", "yes", "no"),
        "known_at": _date("first day the rule could be known"),
        **_TRUST,
        "source": _text("address or description of where it was read"),
        "note": _text("what the rule is", nullable=True),
    },
    key=("region", "vendor", "family", "known_at"),
)

WORKLOADS: Final = Frame(
    "workloads",
    {
        "workload": _text("workload, such as recsys"),
        "technique": _text("technique of the workload, such as llm"),
        "order": _number("place among the workload's techniques, the oldest first", low=1.0),
        "unit": _text("unit its work is counted in"),
        "runs_on": _text("what takes the work", "cpu", "accelerator"),
        "record_model": _text("start of the model names whose throughput records speak for it", nullable=True),
        "record_unit": _text("unit of those records", nullable=True),
        "bound": _text("what limits an unmeasured generation", "compute", "memory", nullable=True),
        "flop_per_unit": _number("work of one unit", "FLOP", low=0.0, nullable=True),
        "efficiency": _number("share of the 8-bit peak it reaches", "share", low=0.0, high=1.0, nullable=True),
        "precisions": _text("number formats it may run in, the best first, separated by a semicolon", nullable=True),
        "bytes_per_unit": _number("memory traffic of one unit", "B", low=0.0, nullable=True),
        "memory_efficiency": _number(
            "share of the memory bandwidth it reaches", "share", low=0.0, high=1.0, nullable=True
        ),
        "min_domain": _number("accelerators of one scale-up domain it needs at least", low=1.0, nullable=True),
        "about": _text("what it covers", nullable=True),
    },
    key=("workload", "technique"),
)

FORECASTS: Final = Frame(
    "forecasts",
    {
        "origin": _date("day the forecast was made"),
        "as_of": _date("day its data was cut at"),
        "segment": _LEAF["segment"],
        "leaf": _LEAF["leaf"],
        "workload": _LEAF["workload"],
        "technique": _LEAF["technique"],
        "measure": _text("quantity forecast"),
        "base": _text("what a share is a share of; none for levels", *BASES),
        "definition": _text("membership the segments follow"),
        "mode": _text("how the split was treated: free, prior, observation, soft, fixed"),
        **_PERIOD,
        "statistic": _text("what the value is", "mean", "quantile"),
        "quantile": _number("level of a quantile", low=0.0, high=1.0, nullable=True),
        "value": _number("the forecast", "see unit"),
        "unit": _text("canonical unit of the measure"),
        "model": _text("model that made it"),
        "scenario": _text("scenario, or base"),
    },
    key=("segment", "leaf", "workload", "technique", "measure", "base", "definition", "mode",
         "period_end", "statistic", "quantile", "scenario"),
)  # fmt: skip

SCORES: Final = Frame(
    "scores",
    {
        "origin": _date("day the forecast was made"),
        "horizon": _number("periods ahead", "quarter", low=1.0),
        "segment": _LEAF["segment"],
        "leaf": _LEAF["leaf"],
        "workload": _LEAF["workload"],
        "technique": _LEAF["technique"],
        "measure": _text("quantity scored"),
        "base": _text("what a share is a share of; none for levels", *BASES),
        "definition": _text("membership of the actual"),
        "model": _text("model that made the forecast"),
        "scenario": _text("scenario, or base"),
        "metric": _text("crps, wis, coverage50, coverage80, coverage95, pit, bias, absolute_error, mase, pinball, "
                        "build_cost"),
        "value": _number("the score", "see metric"),
    },
    key=("origin", "horizon", "segment", "leaf", "workload", "technique", "measure", "base", "definition",
         "model", "scenario", "metric"),
)  # fmt: skip

OVERRIDES: Final = Frame(
    "overrides",
    {
        "made_at": _date("day the override was made"),
        "who": _text("who made it"),
        "segment": _LEAF["segment"],
        "leaf": _LEAF["leaf"],
        "measure": _text("quantity overridden"),
        "base": _text("what a share is a share of; none for levels", *BASES),
        "definition": _text("membership the segments follow"),
        "period_end": _date("last day of the quarter it is about"),
        "low": _number("10th percentile as judged", "see unit", low=0.0),
        "mid": _number("median as judged", "see unit", low=0.0),
        "high": _number("90th percentile as judged", "see unit", low=0.0),
        "unit": _text("canonical unit of the measure"),
        "reason": _text("why it differs from the forecast"),
    },
    key=("made_at", "who", "segment", "leaf", "measure", "base", "definition", "period_end"),
)

QUARANTINE: Final = Frame(
    "quarantine",
    {
        "source": _text("file the row came from"),
        "line": _number("line in the file, the header being line 1", low=1.0),
        "column": _text("column at fault"),
        "value": _text("offending value", nullable=True),
        "reason": _text("what is wrong and what to do about it"),
    },
    key=("source", "line", "column", "reason"),
)

_ORIGIN = {
    "source": _text("file or feed the row came from"),
    "line": _number("line or record in it", low=0.0),
}

SPANS: Final = Frame(
    "spans",
    {
        **_LEAF,
        "start": _instant("first moment of the span"),
        "end": _instant("moment it was over; the span does not hold it"),
        "amount": _number("how many accelerators or cores it held all along", low=0.0),
        "measure": _text("quantity that amount times hours is"),
        "unit": _text("unit of amount times hours, such as accelerator_hour"),
        "status": _text("served, failed, queued, refused, ...; queued and refused work held nothing"),
        **_ORIGIN,
    },
    key=("source", "line", "measure", "status", "start"),
)

POINTS: Final = Frame(
    "points",
    {
        **_LEAF,
        "at": _instant("moment of the reading or request"),
        "measure": _text("quantity read"),
        "unit": _text("unit of the value"),
        "value": _number("the reading", "see unit"),
        "how": _text("what makes one figure of a period's readings; a counter only grows, but for resets", *POINT_HOW),
        "status": _text("as in spans; served where the source has none"),
        "series": _text("what a counter belongs to, such as a device; empty where labels say it"),
        **_ORIGIN,
    },
    key=("source", "line", "measure", "series", "at"),
)

USAGE: Final = Frame(
    "usage",
    {
        **_LEAF,
        "measure": _text("quantity used"),
        "unit": _text("unit of the value"),
        "how": _text("whether periods add up, average, or the last one stands", *USAGE_HOW),
        "grain": _text("length of the period, which gives its end", *GRAINS),
        "period_start": _instant("first moment of the period; weeks begin on Monday"),
        "known_at": _date("first day the world could know the figure"),
        "source": _text("file or feed; a later known_at of the same source corrects it, other sources add to it"),
        "value": _number("the figure of the period", "see unit"),
        "rows": _number("source rows behind it; 0 withdraws the figure", low=0.0),
        "bound": _text("a lower bound where queued or refused work is not in the value", "=", ">="),
        **_TRUST,
    },
    key=(*DIMENSIONS, "measure", "unit", "how", "grain", "period_start", "known_at", "source"),
)

FRAMES: Final = {
    frame.name: frame
    for frame in (
        OBSERVATIONS, CLAIMS, HARDWARE, THROUGHPUT, ASSUMPTIONS, CEILINGS, RESIDENCY, WORKLOADS, FORECASTS, SCORES,
        OVERRIDES, QUARANTINE, SPANS, POINTS, USAGE,
    )
}  # fmt: skip


def empty(frame: Frame) -> pd.DataFrame:
    """Return the frame with no rows.

    Examples
    --------
    >>> list(empty(QUARANTINE).columns)
    ['source', 'line', 'column', 'value', 'reason']
    """
    return pd.DataFrame({name: pd.Series(dtype=column.dtype) for name, column in frame.columns.items()})


def conform(rows: pd.DataFrame, frame: Frame) -> pd.DataFrame:
    """Return ``rows`` with the frame's columns in order, its dtypes and its sort order; values are not judged.

    Raises
    ------
    ValueError
        If a column is missing.
    """
    missing = [name for name in frame.columns if name not in rows]
    if missing:
        raise InputError(f"{frame.name}: column {missing[0]!r} is missing; the frame has {list(frame.columns)}")
    typed = {name: _typed(rows[name], column) for name, column in frame.columns.items()}
    return pd.DataFrame(typed).sort_values(list(frame.key), kind="stable", ignore_index=True)


def _typed(values: pd.Series, column: Column) -> pd.Series:
    if column.kind in {"date", "instant"}:
        return pd.to_datetime(values, utc=True).astype(column.dtype)
    if column.kind == "number":
        return pd.to_numeric(values).astype(column.dtype)
    return values.astype(column.dtype)


def check(rows: pd.DataFrame, frame: Frame) -> pd.DataFrame:
    """Return ``rows`` unchanged if they keep the frame's contract.

    Raises
    ------
    ValueError
        Naming the frame, the first offending column, value and row, and how many there are.

    Examples
    --------
    >>> check(empty(QUARANTINE), QUARANTINE).shape
    (0, 5)
    """
    from pandera.errors import SchemaErrors  # noqa: PLC0415  (importing pandera takes a second)

    try:
        frame.schema.validate(rows, lazy=True)
    except SchemaErrors as error:
        raise InputError(_first_failure(frame, error.failure_cases)) from None
    return rows


def _first_failure(frame: Frame, cases: pd.DataFrame) -> str:
    first = cases.iloc[0]
    fails = f"fails {first['check']!r} ({len(cases)} failures in all)"
    if first["column"] not in frame.columns:  # a fault of the table's columns, not of a row
        return f"{frame.name}: column {first['failure_case']!r} {fails}; the frame has {list(frame.columns)}"
    value = first["failure_case"].item() if hasattr(first["failure_case"], "item") else first["failure_case"]
    return (
        f"{frame.name}: column {first['column']!r} has {value!r} at row {first['index']} "
        f"which {fails}; correct the row or set it aside"
    )
