"""Ask a server everything for minutes while its alias moves: no request may fail, and its memory has to settle.

``python benchmarks/soak.py [--minutes 5] [--root DIR]`` copies the champion of ``DIR`` (``mlruns`` here if left out)
twice into a store of its own and serves it. Clients ask one question of each kind in turn, those that take a process
of their own by two of them, and look at the answer: 200, JSON, and the version that was served during it. The alias
goes back and forth every few seconds. Resident memory of the server and of its processes is read every second. Ends
with 1 where a request failed, the alias did not arrive, memory of the last third lies above that of the third before
it by more than :data:`SLACK` and :data:`PART`, or one of the other processes took more than :data:`HAND`. ``--write``
keeps the figures in ``benchmarks/soak.csv`` and writes the table of ``docs/serving.md``.
"""

from __future__ import annotations

import argparse
import http.client
import itertools
import json
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from serving import copied_store, resident, running, served
from serving_page import SOAK, Figure, here, keep, measured, write_page

from shiftcast.pipelines.registry.answers import questions
from shiftcast.pipelines.registry.mlflow_store import CHAMPION, MODEL
from shiftcast.pipelines.registry.versions import open_version
from shiftcast.pipelines.serving.limits import WorkLimits
from shiftcast.pipelines.serving.work import cost_of

SLACK, PART = 64.0, 0.05  # MiB, and share of it, by which memory may differ and still count as settled
HAND = 1536.0  # MiB that a process which is ended and begun anew may take
LIGHT_CLIENTS, LONG_CLIENTS, MOVE = 3, 2, 5.0  # clients, and seconds between two moves of the alias


@dataclass
class Heard:
    """What the clients and the reader of memory have seen."""

    asked: Counter[str] = field(default_factory=Counter)
    failed: list[str] = field(default_factory=list)
    versions: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    memory: list[tuple[float, float, float]] = field(default_factory=list)  # seconds, server, most of a process [MiB]
    moves: int = 0


def settled(memory: list[tuple[float, float, float]]) -> list[str]:
    """Return what is wrong with resident memory over time: nothing where its last third lies no higher.

    >>> settled([(t, 500.0 + min(t, 30), 900.0) for t in range(90)])
    []
    >>> settled([(t, 500.0 + 5 * t, 900.0) for t in range(90)])
    ['the server grew from 722 to 872 MiB']
    """
    before, after = thirds(memory)
    wrong = [f"the server grew from {before:.0f} to {after:.0f} MiB"] if after > bound(before) else []
    most = max(each[2] for each in memory)
    return [*wrong, *([f"a process took {most:.0f} MiB"] if most > HAND else [])]


def bound(before: float) -> float:
    """Return what memory may be that was so much a while before [MiB]."""
    return before * (1 + PART) + SLACK


def thirds(memory: list[tuple[float, float, float]]) -> tuple[float, float]:
    """Return the server's median resident memory in the middle third and in the last [MiB]."""
    part = len(memory) // 3
    return median(each[1] for each in memory[part : 2 * part]), median(each[1] for each in memory[2 * part :])


def children(process: int) -> Iterator[int]:
    """Yield the processes that a process began."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = stat.read_text(encoding="utf-8").rpartition(")")[2].split()
        except OSError:  # it has ended
            continue
        if int(words[1]) == process:
            yield int(stat.parent.name)


def watch(process: int, heard: Heard, stop: threading.Event) -> None:
    """Read resident memory every second."""
    began = time.monotonic()
    while not stop.wait(1.0):
        hands = [0.0]
        for child in children(process):
            try:
                hands.append(resident(child))
            except (OSError, IndexError):  # it has ended
                continue
        heard.memory.append((time.monotonic() - began, resident(process), max(hands)))


def client(port: int, asked: list[dict[str, Any]], first: int, heard: Heard, stop: threading.Event) -> None:
    """Ask the questions in turn until told to stop."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
    for question in itertools.islice(itertools.cycle(asked), first, None):
        if stop.is_set():
            return
        began = time.monotonic()
        try:
            connection.request("POST", "/invocations", json.dumps({"dataframe_records": [question]}),
                               {"content-type": "application/json"})  # fmt: skip
            answer = connection.getresponse()
            content = json.loads(answer.read())
            wrong = "" if answer.status == 200 and content.get("predictions") else f"{answer.status}: {content}"[:300]
        except (OSError, ValueError, http.client.HTTPException) as error:
            wrong = f"{type(error).__name__}: {error}"
            connection.close()
        heard.asked[question["question"]] += 1
        heard.seconds.append(time.monotonic() - began)
        if wrong:
            heard.failed.append(f"{question['question']}: {wrong}")
        elif question.get("form") == "answer":
            heard.versions[str(content["predictions"][0]["provenance"].get("version"))] += 1


