"""Write the first facts file of a fleet: commented, and filled in from what its store shows."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Final

import pandas as pd

from shiftcast.features.frames import ALL, DataFrame, Usage
from shiftcast.features.input_error import InputError
from shiftcast.features.labels import UNLABELLED
from shiftcast.forecast.fleet.described import hours_of, most_at_once
from shiftcast.pipelines.fleet.place import FACTS
from shiftcast.pipelines.store.durable import write_durably

_NODE: Final = 8  # as in Holding: what is guessed comes in whole nodes
_STOCK, _ADDED = "accelerators", "accelerators_added"
_HEAD: Final = """\
# What usage does not tell of fleet {name}. Every part may be left out; what is left out is borrowed or not answered.
# A number may be three: low, middle and high (10, 50 and 90 %). Days may be 2027-03-01, 2027-03 or 2027Q1.

[fleet]
# leaf = "enterprise"       # where it belongs: its growth is borrowed from there
# like = ["sovereign"]      # whose growth it is thought to share, in place of leaf
# busy = 0.85               # highest share of held hours that work can take before it waits
# pue = 1.3                 # facility power over IT power
# usd_per_kwh = 0.12        # price of energy where it is paid apart
"""
_TAIL: Final = """
# [[offer]]                 # a way to add accelerators, one section each
# name = "cloud"
# accelerator = "h200"
# terms = "rent"            # buy, reserve or rent
# usd = 2.9                 # of one bought, or of one for an hour
# lead_weeks = 0            # from order to use
# months = 1                # of the contract, or of the life it is written off over

# [[event]]                 # something that is coming
# name = "a team moves in"
# workload = "recsys"
# start = 2027-02-01
# hours = [2000, 4000, 9000]  # accelerator-hours a month that it adds
# probability = 0.7

# [[move]]                  # a rollout that is planned
# workload = "recsys"
# source = "deep"
# target = "sequence"
# start = 2027-05-01
# end = 2027-08-01
# share = [0.3, 0.5, 0.8]   # of the requests of source that end up moved
# probability = 0.8

# [budget]
# 2027 = 1200000            # USD of a calendar year
"""


def write_first(folder: Path, name: str, usage: DataFrame[Usage]) -> Path:
    """Write ``fleet.toml`` where there is none.

    Parameters
    ----------
    folder
        Folder of the fleet's state; made if need be.
    name
        The planner's name of the fleet.
    usage
        What its store holds.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ValueError
        If there is one already.
    """
    file = folder / FACTS
    if file.exists():
        raise InputError(f"{file} is there already and stays as it is; edit it, or move it away for a new one")
    folder.mkdir(parents=True, exist_ok=True)
    write_durably(file, first_text(name, usage).encode())
    return file


def first_text(name: str, usage: DataFrame[Usage]) -> str:
    """Return a facts file that says what a store shows is held, and has the rest in comments.

    Parameters
    ----------
    name
        The planner's name of the fleet.
    usage
        What its store holds: counts of a capacity list are taken as they are; where there is none, the most in use at
        once, in whole nodes, is marked as guessed.

    Returns
    -------
    str
        TOML that :func:`pipelines.fleet.facts_file.read_facts` reads.
    """
    holdings = _added(usage) or _stock(usage) or _guessed(usage)
    return _HEAD.format(name=name) + "".join(holdings or [_none()]) + _TAIL


def _holding(accelerator: str, count: float, since: str, why: str) -> str:
    return (
        f'\n[[holding]]\naccelerator = "{accelerator}"\ncount = {count:g}  # {why}\n{since}'
        "# until = 2028-12-31      # the day they are gone\n"
        '# terms = "owned"         # owned, reserved or rented\n'
        "# usd_per_hour = 1.9      # what one costs an hour, used or not\n"
    )


def _none() -> str:
    return (
        "\n# [[holding]]             # accelerators of one type that are held, on order ones too\n"
        '# accelerator = "h100"\n# count = 64\n# since = 2026-01-01\n# usd_per_hour = 1.9\n'
    )


def _named(usage: DataFrame[Usage]) -> DataFrame[Usage]:
    named: DataFrame[Usage] = usage[~usage["accelerator"].isin([UNLABELLED, ALL, ""])]
    return named


def _added(usage: DataFrame[Usage]) -> list[str]:
    """Return a holding a day and accelerator of a capacity list with days."""
    rows = _named(usage[usage["measure"] == _ADDED])
    days = rows.groupby(["accelerator", rows["period_start"].dt.strftime("%Y-%m-%d")], sort=True)["value"].sum()
    return [_holding(str(name), count, f"since = {day}\n", "as a capacity list says")
            for (name, day), count in days.items() if count > 0]  # fmt: skip


def _stock(usage: DataFrame[Usage]) -> list[str]:
    """Return a holding an accelerator of a capacity list without days, as it last was."""
    rows = _named(usage[usage["measure"] == _STOCK])
    last = rows[rows["period_start"] == rows.groupby("accelerator")["period_start"].transform("max")]
    return [_holding(str(name), count, "# since = 2026-01-01\n", f"as a capacity list says of {day:%Y-%m-%d}")
            for (name, day), count in last.groupby(["accelerator", "period_start"], sort=True)["value"].sum().items()
            if count > 0]  # fmt: skip


def _guessed(usage: DataFrame[Usage]) -> list[str]:
    """Return a holding an accelerator seen: the most in use at once, up to whole nodes."""
    most: pd.Series = most_at_once(_named(hours_of(usage)))
    why = "the most in use at once was {0:,.4g}; correct it, and take the next line out\nguessed = true"
    return [_holding(str(name), _NODE * math.ceil(count / _NODE), "# since = 2026-01-01\n", why.format(count))
            for name, count in most.items() if count > 0]  # fmt: skip
