"""Claimed split: what imposing it would take, beside the forecast that imposes nothing; that one is in `split`."""
