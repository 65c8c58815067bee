"""Hierarchies of forecasts and the arithmetic that makes them add up."""
