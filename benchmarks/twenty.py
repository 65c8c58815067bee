"""Ask the twenty questions of a registered forecast, and time each after it is loaded.

``python benchmarks/twenty.py [--root DIR] [--jobs]`` asks the champion of a store that ``shiftcast run`` made of the
public record, ``mlruns`` here if left out; it writes ``benchmarks/twenty.csv`` and the table of
``docs/twenty_questions.md``. A question that has a schema (:mod:`forecast.questions`) is asked through
``Forecaster.answer``, which is what every door calls. The others are commands on the store; those that need a second
version or make one (``why``, ``retrain``, ``monitor``) are run with ``--jobs`` only. The line shown is the first
sentence of what the answer says; the time is CPU time of the process, so that what else runs does not count.
"""

from __future__ import annotations

import argparse
import re
import shlex
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from typing import Any

import pandas as pd
from marked import rewrite
from threadpoolctl import threadpool_limits
from typer.testing import CliRunner

from shiftcast.forecast.answers import Forecaster
from shiftcast.forecast.questions import QUESTIONS
from shiftcast.pipelines.cli import app
from shiftcast.pipelines.registry.champion import open_forecaster

RESULTS = Path(__file__).with_suffix(".csv")
PAGE = Path(__file__).parents[1] / "docs" / "twenty_questions.md"
BEGIN, END = "<!-- benchmarks/twenty.py: begin -->", "<!-- benchmarks/twenty.py: end -->"
MOST = 10.0  # CPU seconds a question may take
_RULE = re.compile("[\u2500-\u257f]")  # what draws a table on a screen
COLUMNS = ("number", "who", "question", "command", "answer", "seconds", "assumed")


@dataclass(frozen=True)
class Asked:
    """One of the twenty: who asks it, in words, and the question of a forecast or the command that answers it."""

    number: int
    who: str
    words: str
    name: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    job: bool = False

    @property
    def command(self) -> str:
        """Return the line to type."""
        if self.options or self.name not in QUESTIONS:
            return shlex.join(["shiftcast", self.name, *self.options])
        return shlex.join(["shiftcast", "ask", self.name, *(f"{key}={value}" for key, value in self.fields.items())])


SOVEREIGN = {"technique": "llm", "of": "recsys", "base": "gpu_hours", "segment": "sovereign"}
TWENTY = (
    Asked(1, "infrastructure planner", "When will LLM-based ranking exceed half of RecSys GPU-hours in sovereign "
          "clouds?", "when", SOVEREIGN),
    Asked(2, "capacity planner", "How many accelerators do I need live by 2027Q4 at 5 % shortage risk, ordered when?",
          "plan", {"by": "2027Q4", "risk": 0.05, "segment": "hyperscale/internal"}),
    Asked(3, "vendor planner", "What probability has the claim of a trillion dollars through 2027?", "check",
          {"claim": "nvda-gtc26-1t"}),
    Asked(4, "analyst", "Is it still 60/40?", "split", {"base": "revenue", "definition": "recast_2"}),
    Asked(5, "capacity planner", "Why does this forecast differ from the one before?", "why", options=("--from", "1"),
          job=True),
    Asked(6, "FinOps", "Why did GPU-hours grow since last year: volume, mix or what a request takes?", "attribute",
          {"start": "2025Q2", "end": "2026Q2", "by": "factor"}),
    Asked(7, "FinOps", "What does a million tokens cost, and how does it move with life?", "cost", {"life": "4,5,6"}),
    Asked(8, "infrastructure planner", "I have 40 MW: how many tokens a day, on what, and does power bind?", "site",
          {"mw": 40.0, "pue": 1.2}),
    Asked(9, "capacity planner", "If software gives +60 %, do I need fewer accelerators, or does demand eat it?",
          "scenario", {"scenarios": "software-gain"}),
    Asked(10, "vendor planner", "Which leaf outside hyperscale drives growth, and which is most uncertain?", "rank",
          {"segment": "rest", "by": "2028Q4"}),
    Asked(11, "analyst", "What if CoreWeave counts as hyperscale?", "relabel",
          {"firm": "coreweave", "to": "hyperscale"}),
    Asked(12, "infrastructure planner", "No history for my country: what is a defensible forecast?", "newcomer",
          {"like": "united_kingdom,japan,india", "by": "2028Q4"}),
    Asked(13, "capacity planner", "Which Hopper cohorts should retire first, when, and what do they free?", "retire",
          {"generation": "hopper"}),
    Asked(14, "capacity planner", "How much demand was turned away?", "latent"),
    Asked(15, "MLOps", "Should the new model be promoted?", "retrain", options=("--promote-if-better",),
          job=True),
    Asked(16, "MLOps", "Has anything drifted or changed definition?", "monitor", options=("--report-only",),
          job=True),
    Asked(17, "analyst", "How good were you? Every forecast made for 2026Q1.", "scorecard",
          options=("--target", "2026Q1")),
    Asked(18, "FinOps", "Which one number, if measured, shrinks the interval most?", "learn_next", {"by": "2028Q4"}),
    Asked(19, "vendor planner", "How much demand goes to other chips than GPUs?", "placement"),
    Asked(20, "any", "Where does this number come from?", "audit",
          {"measure": "power", "leaf": "sovereign", "period": "2027Q4"}),
)  # fmt: skip


