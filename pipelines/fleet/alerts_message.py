"""Put alerts into words: plain text for people and mail programs, and the JSON that Slack and its like read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from shiftcast.pipelines.fleet.alerts import Alert

_MOST: Final = 10  # alerts told in full; the rest are named
_NAMED: Final = 50
_HEADER, _SECTION = 150, 2900  # characters that a header and a section take
_ESCAPES: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def subject(alerts: Sequence[Alert]) -> str:
    """Return one line that says what the alerts are about.

    Parameters
    ----------
    alerts
        Alerts of one fleet, the gravest first; at least one.

    Returns
    -------
    str
        The first alert's sentence, and how many more there are.

    Examples
    --------
    >>> subject([Alert("mine", "full", "all", "warning", "Full by 2027-03.", "", "")] * 3)
    'mine: Full by 2027-03. (and 2 more)'
    """
    more = f" (and {len(alerts) - 1} more)" if len(alerts) > 1 else ""
    return f"{_plain(alerts[0].fleet)}: {_plain(alerts[0].says)}{more}"


def message_text(alerts: Sequence[Alert]) -> str:
    """Return alerts as plain text, the first line the subject.

    Parameters
    ----------
    alerts
        Alerts of one fleet, the gravest first; at least one.

    Returns
    -------
    str
        Lines of text without control characters.
    """
    lines = [subject(alerts), ""]
    for alert in alerts[:_MOST]:
        lines += [f"[{alert.severity}] {alert.kind}: {_plain(alert.says)}"]
        lines += [f"  Why: {_plain(alert.reason)}"] if alert.reason else []
        lines += [f"  Next: {_plain(alert.next_step)}"] if alert.next_step else []
        lines += [f"  {_plain(name)}: {value:.4g}" for name, value in alert.figures.items()]
        lines += [""]
    return "\n".join([*lines, *_others(alerts)]).rstrip("\n") + "\n"


def message_json(alerts: Sequence[Alert]) -> dict[str, Any]:
    """Return alerts as the body of an incoming webhook: a text for notices, and blocks to read.

    Parameters
    ----------
    alerts
        Alerts of one fleet, the gravest first; at least one.

    Returns
    -------
    dict
        ``text`` and ``blocks``, with no character of the alerts read as markup or a mention.
    """
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": subject(alerts)[:_HEADER]}}
    ]
    for alert in alerts[:_MOST]:
        parts = [f"*{alert.severity} - {alert.kind}*\n{_marked(alert.says)}"]
        parts += [f"*Why:* {_marked(alert.reason)}"] if alert.reason else []
        parts += [f"*Next:* {_marked(alert.next_step)}"] if alert.next_step else []
        parts += [f"{_marked(name)}: {value:.4g}" for name, value in alert.figures.items()]
        blocks.append(_section("\n".join(parts)))
    blocks += [_section(_marked(line)) for line in _others(alerts)]
    return {"text": _marked(subject(alerts))[:_SECTION], "blocks": blocks}


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text[:_SECTION]}}


def _others(alerts: Sequence[Alert]) -> list[str]:
    rest = alerts[_MOST:]
    if not rest:
        return []
    named = ", ".join(_plain(f"{alert.kind} {alert.cause}") for alert in rest[:_NAMED])
    unnamed = f" and {len(rest) - _NAMED} more" if len(rest) > _NAMED else ""
    return [f"Also: {named}{unnamed}"]


def _plain(text: str) -> str:
    """Return text on one line, without characters that steer a terminal."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def _marked(text: str) -> str:
    return _plain(text).translate(_ESCAPES)
