"""Demand identity: top-down and bottom-up views, their reconciliation, the cube of draws; reading it is in `views`."""
