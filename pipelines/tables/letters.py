"""Names and texts whose letters are whole: what no UTF-8 can hold is written out, each such letter still its own."""

from __future__ import annotations

import json
import re
from typing import Any, Final

_WRITTEN_OUT: Final = re.compile(r"\\(?:x[89a-f][0-9a-f]|ud[89a-f][0-9a-f]{2})")
_HALF: Final = re.compile(r"\\u[dD][89a-fA-F]")  # half of a letter, as JSON writes one beyond the first 65,536


def is_whole(text: str) -> bool:
    """Return whether UTF-8 can hold a text; the system hands bytes that are no letters on as halves of letters.

    Parameters
    ----------
    text
        A name or a word.

    Returns
    -------
    bool
    """
    return text.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in text)


def whole_letters(name: str) -> str:
    r"""Return the name of a file or folder as UTF-8 can hold it: bytes that are none are written out.

    Parameters
    ----------
    name
        As the system gives it, in a locale of any encoding.

    Returns
    -------
    str
        Different names stay different: the backslashes of one that has some written out, or looks so, are doubled.

    Examples
    --------
    >>> whole_letters("zürich.csv"), whole_letters("j\udcff.csv"), whole_letters("z\udcc3\udcbcrich.csv")
    ('zürich.csv', 'j\\xff.csv', 'zürich.csv')
    >>> whole_letters(r"j\xff.csv")
    'j\\\\xff.csv'
    """
    whole = _whole(name)
    return _whole(name.replace("\\", "\\\\")) if _WRITTEN_OUT.search(whole) else whole


def _whole(name: str) -> str:
    try:
        data = name.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # half a letter that stands for no byte
        data = name.encode("utf-8", "backslashreplace")
    return data.decode("utf-8", "backslashreplace")


def with_whole_letters(value: Any, text: str) -> Any:
    r"""Return a value read from JSON whose names and texts hold no half letters.

    Parameters
    ----------
    value
        What was read.
    text
        What it was read from.

    Returns
    -------
    object
        The same value where the text writes no half letter; each is a reference by its number otherwise.

    Examples
    --------
    >>> text = '{"job": "a\\ud800", "face": "\\ud83d\\ude00"}'
    >>> with_whole_letters(json.loads(text), text)
    {'job': 'a&#55296;', 'face': '😀'}
    """
    if _HALF.search(text) is None:
        return value
    return json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "xmlcharrefreplace"))
