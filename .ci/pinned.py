"""What is pinned: names and versions of a file of constraints, and which archive is of which pin.

Of the standard library alone, so that ``.ci/hashes`` runs in an environment that has nothing installed yet.
"""

import re
from pathlib import Path


def plain(name: str) -> str:
    """Return a name as indexes compare it.

    >>> plain("Jupyter_Builder")
    'jupyter-builder'
    """
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(path: Path) -> dict[str, str]:
    """Return version by name, each name as the file of constraints writes it."""
    return dict(line.split("==") for line in path.read_text(encoding="utf-8").split() if "==" in line)


def pin_of(archive: Path) -> tuple[str, str] | None:
    """Return plain name and version that the name of a wheel or of a source archive tells; nothing of another file.

    >>> pin_of(Path("a_b-1.0-py3-none-any.whl")), pin_of(Path("a-b-1.0.tar.gz")), pin_of(Path("hashed.txt"))
    (('a-b', '1.0'), ('a-b', '1.0'), None)
    """
    stem = archive.name.removesuffix(".tar.gz").removesuffix(".zip")
    parts = archive.name.split("-")[:2] if archive.suffix == ".whl" else [*stem.rpartition("-")[::2]]
    return (plain(parts[0]), parts[1]) if len(parts) == 2 and parts[0] else None
