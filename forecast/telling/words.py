"""Words of answers: figures with their unit, 8 in 10 intervals, and names that need no glossary."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from shiftcast.forecast.spoken import number, percent, within

_CODE: Final = re.compile(r"\b[A-Za-z]+(?:_[A-Za-z]+)+\b")
_UNITS: Final[Mapping[str, str]] = {
    "USD": "US dollars", "core_hour": "CPU core-hours", "accelerator_hour": "accelerator-hours",
    "MW_facility": "megawatts at the meter", "1": "", "share": "",
}  # fmt: skip
_NAMES: Final[Mapping[str, str]] = {
    "gpu_hours": "GPU-hours", "latent_hours": "accelerator-hours wanted but not supplied",
    "accelerators": "accelerators in place", "accelerators_shipped": "accelerators shipped",
    "power": "power of data centres", "spending": "spending on data-centre accelerators", "revenue": "revenue",
    "watts": "power", "work": "operations", "recsys": "recommendation", "ads": "advertising",
    "llm": "large language models", "deep": "deep learning", "sequence": "sequence models",
    "lexical": "keyword matching", "content": "content matching", "collaborative": "collaborative filtering",
    "table": "lookup tables", "hyperscale": "hyperscale clouds", "rest": "buyers outside hyperscale",
    "vendor_internal": "the vendor's own use", "internal": "hyperscalers' own products",
    "hosted": "tenants of hyperscale clouds", "free": "no share imposed",
}  # fmt: skip


def named(name: str) -> str:
    """Return a name of the record in words.

    Parameters
    ----------
    name
        Such as a measure, workload, technique, segment or leaf; sums of techniques are read too.

    Returns
    -------
    str

    Examples
    --------
    >>> named("gpu_hours"), named("regional_cloud"), named("sequence+llm")
    ('GPU-hours', 'regional cloud', 'sequence models and large language models')
    """
    return " and ".join(_NAMES.get(each, each.replace("_", " ")) for each in name.split("+"))


def plain_words(text: str) -> str:
    """Return a sentence with names of the record in words.

    Parameters
    ----------
    text
        Such as one that an answer says.

    Returns
    -------
    str

    Examples
    --------
    >>> plain_words("gpu_hours of regional_cloud go from 2 to 3.")
    'GPU-hours of regional cloud go from 2 to 3.'
    """
    return _CODE.sub(lambda found: named(found[0]), text)


def unit_words(unit: str) -> str:
    """Return a unit in words.

    Parameters
    ----------
    unit
        Code of a unit.

    Returns
    -------
    str

    Examples
    --------
    >>> unit_words("USD/quarter"), unit_words("output_token/day"), unit_words("MW_facility/quarter")
    ('US dollars a quarter', 'output tokens a day', 'megawatts at the meter a quarter')
    """
    counted, *per = unit.split("/")
    many = counted.replace("_", " ") + ("" if counted.isupper() else "s")
    return " a ".join([_UNITS.get(counted, many), *(each.replace("_", " ") for each in per)])


def figure(value: float, unit: str) -> str:
    """Return a figure with its unit; a share is a percentage.

    Parameters
    ----------
    value, unit
        Number, and code of its unit.

    Returns
    -------
    str

    Examples
    --------
    >>> figure(4.2e11, "USD/quarter"), figure(0.41, "share")
    ('420 billion US dollars a quarter', '41 %')
    """
    return percent(value) if unit == "share" else f"{number(value)} {unit_words(unit)}".rstrip()


def between(low: float, high: float, unit: str) -> str:
    """Return an 8 in 10 interval.

    Parameters
    ----------
    low, high, unit
        10 % and 90 % quantiles, and the code of their unit.

    Returns
    -------
    str

    Examples
    --------
    >>> between(1.85e11, 1.69e12, "USD/quarter"), between(0.05, 0.88, "share")
    ('8 in 10: 185 billion to 1.69 trillion', '8 in 10: 5 % to 88 %')
    """
    shown = percent if unit == "share" else number
    return within(shown(low), shown(high))


def part_words(asked: Mapping[str, Any]) -> str:
    """Return what part of the whole a question is about.

    Parameters
    ----------
    asked
        Fields of the question, ``segment, leaf, workload, technique`` among them.

    Returns
    -------
    str

    Examples
    --------
    >>> part_words({"segment": "rest", "leaf": "sovereign", "workload": "recsys"})
    'sovereign, recommendation'
    >>> part_words({})
    'all buyers'
    """
    place = next((str(asked[name]) for name in ("leaf", "segment") if asked.get(name, "all") != "all"), "")
    work = [str(asked[name]) for name in ("workload", "technique") if asked.get(name, "all") != "all"]
    return ", ".join([named(place.rpartition("/")[2]) if place else "all buyers", *map(named, work)])
