"""No firm and no product is named in the core's code: a planner changes them in the record."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CORE = sorted(path for floor in ("features", "forecast") for path in (ROOT / floor).rglob("*.py"))
WORDS = {"all", "none", "other", "custom", "world", "cpu"}  # names in the record that are no firm and no product
UNIT = re.compile(r"h100[- ]equivalents?|h100e")  # the name of a unit, as kilogram is
ALLOWED = {
    ("features/scope.py", "nvidia"): "the product's scope: the vendor whose revenue, calendar and fleet are forecast",
    ("forecast/hardware/equivalents.py", "h100"): "defines the unit H100e: one of it",
    ("forecast/economics/basis.py", "deepseek"): "the model of a question that names none, by its records",
    ("forecast/questions/fields.py", "recast_2"): "an example in the description of a field",
    ("forecast/questions/fields.py", "hopper"): "an example in the description of a field",
    ("forecast/questions/capacity.py", "deepseek"): "the default of a question that names no model",
    **dict.fromkeys(
        [("features/frames/hardware.py", name) for name in (
            "h100", "gb200", "vr200", "nvidia", "amd", "google", "openai", "ampere", "hopper", "blackwell",
            "blackwell_ultra", "rubin", "rubin_ultra", "cdna3", "tpu",
        )],
        "examples of values in the description of a column",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def names(record):
    """Return every name of a firm, a product or a definition of the split that the record holds."""
    found = set(record.chips["chip"]) | set(record.memberships["firm"])
    found |= set(record.definitions.loc[record.definitions["about"] != "technique", "definition"])
    for rows, columns in (
        (record.observations, ("operator", "user", "vendor", "accelerator")),
        (record.hardware, ("accelerator", "vendor", "family")),
    ):
        for column in columns:
            found |= set(rows[column])
    return {str(name) for name in found} - WORDS


def texts(path):
    """Return the string constants of a file with their lines; text that stands alone is documentation."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return [
        (node.lineno, node.value) for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in alone
    ]  # fmt: skip


def named(text, names):
    """Return the names in a text, as whole words or as the parts of a word that underscores and points divide."""
    rest = UNIT.sub("", text.lower())
    return {name for name in names if re.search(rf"(?<![a-z0-9]){re.escape(name.lower())}(?![a-z0-9])", rest)}


def test_the_record_holds_the_names_that_are_looked_for(names):
    assert {"google", "coreweave", "nvidia", "gb300", "hopper", "recast_2", "epoch_owners"} <= names
    assert named("placement.nvidia", names) == {"nvidia"}
    assert named("H100-equivalents to", names) == set()
    assert named("rubin_x", names) == {"rubin"}


def test_no_firm_and_no_product_stands_in_code(names):
    found = {
        (path.relative_to(ROOT).as_posix(), name): f"{path.relative_to(ROOT)}:{line}: {text!r}"
        for path in CORE for line, text in texts(path) for name in named(text, names)
    }  # fmt: skip
    assert [where for key, where in found.items() if key not in ALLOWED] == []
    assert set(ALLOWED) - set(found) == set()


def test_a_name_smuggled_into_code_is_found(names, tmp_path):
    path = tmp_path / "smuggled.py"
    path.write_text('"""Google in a docstring."""\nLARGE = {("search", "hyperscale"): ("google",)}\n', encoding="utf-8")
    assert [named(text, names) for _, text in texts(path)] == [set(), set(), {"google"}]
