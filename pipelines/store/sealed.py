"""Write JSON that carries a digest of itself, so that an alteration is known without another file that tells of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

SEAL: Final = "seal"


def sealed(content: Mapping[str, Any]) -> bytes:
    """Return an object as JSON with one more field, ``seal``: the SHA-256 of all of its bytes where that is empty.

    Parameters
    ----------
    content
        The object, without a seal.

    Returns
    -------
    bytes
        JSON, its fields sorted.

    Examples
    --------
    >>> whole = sealed({"rows": 40})
    >>> altered = whole.replace(b"40", b"41")
    >>> seal_holds(whole, json.loads(whole)), seal_holds(altered, json.loads(altered))
    (True, False)
    """
    unsealed = json.dumps({**content, SEAL: ""}, indent=1, sort_keys=True).encode()
    return unsealed.replace(_field(""), _field(hashlib.sha256(unsealed).hexdigest()))


def seal_holds(content: bytes, stated: Mapping[str, Any]) -> bool:
    """Return whether JSON is as it was sealed; what has no seal, as former software wrote it, is taken as it is.

    Parameters
    ----------
    content
        Bytes of a JSON object.
    stated
        The object that they hold.

    Returns
    -------
    bool
        False where a byte of it is another.
    """
    if SEAL not in stated:
        return True
    unsealed = content.replace(_field(str(stated[SEAL])), _field(""))
    return bool(hashlib.sha256(unsealed).hexdigest() == stated[SEAL])


def _field(seal: str) -> bytes:
    """Return the field as it is written; within a text its quotes would have backslashes in front."""
    return f'"{SEAL}": "{seal}"'.encode()
