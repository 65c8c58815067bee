"""Lines of the log: one event each, as JSON."""

from __future__ import annotations

import contextlib
import json
import sys
from datetime import UTC, datetime
from typing import Any


def log(event: str, **fields: Any) -> None:
    """Write one event as a line of JSON to standard error; a line that cannot be written costs no client its answer.

    Parameters
    ----------
    event
        Name of the event.
    **fields
        Its fields; never payloads, headers or addresses.
    """
    line = {"time": datetime.now(tz=UTC).isoformat(timespec="milliseconds"), "event": event, **fields}
    with contextlib.suppress(OSError):  # the disk is full, or whoever read the lines has gone
        sys.stderr.write(json.dumps(line) + "\n")
        sys.stderr.flush()
