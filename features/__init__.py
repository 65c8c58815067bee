"""The frames: contracts, units, calendars and as-of cuts; pure: no files, clock, network or MLflow."""
