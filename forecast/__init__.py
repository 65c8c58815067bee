"""The models and what follows from their joint draws; no files, clock, network or MLflow live here."""
