"""Propose rules for what is unlabelled: a pattern for the name, and the labels its words tell."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final, TypeAlias

from shiftcast.features.label_words import GUESSED, Guess, Hints, guess, hints_from_rows, words_of
from shiftcast.features.labels import NO, Rule
from shiftcast.pipelines.records import RECORDS
from shiftcast.pipelines.sources.table import read_table

Better: TypeAlias = Callable[[str, str, Guess], Guess]  # of a field, a name in it, and what the hints guess

_NEXT: Final = re.compile(r"; (?=[A-Za-z_]\w*=)")  # between the fields of a clue
_ORDER: Final = ("name", "jobname", "job", "app", "pod", "image", "model", "metric", "tag", "role", "description")
_LAST: Final = ("namespace", "service", "sku", "category", "type", "partition", "queue", "qos", "account", "project",
                "group", "cluster", "file")  # fmt: skip
_FIRST: Final = "gpu_hours"  # measure whose largest come first
_SERVED: Final = "model"  # a server's name for what it runs
_CODES: Final = {"sku"}  # letters that are no words
_WIDTH: Final = 60  # letters of a name that a clue shows
_MONTH: Final = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_DATED: Final = re.compile(rf"#[-_.]?(?:{_MONTH})[a-z]*[-_.]?#|(?<![a-z])(?:{_MONTH})[a-z]*[-_.]?#", re.IGNORECASE)
_MIXED: Final = re.compile(
    r"(?<![^\W_])(?:(?:[a-z]{0,2}#){2,}[a-z]{0,2}|(?:[a-z]{0,4}#){3,}[a-z]{0,4})(?![^\W_])", re.IGNORECASE
)  # such as 3o4n6z3e
_NUMBERS: Final = re.compile(r"#(?:[-_.:/T ]*#)*")


@dataclass
class Proposed:
    """A rule that is proposed.

    Attributes
    ----------
    where, pattern
        Field it looks at, and what for.
    sample
        Name it was made from, numbers as ``#``.
    labels, words
        Labels by dimension, and what they were guessed from.
    totals
        Amount it is about by measure, in the measure's unit.
    """

    where: str
    pattern: str
    sample: str
    labels: Mapping[str, str]
    words: tuple[str, ...] = ()
    totals: dict[str, float] = field(default_factory=dict)

    def row(self) -> dict[str, str]:
        """Return the rule as a row of :class:`features.frames.LabelRules`; nobody has confirmed it yet."""
        size = next((f"{total:,.1f} {name}" for name, total in self.totals.items()), "")
        why = "; ".join(filter(None, (size, *self.words))) if self.words else f"{size}; no known word".lstrip("; ")
        return {"field": self.where, "pattern": self.pattern, **self.labels, "confirmed": NO, "why": why}


def propose(
    largest: Sequence[Mapping[str, Any]],
    *,
    top: int,
    better: Better | None = None,
    dimensions: Sequence[str] = GUESSED,
) -> list[Proposed]:
    """Return rules for the largest groups of unlabelled rows, the largest first and the special before the general.

    Parameters
    ----------
    largest
        ``clue, measure, total`` of groups, the largest first within a measure.
    top
        Most groups of each measure.
    better
        What betters a guess by lessons from confirmed rules; left out if there are none.
    dimensions
        Dimensions to guess.

    Returns
    -------
    list of Proposed
        For each group a rule on its name, and on other fields where they tell more.

    Examples
    --------
    >>> group = {"clue": "account=research; name=finetune_llama#", "measure": "gpu_hours", "total": 9.0}
    >>> rules = propose([group], top=1)
    >>> [(rule.where, rule.pattern, rule.labels["workload"], rule.labels["technique"]) for rule in rules]
    [('name', 'finetune_llama*', 'training', 'llm')]
    """
    found: dict[tuple[str, str], Proposed] = {}
    for each in largest_of(largest, top):
        measure = each["measure"]
        for rule in _rules(each["clue"] or "", better, dimensions):
            kept = found.setdefault((rule.where, rule.pattern), rule)
            kept.totals[measure] = kept.totals.get(measure, 0.0) + (each["total"] or 0.0)
    return _special_first(list(found.values()))


def largest_of(largest: Sequence[Mapping[str, Any]], top: int) -> list[Mapping[str, Any]]:
    """Return the largest groups of each measure, those of accelerators first.

    Parameters
    ----------
    largest
        Groups, the largest first within a measure.
    top
        Most groups of each measure.

    Returns
    -------
    list
        The groups.
    """
    seen: Counter[str] = Counter()
    kept = []
    for each in sorted(largest, key=lambda group: group["measure"] != _FIRST):
        seen[each["measure"]] += 1
        if seen[each["measure"]] <= top:
            kept.append(each)
    return kept


def _rules(clue: str, better: Better | None, dimensions: Sequence[str]) -> Iterator[Proposed]:
    """Yield rules for a clue: on each field that tells of a dimension still open, else an empty one on its name."""
    parts = [part.partition("=")[::2] for part in _NEXT.split(clue) if "=" in part]
    parts = sorted(((name, text) for name, text in parts if words_of(text)), key=lambda part: _rank(part[0]))
    labels: dict[str, str] = {}
    for name, text in parts:
        told = _told(name, text, better)
        fresh = {key: label for key, label in told.labels.items() if key in dimensions and key not in labels}
        if fresh and told.labels.get("workload", "") in {"", labels.get("workload", told.labels.get("workload"))}:
            labels |= fresh
            yield Proposed(name, pattern_of(text), text, told.labels, told.words)
    if parts and not labels:
        yield Proposed(parts[0][0], pattern_of(parts[0][1]), parts[0][1], {})


def _rank(field_name: str) -> int:
    """Return the place of a field: the job's own name first, whom it is billed to late, a field not known between."""
    if field_name in _ORDER:
        return _ORDER.index(field_name)
    return len(_ORDER) + (_LAST.index(field_name) + 1 if field_name in _LAST else 0)


