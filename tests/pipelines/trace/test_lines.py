"""Rows of the record found in the files that ship."""

import csv

from shiftcast.features.series import select
from shiftcast.forecast.draws import normals
from shiftcast.forecast.tracing.subjects import Subject
from shiftcast.forecast.tracing.weights import COLUMNS, weighed_rows
from shiftcast.pipelines.records import RECORDS
from shiftcast.pipelines.trace.lines import with_lines


def lines_of(name):
    with (RECORDS / name).open(encoding="utf-8", newline="") as text:
        return text.read().splitlines()


def test_every_row_is_found_in_the_file_and_line_where_it_stands(known_on, record):
    known = known_on()
    reported = select(known.observations, measure="revenue", vendor="nvidia", definition="data_center").tail(5)
    rows = {
        "assumptions": select(known.assumptions, name="power.pue"), "ceilings": known.ceilings.head(5),
        "traffic": known.traffic.head(5), "rollouts": known.rollouts.head(5),
        "observations": reported,
    }  # fmt: skip
    x = normals(1, "x", 500)
    weighed = weighed_rows(x, [Subject("s", x, rows)], known.origin)
    assert list(weighed.columns) == list(COLUMNS)
    found = with_lines(weighed, record.digests)
    assert len(found) == 21
    for row in found.itertuples():
        name, _, line = row.file.partition(":")
        (cells,) = csv.reader(lines_of(name)[int(line) - 1 : int(line)])
        assert row.source in cells
        assert row.known_at in cells
    changed = with_lines(weighed, record.digests | {"ceilings.csv": "0" * 64})
    assert set(changed.loc[changed["file"].str.startswith("ceilings"), "file"]) == {"ceilings.csv"}
