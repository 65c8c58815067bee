"""Metrics in the text form that Prometheus reads: families of samples, and what is counted of requests.

Reference: Prometheus, Exposition formats (text, version 0.0.4), and Metric and label naming.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

CONTENT: Final = b"text/plain; version=0.0.4; charset=utf-8"
BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)  # seconds
_ESCAPES: Final = {"\\": r"\\", "\n": r"\n", '"': r"\""}


@dataclass(frozen=True)
class Sample:
    """One figure.

    Attributes
    ----------
    value
        The figure, in the unit that the family's name ends in.
    labels
        Label to its value.
    suffix
        What follows the family's name, such as ``_bucket``.
    """

    value: float
    labels: Mapping[str, str] = field(default_factory=dict)
    suffix: str = ""


@dataclass(frozen=True)
class Family:
    """Samples of one name.

    Attributes
    ----------
    name
        Of all samples, with its unit.
    kind
        ``gauge``, ``counter`` or ``histogram``.
    says
        Its meaning, in one line.
    samples
        The figures.
    """

    name: str
    kind: str
    says: str
    samples: tuple[Sample, ...]


def gauge(name: str, says: str, value: float) -> Family:
    """Return a family of one figure.

    Parameters
    ----------
    name, says
        As of :class:`Family`.
    value
        The figure.

    Returns
    -------
    Family
    """
    return Family(name, "gauge", says, (Sample(value),))


def text_of(families: Iterable[Family]) -> str:
    r"""Return families in Prometheus' text form.

    Parameters
    ----------
    families
        Each name once.

    Returns
    -------
    str
        A line a sample, after its help and type.

    Examples
    --------
    >>> text_of([gauge("shiftcast_model_version", "Version that answers.", 3)]).splitlines()[-1]
    'shiftcast_model_version 3'
    """
    return "".join(f"{line}\n" for family in families for line in _lines(family))


def _lines(family: Family) -> Iterator[str]:
    yield f"# HELP {family.name} {_escaped(family.says, quotes=False)}"
    yield f"# TYPE {family.name} {family.kind}"
    for sample in family.samples:
        labels = ",".join(f'{name}="{_escaped(value)}"' for name, value in sample.labels.items())
        yield f"{family.name}{sample.suffix}{f'{{{labels}}}' if labels else ''} {_number(sample.value)}"


def _escaped(text: str, *, quotes: bool = True) -> str:
    return "".join(_ESCAPES[each] if each in _ESCAPES and (quotes or each != '"') else each for each in text)


def _number(value: float) -> str:
    """Return a figure without loss, whole ones without a point."""
    return str(int(value)) if value == int(value) and abs(value) < 2**53 else repr(float(value))


class Requests:
    """Counts of the requests that a server has answered, by route, method and status.

    All three take a handful of values (:mod:`pipelines.serving.gate` names the rest ``other``), so that no client can
    add series.
    """

    def __init__(self) -> None:
        self._answered: Counter[tuple[str, str, int]] = Counter()
        self._within: defaultdict[str, list[int]] = defaultdict(lambda: [0] * (len(BUCKETS) + 1))
        self._seconds: Counter[str] = Counter()

    def add(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count one request.

        Parameters
        ----------
        route, method, status
            Path, method and HTTP status, each of few values.
        seconds
            Time until its answer was sent.
        """
        self._answered[route, method, status] += 1
        self._within[route][bisect_left(BUCKETS, seconds)] += 1
        self._seconds[route] += seconds  # type: ignore[assignment]  # a counter of floats adds as one of whole numbers

    def families(self, under_way: int) -> Iterator[Family]:
        """Yield what was counted.

        Parameters
        ----------
        under_way
            Requests not answered yet.

        Yields
        ------
        Family
            Requests answered, their time as a histogram, and those under way.
        """
        yield Family("shiftcast_http_requests_total", "counter", "Requests answered.", tuple(
            Sample(count, {"route": route, "method": method, "status": str(status)})
            for (route, method, status), count in sorted(self._answered.items())
        ))  # fmt: skip
        times = tuple(sample for route in sorted(self._within) for sample in self._histogram(route))
        yield Family("shiftcast_http_request_duration_seconds", "histogram", "Time until a reply was sent.", times)
        yield gauge("shiftcast_http_requests_under_way", "Requests not answered yet.", under_way)

    def _histogram(self, route: str) -> Iterator[Sample]:
        total = 0
        for bound, count in zip((*map(str, BUCKETS), "+Inf"), self._within[route], strict=True):
            total += count
            yield Sample(total, {"route": route, "le": bound}, "_bucket")
        yield Sample(self._seconds[route], {"route": route}, "_sum")
        yield Sample(total, {"route": route}, "_count")
