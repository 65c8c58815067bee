"""Questions of capacity and cost by name, for every interface that asks them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import xarray as xr

from shiftcast.forecast.capacity.ceilings_question import ceilings_question
from shiftcast.forecast.capacity.limits_question import limits_question
from shiftcast.forecast.capacity.plan import Plan, plan_question
from shiftcast.forecast.capacity.purchases import Limits
from shiftcast.forecast.capacity.retire import Retirement, retire_question
from shiftcast.forecast.economics.basis import Basis
from shiftcast.forecast.economics.costs import Costing, cost_question
from shiftcast.forecast.economics.site import Site, site_question
from shiftcast.forecast.support import OutOfSupportError
from shiftcast.forecast.views.answer import Answer
from shiftcast.forecast.workloads import Registry

if TYPE_CHECKING:  # it brings the models
    from shiftcast.forecast.known import Known

ASKED: Final[Mapping[str, Callable[[xr.Dataset, Basis, Mapping[str, Any], Registry | None], Answer]]] = {
    "plan": lambda cube, basis, asked, tasks: plan_question(cube, basis, Plan(**asked), tasks),
    "limits": lambda cube, basis, asked, _: limits_question(cube, basis, Limits(**asked)),
    "ceilings": lambda cube, basis, asked, _: ceilings_question(cube, basis, **asked),
    "site": lambda _cube, basis, asked, _: site_question(basis, Site(**asked)),
    "cost": lambda _cube, basis, asked, _: cost_question(basis, Costing(**asked)),
    "retire": lambda cube, basis, asked, tasks: retire_question(cube, basis, Retirement(**asked), tasks),
}
_OF_MACHINES: Final = ("site", "cost")  # of the record and not of a forecast: the same whether one was made or not


def ask_capacity(
    question: str, cube: xr.Dataset, basis: Basis | None, asked: Mapping[str, Any], known: Known | None = None
) -> Answer:  # fmt: skip
    """Answer one of :data:`ASKED`.

    Parameters
    ----------
    question
        ``plan, limits, ceilings, site, cost`` or ``retire``.
    cube, basis
        The forecast, and what was kept beside it.
    asked
        Fields of :class:`~forecast.capacity.plan.Plan`, :class:`~forecast.capacity.purchases.Limits`,
        :class:`~forecast.economics.site.Site`, :class:`~forecast.economics.costs.Costing` or
        :class:`~forecast.capacity.retire.Retirement`; of ceilings, ``by``.
    known
        The record as it was known, for its tasks, where the forecast keeps it.

    Returns
    -------
    Answer
        Table, assumptions and notes.

    Raises
    ------
    OutOfSupportError
        If the forecast was kept without a catalogue, or the records do not support the question.
    ValueError
        If a field is out of range.
    TypeError
        If a field is not known.
    """
    if basis is None:
        raise OutOfSupportError(
            "capacity and cost", "this forecast was kept without catalogue and fleet", "run `shiftcast run` again"
        )
    if question in _OF_MACHINES:
        basis = replace(basis, learned={})
    return ASKED[question](cube, basis, asked, None if known is None else known.registry)
