"""Paths that the server answers."""

from __future__ import annotations

from typing import Final

INVOCATIONS: Final = "/invocations"
METRICS: Final = "/metrics"
OPENAPI: Final = "/openapi.json"
GETS: Final = ("/health", "/ping", "/ready", "/version", METRICS, OPENAPI)
