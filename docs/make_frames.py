"""Write the page of frames from their models: ``python docs/make_frames.py`` from the root."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from shiftcast.features.frames import FRAMES, Column, FrameModel

PAGE = Path(__file__).with_name("frames.md")
HEAD = """# Frames

Every frame with its columns in order; made by docs/make_frames.py from [features/frames](../features/frames). A range
holds its ends. Rows are sorted by the key, which no two rows share. A date is midnight UTC. In signatures a frame is
`DataFrame[Model]`, and [names.md](names.md) says what the quantities mean.
"""


def page() -> str:
    """Return the page."""
    return HEAD + "".join(f"{line}\n" for frame in FRAMES.values() for line in section(frame))


def section(frame: type[FrameModel]) -> Iterator[str]:
    """Yield the lines about one frame."""
    key = ", ".join(f"`{name}`" for name in frame.key)
    yield from ("", f"## {frame.title}", f"`{frame.__name__}`: {frame.__doc__} Key: {key}.", "")
    yield from ("| column | dtype | unit | range or values | meaning |", "|---|---|---|---|---|")
    for name, column in frame.columns.items():
        unit = column.unit if column.kind == "number" else ""
        about = column.description + ("; may be missing" if column.nullable else "")
        yield f"| `{name}` | {_dtype(column)} | {unit} | {_range(column)} | {about} |"


def _dtype(column: Column) -> str:
    return f"`{column.dtype}`" if column.kind in {"text", "number"} else f"`{column.dtype}`, {column.kind}"


def _range(column: Column) -> str:
    if column.isin:
        return ", ".join(f"`{value}`" for value in column.isin)
    ends = [f"{word} {end:g}" for word, end in (("from", column.ge), ("to", column.le)) if end is not None]
    return " ".join(ends)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
