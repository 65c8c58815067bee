"""Examples made at random, few in a plain run and as many as fit into ``--minutes``; a failure says its seed."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

HERE = Path(__file__).parent
ROUND = 100  # examples of one seed where minutes are given


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("fuzz")
    group.addoption("--minutes", type=float, default=0.0, help="fuzz for so long in all, one seed after another")
    group.addoption("--examples", type=int, default=0, help="so many of each seed, whatever --minutes says")
    group.addoption("--seed", type=int, default=0, help="first seed of the fuzz")
    group.addoption("--store", type=Path, help="store whose champion the fuzz asks; one run of 200 draws if left out")


@pytest.fixture
def hunt(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Return a function that checks examples of a strategy: a few, or as many as fit into this test's part."""
    many = sum(HERE in item.path.parents for item in request.session.items)

    def over(check: Callable[[Any], None], strategy: st.SearchStrategy[Any], *, examples: int) -> None:
        given_minutes = request.config.getoption("--minutes", default=0.0)
        first = request.config.getoption("--seed", default=0)
        told = request.config.getoption("--examples", default=0)
        until = time.monotonic() + 60 * given_minutes / many
        number, size = first, told or (ROUND if given_minutes else examples)
        while number == first or time.monotonic() < until:
            try:
                once(check, strategy, number, size)
            except BaseException as error:
                error.add_note(
                    f"again: python -m pytest tests/pipelines/fuzz --examples {size} --seed {number} -n0 -k "
                    f"{request.node.name.partition('[')[0]}"
                )
                raise
            number += 1

    return over


def once(check: Callable[[Any], None], strategy: st.SearchStrategy[Any], number: int, examples: int) -> None:
    """Check the examples of one seed; the one that fails is made as small as it can be."""

    def one(example: Any) -> None:
        check(example)

    quiet = settings(max_examples=examples, deadline=None, database=None, derandomize=False,
                     suppress_health_check=list(HealthCheck))  # fmt: skip
    quiet(seed(number)(given(strategy)(one)))()


@pytest.fixture(scope="session")
def samples() -> ModuleType:
    """Return the module with a sample of every source, and what has to hold of them."""
    path = HERE.parent / "sources" / "test_fuzz.py"
    found = importlib.util.spec_from_file_location("samples_of_sources", path)
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module
