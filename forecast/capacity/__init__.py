"""Fleets, purchases, ceilings and plans: what to add, by when, what binds; what hardware does is in `hardware`."""
