"""Check two wheels: alike to the byte, and with every file of the packages that git keeps."""

import subprocess
import sys
import zipfile
from pathlib import Path

FOLDERS = ("features", "forecast", "pipelines")
OF_THE_CHECKOUT = {"pipelines/former/README.md"}  # says to whoever edits the folder what it is for


def contents(wheel: str) -> dict[str, bytes]:
    """Return a wheel's files by name."""
    with zipfile.ZipFile(wheel) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def packed(name: str) -> str:
    """Return where a file of the checkout lies in the wheel."""
    if name.startswith("pipelines/former/"):
        return name.replace("former/", "")
    return name if name.startswith("shiftcast/") else f"shiftcast/{name}"


def main() -> None:
    """Compare the wheel from the checkout with the one from the sdist, and with what git keeps."""
    root, wheel, again = sys.argv[1:]
    first, second = contents(wheel), contents(again)
    differ = sorted(name for name in first.keys() | second.keys() if first.get(name) != second.get(name))
    if differ:
        sys.exit(f"a wheel from the sdist differs from one from the checkout: {', '.join(differ)}")
    ask = ("git", "-C", root, "ls-files", *FOLDERS, "shiftcast")
    kept = subprocess.run(ask, capture_output=True, text=True, check=True).stdout.split()  # noqa: S603  (CI's own words)
    there = [name for name in kept if (Path(root) / name).exists()]
    absent = [name for name in there if name not in OF_THE_CHECKOUT and packed(name) not in first]
    if absent:
        sys.exit(f"the wheel lacks {', '.join(absent)}; see package-data in pyproject.toml")


main()
