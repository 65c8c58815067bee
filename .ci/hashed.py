"""Write ``hashed.txt`` beside archives: each pin with the SHA-256 of its archives, for pip's ``--require-hashes``."""

import hashlib
import re
import sys
from pathlib import Path


def plain(name: str) -> str:
    """Return a name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pin_of(path: Path, pins: set[tuple[str, str]]) -> tuple[str, str] | None:
    """Return name and version of an archive, where it is one that is pinned."""
    stem = path.name.removesuffix(".tar.gz").removesuffix(".zip")
    parts = path.name.split("-") if path.suffix == ".whl" else [stem.rpartition("-")[0], stem.rpartition("-")[2]]
    found = (plain(parts[0]), parts[1]) if len(parts) > 1 else ("", "")
    return found if found in pins else None


def main() -> None:
    """Hash the archives in the folder given second, and end with 1 where a pin of the file given first has none."""
    constraints, folder = (Path(word) for word in sys.argv[1:3])
    lines = [line for line in constraints.read_text(encoding="utf-8").split() if "==" in line]
    pins = {(plain(name), version): line for line in lines for name, version in [line.split("==")]}
    hashes: dict[tuple[str, str], list[str]] = {}
    for path in sorted(folder.iterdir()):
        pin = pin_of(path, set(pins))
        if pin is not None:
            with path.open("rb") as file:
                hashes.setdefault(pin, []).append(hashlib.file_digest(file, "sha256").hexdigest())
    missing = [line for pin, line in pins.items() if pin not in hashes]
    if missing:
        raise SystemExit(f"no archive in {folder} of {', '.join(missing)}")
    text = "".join(" \\\n    ".join([line, *(f"--hash=sha256:{each}" for each in hashes[pin])]) + "\n"
                   for pin, line in pins.items())  # fmt: skip
    (folder / "hashed.txt").write_text(text, encoding="utf-8")
    sys.stdout.write(f"{len(pins)} pins, {sum(map(len, hashes.values()))} archives: {folder / 'hashed.txt'}\n")


if __name__ == "__main__":
    main()
