"""The refusal of a question that the records cannot answer."""

from __future__ import annotations


class OutOfSupportError(ValueError):
    """A question outside what the records support; the message names what is missing and how to supply it.

    Examples
    --------
    >>> raise OutOfSupportError("no throughput record of a100 on deepseek-r1; add a row to throughput.csv")
    Traceback (most recent call last):
    forecast.refusal.OutOfSupportError: no throughput record of a100 on deepseek-r1; add a row to throughput.csv
    """
