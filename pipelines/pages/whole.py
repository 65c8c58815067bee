"""All views of a forecast in the order that a report shows them: the answer first, what it rests on last."""

from __future__ import annotations

from shiftcast.forecast.support import OutOfSupportError
from shiftcast.pipelines.pages.asked import Asked, asked_of
from shiftcast.pipelines.pages.binding import binds
from shiftcast.pipelines.pages.demand import demand, leaves, work
from shiftcast.pipelines.pages.headline import headline
from shiftcast.pipelines.pages.judged import claims
from shiftcast.pipelines.pages.learned import rests_on
from shiftcast.pipelines.pages.migration import crossings, techniques
from shiftcast.pipelines.pages.moves import moves
from shiftcast.pipelines.pages.scored import scorecard
from shiftcast.pipelines.pages.sourced import sources, words
from shiftcast.pipelines.pages.split import hyperscale_split
from shiftcast.pipelines.pages.view import View
from shiftcast.pipelines.registry.bundle import Bundle


def all_views(bundle: Bundle) -> tuple[View, ...]:
    """Return every view of a forecast.

    Parameters
    ----------
    bundle
        The forecast with its tables.

    Returns
    -------
    tuple of View
        A view that an older forecast does not keep the figures of is left out.
    """
    asked, scores = asked_of(bundle), bundle.summary.backtest
    known = asked.forecaster.known
    made = (
        headline(asked, scores), demand(asked), crossings(asked), hyperscale_split(asked), claims(asked),
        scorecard(asked, scores), leaves(asked), work(asked), _techniques(asked),
        None if known is None else moves(known), binds(asked), rests_on(asked, bundle), sources(bundle), words(),
    )  # fmt: skip
    return tuple(view for view in made if view is not None)


def _techniques(asked: Asked) -> View | None:
    """Return the view of techniques; none of a forecast made before adoption was drawn."""
    try:
        return techniques(asked)
    except OutOfSupportError:
        return None
