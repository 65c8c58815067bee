"""Whether a forecast still fits the world: calibration, populations, definitions, feeds; it fits nothing."""
