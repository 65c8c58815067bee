"""Questions made at random from their schemas, right and wrong: an answer or a refusal that names what is wrong."""

import asyncio
import contextlib
import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import strategies as st

from shiftcast.features.frames import DIMENSIONS, Usage, conform
from shiftcast.features.input_error import InputError
from shiftcast.forecast.fleet import asking
from shiftcast.forecast.fleet.facts import Fleet, Holding
from shiftcast.forecast.fleet.planner import Planner
from shiftcast.forecast.known import Settings, basis_of
from shiftcast.forecast.questions import json_schema
from shiftcast.pipelines.registry.mlflow_store import champion_version, open_store
from shiftcast.pipelines.serving.gate import Gate
from shiftcast.pipelines.serving.loading import load_served
from shiftcast.pipelines.serving.payload import RequestLimits, read_payload
from shiftcast.pipelines.serving.reply import Captured, replay
from shiftcast.pipelines.serving.work import cost_of

DEAR = 3.0  # CPU seconds from which a question is left to the tests of its own
WORDS = [
    "all", "rest", "hyperscale", "vendor_internal", "internal", "sovereign", "recsys", "search", "ads", "generative",
    "llm", "deep", "deep+", "sequence+llm", "gpu_hours", "power", "spending", "accelerators", "latent_hours",
    "requests", "work", "revenue", "recast_2", "free", "fixed", "soft", "factor", "mix", "leaf", "workload",
    "technique", "segment", "2025Q2", "2026Q2", "2026Q4", "2027Q4", "2028Q4", "2032Q4", "2040Q1", "2026-12",
    "2027-02-11", "year", "quarter", "month", "base", "power-40-gw", "software-gain", "generative*1.5", "sovereign*0",
    "all*1e9", "hopper", "blackwell", "h100", "coreweave", "nvda-gtc26-1t", "uae", "2026-08-31", "2026-11-20",
    "exactly", "at_most", "price.decline=0.3", "4,5,6", "plan", "budget", "operator", "user",
]  # fmt: skip
JUNK = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**20), 10**20), st.floats(), st.text(max_size=12), st.just(""),
    st.lists(st.one_of(st.text(max_size=4), st.floats(), st.none()), max_size=3),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
    st.sampled_from(["1e309", "\x00", "'; --", "*", "a" * 500, "deep or newer", "lift power"]),
)  # fmt: skip
FAIR = st.one_of(
    st.sampled_from(WORDS), st.sampled_from(WORDS), st.sampled_from([0.05, 0.1, 0.5, 0.9, 1.0, 2.0, 40.0, 1e4, 1e9]),
    st.integers(0, 12), st.lists(st.sampled_from(WORDS), min_size=1, max_size=3),
    st.lists(st.sampled_from([0.1, 0.5, 0.9]), min_size=1, max_size=3),
)  # fmt: skip


def of_kind(schema):
    """Return a strategy of what a field's schema allows, as far as it says, and of words that fields know."""
    ways = schema.get("anyOf", [schema])
    kinds = {
        "string": st.sampled_from(WORDS), "integer": st.integers(0, 20), "boolean": st.booleans(),
        "number": st.sampled_from([1e-9, 0.05, 0.1, 0.5, 0.9, 1.0, 2.0, 40.0, 1e4, 1e9]), "null": st.none(),
        "array": st.lists(st.sampled_from([*WORDS, 0.1, 0.5, 0.9, 3.0]), min_size=1, max_size=3),
    }  # fmt: skip
    found = [
        st.sampled_from(way["enum"]) if "enum" in way else kinds.get(way.get("type", "string"), FAIR) for way in ways
    ]
    return st.one_of(*found, FAIR)


def questions(schemas):
    """Return a strategy of questions: mostly fields as they may be, now and then anything."""

    def of(name):
        schema = schemas[name]
        kinds = {field: of_kind(what) for field, what in schema["properties"].items()}
        needed = {field: kinds.pop(field) for field in schema.get("required", ())}
        fair = st.fixed_dictionaries(needed, optional=kinds)
        wild = st.fixed_dictionaries({}, optional={field: st.one_of(JUNK, FAIR) for field in schema["properties"]})
        return st.tuples(st.just(name), st.one_of(fair, fair, fair, wild)).map(
            lambda told: {**told[1], "question": told[0]}
        )

    return st.sampled_from(sorted(schemas)).flatmap(of)


@pytest.fixture(scope="module")
def answered(request):
    """Return a function that asks what is served: the finished run, or the champion of the store that was named."""
    place = request.config.getoption("--store", default=None)
    store = open_store(place or request.getfixturevalue("finished").request.root, make=False)
    source = SimpleNamespace(served=load_served(store, champion_version(store)))
    told = []
    gate = Gate(source, limits=RequestLimits(), hosts=frozenset(), log=lambda event, **fields: told.append(fields))
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "path": "/invocations",
        "raw_path": b"/invocations", "query_string": b"", "root_path": "", "scheme": "http", "client": None,
        "headers": [(b"content-type", b"application/json")], "server": None,
    }  # fmt: skip

    def ask(body):
        captured = Captured()
        asyncio.run(gate(scope, replay(body), captured))
        return captured.status, b"".join(captured.parts), told[-1]

    return ask


@pytest.fixture(scope="module")
def planner(known_on):
    """Return a fleet of two workloads, with what it holds."""
    days = pd.date_range("2026-03-01", "2026-11-15", freq="D", tz="UTC").as_unit("us")
    parts = [("recsys", "deep", 300.0), ("search", "llm", 120.0)]
    rows = pd.concat([
        pd.DataFrame(dict.fromkeys(DIMENSIONS, "all"), index=range(len(days))).assign(
            workload=workload, technique=technique, accelerator="a100", period_start=days,
            value=hours * (1 + 0.1 * np.sin(np.arange(len(days)))),
        ) for workload, technique, hours in parts
    ], ignore_index=True).assign(
        measure="gpu_hours", unit="accelerator_hour", how="sum", grain="day", source="jobs", rows=1.0, bound="=",
        evidence="measured", confidence="verified", known_at=pd.Timestamp("2026-11-16", tz="UTC"),
    )  # fmt: skip
    fleet = Fleet("mine", holdings=(Holding("a100", 24.0, pd.Timestamp("2026-01-01", tz="UTC"), usd_per_hour=2.0),))
    return Planner(fleet, conform(rows, Usage), basis_of(known_on(), Settings(draws=20, seed=3)))


def test_a_question_of_any_shape_is_answered_or_refused(hunt, answered):
    def check(question):
        body = json.dumps({"dataframe_records": [question]}).encode()
        try:
            if cost_of(read_payload(body, RequestLimits())) >= DEAR:
                return
        except InputError:
            pass
        status, content, told = answered(body)
        assert status in {200, 400, 413}, "\n".join(told.get("trace", told))
        assert json.loads(content)[{200: "predictions"}.get(status, "message")]

    hunt(check, questions(json_schema()), examples=15)


def test_a_question_of_a_fleet_of_any_shape_is_answered_or_refused(hunt, planner):
    def check(question):
        with contextlib.suppress(InputError):
            assert asking.ask(planner, question).says

    hunt(check, questions(asking.json_schema()), examples=10)
