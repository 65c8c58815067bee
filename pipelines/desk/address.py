"""Addresses of pages: all state of a page is in its address, read within limits and written in one way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl, urlencode

from shiftcast.features.input_error import InputError
from shiftcast.forecast.questions.kinds import shortened

MOST_BYTES: Final = 24_000  # of what follows the question mark; a scenario may have 20,000 characters
MOST_FIELDS: Final = 60


class RefusedError(InputError):
    """A request that is refused; carries the HTTP status.

    Parameters
    ----------
    message
        The fault and its remedy, in one line.
    status
        HTTP status.
    """

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


def read_fields(query: bytes) -> dict[str, str]:
    """Return the fields of an address; those left empty, as forms send them, count as left out.

    Parameters
    ----------
    query
        What follows the question mark, as it came.

    Returns
    -------
    dict
        Field to text, in the order given.

    Raises
    ------
    RefusedError
        If it is too long, no UTF-8, or names a field twice.

    Examples
    --------
    >>> read_fields(b"measure=power&segment=&of=a+b")
    {'measure': 'power', 'of': 'a b'}
    """
    if len(query) > MOST_BYTES:
        raise RefusedError(f"the address has {len(query):,} bytes; ask with at most {MOST_BYTES:,}", 414)
    try:
        pairs = parse_qsl(
            query.decode("ascii"), keep_blank_values=True, strict_parsing=bool(query), errors="strict",
            max_num_fields=MOST_FIELDS,
        )  # fmt: skip
    except UnicodeError:
        raise RefusedError("the address holds bytes that are no UTF-8; write them as percent-encoded UTF-8") from None
    except ValueError:
        raise RefusedError(f"the address is no list of at most {MOST_FIELDS} fields such as measure=power") from None
    given = [(name, value.strip()) for name, value in pairs if value.strip()]
    names = [name for name, _ in given]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise RefusedError(f"field {shortened(twice)} is given twice; give it once")
    return dict(given)


def link(path: str, **fields: str | float | None) -> str:
    """Return the address of a page, without fields that are left out.

    Parameters
    ----------
    path
        Such as ``/demand``.
    **fields
        Its fields.

    Returns
    -------
    str

    Examples
    --------
    >>> link("/why", measure="power", period=None, segment="all")
    '/why?measure=power&segment=all'
    """
    return with_fields(path, {name: str(value) for name, value in fields.items() if value not in (None, "")})


def with_fields(path: str, fields: Mapping[str, str]) -> str:
    """Return the address of a page with fields under any names.

    Parameters
    ----------
    path, fields
        As :func:`link` takes them.

    Returns
    -------
    str
    """
    return f"{path}?{urlencode(fields)}" if fields else path
