"""What rows must keep before they are aggregated; rows that break a rule belong in quarantine before they get here."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from features.frames import POINT_HOW
from pipelines.engine.stream import collect


def check_spans(spans: ir.Table) -> None:
    """Raise if a span ends before it starts, or has no start, end, or finite amount of zero or more.

    Raises
    ------
    ValueError
        Naming the rules that rows break and how many do.
    """
    amount = spans.amount.fill_null(float("nan"))
    counts = {
        "without start": spans.start.isnull(),
        "without end": spans.end.isnull(),
        "end before they start": spans.end < spans.start,
        "have an amount that is not a number of zero or more": ~((amount >= 0) & _finite(amount)),
    }
    found = collect(spans.agg(**{str(n): _count(rule) for n, rule in enumerate(counts.values())}))
    _refuse("spans", {name: int(found[str(n)].iloc[0]) for n, name in enumerate(counts)})


def check_points(points: ir.Table) -> frozenset[str]:
    """Return the values of ``how`` that are there.

    Raises
    ------
    ValueError
        If a reading has no moment or no finite value, or is to be summed up in an unknown way.
    """
    value = points.value.fill_null(float("nan"))
    each = points.group_by("how").agg(
        undated=_count(points["at"].isnull()), unknown=_count(~_finite(value)), total=points.count()
    )
    found = collect(each)
    strange = found[~found.how.isin(POINT_HOW)]
    _refuse(
        "points",
        {"without at": int(found.undated.sum()), "have a value that is not a finite number": int(found.unknown.sum()),
         f"have how {strange.how.tolist()}, not one of {', '.join(POINT_HOW)}": int(strange.total.sum())},
    )  # fmt: skip
    return frozenset(found.how)


def _finite(number: ir.Value) -> ir.BooleanValue:
    return ~(number.isnan() | number.isinf())


def _count(rule: ir.BooleanValue) -> ir.IntegerScalar:
    return ibis.ifelse(rule, 1, 0).sum()


def _refuse(name: str, counts: dict[str, int]) -> None:
    broken = [f"{count} {rule}" for rule, count in counts.items() if count]
    if broken:
        raise ValueError(f"{name}: rows break the contract: {'; '.join(broken)}; set them aside with the reason first")