def asked_of_forecast() -> list[Asked]:
    """Return those that are questions of a forecast, so that every door answers them."""
    return [each for each in TWENTY if each.name in QUESTIONS]


def known(each: Asked, *, jobs: bool) -> bool:
    """Return whether a question can be asked here: of a forecast, or by a command that is no job or may be run."""
    return each.name in QUESTIONS or (bool(each.options) and (jobs or not each.job))


def first_sentence(text: str) -> str:
    """Return the first sentence of what an answer says; a colon or a decimal point ends none."""
    return text.partition(". ")[0].rstrip(".").strip() + "."


def first_paragraph(text: str) -> str:
    """Return the first paragraph that a command prints, its lines joined, without the table below it."""
    lines = text.strip().split("\n\n")[0].splitlines()
    return " ".join(" ".join(takewhile(lambda line: not _RULE.search(line), lines)).split())


def answered(each: Asked, forecaster: Forecaster, root: Path) -> dict[str, Any]:
    """Return one row of the results: what was asked, one line of the answer, and how long it took."""
    start = time.process_time()
    assumed = None
    if each.name in QUESTIONS:
        answer = forecaster.answer({"question": each.name, **each.fields})
        said = answer.says
        assumed = answer.provenance.assumed.part if answer.provenance else None
    else:
        done = CliRunner().invoke(app, [each.name, *each.options, "--root", str(root)])
        said = first_paragraph(done.stdout) if done.exit_code == 0 else f"refused: {done.exception or done.stderr}"
    return {
        "number": each.number, "who": each.who, "question": each.words, "command": each.command,
        "answer": first_sentence(said), "seconds": round(time.process_time() - start, 1), "assumed": assumed,
    }  # fmt: skip


def page_table(results: pd.DataFrame) -> str:
    """Return the results as the table of the page."""
    lines = [
        "| # | asks | question and command | answer in one line | of it assumed | CPU s |",
        "|---|---|---|---|---|---|",
    ]
    for row in results.to_dict("records"):
        assumed = "" if pd.isna(row["assumed"]) else f"{100 * row['assumed']:.0f} %"
        cells = (row["number"], row["who"], f"{row['question']}<br>`{row['command']}`", row["answer"], assumed,
                 f"{row['seconds']:.1f}")  # fmt: skip
        lines.append("| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines)


def main() -> None:
    """Ask all that the forecast knows how to answer, and write the results."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--root", type=Path, default=Path("mlruns"))
    options.add_argument("--jobs", action="store_true")
    root, jobs = (given := options.parse_args()).root, given.jobs
    forecaster = open_forecaster(root=root)
    forecaster.answer({"question": "quantiles", "measure": "power"})  # what is drawn once for all is part of the load
    with threadpool_limits(1):  # threads that wait for each other on a busy machine count as CPU time
        rows = [answered(each, forecaster, root) for each in TWENTY if known(each, jobs=jobs)]
    results = pd.DataFrame(rows, columns=list(COLUMNS))
    results.to_csv(RESULTS, index=False)
    rewrite(page_table(results), BEGIN, END, PAGE)


if __name__ == "__main__":
    main()
