"""From technique to technique: states, the share model, draws on the simplex; how much work there is: `volume`."""

from shiftcast.forecast.migration.fit import ShareFit, draw_shares, fit_shares
from shiftcast.forecast.migration.learned import Learned, LearnedFamily
from shiftcast.forecast.migration.quantiles import share_quantiles

__all__ = ["Learned", "LearnedFamily", "ShareFit", "draw_shares", "fit_shares", "share_quantiles"]
