"""Hold pinned versions against advisories: those of pip-audit's database, or those recorded here where none answers."""

import csv
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from packaging.version import Version
from pinned import pins, plain

PATIENCE = 600  # seconds for the database
KNOWN = 0.5  # part of the pins that a database has to know


def noted(path: Path) -> list[dict[str, str]]:
    """Return the advisories that are recorded."""
    with path.open(encoding="utf-8", newline="") as file:
        return [*csv.DictReader(file)]


def recorded(advisories: list[dict[str, str]], wanted: dict[str, str]) -> Iterator[str]:
    """Yield what is recorded against pinned versions."""
    versions = {plain(name): version for name, version in wanted.items()}
    for row in advisories:
        version = versions.get(plain(row["package"]))
        if version is not None and Version(version) < Version(row["fixed"]):
            yield f"{row['package']} {version}: {row['advisory']}, fixed in {row['fixed']}"


def told(words: list[str], wanted: dict[str, str]) -> list[dict] | None:
    """Return what pip-audit tells of each package that its database knows; ``None`` where it does not answer."""
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "pins.txt"
        file.write_text("".join(f"{name}=={version}\n" for name, version in wanted.items()), encoding="utf-8")
        asked = [*words, "--requirement", str(file), "--no-deps", "--disable-pip", "--format", "json",
                 "--progress-spinner", "off"]  # fmt: skip
        try:
            done = subprocess.run(asked, capture_output=True, text=True, timeout=PATIENCE, check=False)  # noqa: S603  (our own words)
            found = json.loads(done.stdout)["dependencies"]
        except (OSError, ValueError, KeyError, subprocess.TimeoutExpired):
            return None
    return [each for each in found if "vulns" in each]


def of_database(wanted: dict[str, str]) -> tuple[list[dict] | None, str]:
    """Return what the database tells of the pins, or ``None`` and why it does not."""
    command = shutil.which("pip-audit")
    if not command:
        return None, "pip-audit is not installed"
    if not told([command], dict([*wanted.items()][:1])):  # a database that is not there costs one question
        return None, "no database of pip-audit answers"
    return told([command], wanted) or None, "the database of pip-audit answered once and not again"


def said(found: list[dict]) -> Iterator[str]:
    """Yield the advisories of packages as lines."""
    for each in found:
        for one in each["vulns"]:
            fixed = ", ".join(one.get("fix_versions") or []) or "none"
            yield f"{each['name']} {each['version']}: {one['id']}, fixed in {fixed}"


def main() -> None:
    """Say which list was asked and what it holds against the pins; end with 1 on any, or where few pins are known."""
    constraints, file = (Path(word) for word in sys.argv[1:3])
    wanted, advisories = pins(constraints), noted(file)
    found, why = of_database(wanted)
    few = found is not None and len(found) < KNOWN * len(wanted)
    if found is not None:
        where, against = f"the database of pip-audit, {len(found)} of {len(wanted)} pins known to it", [*said(found)]
    else:
        last = max(row["noted"] for row in advisories)
        where, against = f"{why}: the list of {last}, which is no database", [*recorded(advisories, wanted)]
    lines = [f"asked {where}: {len(against) or 'nothing'} against the pins", *against]
    lines += ["too few of the pins are known to it for that to mean anything"] if few else []
    sys.stdout.write("\n".join(lines) + "\n")
    raise SystemExit(bool(against) or few)


if __name__ == "__main__":
    main()
