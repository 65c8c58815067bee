"""Measure how often intervals of the share model hold random walks of log-ratios.

``python benchmarks/share_walks.py`` makes walks of several sizes of step, numbers of categories and periods, each
series alone or forty in one group, and forecasts them twice in one run: with the scale of errors as it was learned on
reference histories, and with it moved to the steps of the pool's own past. Results go to ``benchmarks/share_walks.csv``
and into ``docs/migration.md``.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from marked import rewrite

from shiftcast.forecast.migration import ShareFit, fit_shares
from shiftcast.forecast.migration.draws import FittedPanel, series_draws
from shiftcast.forecast.migration.noise import error_scale, made_up, scale_terms
from shiftcast.forecast.migration.quantiles import LEVELS, summary
from shiftcast.forecast.migration.state import path_state
from shiftcast.pipelines.sources.learned import load_learned

RESULTS = Path(__file__).with_suffix(".csv")
PAGE = Path(__file__).parents[1] / "docs" / "migration.md"
BEGIN, END = "<!-- benchmarks/share_walks.py: begin -->", "<!-- benchmarks/share_walks.py: end -->"
LEARNED = load_learned().whole
AHEAD = (1, 2, 4, 12)
SERIES, DRAWS, SETS = 40, 200, 3
LOW, HIGH = LEVELS.index(0.1), LEVELS.index(0.9)


def walks(periods: int, categories: int, step: float, seed: int) -> np.ndarray:
    """Return shares whose log-ratios walk randomly, shape (SERIES, periods and those ahead, categories)."""
    random = np.random.default_rng(seed)
    steps = step * random.standard_normal((SERIES, periods + max(AHEAD), categories))
    score = random.normal(0, 0.7, (SERIES, 1, categories)) + steps.cumsum(axis=1)
    return np.exp(score) / np.exp(score).sum(axis=2, keepdims=True)


def rows(shares: np.ndarray, *, alone: bool) -> pd.DataFrame:
    """Return histories as share rows, each series a group or all in one."""
    series, periods, categories = shares.shape
    name = np.repeat([f"s{number:03d}" for number in range(series)], periods * categories)
    ends = pd.date_range("2015-01-31", periods=periods, freq="ME")
    return pd.DataFrame({
        "series": name, "group": name if alone else "all", "period_end": np.tile(np.repeat(ends, categories), series),
        "category": np.tile([f"c{k}" for k in range(categories)], series * periods), "value": shares.ravel(),
    })  # fmt: skip


def as_learned(fitted: FittedPanel) -> FittedPanel:
    """Return a panel with the scale that the learned numbers give, whatever its own steps were."""
    state, ahead = path_state(fitted.panel), np.arange(1.0, fitted.roots.shape[1] + 1.0)
    terms = scale_terms(state.own, state.kin, state.pooled, state.last, state.drift, ahead)
    factor = np.exp(LEARNED.spread[0] + LEARNED.spread[1] * np.log(ahead))[None, :, None]
    scale = np.where(state.present[:, None, :], error_scale(terms, LEARNED.scale) * factor, 0.0)
    return replace(fitted, scale=made_up(scale, fitted.roots))


def inside(fit: ShareFit, shares: np.ndarray, *, learned: bool) -> np.ndarray:
    """Return the part of shares within 80 % intervals, by horizon."""
    found = []
    for each in fit.panels:
        fitted = as_learned(each) if learned else each
        for at, name in enumerate(fitted.panel.series):
            quantiles = summary(series_draws(fitted, at, DRAWS, 0))[1:]
            truth = shares[int(name[1:]), -max(AHEAD) :]
            found.append(((truth >= quantiles[LOW]) & (truth <= quantiles[HIGH])).mean(axis=1))
    return np.mean(found, axis=0)[np.array(AHEAD) - 1]


def measure() -> pd.DataFrame:
    """Return coverage by kind of panel and horizon, before and after."""
    out = []
    for alone in (True, False):
        for periods in (20, 60):
            for categories in (2, 5):
                held = []
                for step in (0.03, 0.1, 0.3):
                    for seed in range(SETS):
                        shares = walks(periods, categories, step, seed)
                        past = rows(shares[:, : -max(AHEAD)], alone=alone)
                        fit = fit_shares(past, horizon=max(AHEAD), learned=LEARNED)
                        held.append([inside(fit, shares, learned=each) for each in (True, False)])
                panel = (
                    f"{'each alone' if alone else f'{SERIES} in a group'}, {periods} periods, {categories} categories"
                )
                for label, values in zip(("as learned", "as measured"), np.mean(held, axis=0), strict=True):
                    out += [(panel, label, ahead, value) for ahead, value in zip(AHEAD, values, strict=True)]
                print(panel, flush=True)
    return pd.DataFrame(out, columns=["panel", "scale", "ahead", "inside"])


def table(results: pd.DataFrame) -> str:
    """Return the table of the page."""
    wide = results.pivot_table(index="panel", columns=["ahead", "scale"], values="inside", sort=False)
    lines = ["| 80 % hold, scale as learned / as measured | " + " | ".join(f"{ahead} ahead" for ahead in AHEAD) + " |"]
    lines.append("|---" * (1 + len(AHEAD)) + "|")
    for panel, values in wide.iterrows():
        cells = [
            f"{100 * values[ahead, 'as learned']:.0f} / {100 * values[ahead, 'as measured']:.0f} %" for ahead in AHEAD
        ]
        lines.append(f"| {panel} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    """Measure, and write results and page."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    measure().to_csv(RESULTS, index=False, float_format="%.6g")
    rewrite(table(pd.read_csv(RESULTS)), BEGIN, END, PAGE)


if __name__ == "__main__":
    main()
