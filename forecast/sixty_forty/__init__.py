"""The claimed split: what imposing it would take, and the forecast beside it that imposes nothing."""
