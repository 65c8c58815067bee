"""Tables of a fleet's champion for SQL: hours by month, and the answers that were kept with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from shiftcast.pipelines.fleet.bundle import FleetBundle
from shiftcast.pipelines.fleet.place import model_of
from shiftcast.pipelines.fleet.retraining import read_fleet_version
from shiftcast.pipelines.registry.mlflow_store import champion_version, open_store
from shiftcast.pipelines.state.root import StoreError

FLEET: Final[Mapping[str, str]] = {
    "fleet_hours": "accelerator-hours that the fleet's champion forecasts by month: quantiles and mean of the total",
    "fleet_forecast": "its hours, accelerators, power and money by quarter and part, as kept with it",
    "fleet_full": "odds by month that the fleet is full, as kept with it",
}
LEVELS: Final = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)  # told of the total


def fleet_tables(root: Path, name: str) -> dict[str, Callable[[], pd.DataFrame]]:
    """Return the tables by name, each as what reads it; the champion is opened once, when the first is asked for.

    Parameters
    ----------
    root, name
        Folder of all state, and name of the fleet.

    Returns
    -------
    dict
        They raise :class:`StoreError` where the fleet has no champion, or it kept no such answer.
    """
    opened = cache(partial(_champion, root, name))
    return {
        "fleet_hours": lambda: hours_table(opened().total),
        "fleet_forecast": lambda: _kept(opened(), "forecast"),
        "fleet_full": lambda: _kept(opened(), "full"),
    }


def hours_table(total: pd.DataFrame) -> pd.DataFrame:
    """Return quantiles and mean of a total by month.

    Parameters
    ----------
    total
        A row a draw and a column a month, such as ``2027-03`` [accelerator_hour].

    Returns
    -------
    DataFrame
        ``month`` (first day, midnight UTC), ``statistic`` (``quantile`` or ``mean``), ``quantile`` and ``value``.

    Examples
    --------
    >>> float(hours_table(pd.DataFrame({"2027-03": [1.0, 3.0]}))["value"].iloc[-1])
    2.0
    """
    months = pd.to_datetime(pd.Index(total.columns), utc=True)
    rows = [
        pd.DataFrame({"month": months, "statistic": "quantile", "quantile": level, "value": values})
        for level, values in zip(LEVELS, np.quantile(total.to_numpy(), LEVELS, axis=0), strict=True)
    ]
    mean = pd.DataFrame({"month": months, "statistic": "mean", "quantile": np.nan, "value": total.mean().to_numpy()})
    return pd.concat([*rows, mean], ignore_index=True)


def _champion(root: Path, name: str) -> FleetBundle:
    store = open_store(root, make=False, model=model_of(name))
    version = champion_version(store)
    if version is None:
        raise StoreError(
            f"fleet {name!r} has no champion; `shiftcast fleet {name} retrain --promote-if-better` makes one"
        )
    return read_fleet_version(store, version)


def _kept(bundle: FleetBundle, question: str) -> pd.DataFrame:
    rows = next((each["rows"] for each in bundle.answers if each["question"]["question"] == question), None)
    if rows is None:
        raise StoreError(
            f"the champion of fleet {bundle.planner.fleet.name!r} keeps no answer to {question!r}; its facts or usage "
            "did not allow one when it was made"
        )
    table = pd.DataFrame(rows)
    return table.assign(month=pd.to_datetime(table["month"], utc=True)) if "month" in table else table
