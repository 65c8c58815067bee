"""Techniques of a workload as questions name them: one class, a sum, one class or newer, or the seed's words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import xarray as xr

from shiftcast.features.input_error import InputError, nearest

OR_NEWER: Final = " or newer"
_NEWEST, _BEFORE = "llm", "deep"  # and the class that newer ones replace
IN_WORDS: Final = {
    "deep learning and large language models": "deep or newer", "deep learning": "deep",
    "deep learning and LLMs": "deep or newer", "large language models": "llm", "LLMs": "llm",
}  # fmt: skip


@dataclass(frozen=True)
class Chosen:
    """Techniques that a question adds up.

    Attributes
    ----------
    workload
        Whose they are.
    names
        Chosen ones, oldest first.
    others
        The workload's other techniques, likewise.
    asked
        The question's words, in one spelling.
    """

    workload: str
    names: tuple[str, ...]
    others: tuple[str, ...]
    asked: str

    def __str__(self) -> str:
        """Return what was read, such as ``deep, sequence, llm: deep or newer``."""
        return self.asked if self.names == (self.asked,) else f"{', '.join(self.names)}: {self.asked}"


def technique_requests(cube: xr.Dataset) -> xr.DataArray:
    """Return technique shares of a workload's requests [share], on the horizon of the migration.

    Forecasts made before the migration had one have them on the quarters of hardware.

    Parameters
    ----------
    cube
        Draw cube.

    Returns
    -------
    DataArray, dims ``draw, migration_period, segment, technique``
    """
    if "technique_requests" in cube:
        return cube["technique_requests"]
    return cube["request_share"].rename(period="migration_period")


def choose_techniques(cube: xr.Dataset, text: str, *, of: str) -> Chosen:
    """Read which techniques of a workload a question means.

    Parameters
    ----------
    cube
        Draw cube, for its techniques.
    text
        One class (``llm``), a sum (``sequence+llm``), a class with those after it (``deep or newer``, ``deep+``), or
        the seed's ``deep learning and large language models``, which is deep or newer.
    of
        Workload.

    Returns
    -------
    Chosen
        The techniques, and the text in one spelling.

    Raises
    ------
    ValueError
        Naming a workload or technique that is not there, and those that are.

    Examples
    --------
    >>> tasks = xr.Dataset(coords={"technique": ["search/lexical", "search/deep", "search/llm", "ads/llm"]})
    >>> str(choose_techniques(tasks, "deep+", of="search"))
    'deep, llm: deep or newer'
    >>> str(choose_techniques(tasks, "LLM", of="search"))
    'llm'
    """
    known = tuple(
        technique for workload, _, technique in (str(name).partition("/") for name in cube["technique"].values)
        if workload == of
    )  # fmt: skip
    if not known:
        workloads = dict.fromkeys(str(name).partition("/")[0] for name in cube["technique"].values)
        raise InputError(
            f"workload {of!r} is not forecast; {nearest(of, workloads)}choose one of {', '.join(workloads)}"
        )
    words = " ".join(text.lower().split())
    words = IN_WORDS.get(words, words)
    if words.endswith("+"):
        words = f"{words[:-1].rstrip()}{OR_NEWER}"
    if words.endswith(OR_NEWER):
        oldest = _name(words.removesuffix(OR_NEWER), text, known, of)
        names, asked = known[known.index(oldest) :], f"{oldest}{OR_NEWER}"
    else:
        each = [_name(part.strip(), text, known, of) for part in words.split("+")]
        names = tuple(name for name in known if name in each)
        asked = "+".join(dict.fromkeys(each))
    return Chosen(of, names, tuple(name for name in known if name not in names), asked)


def _name(part: str, text: str, known: tuple[str, ...], of: str) -> str:
    name = IN_WORDS.get(part, part)
    if name not in known:
        raise InputError(
            f"technique {text[:60]!r} of {of!r} is not forecast; {nearest(part, known)}choose {', '.join(known)}, "
            f"a sum such as {'+'.join(known[-2:])}, or '{known[-1]}{OR_NEWER}'"
        )
    return name


def workloads_entered(cube: xr.Dataset, technique: str) -> list[str]:
    """Return the workloads that a technique shares with others, in the cube's order; training is none of them.

    Parameters
    ----------
    cube
        The draw cube, for its tasks.
    technique
        Such as ``llm``.

    Returns
    -------
    list of str
        Names of workloads.

    Examples
    --------
    >>> workloads_entered(xr.Dataset(coords={"task": ["ads/gbdt", "ads/llm", "generative/llm"]}), "llm")
    ['ads']
    """
    tasks = [str(name).partition("/") for name in cube["task"].values]
    entered = [workload for workload, _, own in tasks if own == technique]
    return [name for name in entered if sum(workload == name for workload, _, _ in tasks) > 1 and name != "training"]


def half_questions(cube: xr.Dataset) -> Iterator[dict[str, Any]]:
    """Yield the questions when LLMs pass half: of each workload they enter, alone and with the class before them.

    Parameters
    ----------
    cube
        Draw cube.

    Yields
    ------
    dict
        ``technique, of, base, segment``, by workload, on requests and GPU-hours of either side.
    """
    for workload in workloads_entered(cube, _NEWEST):
        newer = choose_techniques(cube, f"{_BEFORE}{OR_NEWER}", of=workload).names[1:]
        for technique in (_NEWEST, *((f"{newer[0]}{OR_NEWER}",) if len(newer) > 1 else ())):
            for segment in ("hyperscale", "rest"):
                for base in ("requests", "gpu_hours"):
                    yield {"technique": technique, "of": workload, "base": base, "segment": segment}
