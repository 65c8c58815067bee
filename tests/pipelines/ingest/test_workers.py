"""Files read by workers: parts that carry the same items, whatever process read them."""

import hashlib
import io

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from shiftcast.pipelines.ingest import workers
from shiftcast.pipelines.ingest.reading import IngestRequest
from shiftcast.pipelines.ingest.spool import Collected, Counts, Spool
from shiftcast.pipelines.ingest.workers import Reader, parsed_schema
from shiftcast.pipelines.sources.setting import Setting

DAY = pd.Timestamp("2026-04-01", tz="UTC")
HEAD = "job_id,start_time,end_time,gpus\n"
ROW = "{0},2026-03-0{1}T01:00:00Z,2026-03-0{1}T02:30:00Z,{2}\n"
GOOD = HEAD + "".join(ROW.format(n, 1 + n % 5, 1 + n % 4) for n in range(30))
BAD = HEAD + ROW.format(3, 4, 1) + ROW.format(99, 1, "many")  # an item that stands above, and no number
URIS = {"s3a://bucket/alps/a.csv": "a.csv", "s3a://bucket/alps/b.csv": "b.csv"}


def request(*paths):
    return IngestRequest("jobs", paths, Setting(), DAY, None)


def given(contents):
    """Return what a worker gives of files whose bytes it is handed."""
    reader = Reader(request(*contents), dict(zip(contents, URIS.values(), strict=False)))
    rows = pa.table({"path": list(contents), "content": [text.encode() for text in contents.values()]})
    return pa.Table.from_batches(list(reader(rows.to_batches(max_chunksize=1))), parsed_schema())


def of_kind(table, kind):
    return [each for each in table[kind].to_pylist() if each is not None]


def collected(table, folder):
    """Return the parts as they are after they came from the shared folder."""
    for kind in ("parts", "quarantined"):
        (folder / kind).mkdir(parents=True)
        mine = table.filter(table[kind].is_valid())[kind].combine_chunks()
        pq.write_table(pa.Table.from_struct_array(mine), folder / kind / "part-0.parquet")
    told = of_kind(table, "told")
    return Collected(folder, workers._counted(told))


def test_items_keep_their_identity_and_faults_their_place(tmp_path):
    contents = dict(zip(URIS, (GOOD, BAD), strict=True))
    there = collected(given(contents), tmp_path / "there").close(None)
    (tmp_path / "here").mkdir()
    with Spool(tmp_path / "here") as spool:
        for (path, name), text in zip(URIS.items(), contents.values(), strict=True):
            reader = workers.batches_of(request(path), path, name, hashlib.sha256(), io.BytesIO(text.encode()))
            for batch, _ in reader:
                if batch is not None:
                    spool.add(batch)
        here = spool.close(None)
    assert there.findings == here.findings
    assert there.findings["sources"] == ["jobs/alps"]
    assert there.findings["repeated"] == 0
    assert len(there.quarantine) == 2
    pd.testing.assert_frame_equal(there.quarantine, here.quarantine)
    whole = "SELECT * FROM read_parquet('{}') ORDER BY id, measure"
    rows = [duckdb.sql(whole.format(closed.parts)).arrow().read_all() for closed in (there, here)]
    assert rows[0].equals(rows[1])
    assert rows[0].schema.field("id").type == pa.uint64()


def test_every_file_tells_its_digest_and_what_it_holds(tmp_path):
    first, second = of_kind(given(dict(zip(URIS, (GOOD, BAD), strict=True))), "told")
    assert (first["rows"], first["quarantined"], first["members"], first["fault"]) == (30, 0, ["a.csv"], None)
    assert (second["rows"], second["quarantined"]) == (2, 1)
    assert first["content"] == hashlib.sha256(GOOD.encode()).hexdigest()


def test_a_file_that_cannot_be_read_is_told_and_ends_no_task():
    (told,) = of_kind(given({"s3a://bucket/alps/a.csv": "%PDF-1.7 is no export"}), "told")
    assert "is a PDF; export the table behind it" in told["fault"]


def test_a_load_of_which_most_is_set_aside_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("shiftcast.pipelines.ingest.spool.QUARANTINE_LIMIT", 0)
    with pytest.raises(ValueError, match="1 of 1 rows would be set aside: check the source and columns"):
        Collected(tmp_path, Counts(rows=1, quarantined=1)).close(None)
