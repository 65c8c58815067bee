"""Whether a forecast still fits the world: calibration, populations, definitions, entities and feeds."""
