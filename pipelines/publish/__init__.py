"""Publish a forecast: report, pictures, tables; every number comes from the forecast it is given."""
