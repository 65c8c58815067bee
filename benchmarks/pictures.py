"""Measure what the pictures of a report weigh and what CPU time one takes, against two libraries that draw in the page.

``python benchmarks/pictures.py --root STORE`` draws every picture of the champion's report; it writes
``benchmarks/pictures.csv`` and the table of ``docs/pictures.md``. Vega-Lite is weighed as the same specs with the
bundle of its scripts that draws them without a network. Plotly, which drew the report before, is weighed by its script
alone where it is installed; what was measured of it stays in the table otherwise.
"""

from __future__ import annotations

import argparse
import gzip
import json
import statistics
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pandas as pd
from marked import rewrite

from shiftcast.pipelines.drawing.picture import NARROW, WIDE, Picture, asset
from shiftcast.pipelines.pages.whole import all_views
from shiftcast.pipelines.registry.champion import open_bundle

RESULTS = Path(__file__).with_suffix(".csv")
PAGE = Path(__file__).parents[1] / "docs" / "pictures.md"
BEGIN, END = "<!-- benchmarks/pictures.py: begin -->", "<!-- benchmarks/pictures.py: end -->"
TIMED = ("the first picture of a process", "a picture after it, median", "a PNG, median")
OURS, VEGA, PLOTLY = (
    "SVG drawn when the page is made, two widths",
    "Vega-Lite drawn in the page",
    "Plotly drawn in the page",
)


def weights(pictures: list[Picture]) -> list[dict[str, object]]:
    """Return bytes of scripts and of pictures by way of drawing, as they are and as gzip sends them."""
    import vl_convert  # noqa: PLC0415  (the table is made without it)

    inline, specs = "".join(each.inline for each in pictures), json.dumps([each.spec() for each in pictures])
    ways = [(OURS, asset("picture.js") + asset("picture.css"), inline),
            (VEGA, vl_convert.javascript_bundle(), specs)]  # fmt: skip
    if find_spec("plotly"):
        from plotly.offline import get_plotlyjs  # noqa: PLC0415  (may not be there)

        ways.append((PLOTLY, get_plotlyjs(), ""))
    return [
        {"what": way, "script_kb": len(script) / 1e3, "pictures_kb": len(drawn) / 1e3 if drawn else None,
         "gzip_kb": len(gzip.compress((script + drawn).encode(), mtime=0)) / 1e3}
        for way, script, drawn in ways
    ]  # fmt: skip


def times(pictures: list[Picture]) -> list[dict[str, object]]:
    """Return CPU seconds that pictures take."""
    first = timed(lambda: pictures[0].svg(WIDE))
    later = [timed(lambda one=each, at=width: one.svg(at)) for each in pictures for width in (WIDE, NARROW)]
    folder = RESULTS.parent
    png = [timed(lambda one=each: one.save(folder / "measured.png")) for each in pictures[:5]]
    (folder / "measured.png").unlink()
    found = (first, statistics.median(later), statistics.median(png))
    return [{"what": what, "seconds": seconds} for what, seconds in zip(TIMED, found, strict=True)]


def timed(work: Callable[[], object]) -> float:
    """Return the CPU seconds that work takes."""
    start = time.process_time()
    work()
    return time.process_time() - start


def page_table(table: pd.DataFrame) -> str:
    """Return what stands between the marks of the page."""
    ways, spent = table[table["script_kb"].notna()], table[table["seconds"].notna()]
    lines = [
        "| way of drawing | scripts and style | the pictures | together, gzipped |",
        "| --- | ---: | ---: | ---: |",
    ]
    for row in ways.to_dict("records"):
        drawn = "not measured" if pd.isna(row["pictures_kb"]) else f"{row['pictures_kb']:,.0f} kB"
        lines.append(f"| {row['what']} | {row['script_kb']:,.0f} kB | {drawn} | {row['gzip_kb']:,.0f} kB |")
    told = "CPU time: " + "; ".join(f"{row['what']} {row['seconds']:.2f} s" for row in spent.to_dict("records"))
    count = int(table["pictures"].dropna().iloc[0])
    return "\n".join([f"The {count} pictures of a report:", "", *lines, "", f"{told}."])


def write_page(table: pd.DataFrame, page: Path = PAGE) -> None:
    """Put the table between the marks of the page."""
    rewrite(page_table(table), BEGIN, END, page)


def main() -> None:
    """Read the command line, measure, and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, required=True, help="store of a run")
    given = parser.parse_args()
    pictures = [each for view in all_views(open_bundle("champion", root=given.root)) for each in view.pictures]
    rows = [*times(pictures), *weights(pictures)]
    if not find_spec("plotly") and RESULTS.exists():
        before = pd.read_csv(RESULTS)
        rows += before[before["what"] == PLOTLY].to_dict("records")
    table = pd.DataFrame(rows)
    table.loc[table["what"] == OURS, "pictures"] = len(pictures)
    table.to_csv(RESULTS, index=False, float_format="%.4g")
    write_page(pd.read_csv(RESULTS))
    print(page_table(pd.read_csv(RESULTS)))


if __name__ == "__main__":
    main()
