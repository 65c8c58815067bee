"""Identities are the same for all time, since what is stored is compared with them, and hold what they should."""

import io

import numpy as np
import pandas as pd
import pytest

from shiftcast.pipelines.sources.catalogue import SOURCES
from shiftcast.pipelines.sources.chunks import Chunk
from shiftcast.pipelines.sources.normal import Normalised, Points, Source, normalise, stem_of
from shiftcast.pipelines.sources.opening import Opened
from shiftcast.pipelines.sources.setting import Setting

MOMENTS = pd.Series(pd.to_datetime(["2026-03-01", "2026-03-02"], utc=True).as_unit("us"))


def batch(identity, *, file="rows.csv", setting=None, feed=""):
    """Return the batch of two rows with these identities; none are told apart by their cells."""
    cells = pd.DataFrame({"a": ["1", "x"], "b": ["2", "y"]}, dtype=object)

    def read(_):
        points = Points(MOMENTS, pd.Series([1.0, 2.0]), "requests", "request")
        return Normalised(read=(points,), identity=None if identity is None else pd.Series(identity, dtype=object))

    source = Source("kind", "", lambda *_: iter(()), read, "", "", "", "", "")
    chunk = Chunk(cells, np.array([2, 3]), file)
    return normalise(source, chunk, setting or Setting(), feed).parts.to_pandas()


def test_named_rows_keep_the_identities_of_the_first_version():
    rows = batch(["501|2026-01-30", "ä"])
    assert rows["id"].tolist() == [13488940769438302131, 169404545344139998]
    assert rows["named"].tolist() == [True, True]


def test_rows_without_a_name_are_told_by_all_cells_and_the_name_of_their_series():
    rows = batch(None, setting=Setting(cluster="alps"))
    assert rows["id"].tolist() == [11117675099080727567, 6015107470363450010]
    assert batch([None, "7"])["named"].tolist() == [False, True]
    march, april, other = (batch(None, file=f"{name}.csv")["id"].tolist() for name in ("vc-2026-03", "vc-2026-04", "b"))
    assert march == april != other
    assert batch(None, file="b.csv", feed="mine")["id"].tolist() == rows["id"].tolist()


def test_sources_are_kind_and_cluster_or_the_feed():
    assert batch(["a", "b"])["source"].unique().tolist() == ["kind"]
    assert batch(["a", "b"], setting=Setting(cluster="alps"))["source"].unique().tolist() == ["kind/alps"]
    assert batch(["a", "b"], setting=Setting(cluster="alps"), feed="mine")["source"].unique().tolist() == ["mine"]


@pytest.mark.parametrize(("file", "stem"), [
    ("usage-2026-05-01 (1).csv.gz", "usage"), ("vc2.csv", "vc2"), ("all.tar:2026-05/vc2_20260501.csv", "vc2"),
    ("maybe.csv", "maybe"), ("jobs_may.csv", "jobs"), ("jobs 2026-W05.csv", "jobs"), ("2026-01.csv", ""),
    ("e-20260501T120000Z.csv", "e"), ("report copy.csv", "report"),
])  # fmt: skip
def test_the_stem_of_a_file_is_what_it_says_beside_dates(file, stem):
    assert stem_of(file) == stem


def test_the_end_of_a_job_is_no_part_of_its_identity():
    head = "JobID|State|Submit|Start|End|AllocTRES\n7|{}|2026-01-01T00:00:00|2026-01-01T01:00:00|{}|gres/gpu=1\n"

    def identity(state, end):
        file = Opened("s.txt", io.BufferedReader(io.BytesIO(head.format(state, end).encode())))
        chunks = SOURCES["sacct"].read(file, Setting())
        return (
            normalise(SOURCES["sacct"], next(chunks), Setting()).parts.to_pandas().iloc[0][["id", "attempt"]].tolist()
        )

    assert identity("RUNNING", "Unknown") == identity("COMPLETED", "2026-01-02T00:00:00")
