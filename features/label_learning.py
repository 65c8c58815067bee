"""Learn labels of names from those that a person confirmed, with the words that spoke for each.

For each dimension a logistic regression on words, pairs of words, threes of letters and the guesses of the hints is
fitted from the confirmed names each time; nothing is kept.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from shiftcast.features.input_error import InputError
from shiftcast.features.label_words import GUESSED, Hints, guess, words_of
from shiftcast.features.labels import NO, unguarded

FEWEST: Final = 20  # names below which what was learned is said to rest on little
_LEAST_CHANCE: Final = 0.5  # a label that is less likely than not is not proposed
_SHOWN: Final = 3
_LOOSE: Final = 30.0  # inverse strength of the penalty; names are short and few
_HINTS_COUNT: Final = 4  # words that a guess of the hints counts as
_MOST_STEPS: Final = 1000


@dataclass(frozen=True)
class Example:
    """A name and the labels that a person gave it.

    Attributes
    ----------
    text
        The name, numbers as ``#``.
    labels
        Label by dimension of :data:`features.label_words.GUESSED`; empty where it is left open.
    """

    text: str
    labels: Mapping[str, str]


@dataclass(frozen=True)
class Proposal:
    """A label with its chance.

    Attributes
    ----------
    label, chance
        The label, empty for one best left open, and its probability [share].
    words
        Words and hints that spoke most for it, the strongest first.
    """

    label: str
    chance: float
    words: tuple[str, ...]


@dataclass(frozen=True)
class Fitted:
    """What was learned of a dimension.

    Attributes
    ----------
    terms, model
        Vectors of names, and the regression; None where all names have one label.
    only
        That label.
    """

    terms: TfidfVectorizer | None
    model: LogisticRegression | None
    only: str = ""


def examples_from_table(table: pd.DataFrame) -> list[Example]:
    """Return the confirmed names of a table, each once, in an order that the rows' order does not change.

    Parameters
    ----------
    table
        Rules of :class:`features.frames.LabelRules`, or names with labels: ``name`` or ``pattern``, labels, and perhaps
        ``confirmed``; rows that say no are passed over. Of names that differ in numbers alone the last row counts.

    Returns
    -------
    list of Example
        Sorted by name.

    Raises
    ------
    InputError
        If the table has neither column of names, or no label.

    Examples
    --------
    >>> table = pd.DataFrame({"name": ["lora_1", "lora_2"], "workload": ["other", "training"]})
    >>> [(each.text, each.labels["workload"]) for each in examples_from_table(table)]
    [('lora_#', 'training')]
    """
    column = next((name for name in ("pattern", "name") if name in table), None)
    if column is None or not set(GUESSED) & set(table):
        raise InputError(
            f"columns {', '.join(map(str, table.columns))}: to learn, give rules (pattern) or names (name) with "
            f"{', '.join(GUESSED)}"
        )
    found = {}
    for row in table.fillna("").to_dict("records"):
        text = re.sub(r"[0-9*?]+", "#", unguarded(str(row[column]).strip()))
        labels = {name: str(row.get(name, "")).strip() for name in GUESSED}
        words = words_of(text)
        if words and str(row.get("confirmed", "")).strip().lower() != NO:
            found[tuple(words)] = Example(text, labels)
    return [found[key] for key in sorted(found)]


def learn(examples: Sequence[Example], hints: Hints) -> dict[str, Fitted]:
    """Fit a classifier for each dimension.

    Parameters
    ----------
    examples
        Confirmed names.
    hints
        Hints whose guesses are terms too.

    Returns
    -------
    dict of str to Fitted
        By dimension of :data:`features.label_words.GUESSED`.
    """
    return {name: _fitted(examples, name, hints) for name in GUESSED}


def _fitted(examples: Sequence[Example], dimension: str, hints: Hints) -> Fitted:
    labels = [each.labels[dimension] for each in examples]
    if len(set(labels)) < 2:
        return Fitted(None, None, labels[0] if labels else "")
    terms = TfidfVectorizer(analyzer=lambda text: terms_of(text, hints))
    vectors = terms.fit_transform([each.text for each in examples])
    return Fitted(terms, LogisticRegression(C=_LOOSE, max_iter=_MOST_STEPS).fit(vectors, labels))


def terms_of(text: str, hints: Hints) -> list[str]:
    """Return what a name is learned by: words, pairs of words, threes of letters, and what the hints guess.

    Parameters
    ----------
    text
        A name.
    hints
        The hints.

    Returns
    -------
    list of str
        Terms, each with its kind in front.
    """
    words = words_of(text)
    pairs = [f"word {one} {two}" for one, two in pairwise(words)]
    threes = [f"part {f'<{word}>'[at : at + 3]}" for word in words for at in range(len(word))]
    guessed = [f"hint {name} {label}" for name, label in guess(text, hints).labels.items()] * _HINTS_COUNT
    return [*(f"word {word}" for word in words), *pairs, *threes, *guessed]


def propose_label(fitted: Fitted, text: str) -> Proposal:
    """Return the likeliest label of a name.

    Parameters
    ----------
    fitted
        Of one dimension.
    text
        A name.

    Returns
    -------
    Proposal
        The label, its chance, and the words that spoke for it.
    """
    if fitted.terms is None or fitted.model is None:
        return Proposal(fitted.only, 1.0, ())
    vector = fitted.terms.transform([text])
    chances = fitted.model.predict_proba(vector)[0]
    best = int(np.argmax(chances))
    weights = fitted.model.coef_
    weight = weights[best] if len(weights) > 1 else weights[0] * (1 if best else -1)
    return Proposal(str(fitted.model.classes_[best]), float(chances[best]), _heaviest(fitted.terms, vector, weight))


def _heaviest(terms: TfidfVectorizer, vector: Any, weight: Any) -> tuple[str, ...]:
    """Return the words of a name that weigh most for a label; threes of letters tell a person nothing."""
    pushes, names = vector.toarray()[0] * weight, terms.get_feature_names_out()
    order = np.argsort(-pushes, kind="stable")
    said = [str(names[at]) for at in order if pushes[at] > 0 and not names[at].startswith("part ")]
    return tuple(term.removeprefix("word ") for term in said[:_SHOWN])


def top_words(fitted: Fitted) -> dict[str, tuple[str, ...]]:
    """Return the words that weigh most for each label of a dimension.

    Parameters
    ----------
    fitted
        Of one dimension.

    Returns
    -------
    dict
        Words and hints by label, the heaviest first.
    """
    if fitted.terms is None or fitted.model is None:
        return {fitted.only: ()}
    names, weights = fitted.terms.get_feature_names_out(), fitted.model.coef_
    rows = weights if len(weights) > 1 else np.vstack([-weights[0], weights[0]])
    return {
        str(label): tuple(
            str(names[at]).removeprefix("word ")
            for at in [each for each in np.argsort(-row, kind="stable") if not names[each].startswith("part ")][:_SHOWN]
        )
        for label, row in zip(fitted.model.classes_, rows, strict=True)
    }


def settle_label(said: Proposal, hinted: str) -> str:
    """Return what was learned where a known word says it and it is likelier than not, else what the hints guess.

    Parameters
    ----------
    said
        From :func:`propose_label`.
    hinted
        Label that the hints guess; empty for none.

    Returns
    -------
    str
        The label; empty for none.

    Examples
    --------
    >>> said = [Proposal("ads", 0.7, ("atlas",)), Proposal("ads", 0.4, ("atlas",)), Proposal("ads", 0.7, ())]
    >>> [settle_label(each, "search") for each in said]
    ['ads', 'search', 'search']
    """
    return said.label if said.words and said.chance >= _LEAST_CHANCE else hinted
