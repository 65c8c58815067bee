"""Alerts of a fleet, and which findings of a check are news: one alert a cause until it gets worse or comes back."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from shiftcast.features.input_error import InputError

SPIKE, DRIFT, BREACH, FULL, LATE = KINDS = ("spike", "drift", "breach", "full", "feed late")
SEVERITIES: Final = ("note", "warning", "critical")
SENT, CLEARED = "sent", "cleared"


@dataclass(frozen=True)
class Alert:
    """One cause for which a planner should look at a fleet.

    Attributes
    ----------
    fleet
        Name of the fleet.
    kind
        One of :data:`KINDS`: usage jumped, usage left its forecast, a budget will be broken, the fleet will be full,
        or a feed is late.
    cause
        Key of the cause: the same text at every check for as long as the cause lasts, such as ``budget 2027`` or
        ``search/llm``. What moves from check to check, a date or a figure, does not belong in it.
    severity
        One of :data:`SEVERITIES`.
    says
        What is the matter, one sentence that begins with the figure.
    reason
        Why it is thought so.
    next_step
        What the planner can do about it, and by when.
    figures
        Name with unit to value, such as ``{"P(full) in 2027-03 [1]": 0.83}``.

    Raises
    ------
    ValueError
        If kind or severity is unknown, or there is no cause.
    """

    fleet: str
    kind: str
    cause: str
    severity: str
    says: str
    reason: str
    next_step: str
    figures: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise InputError(f"kind {self.kind!r} of an alert is not one of {', '.join(KINDS)}")
        if self.severity not in SEVERITIES:
            raise InputError(f"severity {self.severity!r} of an alert is not one of {', '.join(SEVERITIES)}")
        if not self.cause:
            raise InputError(f"an alert of kind {self.kind!r} has no cause; give a key that lasts as long as it does")


@dataclass(frozen=True)
class Told:
    """One line of a fleet's ledger of alerts.

    Attributes
    ----------
    at
        When, UTC, ISO 8601 to the second.
    way
        Name of the way it was sent, such as ``screen`` or ``webhook``.
    kind, cause
        Of the alert.
    severity
        Of the alert as it was sent.
    state
        ``sent`` or ``cleared``.
    """

    at: str
    way: str
    kind: str
    cause: str
    severity: str
    state: str


@dataclass(frozen=True)
class Decision:
    """What one way has to do about the findings of a check.

    Attributes
    ----------
    new
        Alerts to send, the gravest first: of causes not sent yet, cleared and come back, or worse than when sent.
    standing
        Alerts of causes that were sent already.
    cleared
        Last ledger lines of the causes that are gone.
    """

    new: tuple[Alert, ...]
    standing: tuple[Alert, ...]
    cleared: tuple[Told, ...]


def decide(findings: Iterable[Alert], ledger: Sequence[Told], *, way: str, looked: Collection[str] = KINDS) -> Decision:
    """Return which findings one way has to send, and which causes are gone.

    Parameters
    ----------
    findings
        What a check found, in any order; of several with one kind and cause the gravest counts.
    ledger
        What was told before, oldest first, of all ways.
    way
        Name of the way.
    looked
        Kinds that the check looked for: a cause of another kind is not cleared by its absence.

    Returns
    -------
    Decision
        The order of ``findings`` has no effect on it.

    Examples
    --------
    >>> full = Alert("mine", FULL, "all", "warning", "Full by 2027-03.", "", "")
    >>> decide([full], [], way="screen").new == (full,)
    True
    >>> decide([full], [Told("", "screen", FULL, "all", "warning", SENT)], way="screen").new
    ()
    """
    found: dict[tuple[str, str], Alert] = {}
    for alert in sorted(findings, key=_order):
        found.setdefault((alert.kind, alert.cause), alert)
    last = {(line.kind, line.cause): line for line in ledger if line.way == way}
    open_ = {key: line for key, line in last.items() if line.state == SENT}
    new = {key: alert for key, alert in found.items() if key not in open_ or _worse(alert, open_[key])}
    standing = tuple(alert for key, alert in found.items() if key not in new)
    gone = tuple(line for key, line in open_.items() if key not in found and line.kind in looked)
    return Decision(tuple(new.values()), standing, gone)


def _order(alert: Alert) -> tuple[int, str, str, str]:
    return -SEVERITIES.index(alert.severity), alert.kind, alert.cause, alert.says


def _worse(alert: Alert, line: Told) -> bool:
    return SEVERITIES.index(alert.severity) > SEVERITIES.index(line.severity)
