"""Imports point one way without circles, the core is pure, and files and functions stay small."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

from shiftcast.features.frames import FRAMES

ROOT = Path(__file__).resolve().parents[1]
FLOORS = ("features", "forecast", "pipelines")  # each may import itself and those before it
PURE = FLOORS[:2]
FORBIDDEN = {"mlflow", "requests", "socket", "urllib", "http", "os", "pathlib", "sys", "io", "shutil", "subprocess",
             "tempfile", "sqlite3", "time", "logging", "random"}  # fmt: skip
CLOCKS = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"), ("Timestamp", "now"),
          ("Timestamp", "utcnow"), ("Timestamp", "today")}  # fmt: skip
UNSEEDED = ("seed", "rand", "randn", "normal", "uniform", "choice", "shuffle", "permutation")
SIXTY_IN_CODE = ["forecast/migration/boosted.py", "forecast/views/published.py"]
SIXTY = {
    "forecast/views/published.py": "the keynote's figure, asked about in `at_least_60` and never an input",
    "forecast/hardware/conversion.py": "an example utilisation in a docstring",
    "forecast/migration/analogues.py": "an example share in a docstring",
    "forecast/migration/boosted.py": "the share of columns a tree sees",
    "forecast/migration/smoothing.py": "an example root in a docstring",
    "forecast/statements/wording.py": "an example share in a docstring",
    "forecast/hierarchy/constraints.py": "examples of a constraint that a user asks for",
    "forecast/hierarchy/multiplicative.py": "an example of a constraint that a user asks for",
    "forecast/sixty_forty/impose.py": "example shares in docstrings",
    "forecast/sixty_forty/modes.py": "the message that says how to write a share",
    "forecast/sixty_forty/pooling.py": "example shares in docstrings",
    "forecast/split/share.py": "the docstring that says no such number is there",
}
ASKS = re.compile(r"(What|Who|Where|Whether|How)\b")  # a docstring says what a module does instead
NOQA, REASONED = re.compile(r"[#]\s*noqa"), re.compile(r"[#] noqa: [A-Z0-9]+(, [A-Z0-9]+)*  \(.+\)")
LEFT = {
    "features/frames.py:check": "its first line names the rows and their contract",
    "features/frames.py:conform": "its first line names the rows and their contract",
    "forecast/views/part.py:unit_of": "its first line names both, and the file has no room",
}  # public functions of two arguments or more that do without a section of parameters, and why
NOT_YET_FRAMES = {
    ("forecast/hierarchy/long.py", "forecasts"): "a user's own, under names of the user's",
    ("pipelines/commands/scorecard.py", "claims"): "claims with what came",
    ("pipelines/commands/screen.py", "claims"): "claims with their odds",
    ("pipelines/ingest/load.py", "quarantine"): "rows as the checks give them, before they conform",
    ("pipelines/ingest/spool.py", "quarantine"): "likewise",
}
FILES = sorted(path for floor in FLOORS for path in (ROOT / floor).rglob("*.py"))
NAMES = [path.relative_to(ROOT).as_posix() for path in FILES]


def module_name(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(("shiftcast", *(parts[:-1] if parts[-1] == "__init__" else parts)))


MODULES = {module_name(path): path for path in FILES}


@cache
def tree(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(path):
    """Return every module a file imports, at the top or within a function."""
    found = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {each.name for each in node.names}
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import hides where it points"
            submodules = {f"{node.module}.{each.name}" for each in node.names} & set(MODULES)
            names = {each.name for each in node.names if f"{node.module}.{each.name}" not in MODULES}
            found |= submodules | ({node.module} if names else set())
    return found


def functions(path):
    return [node for node in ast.walk(tree(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def test_there_is_something_to_check():
    assert {name.partition("/")[0] for name in NAMES} == set(FLOORS)
    assert len(NAMES) > 30


def test_the_arrows_declared_between_rooms_hold(tmp_path):
    """The contracts stand in pyproject.toml; the checker reads a package as it is installed, so one is laid out."""
    for floor in FLOORS:
        shutil.copytree(ROOT / floor, tmp_path / "shiftcast" / floor, ignore=shutil.ignore_patterns("former"))
    for path in (ROOT / "shiftcast").glob("*.py"):
        shutil.copy(path, tmp_path / "shiftcast")
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as f; f()", "--no-cache",
               "--config", str(ROOT / "pyproject.toml")]  # fmt: skip
    given = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(command, cwd=tmp_path, env=given, capture_output=True, text=True, timeout=120, check=False)  # noqa: S603  (our own words)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 kept, 0 broken" in done.stdout


def test_the_page_of_the_architecture_shows_every_room():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    plan = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8").split("```")[1]
    rooms = {room for each in contracts[1:] for layer in each["layers"] for room in layer.split(" | ")}
    assert len(rooms) > 30
    assert rooms - set(plan.split()) == set()


def test_no_module_reaches_itself():
    graph = {name: imported(path) & set(MODULES) for name, path in MODULES.items()}
    done, under_way = set(), []

    def visit(name):
        assert name not in under_way, f"circle: {' -> '.join([*under_way[under_way.index(name) :], name])}"
        if name not in done:
            under_way.append(name)
            for each in sorted(graph[name] - {name}):
                visit(each)
            done.add(under_way.pop())

    for name in sorted(graph):
        assert name not in graph[name]
        visit(name)
    assert done == set(MODULES)


def untyped_frames(path):
    """Return the arguments and attributes of a file that are named after a frame, and are any pandas frame by type."""
    nodes = [node for node in ast.walk(tree(path)) if isinstance(node, ast.arg | ast.AnnAssign) and node.annotation]
    names = [(getattr(node, "arg", None) or ast.unparse(node.target), ast.unparse(node.annotation)) for node in nodes]
    return {name for name, kind in names if name in FRAMES and re.match(r"pd\.DataFrame\b", kind)}


def test_a_frame_is_typed_by_its_contract():
    found = {(name, each) for path, name in zip(FILES, NAMES, strict=True) for each in untyped_frames(path)}
    assert found == set(NOT_YET_FRAMES)


def impure(node):
    """Return whether a call reaches for a file, the screen, the clock or unseeded chance."""
    if isinstance(node.func, ast.Name):
        return node.func.id in {"open", "print", "input", "exec", "eval"}
    if not isinstance(node.func, ast.Attribute):
        return False
    owner, called = node.func.value, node.func.attr
    name = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
    unseeded = isinstance(owner, ast.Attribute) and name == "random" and called in UNSEEDED
    reads = called.startswith(("read_csv", "read_parquet", "to_parquet", "to_netcdf"))
    return (name, called) in CLOCKS or unseeded or reads


def test_the_core_knows_no_files_network_environment_or_clock():
    core = [path for path in FILES if path.relative_to(ROOT).parts[0] in PURE]
    assert len(core) > 20
    assert [str(path) for path in core if {name.partition(".")[0] for name in imported(path)} & FORBIDDEN] == []
    assert [
        f"{path}:{node.lineno}" for path in core for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and impure(node)
    ] == []  # fmt: skip


def test_files_and_functions_stay_small():
    lines = {name: len(path.read_text(encoding="utf-8").splitlines()) for path, name in zip(FILES, NAMES, strict=True)}
    assert [name for name, count in lines.items() if count > 300] == []
    assert [
        f"{path}:{node.name}" for path in FILES for node in functions(path) if node.end_lineno - node.lineno + 1 > 60
    ] == []


def public_and_bare(path):
    """Return the public functions and classes of a file that have no docstring."""
    hidden = [*functions(path), *(node for node in ast.walk(tree(path)) if isinstance(node, ast.ClassDef)
              and node.name.startswith("_"))]  # fmt: skip
    nested = {id(inner) for node in hidden for inner in ast.walk(node) if inner is not node}
    return [
        f"{path}:{node.name}" for node in ast.walk(tree(path)) if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and not node.name.startswith("_") and id(node) not in nested and not ast.get_docstring(node)
    ]  # fmt: skip


def test_everything_public_has_a_docstring():
    assert [name for path, name in zip(FILES, NAMES, strict=True) if not ast.get_docstring(tree(path))] == []
    assert [each for path in FILES for each in public_and_bare(path)] == []


def without_parameters(path):
    """Return the public functions of two arguments or more whose docstring has no section of parameters.

    Methods of a class that lists its attributes say the rest in one line, and what Typer calls is documented by its
    options.
    """
    nodes = list(ast.walk(tree(path)))
    listing = [node for node in nodes if isinstance(node, ast.ClassDef)
               and (node.name.startswith("_") or "Attributes\n---" in (ast.get_docstring(node) or ""))]  # fmt: skip
    skipped = {id(inner) for node in [*functions(path), *listing] for inner in ast.walk(node) if inner is not node}
    return [
        node.name for node in functions(path) if not node.name.startswith("_") and id(node) not in skipped
        and len(arguments(node)) > 1 and "Parameters\n---" not in (ast.get_docstring(node) or "")
    ]  # fmt: skip


def arguments(node):
    """Return the arguments of a function, but for the object of a method; none for a property or a Typer command."""
    listed = node.args
    every = [*listed.posonlyargs, *listed.args, *listed.kwonlyargs, *filter(None, (listed.vararg, listed.kwarg))]
    notes = [*node.decorator_list, *(each.annotation for each in every if each.annotation)]
    if any(re.search(r"\btyper\.|\.(command|callback)\(|property$", ast.unparse(note)) for note in notes):
        return []
    return [each.arg for each in every if each.arg not in {"self", "cls"}]


def test_docstrings_say_what_is_done_and_name_the_arguments():
    opening = {name: ast.get_docstring(tree(path)) for path, name in zip(FILES, NAMES, strict=True)}
    assert [name for name, text in opening.items() if ASKS.match(text)] == []
    bare = {f"{name}:{each}" for path, name in zip(FILES, NAMES, strict=True) for each in without_parameters(path)}
    assert sorted(bare - set(LEFT)) == []


def test_each_silenced_rule_has_its_reason():
    places = [
        path for folder in (*FLOORS, "shiftcast", "tests", "benchmarks") for path in (ROOT / folder).rglob("*.py")
    ]
    lines = [(path, text) for path in places for text in path.read_text(encoding="utf-8").splitlines()]
    assert [f"{path}: {text.strip()}" for path, text in lines if NOQA.search(text) and not REASONED.search(text)] == []


def test_arguments_are_not_checked_with_assert_nor_errors_swallowed():
    nodes = [(path, node) for path in FILES for node in ast.walk(tree(path))]
    asserts = [f"{path}:{node.lineno}" for path, node in nodes if isinstance(node, ast.Assert)]
    bare = [f"{path}:{node.lineno}" for path, node in nodes if isinstance(node, ast.ExceptHandler) and not node.type]
    assert asserts + bare == []


def test_the_claimed_sixty_percent_is_nowhere_in_the_model():
    pattern = re.compile(r"(?<![\d.])0\.60*(?!\d)")
    found = {
        name for path, name in zip(FILES, NAMES, strict=True)
        if name.startswith(PURE) and pattern.search(path.read_text(encoding="utf-8"))
    }  # fmt: skip
    assert found == set(SIXTY)
    numbers = [
        f"{name}:{node.lineno}" for path, name in zip(FILES, NAMES, strict=True) if name.startswith(PURE)
        for node in ast.walk(tree(path)) if isinstance(node, ast.Constant) and node.value == 0.6
    ]  # fmt: skip
    assert [number.partition(":")[0] for number in numbers] == SIXTY_IN_CODE
