"""Hold pinned versions against advisories: those of pip-audit's database, or those recorded here where none answers."""

import csv
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from packaging.version import Version

RECORDED = "2026-11-30"  # the day of advisories.csv
PATIENCE = 600  # seconds for the database


def plain(name: str) -> str:
    """Return a name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(path: Path) -> dict[str, str]:
    """Return version by name."""
    lines = [line.split("==") for line in path.read_text(encoding="utf-8").split() if "==" in line]
    return {plain(name): version for name, version in lines}


def recorded(path: Path, wanted: dict[str, str]) -> Iterator[str]:
    """Yield what is recorded against pinned versions."""
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            version = wanted.get(plain(row["package"]))
            if version is not None and Version(version) < Version(row["fixed"]):
                yield f"{row['package']} {version}: {row['advisory']}, fixed in {row['fixed']}"


def told(words: list[str], wanted: dict[str, str]) -> list[dict]:
    """Return what pip-audit tells of each package that its database knows; nothing where it does not answer."""
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "pins.txt"
        file.write_text("".join(f"{name}=={version}\n" for name, version in wanted.items()), encoding="utf-8")
        asked = [*words, "--requirement", str(file), "--no-deps", "--disable-pip", "--format", "json",
                 "--progress-spinner", "off"]  # fmt: skip
        try:
            done = subprocess.run(asked, capture_output=True, text=True, timeout=PATIENCE, check=False)  # noqa: S603  (our own words)
            found = json.loads(done.stdout)["dependencies"]
        except (OSError, ValueError, KeyError, subprocess.TimeoutExpired):
            return []
    return [each for each in found if "vulns" in each]


def said(found: list[dict]) -> Iterator[str]:
    """Yield the advisories of packages as lines."""
    for each in found:
        for one in each["vulns"]:
            fixed = ", ".join(one.get("fix_versions") or []) or "none"
            yield f"{each['name']} {each['version']}: {one['id']}, fixed in {fixed}"


def main() -> None:
    """Say which list was asked and what it holds against the pins, and end with 1 on any."""
    constraints, advisories = (Path(word) for word in sys.argv[1:3])
    wanted = pins(constraints)
    command = shutil.which("pip-audit")
    first = dict(list(wanted.items())[:1])
    if command and told([command], first):  # a database that is not there costs one question
        found = told([command], wanted)
        where, against = f"the database of pip-audit, {len(found)} of {len(wanted)} pins known to it", [*said(found)]
    else:
        why = "no database of pip-audit answers" if command else "pip-audit is not installed"
        where, against = f"{why}: the list of {RECORDED}, which is no database", [*recorded(advisories, wanted)]
    sys.stdout.write("\n".join([f"asked {where}: {len(against) or 'nothing'} against the pins", *against]) + "\n")
    raise SystemExit(bool(against))


if __name__ == "__main__":
    main()
