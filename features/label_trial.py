"""Score what was learned of names on names left out, beside the hints and the most frequent label."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from shiftcast.features.label_learning import Example, learn, propose_label, settle_label
from shiftcast.features.label_words import GUESSED, Hints, guess

_FOLDS: Final = 10


@dataclass(frozen=True)
class Accuracy:
    """Shares of names left out whose label was right.

    Attributes
    ----------
    learned, hints, frequent
        By hints with what was learned from the others, by the hints, by the most frequent label of the others
        [share].
    """

    learned: float
    hints: float
    frequent: float

    @property
    def wins(self) -> bool:
        """Whether what was learned is right more often than both others."""
        return self.learned > max(self.hints, self.frequent)


def left_out(examples: Sequence[Example], hints: Hints) -> dict[str, Accuracy]:
    """Return how often each way is right on names it did not learn from, in ten parts.

    Parameters
    ----------
    examples
        Confirmed names, in a fixed order.
    hints
        The hints.

    Returns
    -------
    dict of str to Accuracy
        By dimension; empty with fewer than two names.
    """
    if len(examples) < 2:
        return {}
    right: dict[str, list[tuple[bool, bool, bool]]] = {name: [] for name in GUESSED}
    folds = min(_FOLDS, len(examples))
    for fold in range(folds):
        kept = [each for at, each in enumerate(examples) if at % folds != fold]
        for name, fitted in learn(kept, hints).items():
            usual = Counter(each.labels[name] for each in kept).most_common(1)[0][0]
            for each in examples[fold::folds]:
                truth, hinted = each.labels[name], guess(each.text, hints).labels.get(name, "")
                learned = settle_label(propose_label(fitted, each.text), hinted)
                right[name].append((learned == truth, hinted == truth, usual == truth))
    return {name: Accuracy(*(float(share) for share in np.mean(hits, axis=0))) for name, hits in right.items()}
