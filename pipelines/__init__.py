"""The thin shell: every file, network, clock and MLflow call lives here, and no arithmetic does."""

from pipelines.champion import open_forecaster

__all__ = ["open_forecaster"]