def _told(field_name: str, text: str, better: Better | None) -> Guess:
    name = pattern_of(text).replace("*", "#")  # letters of made-up endings are no words
    hinted = Guess() if field_name in _CODES else guess(name, hint_table(), serves=field_name == _SERVED)
    return hinted if better is None else better(field_name, name, hinted)


def pattern_of(text: str) -> str:
    """Return the pattern of a name: a star for numbers, dates and made-up endings, and for what a clue cuts off.

    Parameters
    ----------
    text
        A name with ``#`` for numbers.

    Returns
    -------
    str
        Pattern with ``*``.

    Examples
    --------
    >>> [pattern_of(text) for text in ("finetune_llama#", "etl_#-#-#_v#", "jupyter-#o#n#z#e", "run_#Mar#_bert")]
    ['finetune_llama*', 'etl_*_v*', 'jupyter-*', 'run_*_bert']
    """
    like = text
    for numbers in (_DATED, _MIXED, _NUMBERS):
        like = numbers.sub("#", like)
    kept = like if words_of(like) else text  # a star alone would take every name
    return re.sub(r"\*+", "*", kept.replace("#", "*") + ("*" if len(text) >= _WIDTH else ""))


def _special_first(rules: Sequence[Proposed]) -> list[Proposed]:
    """Order rules so that none comes after one of its field that would take its names."""
    ordered: list[tuple[Proposed, re.Pattern[str]]] = []
    for rule in rules:
        name = rule.sample.lower()
        before = (at for at, (other, fits) in enumerate(ordered) if other.where == rule.where and fits.match(name))
        ordered.insert(next(before, len(ordered)), (rule, Rule(rule.where, rule.pattern, {}).fits))
    return sorted((rule for rule, _ in ordered), key=lambda rule: _rank(rule.where))


@cache
def hint_table() -> Hints:
    """Return the hints of the record, with the techniques its workloads can have.

    Returns
    -------
    Hints
        The hints.
    """
    rows = read_table(RECORDS / "label_hints.csv").to_dict("records")
    techniques: dict[str, set[str]] = {}
    for row in read_table(RECORDS / "workloads.csv").to_dict("records"):
        techniques.setdefault(str(row["workload"]), set()).add(str(row["technique"]))
    return hints_from_rows(
        [{str(name): str(cell) for name, cell in row.items()} for row in rows],
        {workload: frozenset(names) for workload, names in techniques.items()},
    )
