"""The thin shell: every file, network, clock and MLflow call lives here, and no arithmetic does."""
