"""Hierarchies of forecasts and their reconciliation; nothing about workloads or accelerators lives here."""
