"""Ask whether the state of the split was surer of itself than the news about it allowed, and what surprised it.

``python benchmarks/split_news.py`` writes ``benchmarks/split_news.csv`` and two tables of ``docs/fleet.md``.

News: every figure about the split is set against what the state of the day before expected of it, with the noise that
the state gives it. Squares of standard scores, whitened where a day brings several, are 1 on average where the state
is as wide as it should be; above one its drift, or the distance between definitions, is too small. The widening that
news asks for is estimated as of each day, from the news before it only.
Origins: what is known now of one quarter, in standard deviations of what each origin still had to learn: of the share
under the definition in use then, of the distance from it to the reference, and of the share under the reference. What
two origins have still to learn is one thing as far as it is the same news, so the number of surprises among them is
n^2 / (sum of their correlations), which follow from the variances since news that comes later is uncorrelated with
what is known before it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from marked import rewrite
from scipy.special import chdtrc, logit

from shiftcast.features.arrays import Array
from shiftcast.features.calendars import calendar_quarters, quarter_end
from shiftcast.forecast.known import cut
from shiftcast.forecast.split.share import split_state, split_statements
from shiftcast.forecast.statements.prior import share_prior
from shiftcast.forecast.statements.state import ShareState
from shiftcast.pipelines.sources.public_record import Record, read_record

RESULTS = Path(__file__).with_suffix(".csv")
PAGE = Path(__file__).parents[1] / "docs" / "fleet.md"
BEGIN, END = "<!-- benchmarks/split_news.py: begin -->", "<!-- benchmarks/split_news.py: end -->"
NOW = "2026-11-22"
ORIGINS = ("2023-11-22", "2024-02-28", "2024-05-29", "2024-08-30", "2024-11-22", "2025-02-28", "2025-05-22",
           "2025-08-28", "2025-11-22")  # fmt: skip
USED = "large_csp"  # the only definition in use at these origins
OF = "2026Q3"
DRAWS = 8000
BELIEF = 4.0  # figures that a scale of one counts for, where a widening is estimated
BOUNDS = ("at least", "at most")  # which say too little to be right or wrong by


def state_of(record: Record, day: str | pd.Timestamp, quarters: pd.DatetimeIndex) -> ShareState:
    """Return the state of the split as of a day."""
    moment = pd.Timestamp(day)
    known = cut(record, moment.tz_localize("UTC") if moment.tzinfo is None else moment)
    return split_state(
        known.observations, quarters, market=known.market, prior=share_prior(known.beliefs, "share.split")
    )


def drawn(state: ShareState, seed: int = 1) -> Array:
    """Return draws of the logits by quarter and the offsets of all definitions but the first."""
    made = state.draw(DRAWS, np.random.default_rng(seed))
    offsets = np.stack([made.offsets[name] for name in state.definitions[1:]], axis=1)
    return np.concatenate([logit(made.share), offsets], axis=1)


def news(record: Record, quarters: pd.DatetimeIndex) -> Iterator[dict[str, object]]:
    """Yield a row a day with news: its figures, of how many definitions for the first time, and their scores."""
    known = cut(record, pd.Timestamp(NOW, tz="UTC"))
    days = sorted(split_statements(known.observations, known.market)["known_at"].unique())
    for day in days[1:]:
        before, after = (state_of(record, each, quarters) for each in (day - pd.Timedelta(days=1), day))
        vector = drawn(before)
        seen = {before.definitions[column] for _, column in np.argwhere(np.isfinite(before.model.endog))}
        figures, names = [], set()
        fresh = np.isfinite(after.model.endog) & ~np.isfinite(before.model.endog)
        for quarter, column in np.argwhere(fresh):
            told = vector[:, quarter] + (vector[:, len(quarters) + column - 1] if column else 0.0)
            variance = float(after.model["obs_cov"][column, column, quarter])
            figures.append((told, float(after.model.endog[quarter, column]), variance))
            names.add(after.definitions[column])
        old = {each.name for each in before.inexact}
        for each in after.inexact:
            if each.name not in old and each.wording not in BOUNDS:
                figures.append((each.of(vector), each.figure, each.sd**2))
                names.add(each.name.split()[-2])
        if figures:
            yield {"day": f"{day:%Y-%m-%d}", "definition": " ".join(sorted(names)), "new": not names <= seen,
                   "figures": len(figures), "square": squares(figures)}  # fmt: skip


def squares(figures: list[tuple[Array, float, float]]) -> float:
    """Return the whitened sum of squares of figures about their draws, each a (draws, figure, variance)."""
    told = np.stack([each[0] for each in figures], axis=1)
    miss = np.array([each[1] for each in figures]) - told.mean(axis=0)
    spread = np.atleast_2d(np.cov(told.T)) + np.diag([each[2] for each in figures])
    return float(miss @ np.linalg.solve(spread, miss))


def widened(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the news with the widening of deviations that the news before each day asks for, by its kind."""
    out = rows.assign(asked=1.0)
    for _, part in rows.groupby("new"):
        count, total = part["figures"].cumsum().shift(fill_value=0), part["square"].cumsum().shift(fill_value=0.0)
        out.loc[part.index, "asked"] = _asked(count, total)
    return out


