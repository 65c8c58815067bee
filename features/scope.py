"""Whose accelerators are forecast."""

from __future__ import annotations

from typing import Final

VENDOR: Final = "nvidia"  # the product's scope: its revenue, fiscal quarters, shipments and fleet are what is forecast
