"""The models and what follows from their joint draws; pure: no files, clock, network or MLflow."""
