"""What is said of an error of Spark: the cause in one line, with its remedy."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from shiftcast.pipelines.engine.spark import sentence, session
from shiftcast.pipelines.engine.spark_tables import seen_by_workers

WORKER = """
  An exception was thrown from the Python worker. Please see the stack trace below.
Traceback (most recent call last):
  File "/x/worker.py", line 3, in run
    import shiftcast

ModuleNotFoundError: No module named 'shiftcast'

	at org.apache.spark.api.python.BasePythonRunner.x(PythonRunner.scala:1)
"""
LOST = """Job aborted due to stage failure: Task 0 in stage 1.0 failed 4 times
	at org.apache.spark.scheduler.DAGScheduler.y(DAGScheduler.scala:1)
Caused by: org.apache.spark.SparkException: Task failed
	at x.y(z.scala:3)
Caused by: java.io.FileNotFoundException: File file:/own/a.csv does not exist
	at x.y(z.scala:4)"""


@pytest.mark.parametrize(
    ("trace", "said"),
    [
        (WORKER, "ModuleNotFoundError: No module named 'shiftcast'; install shiftcast where the workers run"),
        (LOST, "File file:/own/a.csv does not exist; a worker cannot see it; put it where all workers can read"),
        (
            "[PATH_NOT_FOUND] Path does not exist: file:/no.csv. SQLSTATE: 42K03\n\tat a.b",
            "Path does not exist: file:/no.csv; names no file that Spark can see; check the path or the URI",
        ),
        ("[OTHER] An unknown cause. SQLSTATE: XX000", "An unknown cause"),
        ("", ""),
    ],
)
def test_the_cause_is_said_in_one_line(trace, said):
    assert sentence(trace).startswith(said)
    assert "\n" not in sentence(trace)


def test_spark_connect_without_its_packages_is_refused_with_their_name(monkeypatch):
    pytest.importorskip("pyspark", reason="the Spark engine needs pyspark, not installed here")
    monkeypatch.setitem(sys.modules, "grpc", None)
    with pytest.raises(ValueError, match=r"^sc://127.*: Spark Connect needs more packages .*pyspark\[connect\]"):
        session("sc://127.0.0.1:1")


def test_spark_connect_carries_no_files():
    pytest.importorskip("pyspark", reason="the Spark engine needs pyspark, not installed here")
    connected = SimpleNamespace(_session=object())
    with (
        pytest.raises(ValueError, match=r"^Spark Connect carries no files .* name a master spark://host:7077$"),
        seen_by_workers([Path("a.parquet")], connected, "s3a://bucket/work"),
    ):
        pass
