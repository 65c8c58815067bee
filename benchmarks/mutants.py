"""Change the code in small ways and see whether its tests notice: mutation testing of scores, reconciliation, identity.

The changes are those of cosmic-ray (`pip install "cosmic-ray>=8.7"`). Each is imported in a fork of a process that has
loaded the libraries once, so no file is touched and a mutant costs the run of its tests alone. A mutant is killed when
an example of its docstrings or one of the test files that hold it fails.

``python benchmarks/mutants.py run scores --sample 90`` records a module, every mutant unless a sample is asked for;
``again`` runs the recorded survivors once more, after tests were added, and ``count`` tells how many mutants there are.
``python docs/make_testing.py`` then writes docs/testing.md.
"""

from __future__ import annotations

import argparse
import ast
import doctest
import importlib
import importlib.util
import io
import json
import os
import random
import re
import resource
import sys
from collections.abc import Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any, Final

import hypothesis
import pytest
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

ROOT: Final = Path(__file__).resolve().parents[1]
RECORD: Final = ROOT / "benchmarks/mutants.json"
RECONCILED: Final = ("tests/forecast/hierarchy",)
MODULES: Final = {
    "scores": ("forecast/scores.py", ("tests/forecast/test_scores.py",)),
    "meeting": ("forecast/identity/meeting.py", ("tests/forecast/identity/test_meeting.py",)),
    "conversion": ("forecast/hardware/conversion.py", ("tests/forecast/hardware/test_conversion.py",)),
    "fleet": ("forecast/hardware/fleet.py", ("tests/forecast/hardware/test_fleet.py",)),
    "growth": ("forecast/hardware/growth.py", ("tests/forecast/identity/test_work.py",)),
    "intensity": ("forecast/identity/intensity.py", ("tests/forecast/identity/test_work.py",)),
    "training": ("forecast/identity/training.py", ("tests/forecast/identity/test_work.py",)),
    "projection": ("forecast/hierarchy/projection.py", RECONCILED),
    "mint": ("forecast/hierarchy/mint.py", RECONCILED),
    "covariance": ("forecast/hierarchy/covariance.py", RECONCILED),
    "structure": ("forecast/hierarchy/structure.py", RECONCILED),
}
ONLY: Final = {"fleet": "not small_world"}  # a whole world a mutant; the rest of the file holds the same sums
_NOTICED: Final = re.compile(  # what hardly any sum survives, and no float has: it would only raise the share of killed
    r"BinaryOperator_\w+_(FloorDiv|Mod|Pow|RShift|LShift|BitOr|BitAnd|BitXor)$|ComparisonOperator_\w+_(Is|IsNot)$"
)
_CPU_SECONDS: Final = 20  # several times what the slowest of the test files takes


@dataclass(frozen=True)
class Mutant:
    """One change: the function it is in, the lines before and after, and the whole source after."""

    function: str
    before: str
    after: str
    source: str


class MutantLoader(SourceFileLoader):
    """Load a module from a changed source, under the name and path of the file it changes."""

    def __init__(self, name: str, path: str, source: str) -> None:
        super().__init__(name, path)
        self.source = source

    def get_code(self, fullname: str) -> CodeType:
        """Compile the changed source, never the cached one."""
        return compile(self.source, self.path, "exec")


class MutantFinder:
    """Find one module in its changed form; every other is left to the finders that follow."""

    def __init__(self, loader: MutantLoader) -> None:
        self.loader = loader

    def find_spec(self, name: str, path: Any = None, target: ModuleType | None = None) -> ModuleSpec | None:
        """Return the changed module's spec for its name, else nothing."""
        if name != self.loader.name:
            return None
        return importlib.util.spec_from_file_location(name, self.loader.path, loader=self.loader)


def meaning(source: str) -> str:
    """Return what runs of a source: its tree without annotations, which are never evaluated; "" if it is no Python."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return ""
    for node in ast.walk(tree):
        for field in ("annotation", "returns"):
            if getattr(node, field, None) is not None:
                setattr(node, field, ast.Constant(None))
    return ast.dump(tree)


def mutants(source: str) -> Iterator[Mutant]:
    """Yield every change that cosmic-ray makes to a source, without those that do not change what runs."""
    plain, tree = meaning(source), get_ast(source)
    functions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    for name in sorted(operator_names()):
        if _NOTICED.search(name) or get_operator(name).arguments():
            continue
        operator = get_operator(name)()
        places = [place for node in ast_nodes(tree) for place in operator.mutation_positions(node)]
        for occurrence, (start, _) in enumerate(places):
            changed = mutate_code(source, operator, occurrence)
            if changed is None or meaning(changed) in {plain, ""}:
                continue
            inside = [each.name for each in functions if each.lineno <= start[0] <= (each.end_lineno or 0)]
            yield Mutant(inside[-1] if inside else "", *_lines(source, changed), changed)


def _lines(source: str, changed: str) -> tuple[str, str]:
    """Return the lines that differ, before and after, without their indentation."""
    before, after = source.splitlines(), changed.splitlines()
    head = next(i for i, (old, new) in enumerate(zip(before, after, strict=False)) if old != new)
    tail = next(i for i, (old, new) in enumerate(zip(before[::-1], after[::-1], strict=False)) if old != new)
    return tuple(" ".join(" ".join(each[head : len(each) - tail]).split()) for each in (before, after))  # type: ignore[return-value]


def run_tests(tests: Sequence[str], only: str) -> int:
    """Run tests in this process, without a word, and return pytest's exit code; a failure is not made smaller."""
    options = ["-n", "0", "-x", "-q", "--tb=no", "-p", "no:cacheprovider", "--hypothesis-profile=mutants"]
    options += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
    options += ["-k", only] if only else []
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        return int(pytest.main([*options, *(str(ROOT / each) for each in tests)]))


