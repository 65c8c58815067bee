"""Checks of a forecast against new actuals: calibration, drift of populations, definitions, feeds; fits nothing."""
