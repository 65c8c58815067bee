"""What serving measures with a few requests, what it keeps of it, and the tables of the page."""

import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
import serving
import serving_page
from serving_page import Figure, Moment

sys.path.pop(0)

IDLE, BUSY = Moment("2026-11-23", 2, 0.1), Moment("2026-11-30", 4, 9.0)


@pytest.fixture
def server():
    """Return a server that answers any question, and a store whose alias says which version it tells."""
    state = {"version": "1"}

    class Answering(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self):
            self.tell({"version": state["version"]})

        def do_POST(self):
            asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
            self.tell({"predictions": asked["dataframe_records"]})

        def tell(self, answer):
            body = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    client = SimpleNamespace(set_registered_model_alias=lambda _model, _alias, version: state.update(version=version))
    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as made:
        made.daemon_threads = True  # one waits for the next request of each connection
        threading.Thread(target=made.serve_forever, daemon=True).start()
        yield made.server_port, SimpleNamespace(client=client)
        made.shutdown()


def by_name(figures):
    return {(figure.part, figure.what): figure.value for figure in figures}


def test_models_are_asked_in_turn_and_a_slow_round_moves_the_highest_ratio_alone(monkeypatch):
    order, clock, spent = [], [0.0], [0.0]
    questions = [{"number": number} for number in range(4)]

    def ask(_connection, question, path):
        name = path.split("/")[1]
        order.append((name, question.get("number")))
        slow = name == "champion" and 40 + 8 <= len(order) - 1 < 40 + 16  # the second of three rounds
        clock[0] += 0.006 if slow else {"champion": 0.003, "trivial": 0.002}[name]
        spent[0] += {"champion": 0.004, "trivial": 0.002}[name]

    monkeypatch.setattr(serving, "ask", ask)
    monkeypatch.setattr(serving, "worked", lambda _process: spent[0])
    monkeypatch.setattr(serving, "time", SimpleNamespace(perf_counter=lambda: clock[0]))
    found = {figure.what: figure.value for figure in serving.compared(1, 2, questions, 3)}
    assert order[40:48] == [(name, number) for number in range(4) for name in ("champion", "trivial")]
    assert (found["questions, in turn"], found["rounds"]) == (4, 3)
    assert found[serving_page.RATIO] == pytest.approx(1.5)
    assert (found["lowest ratio of a round"], found["highest ratio of a round"]) == pytest.approx((1.5, 3.0))
    assert (found["champion, median"], found["trivial, median"]) == pytest.approx((3.0, 2.0))
    assert (found["champion, p99"], found["champion, CPU a request"]) == pytest.approx((6.0, 4.0))
    assert found["ratio of CPU"] == pytest.approx(2.0)


def test_every_other_figure_is_taken_of_a_server_that_answers(server):
    port, store = server
    found = by_name([
        *serving.answers(port), *serving.clients(port, 2, 3), *serving.moved_alias(store, port, 1, 4),
        *serving.reloads(store, port, os.getpid(), 2), *serving.memory(port, os.getpid(), 20),
    ])  # fmt: skip
    moved = "alias moved under 1 clients, none of whose requests failed"
    assert found["2 clients at once, none of whose requests failed", "requests"] == 6
    assert [found[moved, what] for what in ("requests", "moves", "moves that the server followed")] == [4, 3, 3]
    times = [what for part, what in found if part == "time of an answer"]
    assert (times[:2], len(times)) == (["new scenario, median", "new scenario, longest of 5"], 12)
    sizes = {part: what for part, what in found if part.startswith("resident")}
    assert sizes == {"resident memory over 2 reloads": "after the last", "resident memory over requests": "after 20"}
    assert all(value > 0 for value in found.values())


def test_parts_that_are_not_measured_keep_their_figures_and_their_day(tmp_path):
    file = tmp_path / "serving.csv"
    serving_page.keep([Figure("one", "a", 1.0, "ms"), Figure("one", "b", 2.0, "s"), Figure("two", "c", 3, "number")],
                      IDLE, file)  # fmt: skip
    serving_page.keep([Figure("one", "a", 1.234567, "ms"), Figure("three", "d", 4, "MiB")], BUSY, file, others=True)
    kept = pd.read_csv(file)
    assert kept[["part", "what", "value"]].to_numpy().tolist() == [
        ["one", "a", 1.2346], ["two", "c", 3.0], ["three", "d", 4.0],
    ]  # fmt: skip
    assert [*kept["day"]] == [BUSY.day, IDLE.day, BUSY.day]
    assert ([*kept["cores"]], [*kept["load"]]) == ([4, 2, 4], [9.0, 0.1, 9.0])
    serving_page.keep([Figure("one", "a", 5.0, "ms")], IDLE, file)
    assert pd.read_csv(file)["value"].tolist() == [5.0]


