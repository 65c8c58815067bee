"""The error of every check of what a user gave: one type, so that what a library raises is never taken for it."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class InputError(ValueError):
    """Input that is refused; the message names the value, where it is, and the remedy."""


InputError.__module__ = "shiftcast"  # the public door, where a caller that catches it imports it from


def error_of(place: object, error: InputError) -> InputError:
    """Return an error whose message begins with what it is of, once.

    Parameters
    ----------
    place
        Such as the file.
    error
        The error.

    Returns
    -------
    InputError

    Examples
    --------
    >>> error = error_of("a.csv", InputError("is empty"))
    >>> str(error), str(error_of("a.csv", error))
    ('a.csv: is empty', 'a.csv: is empty')
    """
    text = str(error)
    return error if text.startswith(f"{place}: ") else InputError(f"{place}: {text}")


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the question whether a known name was meant, for the message that refuses another.

    Parameters
    ----------
    name
        As given.
    known
        Names there are.

    Returns
    -------
    str
        Ends with a blank; empty where none is near.

    Examples
    --------
    >>> nearest("recsis", ["recsys", "search"]), nearest("llm", ["recsys"])
    ("did you mean 'recsys'? ", '')
    """
    near = get_close_matches(name.lower(), [each for each in known if each != name], n=1)
    return f"did you mean {near[0]!r}? " if near else ""
