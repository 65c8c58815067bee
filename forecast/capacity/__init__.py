"""Capacity: fleets, purchases, ceilings, retirement and plans; properties of the hardware are in `hardware`."""
