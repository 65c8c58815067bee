"""Remedies by key of a facts file: what to write there, with an example."""

from typing import Final

ASKED: Final = {
    "accelerator": "name one of `shiftcast catalogue`, such as accelerator = \"h100\"",
    "count": "say how many accelerators, such as count = 64",
    "name": "call it as you do, such as name = \"cloud\"", "terms": "say terms = \"buy\", \"reserve\" or \"rent\"",
    "usd": "say USD of one bought, or of one for an hour, such as usd = 2.5",
    "code": "as bills write it, such as code = \"EUR\"",
    "since": "say the first day that it is worth that, such as since = 2026-01-01",
    "lead_weeks": "say weeks from order to use, such as lead_weeks = 20",
    "months": "say months of the contract, or of the life written off over, such as months = 48",
    "workload": "say whose hours change, as your labels call it",
    "start": "say its first day, such as start = 2027-03-01",
    "end": "say the day from which it is over or stays, such as end = 2027-06-01",
    "hours": "say accelerator-hours a month: one number, or low, middle and high",
    "source": "say the technique that is left", "target": "say the technique that is moved to",
    "share": "say the share moved in the end: one number, or low, middle and high, such as [0.3, 0.5, 0.8]",
    "busy": "such as busy = 0.85", "pue": "such as pue = 1.3", "usd_per_kwh": "such as usd_per_kwh = 0.12",
    "usd_per_hour": "such as usd_per_hour = 1.9", "it_kw": "such as it_kw = 1.3",
    "node": "accelerators of a node, such as node = 8",
    "work": "work of it over that of today, such as work = 1.8", "most": "such as most = 256",
    "probability": "such as probability = 0.7",
}  # fmt: skip
