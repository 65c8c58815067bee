"""Serve the champion: MLflow's scoring app behind a layer that checks, limits, logs and reloads."""
