"""Standard streams that say no secret, obey no control sequence of a name, and meet no letter they cannot write."""

from __future__ import annotations

import io
import re
import sys
from typing import Any, Final, TextIO

from shiftcast.pipelines.state.secrets import own_secrets, without_secrets

_ORDERS: Final = re.compile(r"\x1b\[[0-9;?]*[mKAGhl]|\r")  # colours and progress: what our own screens send a terminal
_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]|\r(?!\n)")


def printable(text: str) -> str:
    r"""Return a text whose control characters are written out, so that a name commands no terminal.

    Parameters
    ----------
    text
        Such as a job's name.

    Returns
    -------
    str
        Tabs and ends of lines stay.

    Examples
    --------
    >>> printable("a\x1b]0;b\x07")
    'a\\x1b]0;b\\x07'
    """
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


class CarefulStream:
    """A text stream that writes what is harmless.

    Parameters
    ----------
    stream
        The stream that is written to.
    secrets
        What is blotted out.
    """

    def __init__(self, stream: TextIO, secrets: tuple[str, ...]) -> None:
        self._stream, self._secrets = stream, secrets

    def write(self, text: str) -> int:
        """Write a text without secrets; of control sequences a terminal gets those that our own screens use.

        Parameters
        ----------
        text
            Any text.

        Returns
        -------
        int
            Number of characters that were given.
        """
        said = without_secrets(text, self._secrets)
        self._stream.write(_between_orders(said) if self._stream.isatty() else printable(said))
        return len(text)

    def writelines(self, lines: Any) -> None:
        """Write texts one after the other.

        Parameters
        ----------
        lines
            The texts.
        """
        for each in lines:
            self.write(each)

    def __getattr__(self, name: str) -> Any:
        """Be the stream in all else."""
        return getattr(self._stream, name)


def careful_streams() -> None:
    """Make standard output and errors careful; a stream that was closed swallows what is written to it."""
    secrets = own_secrets()
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if isinstance(stream, CarefulStream):
            continue
        if stream is None:
            stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
        setattr(sys, name, CarefulStream(stream, secrets))
    if sys.stdin is None:
        sys.stdin = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")


def _between_orders(text: str) -> str:
    found, end = [], 0
    for order in _ORDERS.finditer(text):
        found += [printable(text[end : order.start()]), order[0]]
        end = order.end()
    return "".join([*found, printable(text[end:])])
