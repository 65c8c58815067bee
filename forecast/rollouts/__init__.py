"""Operators decide, test and ramp: technique shares from a ledger of who moved what, when."""
