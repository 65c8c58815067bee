"""The picture that shows an answer, described for whoever draws it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from shiftcast.forecast.views.answer import Answer, Picture

_FAN: Final = "median and 8 in 10 interval by quarter"
_PICTURES: Final[Mapping[str, Picture]] = {
    "quantiles": Picture("fan", "quarter", "q", "table", _FAN),
    "share": Picture("fan", "quarter", "q", "table", _FAN),
    "split": Picture("fan", "quarter", "q", "table", _FAN),
    "placement": Picture("fan", "quarter", "q", "table", f"{_FAN}, a panel a vendor"),
    "impose": Picture("fan", "quarter", "", "table", f"{_FAN}, free beside imposed"),
    "forecast": Picture("fan", "period_end", "value", "table", _FAN),
    "when": Picture("steps", "year", "by", "table", "probability that the threshold is passed by the end of each year"),
    "attribute": Picture("bars", "factor", "", "table", "effect of each factor between the figure before and after"),
    "learn_next": Picture("bars", "figure", "share", "table", "part of the variance that each figure takes away"),
    "rank": Picture("bars", "leaf", "growth", "table", "what each leaf adds, with its 8 in 10 interval"),
    "latent": Picture("fan", "quarter", "latent", "table", f"{_FAN} of what is wanted and not served"),
    "newcomer": Picture(
        "fan", "quarter", "accelerators", "table", f"{_FAN} of accelerators of a place without history"
    ),
    "claims": Picture("bars", "claim", "probability", "table", "probability of each claim as worded"),
    "check": Picture("bars", "definition", "at_least", "table", "probability under each reading and definition"),
    "techniques": Picture("bars", "technique", "gpu_hours", "table", "part of GPU-hours now and at the horizon"),
    "limits": Picture("bars", "quarter", "odds", "table", "probability of each limit by quarter"),
    "ceilings": Picture("fan", "quarter", "most", "table", f"{_FAN}, a panel a ceiling"),
    "site": Picture("bars", "generation", "work_day", "table", "work a day by accelerator"),
    "scenario": Picture("fan", "quarter", "difference", "table", f"{_FAN} of the difference to the base"),
    "cost": Picture("bars", "generation", "usd_million", "table", "cost of a million units by accelerator and life"),
}


def picture_of(name: str, answer: Answer) -> Picture | None:
    """Return the picture of a question's answer.

    Parameters
    ----------
    name
        Name of the question.
    answer
        What it answered.

    Returns
    -------
    Picture or None
        Of its paths where it has some; none where words and table say all.

    Examples
    --------
    >>> import pandas as pd
    >>> picture_of("site", Answer("", pd.DataFrame(), pd.DataFrame(), ())).kind
    'bars'
    """
    if answer.paths is not None:
        return Picture("fan", "x", "median", "paths", f"{_FAN}, a panel a quantity")
    picture = _PICTURES.get(name)
    if picture is not None and picture.x == "quarter" and "year" in answer.table:
        return replace(picture, x="year")
    return picture
