"""Write the licences of all pinned packages into ``docs/licences.md``: ``python docs/make_licences.py`` from the root.

A licence is what a package's own metadata states: that of the installed version, or of the archives in the folder given
with ``--wheels``. One that neither has keeps the row it had, if that is of the pinned version. A licence that is not
among :data:`ALLOWED` ends the command.
"""

from __future__ import annotations

import argparse
import email.message
import email.parser
import importlib.metadata
import re
import sys
import tarfile
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / ".ci"))
sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
from marked import replaced
from pinned import pins, plain

PINS = Path(__file__).parents[1] / "constraints.txt"
PAGE = Path(__file__).with_name("licences.md")
BEGIN, END = "<!-- made by docs/make_licences.py -->", "<!-- end -->"
ALLOWED = {
    "0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "BSD", "CC0-1.0", "ISC", "MIT", "MIT-0", "MIT-CMU", "PSF-2.0",
    "Zlib",
    "LGPL-3.0-only", "MPL-2.0",  # of files that are used as they are; nothing of them is copied or changed here
}  # fmt: skip
MEANT = {
    "3-Clause BSD License": "BSD-3-Clause", "Apache 2.0": "Apache-2.0", "Apache License, Version 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0", "BSD License": "BSD", "ISC License (ISCL)": "ISC", "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0", "Python Software Foundation License": "PSF-2.0",
}  # fmt: skip
CHOICES = {
    "python-dateutil": "its LICENSE puts all of its code under BSD, what is newer than 2017 under Apache-2.0 too",
}  # packages of several classifiers of which one is enough, and why; all classifiers of any other hold
TEXTS = {
    "MIT": "permission is hereby granted, free of charge", "Apache-2.0": "apache license",
    "BSD": "redistribution and use in source and binary forms",
}  # fmt: skip
METADATA = re.compile(r"\.dist-info/METADATA$|/PKG-INFO$")
Row = tuple[str, str, str]


def stated(metadata: email.message.Message, text: str = "") -> str:
    """Return the licence that metadata states: its expression, else its classifiers, its word, or its file's words."""
    if metadata["License-Expression"]:
        return str(metadata["License-Expression"])
    marks = [mark.split(" :: ")[-1] for mark in metadata.get_all("Classifier") or [] if mark.startswith("License ::")]
    words = [mark for mark in marks if mark != "OSI Approved"] or [str(metadata["License"] or "").partition("\n")[0]]
    joined = " OR " if plain(str(metadata["Name"])) in CHOICES else " AND "
    found = joined.join(MEANT.get(each, each) for each in words)
    return found or next((name for name, words in TEXTS.items() if words in " ".join(text.lower().split())), "")


def installed() -> Iterator[Row]:
    """Yield name, version and licence of each package in this environment."""
    for each in importlib.metadata.distributions():
        metadata = email.parser.HeaderParser().parsestr(each.read_text("METADATA") or each.read_text("PKG-INFO") or "")
        if metadata["Name"]:
            licence = stated(metadata) or stated(metadata, "".join(_licence_files(each)))
            yield plain(str(metadata["Name"])), str(metadata["Version"]), licence


def _licence_files(package: importlib.metadata.Distribution) -> Iterator[str]:
    yield from (file.read_text() for file in package.files or [] if "licen" in file.name.lower() and not file.suffix)


def archived(folder: Path) -> Iterator[Row]:
    """Yield the same of each archive in a folder."""
    for path in sorted(folder.iterdir()):
        said = {name: text for name, text in _texts(path) if METADATA.search(name) or "licen" in name.lower()}
        metadata = [text for name, text in said.items() if METADATA.search(name)]
        parsed = email.parser.HeaderParser().parsestr(metadata[0])
        words = "".join(text for name, text in said.items() if not METADATA.search(name))
        yield plain(str(parsed["Name"])), str(parsed["Version"]), stated(parsed, words)


def _texts(path: Path) -> Iterator[tuple[str, str]]:
    """Yield names and texts in a wheel, or at the top of a source archive."""
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as wheel:
            for name in wheel.namelist():
                if ".dist-info/" in name:
                    yield name, wheel.read(name).decode("utf-8", "replace")
        return
    with tarfile.open(path) as source:
        for member in source:
            file = source.extractfile(member) if member.name.count("/") == 1 else None
            if file is not None:
                yield member.name, file.read().decode("utf-8", "replace")


def kept(page: str) -> Iterator[Row]:
    """Yield the rows of the page as it is."""
    for line in page.partition(BEGIN)[2].splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 3 and re.match(r"\d", cells[1]):
            yield plain(cells[0]), cells[1], cells[2]


def refused(licence: str) -> set[str]:
    """Return what of a licence is not allowed; of several to choose from one is enough.

    >>> refused("MIT OR GPL-3.0-only"), refused("MIT AND GPL-3.0-only")
    (set(), {'GPL-3.0-only'})
    """
    ways = [set(re.split(r"\s+AND\s+", way.strip("() "))) - ALLOWED for way in re.split(r"\s+OR\s+", licence)]
    return min(ways, key=len)


def lines(found: dict[tuple[str, str], str], wanted: dict[str, str]) -> Iterator[str]:
    """Yield the tables: how many packages have a licence, and that of each."""
    rows = [(name, version, found[plain(name), version]) for name, version in wanted.items()]
    yield from ("| licence | packages |", "|---|---|")
    many = Counter(sorted(licence for _, _, licence in rows)).most_common()
    yield from (f"| {licence} | {count} |" for licence, count in many)
    yield from ("", "| package | version | licence |", "|---|---|---|")
    yield from (f"| {name} | {version} | {licence} |" for name, version, licence in rows)


def page(text: str, found: dict[tuple[str, str], str], wanted: dict[str, str]) -> str:
    """Return the page with its tables made anew."""
    return replaced(text, "\n".join(lines(found, wanted)), BEGIN, END)


def main() -> None:
    """Write the page, unless a licence is missing or not allowed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wheels", type=Path, help="folder of archives, as .ci/hashes downloads them")
    given = parser.parse_args()
    text, wanted = PAGE.read_text(encoding="utf-8"), pins(PINS)
    rows = [*kept(text), *installed(), *(archived(given.wheels) if given.wheels else ())]
    found = {(name, version): licence for name, version, licence in rows}
    wrong = [f"{name}=={version} is neither installed nor on the page; give --wheels"
             for name, version in wanted.items() if (plain(name), version) not in found]  # fmt: skip
    wrong += [f"{name}=={version} states {found[plain(name), version]!r}, which is not allowed"
              for name, version in wanted.items() if refused(found.get((plain(name), version), "MIT"))]  # fmt: skip
    if wrong:
        raise SystemExit("\n".join(wrong))
    PAGE.write_text(page(text, found, wanted), encoding="utf-8")


if __name__ == "__main__":
    main()
