"""Write ``hashed.txt`` beside archives: each pin with the SHA-256 of its archives, for pip's ``--require-hashes``."""

import hashlib
import sys
from pathlib import Path

from pinned import pin_of, pins, plain


def main() -> None:
    """Hash the archives in the folder given second, and end with 1 where a pin of the file given first has none."""
    constraints, folder = (Path(word) for word in sys.argv[1:3])
    wanted = {(plain(name), version): f"{name}=={version}" for name, version in pins(constraints).items()}
    hashes: dict[tuple[str, str], list[str]] = {}
    for path in sorted(folder.iterdir()):
        found = pin_of(path)
        if found in wanted:
            with path.open("rb") as file:
                hashes.setdefault(found, []).append(hashlib.file_digest(file, "sha256").hexdigest())
    missing = [line for each, line in wanted.items() if each not in hashes]
    if missing:
        raise SystemExit(f"no archive in {folder} of {', '.join(missing)}")
    text = "".join(" \\\n    ".join([line, *(f"--hash=sha256:{each}" for each in hashes[of])]) + "\n"
                   for of, line in wanted.items())  # fmt: skip
    (folder / "hashed.txt").write_text(text, encoding="utf-8")
    sys.stdout.write(f"{len(wanted)} pins, {sum(map(len, hashes.values()))} archives: {folder / 'hashed.txt'}\n")


if __name__ == "__main__":
    main()
