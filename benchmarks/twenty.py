"""Ask the twenty questions of a registered forecast, and time each after it is loaded.

``python benchmarks/twenty.py [--root DIR] [--jobs] [--vintages DIR] [--only 5 16]`` asks the champion of a store that
``shiftcast run`` made of the public record, ``mlruns`` here if left out; it writes ``benchmarks/twenty.csv`` and the
table of ``docs/twenty_questions.md``. A question that has a schema (:mod:`forecast.questions`) is asked through
``Forecaster.answer``, which is what every door calls. The others are commands on the store; those that need a second
version or make one (``why``, ``retrain``, ``monitor``) are run with ``--jobs`` only, in a copy of the store. There
``why`` compares the champion with a forecast of an earlier day, which is made first, as of :data:`MONTHS` before, where
the store has none; with ``--vintages`` it is asked of a store that has both, without ``--jobs`` too. The line shown is
the first sentence of what the answer says; the time is CPU time of the process, so that what else runs does not count.
Questions that are not asked keep the row they had.
"""

from __future__ import annotations

import argparse
import re
import shlex
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import chdir, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
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
from shiftcast.pipelines.registry.mlflow_store import ORIGIN_TAG, all_versions, champion_version, open_store
from shiftcast.pipelines.registry.schema import relocate

RESULTS = Path(__file__).with_suffix(".csv")
PAGE = Path(__file__).parents[1] / "docs" / "twenty_questions.md"
BEGIN, END = "<!-- benchmarks/twenty.py: begin -->", "<!-- benchmarks/twenty.py: end -->"
MOST = 10.0  # CPU seconds a question may take
MONTHS = 3  # from the forecast before to the champion
BEFORE = "VERSION"  # in a command: the number of the forecast before
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
    Asked(5, "capacity planner", "Why does this forecast differ from the one before?", "why",
          options=("--from", BEFORE), job=True),
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


def earlier(root: Path) -> str | None:
    """Return the number of the newest version of an earlier day than the champion's, or none."""
    store = open_store(root, make=False)
    day = champion_version(store).tags[ORIGIN_TAG]
    return max((str(each.version) for each in all_versions(store) if each.tags.get(ORIGIN_TAG, day) < day), key=int,
               default=None)  # fmt: skip


def add_earlier(root: Path, place: Path) -> None:
    """Make a forecast as of some months before the champion, with its report in a folder beside."""
    day = pd.Timestamp(champion_version(open_store(root, make=False)).tags[ORIGIN_TAG])
    words = ["run", "--origin", f"{day - pd.DateOffset(months=MONTHS):%Y-%m-%d}", "--root", str(root)]
    done = CliRunner().invoke(app, [*words, "--out", str(place / "out"), "--quiet"])
    if done.exit_code:
        raise SystemExit(f"{shlex.join(words)}: {done.exception or done.stderr}")


@contextmanager
def workshop(root: Path, *, vintage: bool) -> Iterator[Path]:
    """Give a copy of a store for jobs, with a forecast of an earlier day where that is wanted; it goes afterwards."""
    with tempfile.TemporaryDirectory(prefix="twenty-") as name:
        copy = Path(shutil.copytree(root, Path(name) / "mlruns"))
        relocate(copy)
        if vintage and earlier(copy) is None:
            add_earlier(copy, Path(name))
        yield copy


def of_store(each: Asked, root: Path) -> Asked:
    """Return a question with the number of the forecast before in the place of its name."""
    if BEFORE not in each.options:
        return each
    number = earlier(root)
    if number is None:
        raise SystemExit(
            f"{root} has no version of an earlier day than its champion's; run `shiftcast run --origin DAY`"
        )
    return replace(each, options=tuple(number if word == BEFORE else word for word in each.options))


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


def ask_all(asked: list[Asked], root: Path, vintages: Path | None) -> list[dict[str, Any]]:
    """Return the rows of questions: of the store, of a copy of it for jobs, and of the vintages where given."""
    forecaster = open_forecaster(root=root)
    forecaster.answer({"question": "quantiles", "measure": "power"})  # what is drawn once for all is part of the load
    given = {each.number for each in asked if vintages and BEFORE in each.options}
    copied = [each for each in asked if each.job and each.number not in given]
    rows = []
    with workshop(root, vintage=any(BEFORE in each.options for each in copied)) if copied else nullcontext() as copy:
        for each in asked:
            store = vintages if each.number in given else copy if each.job else root
            beside = chdir(copy.parent) if store == copy else nullcontext()  # where a job publishes
            with threadpool_limits(1), beside:  # threads that wait for each other on a busy machine count as CPU time
                rows.append(answered(of_store(each, store), forecaster, store))
    return rows


def main() -> None:
    """Ask all that the forecast knows how to answer, and write the results."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--root", type=Path, default=Path("mlruns"))
    options.add_argument("--jobs", action="store_true", help="run jobs as well, in a copy of the store")
    options.add_argument("--vintages", type=Path, help="store of a champion and an earlier forecast, asked why")
    options.add_argument("--only", type=int, nargs="+", help="numbers of questions; the others keep their rows")
    given = options.parse_args()
    asked = [each for each in TWENTY
             if (known(each, jobs=given.jobs) or (given.vintages and BEFORE in each.options))
             and each.number in (given.only or {each.number})]  # fmt: skip
    rows = pd.DataFrame(ask_all(asked, given.root, given.vintages), columns=list(COLUMNS))
    merged(rows, pd.read_csv(RESULTS)).to_csv(RESULTS, index=False)
    rewrite(page_table(pd.read_csv(RESULTS)), BEGIN, END, PAGE)


def merged(new: pd.DataFrame, old: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of questions, new where they were asked anew, by number."""
    return pd.concat([new, old[~old["number"].isin(new["number"])]]).sort_values("number")


if __name__ == "__main__":
    main()
