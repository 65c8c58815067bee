"""Blot out passwords in whatever is said: those of addresses, and those that the process was given."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Final
from urllib.parse import quote, quote_plus, unquote, unquote_plus

BLOT: Final = "***"
_USER: Final = re.compile(r"(?<=://)[^/\s]*@")
_VALUE: Final = r"[^&;\s'\"]*[^&;\s'\":,.)]"
_NAMED: Final = re.compile(  # each word is read once: nothing is tried again where it has no value
    r"(?i)((?:[?&;]|(?<![\w.-]))(?=[\w.-]++=)(?>[\w.-]*?(?:pass|pwd|token|secret|key|sig|cred))[\w.-]*+=)" + _VALUE
)
_WORD: Final = "password|passwd|passphrase|pwd|token|secret|key"  # with which the name of a secret ends
_HELD: Final = re.compile(  # more is taken from a text above than is looked for everywhere: "design" has "sig" in it
    rf"(?i)((?:(?:ssl|tls|ssh|private)_?)?(?:{_WORD})|(?<![a-z0-9])(?:pass|sig|signature|credential))=({_VALUE})"
)
_ADDRESS: Final = re.compile(r"\A[A-Za-z][\w+.-]*://")
_VARIABLE: Final = re.compile(rf"(?i)(?:{_WORD}|(?:\A|_)pass)\Z")
_FILE: Final = re.compile(r"(?i)(ssl|tls|ssh|private)_?key\Z")
_FOLDERS: Final = ("PWD", "OLDPWD")
_USER_NAME: Final = re.compile(r"[\w.+-]*")  # what is none is of a token, which may hold a colon
_NEXT: Final = re.compile(r"[&;](?=[A-Za-z_][\w.-]*=)")  # where the next field of a query begins
_PLAIN: Final = re.compile(r"[^A-Za-z0-9_.-]+")
_SHORTEST: Final = 4  # letters of a part that are blotted out wherever they stand: fewer are in every second word
_PUBLIC: Final = re.compile(r"(?i)true|false|null|none|-?infinity|(?=.{1,7}\Z)[+-]?[\d.]+(?:e[+-]?\d+)?")


def secrets_of(environment: Mapping[str, str], words: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the secrets that a process was given, and the parts in which drivers quote them, longest first.

    Parameters
    ----------
    environment
        Variables of the process: those whose name says that they hold a secret, every address among the values, and
        what a value names as one, as ``password=`` of a connection does.
    words
        Of its command line, where an address is one of them.

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> secrets_of({"MLFLOW_TRACKING_URI": "postgresql://me:s3/cret@db/x?sslpassword=abc", "HOME": "/root"})
    ('s3%2Fcret', 's3/cret', '2Fcret', 'cret')
    """
    found: set[str] = set()
    for name, value in environment.items():
        if _ADDRESS.match(value.strip()) or name.lower().endswith("_proxy"):
            for asked, secret in _of_address(value.strip()):
                found.update(_said(asked, secret))
        elif _VARIABLE.search(name) and name not in _FOLDERS:
            found.update(_said(name, value))
        else:
            for each in _HELD.finditer(value):
                found.update(_said(each[1], each[2]))
    for word in words:
        address = word.partition("=")[2] if word.startswith("-") else word
        if _ADDRESS.match(address):
            for asked, secret in _of_address(address):
                found.update(_said(asked, secret))
    return tuple(sorted(found, key=lambda each: (-len(each), each)))


def own_secrets() -> tuple[str, ...]:
    """Return the secrets that this process was given, as :func:`secrets_of` does.

    Returns
    -------
    tuple of str
    """
    return secrets_of(os.environ, sys.argv[1:])


def said_of(error: BaseException) -> str:
    """Return the first line of what an error says, without secrets.

    Parameters
    ----------
    error
        The error.

    Returns
    -------
    str
        The kind of error where it says nothing.

    Examples
    --------
    >>> said_of(OSError("no postgresql://me:x@db")), said_of(EOFError())
    ('no postgresql://***@db', 'EOFError')
    """
    return without_secrets(next(iter(str(error).splitlines()), "") or type(error).__name__)


def without_secrets(text: str, secrets: tuple[str, ...] | None = None) -> str:
    """Return a text with the passwords of every address in it blotted out, and every secret that the process holds.

    Parameters
    ----------
    text
        Text for a person, a log or a run.
    secrets
        What to blot out beside addresses; that of this process if not given.

    Returns
    -------
    str
        The text with ``***`` in their place.

    Examples
    --------
    >>> without_secrets("postgresql://me:secret@db/mlflow?sslpassword=x1: cannot be used", ())
    'postgresql://***@db/mlflow?sslpassword=***: cannot be used'
    """
    held = own_secrets() if secrets is None else secrets
    if held:
        text = _any_of(held).sub(BLOT, text)
    return _NAMED.sub(rf"\1{BLOT}", _USER.sub(f"{BLOT}@", text))


@lru_cache(maxsize=8)
def _any_of(secrets: tuple[str, ...]) -> re.Pattern[str]:
    """Return what finds any of the secrets, in capitals or not: names of hosts are said in small letters."""
    return re.compile("|".join(map(re.escape, secrets)), re.IGNORECASE)


def _of_address(address: str) -> list[tuple[str, str]]:
    """Return what stands for user and password, and the secrets of the query, each with its name."""
    rest = address.partition("://")[2] or address
    user, at, _ = rest.rpartition("@")
    asked = rest.partition("?")[2]
    # a value may hold a "?", or what begins the next field
    told = {*re.split(r"[?&;]", rest)[1:], *re.split(r"[&;]", asked), *_NEXT.split(asked)}
    pairs = [pair.partition("=") for pair in sorted(told)]
    queried = [(name, value) for name, _, value in pairs if _HELD.search(f"{name}=x")]
    name, _, password = user.partition(":")
    held = [] if not at else [user] if not password or not _USER_NAME.fullmatch(unquote(name)) else [password]
    return [*(("", each) for each in held), *queried]


def _said(name: str, secret: str) -> Iterator[str]:
    """Yield a secret as it is, as addresses, JSON and Python quote it, and in the parts that a driver names.

    The path of a file of keys, by its name and its first letter, has no parts: its folders are no secrets. A secret of
    fewer letters than :data:`_SHORTEST` is told: it stands in every second number, and would spoil them all. So is a
    word of JSON, or a number of fewer than eight letters, but for the password of an address, which has no name here.
    """
    ways = {secret, unquote(secret), unquote_plus(secret), quote(secret, safe=""), quote_plus(secret),
            json.dumps(secret)[1:-1], repr(secret)[1:-1]}  # fmt: skip
    for each in ways:
        whole = _FILE.search(name) and secret.startswith("/")
        parts = {each, *(() if whole else _PLAIN.split(each))}
        yield from (part for part in parts if len(part) >= _SHORTEST and not (name and _PUBLIC.fullmatch(part)))
