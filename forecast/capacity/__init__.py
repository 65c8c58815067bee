"""Fleets, purchases, limits and plans."""