def asked_by(told: pd.DataFrame, day: str) -> float:
    """Return the widening that the news up to a day, all of one kind, asks for."""
    seen = told[told["day"] <= day]
    return float(_asked(seen["figures"].sum(), seen["square"].sum()))


def _asked(count: Any, total: Any) -> Any:
    """Return the deviation that scores ask for, drawn towards one as by that many figures more."""
    return np.sqrt((total + BELIEF) / (count + BELIEF))


def origins(record: Record, quarters: pd.DatetimeIndex) -> pd.DataFrame:
    """Return what each origin had still to learn of one quarter, in its own standard deviations."""
    place, now = int(quarters.get_loc(quarter_end(OF).normalize())), state_of(record, NOW, quarters)
    at = len(quarters) + now.definitions.index(USED) - 1
    latest, rows = drawn(now), []
    for origin in ORIGINS:
        vector = drawn(state_of(record, origin, quarters))
        sides = {
            "then": (vector[:, place] + vector[:, at], latest[:, place] + latest[:, at]),
            "distance": (-vector[:, at], -latest[:, at]),
            "now": (vector[:, place], latest[:, place]),
        }
        row: dict[str, object] = {"origin": origin}
        for name, (told, known) in sides.items():
            row[f"{name}_variance"] = told.var() - known.var()
            row[name] = (known.mean() - told.mean()) / np.sqrt(told.var() - known.var())
        rows.append(row)
    return pd.DataFrame(rows)


def surprises(variance: Array) -> float:
    """Return how many independent surprises origins hold, from what each had still to learn, latest last."""
    later = np.minimum.outer(variance, variance)
    return float(len(variance) ** 2 / (later / np.sqrt(np.outer(variance, variance))).sum())


def page_text(told: pd.DataFrame, since: pd.DataFrame) -> str:
    """Return the tables of the page."""
    lines = ["| news about the split | days | figures | mean square | as large by chance | widening before the last |",
             "|---|---|---|---|---|---|"]  # fmt: skip
    for new, part in told.groupby("new"):
        name = "a definition seen for the first time" if new else "a definition in use before"
        count, total = int(part["figures"].sum()), float(part["square"].sum())
        chance, asked = chdtrc(count, total), part["asked"].iloc[-1]
        lines.append(f"| {name} | {len(part)} | {count} | {total / count:.2f} | {chance:.0%} | {asked:.2f} |")
    lines += ["", f"| origin | share of {OF}, line of then | distance of the lines | share, line of today |",
              "|---|---|---|---|"]  # fmt: skip
    lines += [
        f"| {row.origin} | {row.then:+.1f} | {row.distance:+.1f} | {row.now:+.1f} |" for row in since.itertuples()
    ]
    counted = " | ".join(
        f"{surprises(since[f'{name}_variance'].to_numpy()):.1f}" for name in ("then", "distance", "now")
    )
    return "\n".join([*lines, f"| independent surprises of {len(since)} | {counted} |"])


def read_results() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the news and the origins that were measured."""
    every = pd.read_csv(RESULTS)
    told = every.dropna(subset="day").astype({"new": bool, "figures": int})
    return told, every.dropna(subset="origin")


def main() -> None:
    """Measure, and write the results and the tables of the page."""
    record = read_record()
    quarters = calendar_quarters("2015Q1", "2026Q4")
    told, since = widened(pd.DataFrame(news(record, quarters))), origins(record, quarters)
    pd.concat([told, since]).to_csv(RESULTS, index=False, float_format="%.4f", lineterminator="\n")
    text = page_text(*read_results())
    rewrite(text, BEGIN, END, PAGE)
    print(told.to_string(), text, sep="\n")


if __name__ == "__main__":
    main()
