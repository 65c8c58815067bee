"""Answer to when techniques pass a threshold of a workload: a sentence, dates and odds, and what would settle it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import xarray as xr

from shiftcast.forecast.views.crossing_words import Asked, crossing_words
from shiftcast.forecast.views.passage import Passage, check_fractions, passage
from shiftcast.forecast.views.scenario import BASE, label_of
from shiftcast.forecast.views.settled import MOST, Figure, Parts, settling_figures, variance_parts
from shiftcast.forecast.views.technique_share import technique_share


@dataclass(frozen=True)
class Crossing(Passage):
    """When the share of techniques passes a threshold.

    Attributes
    ----------
    question
        What was asked, with base and segment.
    techniques
        Techniques as they were read.
    says
        The answer in words, and why where most of the odds lie outside the window.
    parts
        What the uncertainty is made of; none where all draws agree.
    settles
        Figures that would narrow it most.
    notes
        What a reader has to know.
    """

    question: str
    techniques: str
    says: str
    parts: Parts | None
    settles: tuple[Figure, ...]
    notes: tuple[str, ...]

    def row(self) -> dict[str, Any]:
        """Return the answer as one flat row, words first, a column a year and a part.

        Returns
        -------
        dict
            Column to text, number or ``None``.
        """
        figures = [*self.settles, *[None] * (MOST - len(self.settles))]
        parts = asdict(self.parts) if self.parts is not None else dict.fromkeys(Parts.__annotations__)
        row: dict[str, Any] = {
            "question": self.question, "says": self.says, "techniques": self.techniques, "already": self.already,
            **{f"by_{year}": odds for year, odds in self.by.items()}, "never": self.never, "horizon": self.horizon,
            "early": self.early, "middle": self.middle, "late": self.late, "level": self.level,
            "draws_within": self.draws_within, "early_within": self.early_within,
            "middle_within": self.middle_within, "late_within": self.late_within,
            **{f"variance_{name}": part for name, part in parts.items()},
        }  # fmt: skip
        for at, figure in enumerate(figures, start=1):
            row |= {f"settle_{at}": figure and figure.ask, f"settle_{at}_cut": figure and figure.cut}
        return row | {"notes": "; ".join(self.notes)}


def crossing(
    cube: xr.Dataset, technique: str, *, of: str, base: str, segment: str, above: float = 0.5, level: float = 0.8,
    scenario: str = BASE,
) -> Crossing:  # fmt: skip
    """Return when the share of techniques in a workload first passes a threshold.

    Parameters
    ----------
    cube, technique, of, base, segment, scenario
        As :func:`forecast.views.technique_share.technique_share` takes them.
    above, level
        Threshold and interval level, each in (0, 1).

    Returns
    -------
    Crossing
        The sentence, then the numbers.

    Raises
    ------
    ValueError
        Naming the argument that is out of range, or the share that is not forecast.
    """
    check_fractions(above=above, level=level)
    share = technique_share(cube, technique, of=of, base=base, segment=segment, scenario=scenario)
    when = passage(share.share, share.ends, above=above, level=level, first_ahead=share.first_ahead)
    parts, settles = variance_parts(share), settling_figures(cube, share, of=of, base=base)
    asked = Asked(share.chosen.asked, of, base, segment, above)
    question = str(asked) if scenario == BASE else f"{asked}, {label_of(cube, scenario)}"
    says = crossing_words(asked, share, when, parts, settles)
    return Crossing(
        **vars(when), question=question, techniques=str(share.chosen), says=says, parts=parts, settles=settles,
        notes=share.notes,
    )  # fmt: skip
