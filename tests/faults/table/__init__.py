"""The table of faults: every case of every area, in the order of the areas."""

from __future__ import annotations

from dataclasses import replace

from table import acted, damaged, environs, gated, limited, loaded, named, schedules, secret, timed, together, wired
from table.case import AREAS, CHEAP, Bench, Case

__all__ = ["AREAS", "CASES", "Bench", "Case"]

_ROOMS = (acted, damaged, environs, limited, loaded, named, timed, together)
_FUNCTIONS = (gated, schedules, secret, wired)  # whose cases call functions alone
_MADE = [case for room in _ROOMS for case in room.cases()]
_MADE += [replace(case, cost=CHEAP) for room in _FUNCTIONS for case in room.cases()]
CASES = tuple(sorted(_MADE, key=lambda case: AREAS.index(case.area)))
