"""Lessons from the rules and corrections that a person confirmed: what they better, and how often they are right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from shiftcast.features.input_error import InputError
from shiftcast.features.label_learning import (
    FEWEST,
    Example,
    Fitted,
    Proposal,
    examples_from_table,
    learn,
    propose_label,
    settle_label,
    top_words,
)
from shiftcast.features.label_trial import Accuracy, left_out
from shiftcast.features.label_words import Guess
from shiftcast.pipelines.commands.label_proposals import hint_table
from shiftcast.pipelines.sources.table import read_table

_NAMED: Final = frozenset({"name", "jobname"})  # fields of names that a file of corrections speaks of
_OPEN: Final = "(left open)"


@dataclass(frozen=True)
class Lessons:
    """What was learned from a file.

    Attributes
    ----------
    examples
        Confirmed names.
    fields
        Fields that the names are of.
    fitted, accuracy
        By dimension.
    """

    examples: tuple[Example, ...]
    fields: frozenset[str]
    fitted: Mapping[str, Fitted]
    accuracy: Mapping[str, Accuracy]

    def better(self, field: str, text: str, hinted: Guess) -> Guess:
        """Return a guess with what was learned in the place of hints, where it is right more often than they are.

        Parameters
        ----------
        field, text
            Field of the name, and the name.
        hinted
            What the hints guess.

        Returns
        -------
        Guess
            Labels, and words with chances.
        """
        labels, words = dict(hinted.labels), list(hinted.words)
        for name, accuracy in self.accuracy.items():
            said = propose_label(self.fitted[name], text) if field in self.fields and accuracy.wins else None
            if said is not None and settle_label(said, labels.get(name, "")) != labels.get(name, ""):
                labels[name] = said.label
                words.append(f"learned {name} {said.label or _OPEN} {said.chance:.0%}{_from(said)}")
        return Guess({name: label for name, label in labels.items() if label}, tuple(words))

    def lines(self) -> Iterator[str]:
        """Yield what was learned, for a screen: how often each way is right on names left out, and words by weight."""
        few = f"; fewer than {FEWEST}, so this rests on little" if len(self.examples) < FEWEST else ""
        yield f"{len(self.examples)} confirmed names{few}"
        for name, accuracy in self.accuracy.items():
            used = "used" if accuracy.wins else "not used, since a simpler way is as good"
            yield (f"{name}: right on names left out: with lessons {accuracy.learned:.0%}, hints {accuracy.hints:.0%}, "
                   f"most frequent {accuracy.frequent:.0%}; {used}")  # fmt: skip
            for label, words in top_words(self.fitted[name]).items():
                yield f"  {label or _OPEN}: {', '.join(words) or 'the only label'}"


def _from(said: Proposal) -> str:
    return f" from {', '.join(said.words)}" if said.words else ""


def learn_from(path: Path) -> Lessons:
    """Learn from a file of rules, or of names with labels.

    Parameters
    ----------
    path
        CSV: rules of which some say ``confirmed,yes``, or ``name`` and labels.

    Returns
    -------
    Lessons
        What was learned.

    Raises
    ------
    InputError
        If the file has no confirmed name.
    """
    table = read_table(path)
    try:
        examples = examples_from_table(table)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    if not examples:
        raise InputError(f"{path}: no row is confirmed; write yes under confirmed where the labels are right")
    hints = hint_table()
    fields = frozenset(map(str, table["field"])) if "field" in table else _NAMED
    return Lessons(tuple(examples), fields | _NAMED if "any" in fields else fields, learn(examples, hints),
                   left_out(examples, hints))  # fmt: skip