def move(store: Any, port: int, heard: Heard, stop: threading.Event) -> None:
    """Move the alias back and forth, and wait until the server has followed."""
    for version in itertools.cycle("12"):
        store.client.set_registered_model_alias(MODEL, CHAMPION, version)
        deadline = time.monotonic() + 60
        while served(port) != version and not stop.is_set():
            if time.monotonic() > deadline:
                heard.failed.append(f"the alias did not come to version {version} within a minute")
                return
            time.sleep(0.2)
        heard.moves += not stop.is_set()
        if stop.wait(MOVE):
            return


def soak(store: Any, port: int, process: int, asked: list[dict[str, Any]], minutes: float) -> Heard:
    """Let everything run beside each other for so long."""
    heard, stop = Heard(), threading.Event()
    light = [each for each in asked if cost_of([each]) < WorkLimits.here]
    long = [each for each in asked if each not in light]
    jobs = [(client, (port, part, place * len(part) // many, heard, stop))
            for part, many in ((light, LIGHT_CLIENTS), (long, LONG_CLIENTS)) for place in range(many)]  # fmt: skip
    jobs += [(move, (store, port, heard, stop)), (watch, (process, heard, stop))]  # type: ignore[list-item]
    threads = [threading.Thread(target=target, args=given) for target, given in jobs]
    for thread in threads:
        thread.start()
    time.sleep(60 * minutes)
    stop.set()
    for thread in threads:
        thread.join()
    return heard


def figures(heard: Heard, minutes: float) -> list[Figure]:
    """Return what was seen."""
    seconds = sorted(heard.seconds)
    before, after = thirds(heard.memory)
    counts = {"minutes": minutes, "requests": sum(heard.asked.values()), "kinds of question": len(heard.asked),
              "clients": LIGHT_CLIENTS + LONG_CLIENTS, "failed": len(heard.failed),
              "moves of the alias": heard.moves}  # fmt: skip
    times = {"median": median(seconds), "p99": seconds[int(0.99 * len(seconds))], "longest": seconds[-1]}
    sizes = {"middle third": before, "last third": after, "may be in the last third": bound(before),
             "most": max(each[1] for each in heard.memory)}  # fmt: skip
    hands = {"most": max(each[2] for each in heard.memory), "may be": HAND}
    parts = (("everything asked while the alias moves", "number", counts), ("time of an answer", "s", times),
             ("resident memory of the server", "MiB", sizes),
             ("resident memory of a process that answers long questions", "MiB", hands))  # fmt: skip
    return [Figure(part, what, value, unit) for part, unit, found in parts for what, value in found.items()]


def main() -> None:
    """Soak, print the figures, and end with 1 where anything is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, default=Path("mlruns"))
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--write", action="store_true", help="keep the figures")
    given, moment = parser.parse_args(), here()
    with tempfile.TemporaryDirectory(prefix="soak-") as name:
        store = copied_store(given.root, Path(name))
        asked = [{**each, "form": form} for each in questions(open_version(CHAMPION, root=store.root))
                 for form in ("rows", "answer")]  # fmt: skip
        start = "from shiftcast.pipelines.cli import main; main()"
        command = [sys.executable, "-c", start, "serve", "--root", str(store.root), "--every", "0.5", "--port"]
        with running(command, Path(name) / "serve.log", "/ready") as (port, process):
            heard = soak(store, port, process.pid, asked, given.minutes)
    found = figures(heard, given.minutes)
    for figure in found:
        print(f"{figure.part}, {figure.what}: {measured(figure)}")
    if given.write:
        keep(found, moment, SOAK)
        write_page()
    wrong = [*heard.failed[:20], *settled(heard.memory)]
    raise SystemExit("\n".join(wrong) if wrong else 0)


if __name__ == "__main__":
    main()
