"""Open the Spark session and fan fits out on it; pyspark is an extra."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from typing import Any, Final

import pandas as pd

from shiftcast.features.input_error import InputError

_MASTER: Final = re.compile(r"local(\[[\d*]+\])?|yarn|spark://[\w.:,-]+|k8s://[\w.:/-]+")
_SETTINGS: Final = {
    "spark.app.name": "shiftcast",
    "spark.sql.session.timeZone": "UTC",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.shuffle.partitions": "8",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
}
HERE: Final = "local[*]"


def session(master: str | None = None) -> Any:
    """Return the running Spark session in UTC, or start one.

    Parameters
    ----------
    master
        Such as ``local[2]``, ``spark://host:7077`` or ``yarn``; if left out, that of the running session, of
        Spark's own configuration (``spark-submit --master``), or else this machine.

    Returns
    -------
    SparkSession
        A session whose time zone is UTC.

    Raises
    ------
    ValueError
        If pyspark is not installed, the master is not of a known form, or the running session is not in UTC.
    """
    try:
        from pyspark import SparkConf  # noqa: PLC0415  (an extra)
        from pyspark.sql import SparkSession  # noqa: PLC0415  (an extra)
    except ImportError:
        raise InputError("the spark engine needs pyspark; install it with `pip install 'shiftcast[spark]'`") from None
    if master is not None and not _MASTER.fullmatch(master):
        raise InputError(f"Spark master {master!r} is not of a form such as local[2], spark://host:7077 or yarn")
    running = SparkSession.getActiveSession()
    if running is None:
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # workers need the packages that this process has
        builder = SparkSession.builder.master(master or SparkConf().get("spark.master", HERE))
        for name, value in _SETTINGS.items():
            builder = builder.config(name, value)
        running = builder.getOrCreate()
    zone = running.conf.get("spark.sql.session.timeZone")
    if zone not in {"UTC", "Etc/UTC"}:
        raise InputError(f"the running Spark session is in {zone}; set spark.sql.session.timeZone to UTC")
    return running


def fan_out_spark(
    rows: pd.DataFrame, key: list[str], fit: Callable[[pd.DataFrame], pd.DataFrame], example: pd.DataFrame,
    master: str | None,
) -> pd.DataFrame:  # fmt: skip
    """Return ``fit`` of every group, computed by ``applyInPandas``.

    Parameters
    ----------
    rows
        Long frame of many groups.
    key
        Columns that name a group.
    fit
        From the rows of a group to a frame in the columns of ``example``.
    example
        One result, for its columns and types.
    master
        Spark master, as in :func:`session`.

    Returns
    -------
    DataFrame
        Results of all groups, in no order.

    Raises
    ------
    ValueError
        As :func:`session`.
    """
    spark = session(master)
    schema = spark.createDataFrame(example).schema
    grouped = spark.createDataFrame(rows).groupBy(*key)
    result = grouped.applyInPandas(lambda group: fit(group), schema=schema).toPandas()  # noqa: PLW0108  (it counts arguments)
    for name, dtype in example.dtypes.items():
        if isinstance(dtype, pd.DatetimeTZDtype) and result[name].dt.tz is None:
            result[name] = result[name].dt.tz_localize("UTC")
    return result.astype(example.dtypes.to_dict())
