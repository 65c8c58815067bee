"""Count the structure of a checkout: rooms, floors, arrows, circles, arrows on a circle and files loose at a root.

A room is a folder of a package, or a file loose at its root; an arrow is one room importing another. Floors are the
longest way down. ``python benchmarks/rooms.py [FOLDER ...]`` prints a table, one column a checkout, this one if none
is named; imports are read as text, so a checkout of any age can be counted.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Final

PACKAGES: Final = ("features", "forecast", "pipelines")
Graph = Mapping[str, frozenset[str]]


def room_of(module: str) -> str:
    """Return the room of a dotted module: its folder below the package, or itself where it is loose.

    Examples
    --------
    >>> room_of("forecast.split.share"), room_of("forecast.draws.stream")
    ('forecast.split', 'forecast.draws')
    """
    return ".".join(module.removeprefix("shiftcast.").split(".")[:2])


def imports_of(path: Path) -> set[str]:
    """Return the modules and names a file imports, dotted, each module also with every name taken from it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {each.name for each in node.names}
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{each.name}" for each in node.names}
    return found


def room_graph(folder: Path, package: str) -> Graph:
    """Return room to the rooms of the same package it imports."""
    files = [
        path for path in (folder / package).rglob("*.py") if path.name != "__init__.py" or path.parent.name != package
    ]
    rooms = {path: room_of(".".join(path.relative_to(folder).with_suffix("").parts)) for path in files}
    known = set(rooms.values())
    arrows: dict[str, set[str]] = {room: set() for room in known}
    for path, room in rooms.items():
        arrows[room] |= {room_of(name) for name in imports_of(path)} & known - {room}
    return {room: frozenset(targets) for room, targets in arrows.items()}


def circle_of(graph: Graph) -> list[str]:
    """Return one circle of rooms, or nothing."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def reachable(graph: Graph, start: str) -> set[str]:
    """Return the rooms that can be reached from one by following arrows."""
    seen: set[str] = set()
    open_ = list(graph[start])
    while open_:
        room = open_.pop()
        if room not in seen:
            seen.add(room)
            open_ += graph[room]
    return seen


def tangles(graph: Graph) -> list[frozenset[str]]:
    """Return the sets of rooms that all reach each other, those of one room left out."""
    reach = {room: reachable(graph, room) for room in graph}
    sets = {frozenset({room} | {other for other in reach[room] if room in reach[other]}) for room in graph}
    return sorted((each for each in sets if len(each) > 1), key=sorted)


def floors(graph: Graph) -> int:
    """Return the longest way down; rooms that all reach each other stand on one floor."""
    tangled = {room: min(each) for each in tangles(graph) for room in each}
    name = {room: tangled.get(room, room) for room in graph}
    flat: dict[str, set[str]] = {name[room]: set() for room in graph}
    for room, targets in graph.items():
        flat[name[room]] |= {name[each] for each in targets} - {name[room]}
    height: dict[str, int] = {}
    for room in TopologicalSorter(flat).static_order():
        height[room] = 1 + max((height[each] for each in flat[room]), default=0)
    return max(height.values(), default=0)


def counts(folder: Path, package: str) -> dict[str, int]:
    """Return the figures of one package of a checkout."""
    graph = room_graph(folder, package)
    circles = tangles(graph)
    return {
        "rooms": len(graph),
        "floors": floors(graph),
        "arrows": sum(len(targets) for targets in graph.values()),
        "circles of rooms": len(circles),
        "arrows on a circle": sum(len(graph[room] & each) for each in circles for room in each),
        "files loose at the root": len(list((folder / package).glob("*.py"))),
    }


def table(folders: Iterable[Path]) -> list[str]:
    """Return the lines of a Markdown table."""
    given = list(folders)
    lines = [
        "| package | figure | " + " | ".join(folder.resolve().name for folder in given) + " |",
        "|---|---|" + "---|" * len(given),
    ]
    for package in PACKAGES:
        columns = [counts(folder, package) for folder in given]
        lines += [
            f"| `{package}` | {figure} | " + " | ".join(str(column[figure]) for column in columns) + " |"
            for figure in columns[0]
        ]
    return lines


if __name__ == "__main__":
    print("\n".join(table([Path(name) for name in sys.argv[1:]] or [Path(__file__).resolve().parents[1]])))
