"""Write what the schemas of questions say into the docs: ``python docs/make_questions.py`` from the root.

The tables of serving.md stand between two marks; questions.json is the JSON Schema of questions, answers.schema.json
that of answers, for clients.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from shiftcast.forecast.questions import QUESTIONS, field_rows, json_schema
from shiftcast.forecast.telling.form import answer_schema

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
from marked import replaced

PAGE = Path(__file__).with_name("serving.md")
SCHEMA = Path(__file__).with_name("questions.json")
ANSWERS = Path(__file__).with_name("answers.schema.json")
BEGIN, END = "<!-- made by docs/make_questions.py -->", "<!-- end -->"


def page(text: str) -> str:
    """Return the page with its tables made anew."""
    return replaced(text, "\n".join(lines()), BEGIN, END)


def lines() -> Iterator[str]:
    """Yield the table of questions, and that of the fields."""
    yield from ("| question (`output`) | takes | gives |", "|---|---|---|")
    for name, schema in QUESTIONS.items():
        yield f"| `{name}` (`{schema.output}`) | {_takes(name)} | {schema.gives} |"
    yield from ("", "Needed fields come first. What a field means:", "")
    yield from ("| field | kind | unit | bounds | default | meaning |", "|---|---|---|---|---|---|")
    seen: dict[tuple[str, str], list[str]] = {}
    rows = {}
    for name in QUESTIONS:
        for row in field_rows(name):
            key = (row["field"], row["meaning"])
            rows[key] = row
            seen.setdefault(key, []).append(row["default"])
    for key, row in sorted(rows.items()):
        told = ", ".join(f"`{each}`" for each in dict.fromkeys(seen[key]) if each not in {"", "needed"})
        yield f"| `{row['field']}` | {row['kind']} | {row['unit']} | {row['bounds']} | {told} | {row['meaning']} |"


def schema() -> str:
    """Return the JSON Schema of all questions as text."""
    return json.dumps(json_schema(), indent=1, sort_keys=True) + "\n"


def answers() -> str:
    """Return the JSON Schema of answers as text."""
    return json.dumps(answer_schema(), indent=1, sort_keys=True) + "\n"


def _takes(name: str) -> str:
    rows = [row for row in field_rows(name) if "(any question)" not in row["meaning"]]
    needed = ", ".join(row["field"] for row in rows if row["default"] == "needed")
    allowed = ", ".join(row["field"] for row in rows if row["default"] != "needed")
    return "; ".join(f"`{names}`" for names in (needed, allowed) if names)


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    SCHEMA.write_text(schema(), encoding="utf-8")
    ANSWERS.write_text(answers(), encoding="utf-8")