def forget() -> None:
    """Forget our own modules and the tests, so that the next import reads them anew; libraries stay loaded."""
    for name in [each for each in sys.modules if each.split(".")[0] in {"shiftcast", "tests", "conftest"}]:
        del sys.modules[name]


def survives(name: str, mutant: Mutant) -> bool:
    """Return whether a mutant passes the examples of its docstrings and its tests, run in a fork of this process."""
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))
        os._exit(_judge(name, mutant))
    return os.waitpid(child, 0)[1] == 0


def _judge(name: str, mutant: Mutant) -> int:
    """Return 0 where nothing notices the mutant."""
    path, tests = MODULES[name]
    dotted = "shiftcast." + path.removesuffix(".py").replace("/", ".")
    sys.meta_path.insert(0, MutantFinder(MutantLoader(dotted, str(ROOT / path), mutant.source)))
    try:
        with redirect_stdout(io.StringIO()):
            failed = doctest.testmod(importlib.import_module(dotted)).failed
        return int(failed > 0) or run_tests(tests, ONLY.get(name, ""))
    except BaseException:  # a mutant may raise anything at import, and then it is noticed
        return 1


def record(name: str, sample: int, seed: int) -> None:
    """Run the mutants of a module, or a sample of them, and record what survived."""
    every = list(mutants((ROOT / MODULES[name][0]).read_text(encoding="utf-8")))
    chosen = random.Random(seed).sample(every, sample) if 0 < sample < len(every) else every  # noqa: S311  (no secret)
    alive = survivors(name, chosen)
    counts = {"made": len(every), "run": len(chosen), "seed": seed, "first": len(alive)}
    _write(name, {"path": MODULES[name][0], "tests": list(MODULES[name][1]), **counts, "survivors": _told(alive)})
    print(f"{name}: {len(chosen)} of {len(every)} mutants, {len(chosen) - len(alive)} killed, {len(alive)} survived")


def again(name: str) -> None:
    """Run the recorded survivors of a module once more, and record those that still survive."""
    found = _read()[name]
    known = [tuple(each.values()) for each in found["survivors"]]
    every = mutants((ROOT / MODULES[name][0]).read_text(encoding="utf-8"))
    chosen = [each for each in every if (each.function, each.before, each.after) in known]
    alive = survivors(name, chosen)
    _write(name, {**found, "survivors": _told(alive)})
    print(f"{name}: {len(alive)} of {len(chosen)} still survive")


def survivors(name: str, chosen: Sequence[Mutant]) -> list[Mutant]:
    """Return the mutants that survive, of those chosen; refuse a module that fails unchanged."""
    if code := run_tests(MODULES[name][1], ONLY.get(name, "")):  # also loads the libraries that each fork shares
        raise SystemExit(f"the tests of {name} fail before anything is changed (pytest says {code}); mend them first")
    forget()
    if not survives(name, Mutant("", "", "", (ROOT / MODULES[name][0]).read_text(encoding="utf-8"))):
        raise SystemExit(f"{name} does not pass unchanged in a fork, so every mutant would count as killed; mend that")
    alive = []
    for place, mutant in enumerate(chosen, 1):
        if survives(name, mutant):
            alive.append(mutant)
            print(f"{name} {place}/{len(chosen)} in {mutant.function}: {mutant.before}  ->  {mutant.after}", flush=True)
    return alive


def _told(alive: Sequence[Mutant]) -> list[dict[str, str]]:
    return [{"function": each.function, "before": each.before, "after": each.after} for each in alive]


def _read() -> dict[str, Any]:
    return dict(json.loads(RECORD.read_text(encoding="utf-8"))) if RECORD.exists() else {}


def _write(name: str, row: dict[str, Any]) -> None:
    RECORD.write_text(json.dumps({**_read(), name: row}, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    """Run what the command line names."""
    parser = argparse.ArgumentParser(description="Mutation testing of scores, reconciliation and identity.")
    parser.add_argument("command", choices=["run", "again", "count"])
    parser.add_argument("names", nargs="*", metavar="MODULE", help=f"of {', '.join(MODULES)}; all if left out")
    parser.add_argument("--sample", type=int, default=0, help="mutants a module, drawn at random; 0 runs every one")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    hypothesis.settings.register_profile(
        "mutants", hypothesis.settings(
            derandomize=True, deadline=None, max_examples=25, database=None,
            phases=(hypothesis.Phase.explicit, hypothesis.Phase.generate),
            suppress_health_check=list(hypothesis.HealthCheck),
        ),
    )  # fmt: skip
    for name in asked.names or MODULES:
        if asked.command == "count":
            print(name, sum(1 for _ in mutants((ROOT / MODULES[name][0]).read_text(encoding="utf-8"))))
        elif asked.command == "again":
            again(name)
        else:
            record(name, asked.sample, asked.seed)


if __name__ == "__main__":
    main()
