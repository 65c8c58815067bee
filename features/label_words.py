"""Guess labels from the words of a name, by a table of hints.

A name is cut into words at everything that is no letter, at digits and at capitals, so that ``electra`` holds no
``ctr``. Words side by side may be one hint (``fine-tune``, ``two_tower``). A job that trains is training, whatever its
model would serve.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

GUESSED: Final = ("workload", "phase", "technique")
STAGE, SERVICE, MODEL, NEUTRAL = "stage", "service", "model", "neutral"
ROLES: Final = (STAGE, SERVICE, MODEL, NEUTRAL)
_PART: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9#]+|[^\W\d_]+")
_MOST_PARTS: Final = 4


@dataclass(frozen=True)
class Hint:
    """A word and what it says of a job.

    Attributes
    ----------
    word
        One word or several with spaces, a star at the end where what begins so counts too.
    role
        ``stage``: what the job does; ``service``: whom it serves; ``model``: what it runs, which tells whom it serves
        only where it answers requests; ``neutral``: a phrase that says nothing, whatever its words say.
    labels
        Label by dimension of :data:`GUESSED`.
    order
        Place in the table: of two stages the first counts.
    """

    word: str
    role: str
    labels: Mapping[str, str]
    order: int = 0


@dataclass(frozen=True)
class Hints:
    """Hints by their word, written as its parts side by side.

    Attributes
    ----------
    whole, starts
        Hints that are all of a word, and those that begin one.
    techniques
        Techniques a workload can have; a workload that is not among them can have any.
    """

    whole: Mapping[str, Hint]
    starts: Mapping[str, Hint]
    techniques: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Guess:
    """Labels guessed for a name.

    Attributes
    ----------
    labels
        Label by dimension; a dimension that no word speaks of is left out.
    words
        Hints that were heard, in the order of the name.
    """

    labels: Mapping[str, str] = field(default_factory=dict)
    words: tuple[str, ...] = ()


def parts_of(text: str) -> list[str]:
    """Return the words of a name in small letters, each run of digits as ``#``.

    Parameters
    ----------
    text
        A name.

    Returns
    -------
    list of str
        Its words.

    Examples
    --------
    >>> parts_of("ColBERT-finetune_v2"), parts_of("searchParams"), parts_of("vLLM")
    (['col', 'bert', 'finetune', 'v', '#'], ['search', 'params'], ['v', 'llm'])
    """
    return ["#" if part[0] in "#0123456789" else part.lower() for part in _PART.findall(text)]


def words_of(text: str) -> list[str]:
    """Return the words of a name without its numbers.

    Parameters
    ----------
    text
        A name.

    Returns
    -------
    list of str
        Its words.
    """
    return [part for part in parts_of(text) if part != "#"]


def hints_from_rows(rows: Sequence[Mapping[str, str]], techniques: Mapping[str, frozenset[str]] | None = None) -> Hints:
    """Return hints as they are looked up.

    Parameters
    ----------
    rows
        ``word, role, workload, phase, technique``.
    techniques
        As in :class:`Hints`.

    Returns
    -------
    Hints
        The hints.
    """
    whole: dict[str, Hint] = {}
    starts: dict[str, Hint] = {}
    for order, row in enumerate(rows):
        word = row["word"]
        hint = Hint(word, row["role"], {name: row[name] for name in GUESSED if row[name]}, order)
        (starts if word.endswith("*") else whole).setdefault("".join(parts_of(word)), hint)
    return Hints(whole, starts, techniques or {})


def heard(text: str, hints: Hints) -> Iterator[Hint]:
    """Yield the hints a name holds, from the left and the longest first; no word counts for two.

    Parameters
    ----------
    text
        A name.
    hints
        What is listened for.

    Yields
    ------
    Hint
        Each hint.

    Examples
    --------
    >>> rows = [{"word": "ctr", "role": "service", "workload": "ads", "phase": "", "technique": ""}]
    >>> [[hint.word for hint in heard(name, hints_from_rows(rows))] for name in ("wide_deep_ctr", "electra")]
    [['ctr'], []]
    """
    parts, at = parts_of(text), 0
    while at < len(parts):
        widths = range(min(_MOST_PARTS, len(parts) - at), 0, -1)
        found = ((width, hint) for width in widths if (hint := _match(parts[at : at + width], hints)))
        width, hint = next(found, (1, None))
        if hint is not None:
            yield hint
        at += width


def _match(parts: list[str], hints: Hints) -> Hint | None:
    """Return the hint that the parts are together; one that begins a word needs all of them but the last's end."""
    joined, before = "".join(parts), sum(map(len, parts[:-1]))
    starts = (joined[:end] for end in range(len(joined), before, -1))
    return hints.whole.get(joined) or next((hints.starts[start] for start in starts if start in hints.starts), None)


def guess(text: str, hints: Hints, *, serves: bool = False) -> Guess:
    """Guess the labels of what has a name.

    Parameters
    ----------
    text
        A name.
    hints
        From :func:`hints_from_rows`.
    serves
        Whether the name is known to be of a model that answers requests.

    Returns
    -------
    Guess
        Labels, and the words they were guessed from.

    Examples
    --------
    >>> rows = [{"word": "serv*", "role": "stage", "workload": "", "phase": "inference", "technique": ""},
    ...         {"word": "llama", "role": "model", "workload": "generative", "phase": "", "technique": "llm"}]
    >>> hints = hints_from_rows(rows)
    >>> guess("serve_llama3", hints).labels
    {'workload': 'generative', 'phase': 'inference', 'technique': 'llm'}
    >>> guess("llama3", hints).labels
    {'technique': 'llm'}
    """
    found = [hint for hint in heard(text, hints) if hint.role != NEUTRAL]
    stages = sorted((hint for hint in found if hint.role == STAGE), key=lambda hint: hint.order)
    named = sorted((hint for hint in found if hint.role != STAGE), key=lambda hint: ROLES.index(hint.role))
    stage = stages[0].labels if stages else {"phase": "inference"} if serves and named else {}
    answers = stage.get("phase") == "inference"
    served = [hint.labels.get("workload", "") for hint in named if hint.role == SERVICE or answers]
    workload = stage.get("workload") or next(filter(None, served), "")
    technique = _technique([hint.labels.get("technique", "") for hint in (*named, *stages)], workload, hints)
    labels = {"workload": workload, "phase": stage.get("phase", ""), "technique": technique}
    return Guess({name: label for name, label in labels.items() if label}, tuple(hint.word for hint in found))


def _technique(said: Sequence[str], workload: str, hints: Hints) -> str:
    """Return the technique that the workload can have: of a language model first; other networks are trained deep."""
    possible = hints.techniques.get(workload)
    words = [word for word in said if word]
    if possible is not None and "sequence" not in possible:
        words = ["deep" if word == "sequence" else word for word in words]
    words = [word for word in words if possible is None or word in possible]
    return "llm" if "llm" in words else next(iter(words), "")
