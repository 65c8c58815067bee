"""The desk: a page on this machine over one forecast, where the address of a page is all of its state."""
