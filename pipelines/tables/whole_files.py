"""Read files that are held whole, such as rules and facts that a person writes; a large one is none."""

from __future__ import annotations

import codecs
import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

TEXT: Final = 1 << 25  # bytes of a table of records or rules
SETTINGS: Final = 1 << 20  # bytes of a file of settings, thousands of sections
_DEEP: Final = re.compile(  # the library keeps every beginning of a dotted key
    r"""(?:\A|[\n\[{,])[ \t]*+(?:(?:[\w-]++|"(?:[^"\\\n]|\\.)*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){32}"""
)
_UTF16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def whole_text(file: Path, refusal: Callable[[str], Exception], *, most: int = TEXT, errors: str = "strict") -> str:
    """Return the text of a file that is small enough to be held.

    Parameters
    ----------
    file
        Of UTF-8, with or without its mark, or of UTF-16 with one.
    refusal
        Makes the error of a message.
    most
        Bytes it may have.
    errors
        What is done about bytes that are no letters, as :meth:`bytes.decode` takes it.

    Returns
    -------
    str
        Its text; every end of a line is a line feed.

    Raises
    ------
    Exception
        What ``refusal`` makes, if it is larger.
    OSError
        If it cannot be read.
    UnicodeDecodeError
        If it is no text.
    """
    with file.open("rb") as content:
        data = content.read(most + 1)
    if len(data) > most:
        raise refusal(f"{file}: is larger than {most >> 20} MiB; check the path, or keep what is needed")
    text = data.decode("utf-16" if data[:2] in _UTF16 else "utf-8-sig", errors)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_toml(file: Path, refusal: Callable[[str], Exception], remedy: str) -> dict[str, Any]:
    """Return what a file of settings says.

    Parameters
    ----------
    file
        TOML of at most :data:`SETTINGS` bytes.
    refusal
        Makes the error of a message.
    remedy
        What to do about one that cannot be read.

    Returns
    -------
    dict
        Its table.

    Raises
    ------
    Exception
        What ``refusal`` makes, if it cannot be read, is larger, or is no TOML.
    """
    try:
        text = whole_text(file, refusal, most=SETTINGS)
    except OSError as error:
        raise refusal(f"{file}: cannot be read ({error.strerror}); {remedy}") from None
    except UnicodeDecodeError as error:
        raise refusal(f"{file}: is no TOML ({error}); {remedy}") from None
    if deep := _DEEP.search(text):
        line = text.count("\n", 0, deep.start()) + 1
        raise refusal(f"{file}: is no TOML of settings (line {line}: a key of more than 32 parts); {remedy}")
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # a number of more than 4,300 digits, or brackets without end
        raise refusal(f"{file}: is no TOML ({str(error)[:120]}); {remedy}") from None
