"""Registered forecasts: MLflow store, bundles, champion, served model; making one is in `job`."""
