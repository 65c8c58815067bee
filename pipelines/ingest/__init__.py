"""Load exports into the store of usage: spooled, checked, stored or quarantined; reading a format is in `sources`."""
