"""Open the Spark session, say in one sentence what went wrong on it, and fan fits out; pyspark is an extra."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import pandas as pd

from shiftcast.features.input_error import InputError

_CONNECT: Final = "sc://"
_MASTER: Final = re.compile(
    r"local(\[[\d*]+\])?|yarn|spark://[\w.:,-]+|k8s://[\w.:/-]+|sc://[\w.-]+(:\d+)?(/[\w=;.-]*)?"
)
_SETTINGS: Final = {
    "spark.app.name": "shiftcast",
    "spark.log.level": "OFF",  # what fails is raised, and said once
    "spark.ui.enabled": "false",
}
_OF_THIS_MACHINE: Final = {"spark.sql.shuffle.partitions": "8"}
_OF_READING: Final = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.sources.partitionColumnTypeInference.enabled": "false",  # a folder `group=1` names a group, not a number
}
HERE: Final = "local[*]"
_CAUSE: Final = re.compile(r"Caused by: (?:[\w$]+\.)*[\w$]+(?:Exception|Error): (.+)")
_RAISED: Final = re.compile(r"Traceback \(most recent call last\):\n(?:[ \t].*\n|\n)*(\S.*)")  # on a worker
NO_FILE: Final = "names no file that Spark can see"
_CODED: Final = re.compile(r"^\[[\w.]+\] | SQLSTATE: \w+")
_REMEDIES: Final = (
    ("PATH_NOT_FOUND", f"{NO_FILE}; check the path or the URI"),
    ("No module named 'shiftcast'", "install shiftcast where the workers run, or name their Python in PYSPARK_PYTHON"),
    ("FileNotFoundException", "a worker cannot see it; put it where all workers can read, such as an object store"),
    ("does not exist", "a worker cannot see it; put it where all workers can read, such as an object store"),
    ("No FileSystem for scheme", "give Spark the library of that store (spark.jars.packages)"),
    ("S3AFileSystem", "give Spark the library of that store (spark.jars.packages=org.apache.hadoop:hadoop-aws)"),
    ("Permission denied", "let the workers read and write there"),
    ("masters are unresponsive", "start the master, or check its address"),
)  # fmt: skip


def session(master: str | None = None) -> Any:
    """Return the running Spark session in UTC, or start one.

    Parameters
    ----------
    master
        Such as ``local[2]``, ``spark://host:7077``, ``yarn``, or ``sc://host:15002`` of Spark Connect; if left out,
        that of the running session, of Spark's own configuration (``spark-submit --master``), or else this machine.

    Returns
    -------
    SparkSession
        A session whose time zone is UTC.

    Raises
    ------
    ValueError
        If pyspark is not installed, the master is not of a known form or cannot be reached, or the running session is
        not in UTC.
    """
    try:
        from pyspark.sql import SparkSession  # noqa: PLC0415  (an extra)
    except ImportError:
        raise InputError("the spark engine needs pyspark; in the checkout, `pip install -e '.[spark]'`") from None
    if master is not None and not _MASTER.fullmatch(master):
        raise InputError(
            f"Spark master {master!r} is not of a form such as local[2], spark://host:7077, yarn or sc://host:15002"
        )
    running = SparkSession.getActiveSession()
    if running is None:
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # workers need the packages that this process has
        with plainly(master or "Spark"):
            running = _started(master)
    zone = running.conf.get("spark.sql.session.timeZone")
    if zone not in {"UTC", "Etc/UTC"}:
        raise InputError(f"the running Spark session is in {zone}; set spark.sql.session.timeZone to UTC")
    return running


def _started(master: str | None) -> Any:
    from pyspark import SparkConf, SparkContext  # noqa: PLC0415  (an extra)
    from pyspark.sql import SparkSession  # noqa: PLC0415  (likewise)

    if master is not None and master.startswith(_CONNECT):
        try:
            running = SparkSession.builder.remote(master).getOrCreate()
        except ImportError as missing:
            raise InputError(
                f"{master}: Spark Connect needs more packages ({missing}); `pip install 'pyspark[connect]'`"
            ) from None
        for name, value in _OF_READING.items():
            running.conf.set(name, value)
        return running
    SparkContext._ensure_initialized()  # so that the settings of the user are known: ours do not override them
    known = SparkConf()
    builder = SparkSession.builder.master(master or known.get("spark.master", HERE))
    here = (master or known.get("spark.master", HERE)).startswith("local")
    for name, value in (_SETTINGS | (_OF_THIS_MACHINE if here else {})).items():
        builder = builder.config(name, known.get(name, value))
    shown = {"spark.ui.showConsoleProgress": str(sys.stderr.isatty()).lower()}
    for name, value in {**_OF_READING, **shown}.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def is_local(running: Any) -> bool:
    """Return whether a session's workers are on this machine, where they see its folders.

    Parameters
    ----------
    running
        Spark session.

    Returns
    -------
    bool
        False for a cluster, and for Spark Connect.
    """
    return hasattr(running, "_jsc") and str(running.conf.get("spark.master", "")).startswith("local")


@contextmanager
def plainly(what: str) -> Iterator[None]:
    """Raise an error of Spark as one sentence with its remedy: the cause, without the traces of all workers.

    Parameters
    ----------
    what
        What was being read, written or reached.

    Yields
    ------
    None
        While Spark works.

    Raises
    ------
    ValueError
        In place of an error of Spark.
    """
    from py4j.protocol import Py4JError  # noqa: PLC0415  (comes with the extra)
    from pyspark.errors import PySparkException  # noqa: PLC0415  (an extra)

    try:
        yield
    except (Py4JError, PySparkException) as error:
        raise InputError(f"{what}: {sentence(str(error))}") from None


def sentence(trace: str) -> str:
    r"""Return the innermost cause of an error of Spark, with its remedy where one is known.

    Parameters
    ----------
    trace
        Text of the error, of any number of lines.

    Returns
    -------
    str
        One line.

    Examples
    --------
    >>> sentence("Job aborted\nCaused by: java.io.IOException: Permission denied\n  at b.c")
    'Permission denied; let the workers read and write there'
    """
    causes = _RAISED.findall(trace) or _CAUSE.findall(trace) or [next(iter(trace.strip().splitlines()), "")]
    cause = _CODED.sub("", causes[-1].strip()).rstrip(".")
    remedy = next((text for mark, text in _REMEDIES if mark in trace), "")
    return f"{cause[:400]}{'; ' if remedy else ''}{remedy}"


def fan_out_spark(
    rows: Any, key: list[str], fit: Callable[[pd.DataFrame], pd.DataFrame], example: pd.DataFrame
) -> Any:  # fmt: skip
    """Return ``fit`` of every group, computed by ``applyInPandas`` where the workers are, not yet collected.

    Parameters
    ----------
    rows
        Spark DataFrame of many groups.
    key
        Columns that name a group.
    fit
        From the rows of a group to a frame in the columns of ``example``.
    example
        One result, for its columns and types.

    Returns
    -------
    pyspark.sql.DataFrame
        Results of all groups, in no order.
    """
    schema = rows.sparkSession.createDataFrame(example).schema
    return rows.groupBy(*key).applyInPandas(lambda group: fit(group), schema=schema)  # noqa: PLW0108  (it counts arguments)
