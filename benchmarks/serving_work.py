"""Measure the CPU seconds of every question that a server answers, by which it counts work before it begins.

``python benchmarks/serving_work.py [--root DIR]`` asks the champion of a store that ``shiftcast run`` made, ``mlruns``
here if left out, one question of each kind; then every question of three fleets: the Slurm site and the cloud bill of
the notebooks, whose exports ``shiftcast ingest --into site`` and ``--into bill`` put into the same store, and a made-up
one of 200 workloads over three years. 2,000 draws, one thread. Each question is asked of a model that was asked nothing
before it (``first``), then once more (``again``), as the second row of a request is. The results are
``benchmarks/serving_work.csv`` and a table of ``docs/serving.md``, which ``--page`` alone writes anew; tests hold
``pipelines/serving/work.py`` to them.
"""

from __future__ import annotations

import argparse
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
from fleet import made_up
from marked import replaced
from threadpoolctl import threadpool_limits

from shiftcast.features.frames import Usage, conform
from shiftcast.forecast.fleet.asking import ask
from shiftcast.forecast.fleet.planner import Planner
from shiftcast.pipelines.fleet.opening import open_fleet
from shiftcast.pipelines.registry.answers import questions
from shiftcast.pipelines.registry.versions import open_version
from shiftcast.pipelines.serving.work import cost_of

RESULTS = Path(__file__).with_suffix(".csv")
PAGE = Path(__file__).parents[1] / "docs" / "serving.md"
BEGIN, END = "<!-- benchmarks/serving_work.py: begin -->", "<!-- benchmarks/serving_work.py: end -->"
NOTEBOOKS = Path(__file__).parents[1] / "notebooks" / "data"
COLUMNS = ("model", "question", "first", "again")
WORKLOADS, MONTHS = 200, 36  # of the made-up fleet
FLEETS = {"site": ("slurm_site", "2017-12-11"), "bill": ("cloud_bill", "2020-09-29")}
ASKED: dict[str, dict[str, Any]] = {
    "describe": {}, "forecast": {"every": "month"}, "when": {}, "full": {"risk": 0.05}, "choices": {}, "budget": {},
    "why": {}, "latent": {}, "events": {},
}  # fmt: skip
DEAR: dict[str, dict[str, Any]] = {
    "limits": {"programmes": 100},
    "draws": {"draws": 2000},
}  # what a question takes whose default does more than the kept example
WAYS: dict[str, dict[str, Any]] = {"impose, prior": {"question": "impose", "mode": "prior"}}  # that count otherwise


def seconds(ask_one: Callable[[], object]) -> tuple[float, float]:
    """Return the CPU seconds of a call, and of the same call again."""
    moments = [time.process_time()]
    for _ in range(2):
        ask_one()
        moments.append(time.process_time())
    return moments[1] - moments[0], moments[2] - moments[1]


def of_world(root: Path) -> Iterator[tuple[str, str, float, float]]:
    """Yield what each question of a forecast of the world takes."""
    kept = {asked["question"]: asked for asked in questions(open_version("champion", root=root))}
    asked = kept | {name: {**kept[way["question"]], **way} for name, way in WAYS.items()}
    for name, one in asked.items():
        forecaster = open_version("champion", root=root).forecaster
        question = {**one, **DEAR.get(name, {}), "form": "answer"}
        yield "world", name, *seconds(lambda: forecaster.rows(question))  # noqa: B023  (called here)


def planners(root: Path) -> Iterator[tuple[str, Planner]]:
    """Yield each fleet by its name."""
    for name, (folder, day) in FLEETS.items():
        yield name, open_fleet(name, root, facts=NOTEBOOKS / folder / "fleet.toml", as_of=day)
    like = open_fleet("site", root, facts=NOTEBOOKS / "slurm_site" / "fleet.toml", as_of="2026-11-20")
    usage = conform(made_up(WORKLOADS, MONTHS, "month").assign(accelerator="v100"), Usage)
    yield f"{WORKLOADS} workloads", replace(like, usage=usage)


def of_fleet(name: str, planner: Planner) -> Iterator[tuple[str, str, float, float]]:
    """Yield what each question of a fleet takes that it can be asked."""
    for question, fields in ASKED.items():
        fresh = replace(planner)  # keeps no demand of another question
        given = {"question": question, **fields, **_named(planner, question)}
        try:
            yield name, question, *seconds(lambda: ask(fresh, given))  # noqa: B023  (called here)
        except ValueError as error:
            print(f"{name}: {question} is not asked: {error}")


def _named(planner: Planner, question: str) -> Mapping[str, Any]:
    rows = planner.usage[planner.usage["measure"] == "gpu_hours"]
    if question == "when":
        most = rows.groupby("workload", observed=True)["value"].sum().idxmax()
        return {"technique": str(rows["technique"].iloc[0]), "of": str(most)}
    if question == "budget":
        return {"year": planner.basis.origin.year + 1}
    months = sorted(rows["period_start"].dt.strftime("%Y-%m").unique())
    return {"before": months[0], "after": months[-2]} if question == "why" else {}


def page(results: pd.DataFrame, text: str) -> str:
    """Return the page with its table of what each question counts as, beside what was measured."""
    of = results.assign(model=results["model"].where(results["model"] == "world", "a fleet"))
    most = of.groupby(["model", "question"], sort=False)[["first", "again"]].max().reset_index()
    fleet = most["model"] != "world"
    most["counts"] = [cost_of([{**WAYS.get(name, {"question": name}), "form": "answer"}], fleet=0 if own else None)
                      for name, own in zip(most["question"], fleet, strict=True)]  # fmt: skip
    most = most.sort_values(["model", "counts", "question"], ascending=[False, False, True])
    rows = [f"| `{name}`{way}{'' if row.model == 'world' else ' of a fleet'} | {row.counts:g} | {row.first:.2f} "
            f"| {row.again:.2f} |" for row in most.itertuples()
            for name, way in [re.match(r"(\w+)(.*)", row.question).groups()]]  # fmt: skip
    head = ["| question | counts as [CPU s] | measured, first | again |", "|---|---|---|---|"]
    return replaced(text, "\n".join([*head, *rows]), BEGIN, END)


def main() -> None:
    """Measure all and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, default=Path("mlruns"))
    parser.add_argument("--page", action="store_true", help="write the table of the results as they are")
    given = parser.parse_args()
    if not given.page:
        measure(given.root)
    PAGE.write_text(page(pd.read_csv(RESULTS), PAGE.read_text(encoding="utf-8")), encoding="utf-8")


def measure(root: Path) -> None:
    """Measure all and write the results."""
    rows: list[tuple[str, str, float, float]] = []
    with threadpool_limits(1):
        for name, planner in planners(root):
            rows += of_fleet(name, planner)
        rows += of_world(root)
    table = pd.DataFrame(rows, columns=COLUMNS).round(2)
    table.to_csv(RESULTS, index=False, lineterminator="\n")
    print(table.to_string(index=False))


if __name__ == "__main__":
    main()
