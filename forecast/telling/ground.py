"""The forecast that questions are asked of: its draws, the rows it rests on, and how much of an answer they carry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import xarray as xr

from shiftcast.features.arrays import Array
from shiftcast.forecast.draws import sample_assumptions
from shiftcast.forecast.economics.basis import learned_of
from shiftcast.forecast.scenarios.reading import read_scenario
from shiftcast.forecast.telling.assumed import carried, normal_scores, spanned, variance_assumed
from shiftcast.forecast.telling.subject import Subject, subject_of
from shiftcast.forecast.views.answer import ASSUMED
from shiftcast.forecast.views.provenance import INTERVAL, JUDGED, Assumed, Provenance, Registered, rows_assumed
from shiftcast.forecast.views.scenario import gallery_of

if TYPE_CHECKING:
    from shiftcast.forecast.known import Known, Settings

BASE: Final = "base"
_BASES: Final[Mapping[str, str]] = {
    "placement": "accelerator_hours", "techniques": "adoption, requests and gpu_hours", "claims": "as claimed",
    "check": "as claimed", "relabel": "revenue", "concentration": "gpu_hours and spending", "plan": "accelerators",
    "latent": "gpu_hours", "newcomer": "accelerators", "scenario": "as each measure",
    "regret": "accelerators",
    "limits": "h100e", "ceilings": "as each ceiling", "site": "work", "cost": "work", "retire": "accelerators",
}  # fmt: skip


@dataclass(frozen=True)
class Ground:
    """A forecast and what stands behind it.

    Attributes
    ----------
    cube
        Joint draws.
    known, settings
        The record as it was known, and how the cube was drawn; either may not have been kept.
    registered
        The forecast as registered, if it was.
    """

    cube: xr.Dataset
    known: Known | None = None
    settings: Settings | None = None
    registered: Registered | None = None

    def assumed(self, name: str, asked: Mapping[str, Any], rows: pd.DataFrame) -> tuple[pd.DataFrame, Assumed]:
        """Return the assumption rows of an answer, and the part of it that is assumed.

        Parameters
        ----------
        name, asked
            Question and its fields.
        rows
            Rows that the answer lists itself; where it lists none, those most of its variance goes with.

        Returns
        -------
        tuple of DataFrame and Assumed
        """
        subject = subject_of(name, asked, self.cube)
        if subject is None or self._inputs is None:
            return rows, rows_assumed(rows)
        part = variance_assumed(subject.draws, self._judged, subject=subject.name)
        return (rows if len(rows) else self._carrying(subject, *self._inputs)), part

    def worded(self, name: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Return the fields of a question as words tell them: a scenario by its name, where it is a table.

        Parameters
        ----------
        name, asked
            Question and its fields.

        Returns
        -------
        dict
        """
        told = {} if name in _TIERED or "scenario" not in asked else {"scenario": self._scenario(name, asked)[0]}
        return {**asked, **told}

    def provenance(self, name: str, asked: Mapping[str, Any], assumed: Assumed) -> Provenance:
        """Return where an answer comes from.

        Parameters
        ----------
        name, asked
            Question and its fields.
        assumed
            The part of it that is assumed.

        Returns
        -------
        Provenance
        """
        under = self.cube.attrs
        definition = str(asked.get("definition", under["definition"]))
        scenario, hashes = self._scenario(name, asked)
        level = asked.get("level")
        return Provenance(
            asked={"question": name, **asked},
            base=str(asked.get("base") or asked.get("measure") or _BASES.get(name, "")), definition=definition,
            definition_words=self._words(definition),
            mode=str(asked.get("mode", under["split_mode"])), as_of=str(under["origin"]),
            interval=INTERVAL if level is None else f"of {level:.0%} of the joint draws", draws=self.cube.sizes["draw"],
            seed=None if self.settings is None else self.settings.seed, registered=self.registered, scenario=scenario,
            scenario_hash=hashes, assumed=assumed,
        )  # fmt: skip

    def _scenario(self, name: str, asked: Mapping[str, Any]) -> tuple[str, str | None]:
        """Return the scenarios of a question, and the hash of each; none of the base."""
        texts = asked.get("scenarios") or [BASE if name in _TIERED else asked.get("scenario", BASE)]
        read = [read_scenario(str(text), gallery_of(self.cube)) for text in texts]
        hashes = ", ".join(each.hash for each in read if each.levers)
        return ", ".join(each.label for each in read), hashes or None

    @cached_property
    def _rows(self) -> pd.DataFrame:
        rows = self.known.assumptions if self.known is not None else pd.DataFrame(columns=list(ASSUMED))
        return rows.set_index("name", drop=False)

    @cached_property
    def _inputs(self) -> tuple[list[str], Array] | None:
        """Names of the drawn assumption rows and their draws as normal scores, shape (draws, rows)."""
        if self.known is None or self.settings is None:
            return None
        drawn = sample_assumptions(
            self.known.assumptions, draws=self.cube.sizes["draw"], seed=self.settings.seed, moved=learned_of(self.cube)
        )
        values = {name: each for name, each in drawn.values.items() if name in self._rows.index and np.ptp(each) > 0}
        return list(values), normal_scores(np.stack(list(values.values()), axis=-1))

    @cached_property
    def _judged(self) -> Array:
        """What the rows that are judgements span, shape (draws, rank)."""
        names, scores = self._inputs or ([], np.zeros((self.cube.sizes["draw"], 0)))
        return spanned(scores[:, self._rows.loc[names, "evidence"].isin(JUDGED).to_numpy()])

    def _carrying(self, subject: Subject, names: list[str], scores: Array) -> pd.DataFrame:
        chosen = carried(subject.draws, scores)
        return self._rows.loc[[names[at] for at in chosen], list(ASSUMED)].reset_index(drop=True)

    def _words(self, definition: str) -> str:
        """Return a definition in words, as its row has them."""
        if self.known is None:
            return ""
        rows = self.known.definitions
        mine = rows[(rows["about"] == "split") & (rows["definition"] == definition)]
        if mine.empty:
            return ""
        row = mine.iloc[0]
        stated = row["confidence"] == "verified"
        return f"as in {row['source']}" if stated else str(row["note"]).partition(";")[0]


_TIERED: Final = ("site", "cost", "retire")  # their `scenario` is a tier of throughput records
