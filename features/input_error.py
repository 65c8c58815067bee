"""The error of every check of what a user gave: one type, so that what a library raises is never taken for it."""


class InputError(ValueError):
    """Input that is refused; the message names the value, where it is, and the remedy."""


InputError.__module__ = "shiftcast"  # the public door, where a caller that catches it imports it from
