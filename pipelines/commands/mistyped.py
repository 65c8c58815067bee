"""Refusal of a call that cannot be read: one line with the remedy, as every other refusal is."""

from __future__ import annotations

import re
import sys
from typing import Any, Final

import typer

MISTYPED: Final[type[Any]] = typer.BadParameter.__mro__[2]  # what typer raises of a call; it exports only its children
_NOTHING: Final = "NoArgsIsHelpError"  # a group that was called without a word, and shows its help
_NEAREST: Final = re.compile(r"\.? ?(?:\(Possible options: (?P<options>[^)]*)\)|Did you mean (?P<other>[^?]*)\?)$")


def refuse(error: Any, command: str) -> int:
    """Print why a call cannot be read, and return the exit code.

    Parameters
    ----------
    error
        What typer raised.
    command
        What was called, where the error does not say.

    Returns
    -------
    int
    """
    if type(error).__name__ == _NOTHING:
        sys.stdout.write(f"{error.ctx.get_help()}\n")
    else:
        context = getattr(error, "ctx", None)
        called = command if context is None else context.command_path
        words = said(error.format_message())
        sys.stderr.write(f"shiftcast: {words}{' ' if words[-1] == '?' else '; '}`{called} --help` says what it takes\n")
    return int(error.exit_code)


def said(message: str) -> str:
    """Return a message of typer as one line of ours: small at first, no full stop, what was meant behind it.

    Parameters
    ----------
    message
        Text of the error.

    Returns
    -------
    str

    Examples
    --------
    >>> said("No such option: --drawz (Possible options: --draws)")
    'no such option: --drawz; did you mean --draws?'
    >>> said("No such command 'plann'. Did you mean 'plan'?")
    "no such command 'plann'; did you mean 'plan'?"
    """
    words = " ".join(message.split()).rstrip(".")
    near = _NEAREST.search(words)
    if near is not None:
        words = f"{words[: near.start()].rstrip('.')}; did you mean {near['options'] or near['other']}?"
    return f"{words[:1].lower()}{words[1:]}"
