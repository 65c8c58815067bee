"""Questions that decide, weigh and trace: what to buy and when, scenarios, what an interval is made of, and audits."""

from __future__ import annotations

from typing import Any

from shiftcast.forecast.capacity.questions import ask_capacity
from shiftcast.forecast.capacity.scenario_regret import Regretted, regret_question
from shiftcast.forecast.economics.basis import Basis
from shiftcast.forecast.effects.learning import LearnNext, learn_next
from shiftcast.forecast.effects.ranking import Rank, rank
from shiftcast.forecast.effects.turned_away import Latent, latent
from shiftcast.forecast.fleet.newcomer import Newcomer, newcomer
from shiftcast.forecast.telling.asking import Asking
from shiftcast.forecast.tracing.audit import audit
from shiftcast.forecast.tracing.cells import Cell
from shiftcast.forecast.views.answer import Answer
from shiftcast.forecast.views.compared import Compared, compared
from shiftcast.forecast.views.contract_answer import Held, contract_answer
from shiftcast.forecast.views.part import Part
from shiftcast.forecast.views.rows import part_of


class Deciding(Asking):
    """What a forecast is asked beyond its own figures; each question is a method of that name."""

    basis: Basis | None

    def learn_next(self, **asked: Any) -> Answer:
        """Return which one number to measure next (:class:`forecast.effects.learning.LearnNext`)."""
        return learn_next(self.cube, self.basis, LearnNext(**asked))

    def rank(self, **asked: Any) -> Answer:
        """Return leaves by growth and by variance (:class:`forecast.effects.ranking.Rank`)."""
        return rank(self.cube, Rank(**asked))

    def latent(self, **asked: Any) -> Answer:
        """Return how much demand is turned away (:class:`forecast.effects.turned_away.Latent`)."""
        return latent(self.cube, self.known, Latent(**asked))

    def contract(self, measure: str, **asked: Any) -> Answer:
        """Return a measure with one part's figure held.

        Parameters
        ----------
        measure, **asked
            Fields of :class:`forecast.views.contract_answer.Held`.
        """
        return contract_answer(self.cube, Held(measure, **asked))

    def plan(self, **asked: Any) -> Answer:
        """Return what to add by a quarter and when to order it (:class:`forecast.capacity.plan.Plan`)."""
        return ask_capacity("plan", self.cube, self.basis, asked, self.known)

    def limits(self, **asked: Any) -> Answer:
        """Return what limits the fleet by quarter (:class:`forecast.capacity.purchases.Limits`)."""
        return ask_capacity("limits", self.cube, self.basis, asked)

    def ceilings(self, *, by: str | None = None) -> Answer:
        """Return what bounds supply by quarter (:func:`forecast.capacity.ceilings_question.ceilings_question`)."""
        return ask_capacity("ceilings", self.cube, self.basis, {"by": by})

    def site(self, **asked: Any) -> Answer:
        """Return what a site puts out by generation (:class:`forecast.economics.site.Site`)."""
        return ask_capacity("site", self.cube, self.basis, asked)

    def cost(self, **asked: Any) -> Answer:
        """Return the cost of a million units of work (:class:`forecast.economics.costs.Costing`)."""
        return ask_capacity("cost", self.cube, self.basis, asked)

    def retire(self, **asked: Any) -> Answer:
        """Return when cohorts leave and what they free (:class:`forecast.capacity.retire.Retirement`)."""
        return ask_capacity("retire", self.cube, self.basis, asked, self.known)

    def scenario(self, **asked: Any) -> Answer:
        """Return scenarios beside the base (:class:`forecast.views.compared.Compared`)."""
        return compared(self.cube, Compared(**asked), None if self.basis is None else self.basis.assumptions)

    def regret(self, **asked: Any) -> Answer:
        """Return the plan of least regret over scenarios (:class:`forecast.capacity.scenario_regret.Regretted`)."""
        return regret_question(self.cube, Regretted(**asked))

    def audit(
        self, measure: str, *, period: str, base: str = "none", stated_under: str | None = None, **part: str
    ) -> Answer:  # fmt: skip
        """Return where a figure comes from (:func:`forecast.tracing.audit.audit`).

        Parameters
        ----------
        measure, period, base, stated_under
            Fields of :class:`forecast.tracing.cells.Cell`.
        **part
            As in :meth:`forecast.answers.Forecaster.forecast`.
        """
        cell = Cell(measure, Part(**part_of(**part)), period, base, stated_under or "")
        return audit(self.cube, self.known, self.settings, cell)

    def newcomer(self, **asked: Any) -> Answer:
        """Return what a place without history would hold (:class:`forecast.fleet.newcomer.Newcomer`)."""
        return newcomer(self.cube, self.known, Newcomer(**asked))
