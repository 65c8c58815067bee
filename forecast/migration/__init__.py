"""Shares of techniques over time: path states, the share model, joint draws on the simplex; volumes are in `volume`."""

from shiftcast.forecast.migration.fit import ShareFit, draw_shares, fit_shares
from shiftcast.forecast.migration.learned import Learned, LearnedFamily
from shiftcast.forecast.migration.quantiles import share_quantiles

__all__ = ["Learned", "LearnedFamily", "ShareFit", "draw_shares", "fit_shares", "share_quantiles"]
