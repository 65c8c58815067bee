"""What a worker makes of a batch: the rows as one machine reads them, and refusals with the number of their row."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from shiftcast.features.input_error import InputError
from shiftcast.pipelines.series.files import TEXT, read_series, typed
from shiftcast.pipelines.spread.batches import BATCH, GROUP, PART
from shiftcast.pipelines.spread.reading import CORRUPT, ROW
from shiftcast.pipelines.spread.worker import ERROR, HERE, Worker, nested, remark

SHAPES = {"forecast": pa.schema([("series", pa.string()), ("value", pa.float64())])}


def batch(rows, **more):
    """Return rows as Spark hands them to a worker, in no order."""
    columns = {name: list(cells) for name, cells in zip(("series", "value"), zip(*rows, strict=True), strict=True)}
    columns |= {GROUP: ["g"] * len(rows), PART: pa.array([2] * len(rows), pa.int32()), BATCH: ["7"] * len(rows)}
    columns |= {ROW: [10 * n for n in range(len(rows))], CORRUPT: pa.array([None] * len(rows), pa.string()), **more}
    return pa.table(columns).take(np.arange(len(rows))[::-1])


def doubled(rows):
    """Return each value twice, or refuse one below zero."""
    if (rows.value < 0).any():
        row = int((rows.value < 0).to_numpy().argmax()) + 1
        raise InputError(f"series {rows.series[row - 1]!r}, row {row}: value is negative")
    yield "told", remark("series", number=rows.series.nunique())
    yield "forecast", rows.assign(value=2 * rows.value)


def answered(table, answer=doubled):
    return Worker(answer, nested(SHAPES))(table)


def rows_of(given, kind):
    cells = given[kind].to_pylist()
    return [cell for cell in cells if cell is not None]


def test_a_group_is_answered_in_the_order_of_its_file():
    given = answered(batch([("b", "1"), ("a", " 2 "), ("b", "nan")]))
    assert rows_of(given, "forecast") == [
        {"series": "b", "value": 2.0}, {"series": "a", "value": 4.0}, {"series": "b", "value": None}
    ]  # fmt: skip
    told = [(each["name"], each["what"], each["number"]) for each in rows_of(given, "told")]
    assert told == [("series", "", 2), ("rows", "forecast", 3)]
    assert given[GROUP].unique().to_pylist() == ["g"]
    assert given[PART].unique().to_pylist() == [2]


def test_a_refusal_names_the_number_that_the_row_has_among_all():
    given = answered(batch([("b", "1"), ("a", "-2"), ("b", "3")]))
    (error,) = rows_of(given, "told")
    assert (error["name"], error["number"]) == (ERROR, 10)
    assert error["what"] == f"series 'a', {HERE}: value is negative"
    assert rows_of(given, "forecast") == []


def test_another_group_of_the_batch_is_answered_beside_a_refusal():
    given = answered(batch([("b", "1"), ("a", "-2")], **{GROUP: ["h", "g"]}))
    assert rows_of(given, "forecast") == [{"series": "b", "value": 2.0}]


def test_a_line_with_other_cells_than_the_header_is_refused():
    given = answered(batch([("b", "1"), ("a", None)], **{CORRUPT: [None, "a"]}))
    (error,) = rows_of(given, "told")
    assert error["number"] == 10
    assert "has another number of cells than the header" in error["what"]


def test_what_is_no_refusal_ends_the_task():
    def broken(rows):
        raise KeyError("a defect")
        yield

    with pytest.raises(KeyError, match="a defect"):
        answered(batch([("b", "1")]), broken)


def test_cells_of_a_csv_become_what_one_machine_reads(tmp_path):
    lines = ["series,period_end,value,queued", "null,2026-01-31,1e-3,no", "b,,NaN,", "NA,2026-02-28, 0.1,2"]
    file = tmp_path / "a.csv"
    file.write_text("\n".join(lines))
    cells = [line.split(",") for line in lines[1:]]
    table = pa.table({name: [row[at] for row in cells] for at, name in enumerate(lines[0].split(","))})
    here = read_series(file, ("series", "period_end", "value", "queued"))
    pd.testing.assert_frame_equal(typed(table, TEXT).unify_dictionaries().to_pandas(), here)
