"""Hierarchies of forecasts and the arithmetic that makes them add up; it knows no workload and no accelerator."""