def test_a_table_tells_unit_day_cores_and_load_and_a_goal_that_is_missed(tmp_path):
    file = tmp_path / "serving.csv"
    figures = [Figure("beside", "median", 2.84, "ms"), Figure("beside", "requests", 1600.0, "number"),
               Figure("beside", serving_page.RATIO, 1.43, "ratio")]  # fmt: skip
    serving_page.keep(figures, Moment("2026-11-30", 2, float("nan")), file)
    soaked = [Figure("soak", "minutes", 4.5, "number"), Figure("soak", "most", 1414.6, "MiB")]
    serving_page.keep(soaked, BUSY, file, others=True)
    assert serving_page.table(pd.read_csv(file)).splitlines()[2:] == [
        "| beside | median | 2.8 ms | 2026-11-30, 2 cores |",
        "|  | requests | 1,600 |  |",
        "|  | ratio of the medians | 1.43 (at most 1.3 wanted, missed) |  |",
        "| soak | minutes | 4.5 | 2026-11-30, 4 cores, load 9.0 before |",
        "|  | most | 1,415 MiB |  |",
    ]
    assert serving_page.measured(Figure("", serving_page.RATIO, 1.2, "ratio")) == "1.20 (at most 1.3 wanted)"


def test_what_is_asked_to_be_written_goes_into_file_and_page(tmp_path, monkeypatch):
    page, file = tmp_path / "serving.md", tmp_path / "serving.csv"
    page.write_text(serving_page.PAGE.read_text(encoding="utf-8"), encoding="utf-8")
    figures = [Figure(serving.BESIDE, serving_page.RATIO, 9.0, "ratio"), Figure("other", "rate", 7, "a second")]
    serving_page.keep(figures, IDLE, file)
    monkeypatch.setattr(serving, "SERVING", file)
    monkeypatch.setattr(serving_page, "SERVING", file)
    monkeypatch.setattr(serving_page, "PAGE", page)
    monkeypatch.setattr(serving, "here", lambda: BUSY)
    asked = []

    def taken(_place, root, rounds, requests):
        asked.append((str(root), rounds, requests))
        yield Figure(serving.BESIDE, serving_page.RATIO, 1.25, "ratio")

    monkeypatch.setattr(serving, "taken", taken)
    for words in (["--ratio", "--rounds", "3"], ["--ratio", "--write"]):
        monkeypatch.setattr(sys, "argv", ["serving.py", "--root", "some", *words])
        before = file.read_text(encoding="utf-8")
        serving.main()
        assert (file.read_text(encoding="utf-8") != before) == ("--write" in words)
    assert asked == [("some", 3, None), ("some", 5, None)]
    assert pd.read_csv(file)[["value", "day"]].to_numpy().tolist() == [[1.25, BUSY.day], [7.0, IDLE.day]]
    assert "| ratio of the medians | 1.25 (at most 1.3 wanted) | 2026-11-30, 4 cores" in page.read_text(
        encoding="utf-8"
    )


@pytest.mark.parametrize("file", [serving_page.SERVING, serving_page.SOAK], ids=lambda file: file.stem)
def test_the_page_shows_the_results(file):
    begin, end = serving_page.marks(file.stem)
    shown = serving_page.PAGE.read_text(encoding="utf-8").split(begin)[1].split(end)[0].strip()
    rows = pd.read_csv(file)
    assert [*rows.columns] == [*serving_page.COLUMNS]
    assert shown == serving_page.table(rows)


def test_every_part_that_is_measured_of_a_champion_is_kept():
    kept = set(pd.read_csv(serving_page.SERVING)["part"])
    assert {serving.BESIDE, "time of an answer", "resident memory over requests"} <= kept
    assert any(part.startswith("load in a fresh process") for part in kept)
