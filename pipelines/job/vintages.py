"""Vintages to score: every registered forecast; none is read that differs from its manifest."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from shiftcast.features.asof import latest_known
from shiftcast.features.input_error import InputError
from shiftcast.forecast.capacity.procurement import build_costs
from shiftcast.forecast.scoring.actuals import actuals
from shiftcast.forecast.scoring.scorecard import KEY, Vintage, override_scores, vintage_scores
from shiftcast.pipelines.job.overrides import read_overrides
from shiftcast.pipelines.registry.bundle import AlteredBundleError
from shiftcast.pipelines.registry.champion import read_version
from shiftcast.pipelines.registry.mlflow_store import COMPLETE, STATE_TAG, Store, all_versions, open_store
from shiftcast.pipelines.sources.public_record import Record
from shiftcast.pipelines.state.root import StoreError


def vintages(store: Store, *, only: frozenset[str] | None = None) -> Iterator[Vintage | str]:
    """Yield every complete version, oldest first, or why one cannot be read.

    Parameters
    ----------
    store
        The MLflow store.
    only
        Versions to yield; all if not given.

    Returns
    -------
    Iterator
        A vintage, or the reason one cannot be read.
    """
    whole = [version for version in all_versions(store) if version.tags.get(STATE_TAG) == COMPLETE]
    for version in sorted(whole, key=lambda each: int(each.version)):
        if only is not None and str(version.version) not in only:
            continue
        try:
            bundle = read_version(store, version)
        except (AlteredBundleError, StoreError) as error:
            yield f"version {version.version} is not scored: {error}"
            continue
        origin = pd.Timestamp(bundle.summary.origin, tz="UTC")
        rows = latest_known(bundle.tables["observations"], origin)
        known = bundle.known
        yield Vintage(f"v{version.version}", origin, bundle.cube, rows, known.market, known.beliefs)


def score_card(
    root: Path, record: Record, as_of: pd.Timestamp, *, period_end: pd.Timestamp | None = None,
    only: frozenset[str] | None = None,
) -> tuple[pd.DataFrame, list[str]]:  # fmt: skip
    """Score every vintage and override of a store on what was known by a day.

    Parameters
    ----------
    root
        Folder of the store.
    record
        The record that says what came, and what building too little and too much costs.
    as_of
        Last day of knowledge about what came.
    period_end
        The one quarter to score; all if not given.
    only
        Versions to score; all if not given.

    Returns
    -------
    tuple of DataFrame and list of str
        Rows of :func:`forecast.scoring.scorecard.vintage_scores`; the versions that could not be read, with the reason.

    Raises
    ------
    ValueError
        If nothing has come yet of what is asked for.
    StoreError
        If there is no store.
    """
    known = record.as_of(as_of)
    actual = actuals(known.history.observations, as_of, known.market)
    if period_end is not None:
        _require(actual, period_end, as_of)
    costs, blocks, unreadable = build_costs(record.assumptions), [], []
    for each in vintages(open_store(root, make=False), only=only):
        if isinstance(each, str):
            unreadable.append(each)
        else:
            blocks.append(vintage_scores(each, actual, costs, period_end=period_end))
    if only is None:
        blocks.append(override_scores(read_overrides(root), actual, costs))
    blocks = [block for block in blocks if len(block)]
    card = pd.concat(blocks, ignore_index=True) if blocks else pd.DataFrame(columns=[*KEY, "period_end"])
    return (card if period_end is None else card[card["period_end"] == period_end]), unreadable


def _require(actual: pd.DataFrame, period_end: pd.Timestamp, as_of: pd.Timestamp) -> None:
    if not (actual["period_end"] == period_end).any():
        last = actual["period_end"].max()
        raise InputError(
            f"nothing of the quarter that ends on {period_end:%Y-%m-%d} was known on {as_of:%Y-%m-%d}; the last "
            f"quarter with figures ends on {last:%Y-%m-%d}"
        )
