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
    >>> content = sealed({"rows": 40})
    >>> seal_holds(content), seal_holds(content.replace(b"40", b"41"))
    (True, False)
    """
    unsealed = json.dumps({**content, SEAL: ""}, indent=1, sort_keys=True).encode()
    return unsealed.replace(_field(""), _field(hashlib.sha256(unsealed).hexdigest()))


def seal_holds(content: bytes) -> bool:
    """Return whether JSON is as it was sealed; what has no seal, as former software wrote it, is taken as it is.

    Parameters
    ----------
    content
        Bytes of a JSON object.

    Returns
    -------
    bool
        False where a byte of it is another.

    Raises
    ------
    ValueError
        If it is no JSON.
    TypeError
        If it is no object.
    """
    stated = json.loads(content)
    if not isinstance(stated, dict):
        raise TypeError("a list, text or number carries no seal")
    if SEAL not in stated:
        return True
    unsealed = content.replace(_field(str(stated[SEAL])), _field(""))
    return bool(hashlib.sha256(unsealed).hexdigest() == stated[SEAL])


def _field(seal: str) -> bytes:
    """Return the field as it is written; within a text its quotes would have backslashes in front."""
    return f'"{SEAL}": "{seal}"'.encode()
