"""Serving the champion: MLflow's own scoring app behind a thin layer that checks, limits, logs and reloads."""
