"""Paths that the server answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

INVOCATIONS: Final = "/invocations"
METRICS: Final = "/metrics"
OPENAPI: Final = "/openapi.json"
GETS: Final = ("/health", "/ping", "/ready", "/version", METRICS, OPENAPI)


def named(scope: Mapping[str, Any]) -> dict[str, str]:
    """Return what a line of the log tells of a request: its route and method, where they are among those there are.

    Parameters
    ----------
    scope
        Of an HTTP request, as ASGI gives it.

    Returns
    -------
    dict
        ``route`` and ``method``, else ``other``.

    Examples
    --------
    >>> named({"path": "/health", "method": "BREW"})
    {'route': '/health', 'method': 'other'}
    """
    path, method = str(scope["path"]), str(scope["method"])
    return {
        "route": path if path in {INVOCATIONS, *GETS} else "other",
        "method": method if method in {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"} else "other",
    }
